//! Whether and how a user can log in: the line in `/etc/shadow`.

use super::wanted::Wanted;
use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;

/// The fields of shadow(5).
const HASH: usize = 1;
const CHANGED: usize = 2;
const EXPIRES: usize = 7;

/// What stands before a hash that is locked.
const LOCK: char = '!';

/// Refuses what [`ensure`] would refuse, before anything changes.
pub(super) fn check(tree: &VolumeTree, name: &str, wanted: &Wanted) -> Result<(), PlanError> {
    let shadow = Database::Shadow.read(tree)?;
    let found = Table::parse(&shadow).text(name, HASH);
    let hash = wanted.password.as_ref().map(|hash| hash.reveal());
    let current = found.as_deref().unwrap_or("!");
    field(name, current, hash, wanted.locked).map(drop)
}

/// Brings the line of a user to what is wanted; says whether anything changed.
pub(super) fn ensure(
    tree: &mut VolumeTree,
    name: &str,
    wanted: &Wanted,
    defaults: &Defaults,
    today: &str,
) -> Result<bool, PlanError> {
    let shadow = Database::Shadow.read(tree)?;
    let found = Table::parse(&shadow).text(name, HASH);
    let hash = wanted.password.as_ref().map(|hash| hash.reveal());
    let current = found.as_deref().unwrap_or("!");
    let field = field(name, current, hash, wanted.locked)?;
    let is_new_hash = unlocked(&field) != unlocked(current);
    Database::Shadow.edit(tree, |table| {
        if found.is_none() {
            table.remove(name);
            table.add(
                &line(name, wanted.is_system, defaults, today)
                    .each_ref()
                    .map(String::as_str),
            );
        }
        table.set(name, HASH, &field);
        if is_new_hash {
            table.set(name, CHANGED, today);
        }
        if let Some(expires) = &wanted.expires {
            table.set(name, EXPIRES, expires);
        }
    })
}

/// Only sets what is wanted of an account that exists.
pub(super) fn set(
    tree: &mut VolumeTree,
    name: &str,
    hash: Option<&str>,
    locked: Option<bool>,
    today: &str,
) -> Result<bool, PlanError> {
    Database::Shadow.require(tree)?;
    let shadow = Database::Shadow.read(tree)?;
    let Some(current) = Table::parse(&shadow).text(name, HASH) else {
        let message = format!("the user `{name}` has no line in `/etc/shadow`");
        return Err(PlanError::new(Code::P2016, message).at(Database::Shadow.path()));
    };
    let field = field(name, &current, hash, locked)?;
    Database::Shadow.edit(tree, |table| {
        table.set(name, HASH, &field);
        if unlocked(&field) != unlocked(&current) {
            table.set(name, CHANGED, today);
        }
    })
}

/// The line of a new user: the ages of its password as login.defs has them, none for the system's
/// own accounts.
fn line(name: &str, is_system: bool, defaults: &Defaults, today: &str) -> [String; 9] {
    let age = |key| {
        let days = defaults.number(key).filter(|_| !is_system);
        days.map(|days| days.to_string()).unwrap_or_default()
    };
    let own = |key| match defaults.useradd(key) {
        Some(value) if !is_system && value.bytes().all(|b| b.is_ascii_digit()) => value.to_owned(),
        _ => String::new(),
    };
    [
        name.to_owned(),
        LOCK.to_string(),
        today.to_owned(),
        age("PASS_MIN_DAYS"),
        age("PASS_MAX_DAYS"),
        age("PASS_WARN_AGE"),
        own("INACTIVE"),
        String::new(),
        String::new(),
    ]
}

/// The field of the hash.
///
/// # Errors
/// `P2013` when an account without a password is to be unlocked: anybody could log in.
fn field(
    name: &str,
    current: &str,
    hash: Option<&str>,
    locked: Option<bool>,
) -> Result<String, PlanError> {
    let bare = hash.unwrap_or_else(|| unlocked(current));
    let is_locked = locked.unwrap_or(hash.is_none() && current.starts_with(LOCK));
    if is_locked {
        return Ok(match hash {
            None if current.starts_with(LOCK) => current.to_owned(),
            _ => format!("{LOCK}{bare}"),
        });
    }
    if locked == Some(false) && matches!(bare, "" | "*") {
        let message = format!("the user `{name}` has no password to unlock");
        return Err(PlanError::new(Code::P2013, message).help("set one: `user::set_password`"));
    }
    Ok(bare.to_owned())
}

fn unlocked(field: &str) -> &str {
    field.trim_start_matches(LOCK)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_field_of_the_hash() {
        for (current, hash, locked, expected) in [
            ("!", None, None, Some("!")),
            ("!!", None, None, Some("!!")),
            ("*", None, None, Some("*")),
            ("$6$a", None, None, Some("$6$a")),
            ("!", Some("$6$b"), None, Some("$6$b")),
            ("!$6$a", Some("$6$b"), None, Some("$6$b")),
            ("$6$a", Some("$6$b"), Some(true), Some("!$6$b")),
            ("!$6$b", Some("$6$b"), Some(true), Some("!$6$b")),
            ("$6$a", None, Some(true), Some("!$6$a")),
            ("!$6$a", None, Some(true), Some("!$6$a")),
            ("*", None, Some(true), Some("!*")),
            ("!$6$a", None, Some(false), Some("$6$a")),
            ("$6$a", None, Some(false), Some("$6$a")),
            ("!", None, Some(false), None),
            ("!!", None, Some(false), None),
            ("*", None, Some(false), None),
            ("", None, Some(false), None),
        ] {
            let found = field("ops", current, hash, locked).ok();
            assert_eq!(found.as_deref(), expected, "{current} {hash:?} {locked:?}");
        }
    }
}
