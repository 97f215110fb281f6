//! Home directories and mail spools: made as useradd(8) makes them, removed as userdel(8) does.

use super::ensure::HOME;
use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use crate::accounts::{self, Kind};
use crate::file::access;
use crate::values::path_text;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::path::VolumePath;
use mintage_volume::tree::{LastLink, VolumeTree};

/// What a new home starts with: the administrator's, else the distribution's.
const SKELETONS: [&str; 2] = ["/etc/skel", "/usr/etc/skel"];

/// The most entries of a home's skeleton.
const MAX_SKELETON: usize = 10_000;

/// The account that owns a home: its numbers and its directory.
pub(crate) struct Owner {
    /// The user's number.
    pub(crate) uid: u32,
    /// The number of its group.
    pub(crate) gid: u32,
    /// Its home.
    pub(crate) home: String,
}

impl Owner {
    /// The account of this name.
    ///
    /// # Errors
    /// `P2013` when the volume has no such user, `P2016` when its line is broken.
    pub(crate) fn of(tree: &VolumeTree, name: &str) -> Result<Self, PlanError> {
        let passwd = Database::Passwd.read(tree)?;
        let table = Table::parse(&passwd);
        if table.find(name).is_none() {
            return Err(super::unknown(name));
        }
        let number = |field| table.text(name, field)?.parse().ok();
        let home = table.text(name, HOME).filter(|home| home.starts_with('/'));
        match (number(2), number(3), home) {
            (Some(uid), Some(gid), Some(home)) => Ok(Self { uid, gid, home }),
            _ => {
                let message = format!("the line of the user `{name}` is broken");
                Err(PlanError::new(Code::P2016, message).at(Database::Passwd.path()))
            }
        }
    }
}

/// Makes the home of a user from the skeleton, unless something is there; says whether it did.
pub(super) fn create(
    tree: &mut VolumeTree,
    name: &str,
    defaults: &Defaults,
) -> Result<bool, PlanError> {
    let owner = Owner::of(tree, name)?;
    let path = VolumePath::parse(&owner.home)?;
    if path.is_root() || access::look_at_link(tree, &owner.home)?.is_some() {
        return Ok(false);
    }
    if let Some(parent) = path.parent() {
        tree.make_dirs(&parent, Ownership::root(0o755))?;
    }
    let mode = defaults.home_mode();
    match skeleton(tree, defaults)? {
        Some(skeleton) => copy_skeleton(tree, &skeleton, &path, &owner)?,
        None => {
            let (uid, gid) = (owner.uid, owner.gid);
            tree.make_dir(&path, Ownership { mode, uid, gid })?;
        }
    }
    tree.set_mode(&path, mode)?;
    Ok(true)
}

fn skeleton(tree: &VolumeTree, defaults: &Defaults) -> Result<Option<VolumePath>, PlanError> {
    for path in defaults.useradd("SKEL").into_iter().chain(SKELETONS) {
        if access::look(tree, path)?.is_some_and(|found| found.kind == FileKind::Directory) {
            return Ok(Some(tree.resolve(path, LastLink::Follow)?));
        }
    }
    Ok(None)
}

fn copy_skeleton(
    tree: &mut VolumeTree,
    skeleton: &VolumePath,
    home: &VolumePath,
    owner: &Owner,
) -> Result<(), PlanError> {
    if home.starts_with(skeleton) {
        let shown = path_text(&owner.home);
        let message = format!("the home `{shown}` lies in the directory that it is copied from");
        return Err(PlanError::new(Code::P2013, message).at(&shown));
    }
    tree.walk(skeleton, MAX_SKELETON)?;
    tree.copy(skeleton, home)?;
    for entry in tree.walk(home, MAX_SKELETON)? {
        tree.set_owner(&entry.path, owner.uid, owner.gid, LastLink::Keep)?;
    }
    Ok(())
}

/// An empty mailbox, where the distribution makes one.
pub(super) fn create_mail_spool(
    tree: &mut VolumeTree,
    name: &str,
    defaults: &Defaults,
) -> Result<(), PlanError> {
    let spool = mail_spool(name, defaults);
    let wanted = defaults.useradd("CREATE_MAIL_SPOOL");
    let is_wanted = wanted.is_some_and(|value| value.eq_ignore_ascii_case("yes"));
    let directory = spool
        .rsplit_once('/')
        .map_or("/", |(directory, _)| directory);
    if !is_wanted
        || access::look(tree, directory)?.is_none()
        || access::look_at_link(tree, &spool)?.is_some()
    {
        return Ok(());
    }
    let owner = Owner::of(tree, name)?;
    let mail = accounts::number(tree, Kind::Group, &"mail".into()).ok();
    let new = Ownership {
        mode: if mail.is_some() { 0o660 } else { 0o600 },
        uid: owner.uid,
        gid: mail.unwrap_or(owner.gid),
    };
    access::write_bytes(tree, &spool, b"", new)?;
    Ok(())
}

/// Where the mail of a user is.
pub(super) fn mail_spool(name: &str, defaults: &Defaults) -> String {
    let directory = defaults.login("MAIL_DIR").unwrap_or("/var/spool/mail");
    format!("{}/{name}", directory.trim_end_matches('/'))
}

/// Refuses to remove a home that is not the user's own alone.
///
/// # Errors
/// `P2013` when it belongs to another owner, or the home of another user is in it.
pub(super) fn check_removable(
    tree: &VolumeTree,
    name: &str,
    owner: &Owner,
) -> Result<(), PlanError> {
    let shown = path_text(&owner.home);
    let refuse = |why: String| {
        let message = format!("cannot remove the home `{shown}` of `{name}`: {why}");
        Err(PlanError::new(Code::P2013, message).at(&shown))
    };
    let path = VolumePath::parse(&owner.home)?;
    if path.is_root() {
        return refuse("it is the whole volume".to_owned());
    }
    match access::look_at_link(tree, &owner.home)? {
        None => return Ok(()),
        Some(found) if found.uid != owner.uid => {
            return refuse(format!("it belongs to the user {}", found.uid));
        }
        Some(_) => {}
    }
    // Links on the way may make one directory of two paths.
    let place = tree.resolve(&owner.home, LastLink::Keep)?;
    let passwd = Database::Passwd.read(tree)?;
    let table = Table::parse(&passwd);
    let of_others = table
        .rows()
        .filter(|row| row.first() != Some(&name.as_bytes()));
    let mut homes = of_others.filter_map(|row| {
        let home = row.get(HOME)?;
        let resolved = tree.resolve(home, LastLink::Follow);
        resolved.or_else(|_| VolumePath::parse(home)).ok()
    });
    match homes.find(|home| home.starts_with(&place)) {
        Some(_) => refuse("the home of another user is in it".to_owned()),
        None => Ok(()),
    }
}
