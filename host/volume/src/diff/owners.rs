//! Names of owners and groups, as the volume itself tells them.

use crate::tree::VolumeTree;
use std::collections::BTreeMap;

/// The longest `/etc/passwd` or `/etc/group` that is read for names, in bytes.
const MAX_LEN: u64 = 4 * 1024 * 1024;

/// The names in a tree's `/etc/passwd` and `/etc/group`. They are only for show: where a file is
/// missing or makes no sense, numbers do.
#[derive(Debug, Default)]
pub(super) struct Owners {
    users: BTreeMap<u32, String>,
    groups: BTreeMap<u32, String>,
}

impl Owners {
    pub(super) fn of(tree: &VolumeTree) -> Self {
        let names = |path| {
            tree.read(path, MAX_LEN)
                .map_or_else(|_| BTreeMap::new(), |t| parse(&t))
        };
        Self {
            users: names("/etc/passwd"),
            groups: names("/etc/group"),
        }
    }

    pub(super) fn user(&self, uid: u32) -> Option<String> {
        self.users.get(&uid).cloned()
    }

    pub(super) fn group(&self, gid: u32) -> Option<String> {
        self.groups.get(&gid).cloned()
    }
}

/// Number to name, from lines `name:password:number:…`; the first line of a number counts, as it
/// does for the C library.
fn parse(text: &[u8]) -> BTreeMap<u32, String> {
    let mut names = BTreeMap::new();
    for line in String::from_utf8_lossy(text).lines() {
        let mut fields = line.split(':');
        let (name, number) = (fields.next(), fields.nth(1));
        if let (Some(name), Some(Ok(number))) = (name, number.map(str::parse::<u32>))
            && is_name(name)
        {
            names.entry(number).or_insert_with(|| name.to_owned());
        }
    }
    names
}

/// Whether a name cannot be taken for anything else where it is shown.
fn is_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "._-$".contains(c);
    (1..=32).contains(&name.len()) && name.chars().all(allowed)
}
