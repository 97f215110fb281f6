//! The home directories of the volume's users, as its own `/etc/passwd` names them.
//!
//! What stands there is the guest's: a home of `/`, `/etc` or `../..` is only looked into for the
//! very names that are to go, each path is resolved inside the volume, and no link of a user's
//! making is followed.

use super::sweep;
use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use crate::options::Options;
use crate::user;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, VolumeTree};
use rhai::{Dynamic, ImmutableString, Map};
use std::collections::BTreeSet;

/// A home directory, and whose it is where that is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Home {
    /// Without links.
    pub(super) path: VolumePath,
    /// The user's name.
    pub(super) user: Option<Vec<u8>>,
}

impl Home {
    /// Whether it belongs to one of these users.
    pub(super) fn is_of(&self, users: &[String]) -> bool {
        let user = self.user.as_deref();
        user.is_some_and(|user| users.iter().any(|known| known.as_bytes() == user))
    }
}

/// The users that the option `keep` lists, which is the only one.
///
/// # Errors
/// `P2013` for another option, `P2006` for what is no list of names.
pub(super) fn kept(function: &'static str, options: Map) -> Result<Vec<String>, PlanError> {
    let options = Options::checked(function, options, &["keep"])?;
    let Some(given) = options.value("keep") else {
        return Ok(Vec::new());
    };
    let names = given.clone().into_typed_array::<ImmutableString>();
    let names = names.map_err(|_| {
        let message = format!("the option `keep` of `{function}` is a list of user names");
        PlanError::new(Code::P2006, message)
    })?;
    Ok(names.iter().map(ToString::to_string).collect())
}

/// All home directories that exist: those of passwd, and what else is in `/home`.
pub(super) fn all(tree: &VolumeTree) -> Result<BTreeSet<Home>, PlanError> {
    let passwd = Database::Passwd.read(tree)?;
    let mut homes = BTreeSet::new();
    for row in Table::parse(&passwd).rows() {
        let (Some(user), Some(home)) = (row.first(), row.get(5)) else {
            continue;
        };
        if let Some(path) = directory(tree, home)? {
            let user = Some(user.to_vec());
            homes.insert(Home { path, user });
        }
    }
    let known: BTreeSet<VolumePath> = homes.iter().map(|home| home.path.clone()).collect();
    // A link in `/home` is there for a user of passwd, or for nobody.
    for path in sweep::matching(tree, "/home/*")? {
        if tree.symlink_metadata(&path)?.kind == FileKind::Directory {
            let path = VolumePath::parse(&path)?;
            if !known.contains(&path) {
                homes.insert(Home { path, user: None });
            }
        }
    }
    Ok(homes)
}

/// Removes these names from every home directory.
pub(super) fn remove(tree: &mut VolumeTree, names: &[&str]) -> Result<usize, PlanError> {
    remove_of(tree, names, |_| true)
}

/// As [`remove`], from the homes that are wanted.
pub(super) fn remove_of(
    tree: &mut VolumeTree,
    names: &[&str],
    wanted: impl Fn(&Home) -> bool,
) -> Result<usize, PlanError> {
    let mut removed = 0;
    for home in all(tree)?.into_iter().filter(wanted) {
        for name in names {
            if let Some(path) = below(tree, &home.path, name)? {
                removed += sweep::remove_entry(tree, path.as_bytes())?;
            }
        }
    }
    Ok(removed)
}

/// Removes the users who are people, but for those to keep; gives how many.
pub(super) fn remove_users(tree: &mut VolumeTree, keep: &[String]) -> Result<usize, PlanError> {
    let numbers = Defaults::of(tree)?.users(false);
    let passwd = Database::Passwd.read(tree)?;
    let passwd = Table::parse(&passwd);
    let people = passwd.rows().filter_map(|row| {
        let number = std::str::from_utf8(row.get(2)?).ok()?.parse::<u32>().ok()?;
        let name = String::from_utf8_lossy(row.first()?).into_owned();
        (numbers.contains(&number) && !keep.contains(&name)).then_some(name)
    });
    // One name may have several lines; the first call removes them all.
    let people: BTreeSet<String> = people.collect();
    for name in &people {
        let options = Map::from([("home".into(), Dynamic::TRUE)]);
        user::remove::remove(tree, name, options)?;
    }
    Ok(people.len())
}

/// The directory that passwd names, without links; `None` for what is no directory.
fn directory(tree: &VolumeTree, home: &[u8]) -> Result<Option<VolumePath>, PlanError> {
    let is_plain = home.starts_with(b"/")
        && !home.contains(&0)
        && !home.split(|byte| *byte == b'/').any(|name| name == b"..");
    if !is_plain {
        return Ok(None);
    }
    // A path that is too long or leads in circles is no home either.
    match tree.metadata(home) {
        Ok(found) if found.kind == FileKind::Directory => {
            Ok(Some(tree.resolve(home, LastLink::Follow)?))
        }
        _ => Ok(None),
    }
}

/// A path below a home, where every directory on the way is one itself and no link.
fn below(
    tree: &VolumeTree,
    home: &VolumePath,
    name: &str,
) -> Result<Option<VolumePath>, PlanError> {
    let mut path = home.clone();
    let mut names = name.split('/').peekable();
    while let Some(name) = names.next() {
        path = path.join(name)?;
        let Ok(found) = tree.symlink_metadata(path.as_bytes()) else {
            return Ok(None);
        };
        if names.peek().is_some() && found.kind != FileKind::Directory {
            return Ok(None);
        }
    }
    Ok(Some(path))
}
