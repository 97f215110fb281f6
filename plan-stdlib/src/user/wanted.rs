//! What a script wants of a user: the options of `user::ensure`, all checked before anything of
//! the volume changes.

use crate::accounts::{self, Kind, names};
use crate::file::access;
use crate::group::{self, membership};
use crate::options::Options;
use crate::password;
use crate::ssh::keys::Key;
use crate::values::shorten;
use mintage_engine::{Code, PlanError, PlanWorld, Secret};
use mintage_volume::date::{date_of, days_of};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::VolumeTree;
use rhai::Map;

/// The options of `user::ensure`.
const KEYS: [&str; 12] = [
    "authorized_keys",
    "comment",
    "create_home",
    "expires",
    "group",
    "groups",
    "home",
    "locked",
    "password",
    "shell",
    "system",
    "uid",
];

/// What a script wants of a user; what it did not say stays, or is the default of a new one.
pub(super) struct Wanted {
    pub(super) uid: Option<u32>,
    pub(super) gid: Option<u32>,
    pub(super) groups: Vec<String>,
    pub(super) home: Option<String>,
    pub(super) shell: Option<String>,
    pub(super) comment: Option<String>,
    /// The hash.
    pub(super) password: Option<Secret>,
    pub(super) locked: Option<bool>,
    /// The field of shadow(5): days since 1970-01-01, or nothing.
    pub(super) expires: Option<String>,
    pub(super) is_system: bool,
    pub(super) create_home: Option<bool>,
    pub(super) keys: Vec<Key>,
}

impl Wanted {
    /// The options that a script gave for the user `name`.
    ///
    /// # Errors
    /// `P2013` for what cannot be, `P2006` for another type.
    pub(super) fn read(world: &mut dyn PlanWorld, name: &str, map: Map) -> Result<Self, PlanError> {
        let options = Options::checked("user::ensure", map, &KEYS)?;
        let password = options
            .value("password")
            .map(|given| password::of_account(world, name, given));
        let tree = world.tree();
        let gid = options
            .value("group")
            .map(|given| accounts::number(tree, Kind::Group, given));
        let uid = options
            .value("uid")
            .map(|given| group::number("user", given));
        let yes_or_no = |key| -> Result<Option<bool>, PlanError> {
            options
                .value(key)
                .map(|_| options.flag(key, false))
                .transpose()
        };
        let keys = options.texts("authorized_keys")?;
        let wanted = Self {
            password: password.transpose()?,
            uid: uid.transpose()?,
            gid: gid.transpose()?,
            groups: options.texts("groups")?,
            home: options
                .text("home")?
                .map(|home| check_home(&home))
                .transpose()?,
            shell: options
                .text("shell")?
                .map(|shell| check_shell(tree, &shell))
                .transpose()?,
            comment: options.text("comment")?.map(Into::into),
            locked: yes_or_no("locked")?,
            expires: options
                .text("expires")?
                .map(|date| expiry(&date))
                .transpose()?,
            is_system: options.flag("system", false)?,
            create_home: yes_or_no("create_home")?,
            keys: keys
                .iter()
                .map(|key| Key::parse(key))
                .collect::<Result<_, _>>()?,
        };
        if let Some(comment) = &wanted.comment {
            names::check_field("comment", comment)?;
        }
        for group in &wanted.groups {
            membership::require(tree, group)?;
        }
        Ok(wanted)
    }
}

/// Refuses what is no absolute path, or would be the home of everybody.
fn check_home(home: &str) -> Result<String, PlanError> {
    names::check_field("home", home)?;
    let path = VolumePath::parse(home)?;
    Ok(String::from_utf8_lossy(path.as_bytes()).into_owned())
}

/// Refuses a shell that the volume does not have: nobody could log in with it.
fn check_shell(tree: &VolumeTree, shell: &str) -> Result<String, PlanError> {
    names::check_field("shell", shell)?;
    if access::look(tree, shell)?.is_some() {
        return Ok(shell.to_owned());
    }
    let message = format!("the volume has no shell `{}`", shorten(shell));
    Err(PlanError::new(Code::P2013, message)
        .help("install it in the golden image, or take another"))
}

/// The field of shadow(5) for a date `2026-12-31`, or for `never`.
fn expiry(date: &str) -> Result<String, PlanError> {
    if date == "never" {
        return Ok(String::new());
    }
    let days = parse_date(date).ok_or_else(|| {
        let message = format!("`{}` is no date", shorten(date));
        PlanError::new(Code::P2013, message).help("write `2026-12-31`, or `never`")
    })?;
    Ok(days.to_string())
}

fn parse_date(date: &str) -> Option<i64> {
    let is_date = date.len() == 10 && date.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    let mut parts = date.split('-').filter(|_| is_date);
    let mut part = || parts.next()?.parse().ok();
    let (year, month, day) = (part()?, part()?, part()?);
    let days = days_of(year, month, day);
    (days >= 0 && date_of(days) == (year, month, day)).then_some(days)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days() {
        for (date, expected) in [
            ("never", Some("")),
            ("1970-01-01", Some("0")),
            ("2026-12-31", Some("20818")),
            ("2026-02-29", None),
            ("1969-12-31", None),
            ("2026-1-1", None),
            ("2026-01-01 ", None),
            ("", None),
            ("----------", None),
        ] {
            assert_eq!(expiry(date).ok().as_deref(), expected, "{date}");
        }
    }
}
