//! `RecordsError`: why the store did not do what was asked.

use crate::resource::{Kind, Use};
use thiserror::Error;

/// What the store's functions return.
pub type Result<T, E = RecordsError> = std::result::Result<T, E>;

/// Why the store did not do what was asked.
#[derive(Debug, Error)]
pub enum RecordsError {
    /// There is no such resource.
    #[error("there is no {kind} `{id}`", kind = kind.singular())]
    NotFound {
        /// What was asked for.
        kind: Kind,
        /// Its id.
        id: String,
    },
    /// Another resource of the kind has the name.
    #[error("there is a {kind} with the name `{name}` already", kind = kind.singular())]
    NameTaken {
        /// The kind within which names are unique.
        kind: Kind,
        /// The name.
        name: String,
    },
    /// The resource is not in the state that the caller saw.
    #[error("{kind} `{id}` was changed meanwhile: it has version {actual}, not {expected}", kind = kind.singular())]
    Changed {
        /// The resource's kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// The version that the caller saw.
        expected: String,
        /// The version that it has.
        actual: u64,
    },
    /// The resource is used by others and cannot be deleted.
    #[error("{kind} `{name}` is used by {}", list(users), kind = kind.singular())]
    InUse {
        /// The resource's kind.
        kind: Kind,
        /// Its name.
        name: String,
        /// Who uses it; never empty.
        users: Vec<Use>,
    },
    /// A resource names one that does not exist.
    #[error("`{role}` names a {kind} that does not exist: `{id}`", kind = kind.singular())]
    DanglingReference {
        /// In which role.
        role: String,
        /// The kind that was named.
        kind: Kind,
        /// The id that was named.
        id: String,
    },
    /// A filter or sort names a field that the resource has not.
    #[error("{kind} have no field `{field}` to filter or sort by; there are {}", fields.join(", "))]
    UnknownField {
        /// The collection.
        kind: Kind,
        /// What was asked for.
        field: String,
        /// What there is.
        fields: Vec<&'static str>,
    },
    /// A filter compares a number with something else.
    #[error("field `{field}` is a number, `{value}` is not one")]
    NotANumber {
        /// The field.
        field: String,
        /// What it was compared with.
        value: String,
    },
    /// A filter compares a time with something else.
    #[error("field `{field}` is a time, `{value}` is not one; write 2017-01-06T12:40:07Z")]
    NotATime {
        /// The field.
        field: String,
        /// What it was compared with.
        value: String,
    },
    /// A query is larger than the databases are asked to take.
    #[error("the query is too large: it may have at most {most}")]
    QueryTooLarge {
        /// The limit that was reached.
        most: &'static str,
    },
    /// A name is longer than can be indexed.
    #[error("the name of a {kind} may have at most {most} bytes", kind = kind.singular())]
    NameTooLong {
        /// The kind.
        kind: Kind,
        /// The limit, in bytes.
        most: usize,
    },
    /// There is no user of this name.
    #[error("there is no user `{0}`")]
    NoUser(String),
    /// There is a user of this name already.
    #[error("there is a user `{0}` already")]
    UserExists(String),
    /// Nobody would be left who can administer the service.
    #[error("`{0}` is the last infrastructure administrator")]
    LastAdministrator(String),
    /// There is no API token with this id.
    #[error("there is no API token `{0}`")]
    NoToken(String),
    /// What let the author ask for the change does not hold any more.
    #[error("the session or API token of the request has ended, or its user has another role now")]
    Revoked,
    /// Another node took the lease; this one must not write any more.
    #[error("another node has taken over: its generation is {current}, this node's {own}")]
    Fenced {
        /// The generation of this node.
        own: u64,
        /// The generation of the lease.
        current: u64,
    },
    /// The URL of the database cannot be understood.
    #[error("cannot use the database URL: {0}")]
    Url(String),
    /// The database was written by a newer version.
    #[error(
        "the database has schema {found}, this version knows up to {known}: start a newer version"
    )]
    NewerSchema {
        /// The schema in the database.
        found: i64,
        /// The newest that is known.
        known: i64,
    },
    /// A sealed value cannot be opened.
    #[error("a sealed value cannot be opened: it was sealed with another key, or was altered")]
    Unseal,
    /// A stored record cannot be read.
    #[error("the record of {kind} `{id}` cannot be read: {why}", kind = kind.singular())]
    Corrupt {
        /// The resource's kind.
        kind: Kind,
        /// Its id.
        id: String,
        /// The reason, without the record's content.
        why: String,
    },
    /// The connection was lost while the database committed, and it cannot be asked what came of it.
    #[error("the connection to the database was lost at the commit: the change may be done or not")]
    Uncertain,
    /// The database failed.
    #[error("the database failed: {0}")]
    Database(String),
}

fn list(users: &[Use]) -> String {
    /// More are counted, not listed.
    const SHOWN: usize = 5;
    let mut shown: Vec<String> = users
        .iter()
        .take(SHOWN)
        .map(|user| format!("{} `{}`", user.kind.singular(), user.name))
        .collect();
    if users.len() > SHOWN {
        shown.push(format!("{} more", users.len() - SHOWN));
    }
    shown.join(", ")
}
