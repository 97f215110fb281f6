//! What the distribution does for a new account unless it is told otherwise: `login.defs`,
//! `/etc/default/useradd`, and `adduser.conf` of the Debian family.

use crate::file::access;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;
use std::collections::BTreeMap;
use std::ops::RangeInclusive;

/// Where login.defs(5) is: what the administrator changed, then what the distribution ships.
const LOGIN_DEFS: [&str; 2] = ["/etc/login.defs", "/usr/etc/login.defs"];
/// What useradd(8) reads.
const USERADD: [&str; 2] = ["/etc/default/useradd", "/usr/etc/default/useradd"];
/// What adduser(8) of the Debian family reads; mostly comments that say the defaults.
const ADDUSER: &str = "/etc/adduser.conf";

/// The largest of these files that is read, in bytes.
const MAX_DEFAULTS: usize = 256 * 1024;

/// What the distribution does for a new account unless it is told otherwise.
#[derive(Debug, Default)]
pub(crate) struct Defaults {
    login: BTreeMap<String, String>,
    useradd: BTreeMap<String, String>,
    /// None where the distribution has no adduser.
    adduser: Option<BTreeMap<String, String>>,
}

impl Defaults {
    /// As the volume has them.
    ///
    /// # Errors
    /// `P2003` for a file that is too large.
    pub(crate) fn of(tree: &VolumeTree) -> Result<Self, PlanError> {
        let read = |path: &str, separators: &[char]| -> Result<_, PlanError> {
            if access::look(tree, path)?.is_none() {
                return Ok(None);
            }
            let content = access::read(tree, path, MAX_DEFAULTS)?;
            Ok(Some(settings(
                &String::from_utf8_lossy(&content),
                separators,
            )))
        };
        let layered = |paths: [&str; 2], separators: &[char]| -> Result<_, PlanError> {
            let mut all = read(paths[1], separators)?.unwrap_or_default();
            all.extend(read(paths[0], separators)?.unwrap_or_default());
            Ok(all)
        };
        Ok(Self {
            login: layered(LOGIN_DEFS, &[' ', '\t'])?,
            useradd: layered(USERADD, &['='])?,
            adduser: read(ADDUSER, &['='])?,
        })
    }

    /// The numbers for new users. The bounds where nothing says them are those of shadow-utils.
    pub(crate) fn users(&self, is_system: bool) -> RangeInclusive<u32> {
        self.range("UID", is_system)
    }

    /// The numbers for new groups.
    pub(crate) fn groups(&self, is_system: bool) -> RangeInclusive<u32> {
        self.range("GID", is_system)
    }

    fn range(&self, kind: &str, is_system: bool) -> RangeInclusive<u32> {
        let login = |key: String, default| self.number(&key).unwrap_or(default);
        let first = login(format!("{kind}_MIN"), 1000);
        if !is_system {
            return first..=login(format!("{kind}_MAX"), 60_000);
        }
        let last = login(format!("SYS_{kind}_MAX"), first.saturating_sub(1));
        login(format!("SYS_{kind}_MIN"), 101)..=last
    }

    /// The first number and the count of a new user's subordinate numbers, `SUB_UID`, `SUB_GID`.
    pub(crate) fn subordinate(&self, kind: &str) -> (RangeInclusive<u32>, u32) {
        let login = |key: String, default| self.number(&key).unwrap_or(default);
        let range =
            login(format!("{kind}_MIN"), 100_000)..=login(format!("{kind}_MAX"), 600_100_000);
        (range, login(format!("{kind}_COUNT"), 65_536))
    }

    /// A number of login.defs, in C's notation.
    pub(crate) fn number(&self, key: &str) -> Option<u32> {
        self.login.get(key).and_then(|text| number(text))
    }

    /// A setting of login.defs.
    pub(crate) fn login(&self, key: &str) -> Option<&str> {
        self.login.get(key).map(String::as_str)
    }

    /// A setting of useradd.
    pub(crate) fn useradd(&self, key: &str) -> Option<&str> {
        let found = self.useradd.get(key).map(String::as_str);
        found.filter(|value| !value.is_empty())
    }

    /// Whether a new user gets a group of the same name.
    pub(crate) fn own_groups(&self) -> bool {
        self.login("USERGROUPS_ENAB")
            .is_none_or(|value| value.eq_ignore_ascii_case("yes"))
    }

