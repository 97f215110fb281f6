//! Removes a user with everything that has its name.

use super::home::{self, Owner};
use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::names;
use crate::accounts::table::Table;
use crate::group::{self, membership};
use crate::options::Options;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use rhai::Map;

/// Directories in which a file of a user's name is about that user: rules of sudo, timers, mail.
const FILES: [&str; 7] = [
    "/etc/sudoers.d",
    "/var/lib/systemd/linger",
    "/var/mail",
    "/var/spool/cron",
    "/var/spool/cron/crontabs",
    "/var/spool/cron/tabs",
    "/var/spool/mail",
];

/// Removes a user, if there is one; says whether anything changed.
pub(crate) fn remove(tree: &mut VolumeTree, name: &str, options: Map) -> Result<bool, PlanError> {
    names::check("user", name)?;
    let options = Options::checked("user::remove", options, &["home"])?;
    let removes_home = options.flag("home", false)?;
    let passwd = Database::Passwd.read(tree)?;
    let owner = match Table::parse(&passwd).find(name) {
        None => None,
        Some(_) => Some(Owner::of(tree, name)?),
    };
    if name == "root" || owner.as_ref().is_some_and(|owner| owner.uid == 0) {
        let message = format!("the user `{name}` is the administrator and stays");
        return Err(PlanError::new(Code::P2013, message)
            .help("to keep root from logging in, lock it: `user::lock(\"root\")`"));
    }
    let own_group = match &owner {
        Some(owner) => {
            if removes_home {
                home::check_removable(tree, name, owner)?;
            }
            own_group(tree, name, owner, &passwd)?
        }
        None => false,
    };
    let mut changed = remove_lines(tree, name)?;
    if own_group {
        changed |= group::delete(tree, name)?;
    }
    changed |= remove_files(tree, name)?;
    if let Some(owner) = owner.filter(|_| removes_home) {
        changed |= tree.remove_all(&owner.home)? > 0;
    }
    Ok(changed)
}

/// Whether the group of the user's name is the user's own alone, and goes with it.
fn own_group(
    tree: &VolumeTree,
    name: &str,
    owner: &Owner,
    passwd: &[u8],
) -> Result<bool, PlanError> {
    let groups = Database::Group.read(tree)?;
    let gid = owner.gid.to_string();
    let groups = Table::parse(&groups);
    let members = groups.text(name, membership::MEMBERS).unwrap_or_default();
    let others = members
        .split(',')
        .any(|member| !member.is_empty() && member != name);
    let passwd = Table::parse(passwd);
    let users = passwd
        .rows()
        .filter(|row| row.get(3) == Some(&gid.as_bytes()));
    Ok(Defaults::of(tree)?.own_groups()
        && groups.text(name, 2).as_deref() == Some(gid.as_str())
        && !others
        && users.count() == 1)
}

/// Removes the lines of a user from every file of accounts, and from the copies of these.
fn remove_lines(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    let mut changed = membership::remove_everywhere(tree, name)?;
    let databases = [
        Database::Passwd,
        Database::Shadow,
        Database::SubUid,
        Database::SubGid,
    ];
    for database in databases {
        changed |= database.edit(tree, |table| table.remove(name))?;
        changed |= database.edit_backup(tree, |table| table.remove(name))?;
    }
    Ok(changed)
}

/// A name of an account has no slash, so that nothing outside of the directories is reached.
fn remove_files(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    let defaults = Defaults::of(tree)?;
    let mut paths: Vec<String> = FILES
        .iter()
        .map(|directory| format!("{directory}/{name}"))
        .collect();
    paths.push(home::mail_spool(name, &defaults));
    let mut changed = false;
    for path in paths {
        let found = crate::file::access::look_at_link(tree, &path)?;
        if found.is_some_and(|found| found.kind != FileKind::Directory) {
            tree.remove(&path)?;
            changed = true;
        }
    }
    Ok(changed)
}
