//! `User`: somebody who can log in.

use super::role::Role;
use crate::change::Change;
use crate::database::Row;
use crate::error::{RecordsError, Result};
use crate::time::Time;
use crate::view::View;
use std::fmt;

/// Somebody who can log in.
#[derive(Clone, PartialEq, Eq)]
pub struct User {
    /// Names the user; letter case does not count and is kept.
    pub name: String,
    /// What people call the user.
    pub full_name: String,
    /// What the user is.
    pub role: Role,
    /// The hash of the password, in PHC form.
    pub password_hash: String,
    /// Whether the user can log in.
    pub is_enabled: bool,
    /// Whether somebody else knows the password, because the service or an administrator chose it.
    pub must_change_password: bool,
    /// Counts the changes, from 1.
    pub version: u64,
    /// When the user was made.
    pub created: Time,
    /// When the user was changed last.
    pub modified: Time,
}

/// The hash of a password is as good as the password to who can guess: it is not shown.
impl fmt::Debug for User {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("User")
            .field("name", &self.name)
            .field("role", &self.role)
            .finish_non_exhaustive()
    }
}

/// A user to be made.
#[derive(Clone)]
pub struct NewUser {
    /// See [`User::name`].
    pub name: String,
    /// See [`User::full_name`].
    pub full_name: String,
    /// See [`User::role`].
    pub role: Role,
    /// See [`User::password_hash`].
    pub password_hash: String,
    /// See [`User::is_enabled`].
    pub is_enabled: bool,
    /// See [`User::must_change_password`].
    pub must_change_password: bool,
}

impl fmt::Debug for NewUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewUser")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

const COLUMNS: &str = "name, full_name, role, password_hash, is_enabled, must_change_password, \
                       version, created, modified";

impl View<'_> {
    /// The user with a name; letter case does not count.
    ///
    /// # Errors
    /// `Database`.
    pub fn find_user(&mut self, name: &str) -> Result<Option<User>> {
        let rows = self.connection.query(
            &format!("SELECT {COLUMNS} FROM user_account WHERE LOWER(name) = $1"),
            &[name.to_ascii_lowercase().into()],
        )?;
        rows.first().map(user).transpose()
    }

    /// The user with a name.
    ///
    /// # Errors
    /// `NoUser`, `Database`.
    pub fn user(&mut self, name: &str) -> Result<User> {
        let found = self.find_user(name)?;
        found.ok_or_else(|| RecordsError::NoUser(name.to_owned()))
    }

    /// All users, by name.
    ///
    /// # Errors
    /// `Database`.
    pub fn users(&mut self) -> Result<Vec<User>> {
        let sql = format!("SELECT {COLUMNS} FROM user_account ORDER BY name");
        self.connection.query(&sql, &[])?.iter().map(user).collect()
    }
}

impl Change<'_> {
    /// Makes a user.
    ///
    /// # Errors
    /// `UserExists`, `Database`.
    pub fn insert_user(&mut self, new: NewUser) -> Result<User> {
        if self.find_user(&new.name)?.is_some() {
            return Err(RecordsError::UserExists(new.name));
        }
        let (at, generation) = (self.at(), self.generation);
        self.execute(
            "INSERT INTO user_account (name, full_name, role, password_hash, is_enabled, \
             must_change_password, version, created, modified, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9)",
            &[
                new.name.as_str().into(),
                new.full_name.as_str().into(),
                new.role.as_str().into(),
                new.password_hash.as_str().into(),
                new.is_enabled.into(),
                new.must_change_password.into(),
                at.into(),
                at.into(),
                generation.into(),
            ],
        )?;
        self.user(&new.name)
    }

    /// Stores what has changed of a user, all but the name. Sessions and tokens of one who was
    /// disabled, and sessions of one whose password or role has changed, end.
    ///
    /// # Errors
    /// `NoUser`, `LastAdministrator`, `Database`.
    pub fn update_user(&mut self, user: &User) -> Result<User> {
        let old = self.user(&user.name)?;
        self.keep_an_administrator(&old, Some(user))?;
        let (at, generation) = (self.at(), self.generation);
        self.execute(
            "UPDATE user_account SET full_name = $2, role = $3, password_hash = $4, \
             is_enabled = $5, must_change_password = $6, version = version + 1, modified = $7, \
             generation = $8 WHERE name = $1",
            &[
                old.name.as_str().into(),
                user.full_name.as_str().into(),
                user.role.as_str().into(),
                user.password_hash.as_str().into(),
                user.is_enabled.into(),
                user.must_change_password.into(),
                at.into(),
                generation.into(),
            ],
        )?;
        let is_other = old.password_hash != user.password_hash || old.role != user.role;
        if is_other || !user.is_enabled {
            self.execute(
                "DELETE FROM session WHERE user_name = $1",
                &[old.name.as_str().into()],
            )?;
        }
        if old.role != user.role || !user.is_enabled {
            self.execute(
                "DELETE FROM api_token WHERE user_name = $1",
                &[old.name.as_str().into()],
            )?;
        }
        self.user(&old.name)
    }

    /// Deletes a user with all sessions and tokens.
    ///
    /// # Errors
    /// `NoUser`, `LastAdministrator`, `Database`.
    pub fn delete_user(&mut self, name: &str) -> Result<User> {
        let old = self.user(name)?;
        self.keep_an_administrator(&old, None)?;
        self.execute(
            "DELETE FROM user_account WHERE name = $1",
            &[old.name.as_str().into()],
        )?;
        Ok(old)
    }

    /// Somebody must be left who can repair everything else.
    fn keep_an_administrator(&mut self, old: &User, new: Option<&User>) -> Result<()> {
        let counts =
            |user: &User| user.is_enabled && user.role == Role::InfrastructureAdministrator;
        if !counts(old) || new.is_some_and(counts) {
            return Ok(());
        }
        let others = self.users()?;
        match others
            .iter()
            .any(|user| counts(user) && user.name != old.name)
        {
            true => Ok(()),
            false => Err(RecordsError::LastAdministrator(old.name.clone())),
        }
    }
}

pub(super) fn role(text: &str) -> Result<Role> {
    Role::parse(text)
        .ok_or_else(|| RecordsError::Database(format!("a user with the role `{text}`")))
}

fn user(row: &Row) -> Result<User> {
    Ok(User {
        name: row.text(0)?.to_owned(),
        full_name: row.text(1)?.to_owned(),
        role: role(row.text(2)?)?,
        password_hash: row.text(3)?.to_owned(),
        is_enabled: row.flag(4)?,
        must_change_password: row.flag(5)?,
        version: row.count(6)?,
        created: row.time(7)?,
        modified: row.time(8)?,
    })
}