    /// The shell of a user who logs in.
    pub(crate) fn shell(&self) -> &str {
        if let Some(adduser) = &self.adduser {
            return adduser.get("DSHELL").map_or("/bin/bash", String::as_str);
        }
        self.useradd("SHELL").unwrap_or("/bin/sh")
    }

    /// The mode of a new home directory.
    pub(crate) fn home_mode(&self) -> u32 {
        if let Some(mode) = self.number("HOME_MODE") {
            return mode & 0o7777;
        }
        if let Some(adduser) = &self.adduser {
            let told = adduser
                .get("DIR_MODE")
                .map(|mode| u32::from_str_radix(mode, 8));
            return told.and_then(Result::ok).unwrap_or(0o700) & 0o7777;
        }
        0o777 & !self.number("UMASK").unwrap_or(0o022)
    }
}

/// The settings of a file, each on a line of its own; the last of a key counts.
fn settings(text: &str, separators: &[char]) -> BTreeMap<String, String> {
    let lines = text
        .lines()
        .map(str::trim)
        .filter(|line| !line.starts_with('#'));
    let pairs = lines.filter_map(|line| line.split_once(separators));
    let unquoted = |value: &str| value.trim().trim_matches('"').to_owned();
    pairs
        .map(|(key, value)| (key.trim().to_owned(), unquoted(value)))
        .collect()
}

/// A number as strtol(3) reads it with base 0.
fn number(text: &str) -> Option<u32> {
    if let Some(digits) = text.strip_prefix("0x") {
        return u32::from_str_radix(digits, 16).ok();
    }
    match text.strip_prefix('0') {
        Some(digits) if !digits.is_empty() => u32::from_str_radix(digits, 8).ok(),
        _ => text.parse().ok(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;
    use mintage_volume::filesystem::Ownership;

    fn with(files: &[(&str, &str)]) -> Defaults {
        let mut world = TestWorld::debian();
        let made = Ownership::root(0o755);
        world.tree.make_dirs("/usr/etc", made).unwrap();
        for (path, text) in files {
            world = world.with_file(path, text);
        }
        Defaults::of(&world.tree).unwrap()
    }

    #[test]
    fn what_nothing_says_is_as_shadow_utils_has_it() {
        let defaults = Defaults::default();
        assert_eq!(defaults.users(false), 1000..=60_000);
        assert_eq!(defaults.users(true), 101..=999);
        assert_eq!(defaults.shell(), "/bin/sh");
        assert_eq!(defaults.home_mode(), 0o755);
        assert!(defaults.own_groups());
    }

    #[test]
    fn the_administrators_file_goes_before_the_distributions() {
        let defaults = with(&[
            (
                "/usr/etc/login.defs",
                "UID_MIN\t500\nSYS_UID_MAX 0x1f3 \nHOME_MODE 0700\n",
            ),
            (
                "/etc/login.defs",
                "# UID_MIN 7\nUID_MIN   2000\nUSERGROUPS_ENAB no\n",
            ),
            ("/etc/default/useradd", "SHELL=\"/bin/zsh\"\nGROUP=\n"),
        ]);
        assert_eq!(defaults.users(false), 2000..=60_000);
        assert_eq!(defaults.users(true), 101..=499);
        assert_eq!(defaults.home_mode(), 0o700);
        assert_eq!(defaults.shell(), "/bin/zsh");
        assert_eq!(defaults.useradd("GROUP"), None);
        assert!(!defaults.own_groups());
    }

    #[test]
    fn adduser_knows_what_users_of_debian_expect() {
        let defaults = with(&[
            ("/etc/adduser.conf", "#DSHELL=/bin/sh\n"),
            ("/etc/default/useradd", "SHELL=/bin/sh\n"),
        ]);
        assert_eq!(
            (defaults.shell(), defaults.home_mode()),
            ("/bin/bash", 0o700)
        );
        let defaults = with(&[("/etc/adduser.conf", "DSHELL=/bin/dash\nDIR_MODE=0750\n")]);
        assert_eq!(
            (defaults.shell(), defaults.home_mode()),
            ("/bin/dash", 0o750)
        );
    }
}
