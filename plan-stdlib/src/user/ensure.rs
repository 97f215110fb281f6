//! Brings a user about: makes one that is missing, and changes one that is there where it differs.

use super::wanted::Wanted;
use super::{home, login};
use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use crate::accounts::{self, Kind, names, numbers};
use crate::group::{self, membership};
use crate::ssh::authorized_keys;
use mintage_engine::{Code, PlanError, PlanWorld};
use mintage_volume::date::SECONDS_A_DAY;
use mintage_volume::tree::VolumeTree;
use rhai::{Dynamic, Map};

/// The fields of passwd(5).
pub(super) const UID: usize = 2;
const GID: usize = 3;
const COMMENT: usize = 4;
pub(super) const HOME: usize = 5;
const SHELL: usize = 6;

/// The shells of those who do not log in, the first that a volume has.
const NO_LOGIN: [&str; 2] = ["/usr/sbin/nologin", "/sbin/nologin"];

/// Makes sure that the volume has the user, as the options say.
pub(super) fn ensure(
    world: &mut dyn PlanWorld,
    name: &str,
    options: Map,
) -> Result<bool, PlanError> {
    names::check("user", name)?;
    let wanted = Wanted::read(world, name, options)?;
    let today = today(world);
    let tree = world.tree();
    for database in [Database::Passwd, Database::Shadow, Database::Group] {
        database.require(tree)?;
    }
    login::check(tree, name, &wanted)?;
    let defaults = Defaults::of(tree)?;
    let passwd = Database::Passwd.read(tree)?;
    let is_new = Table::parse(&passwd).find(name).is_none();
    let mut changed = if is_new {
        add(tree, name, &wanted, &defaults, &passwd)?
    } else {
        change(tree, name, &wanted, &passwd)?
    };
    changed |= login::ensure(tree, name, &wanted, &defaults, &today)?;
    for group in &wanted.groups {
        changed |= membership::add(tree, group, name)?;
    }
    if wanted.create_home.unwrap_or(is_new && !wanted.is_system) {
        changed |= home::create(tree, name, &defaults)?;
    }
    if is_new && !wanted.is_system {
        home::create_mail_spool(tree, name, &defaults)?;
    }
    for key in &wanted.keys {
        changed |= authorized_keys::ensure(tree, name, key)?;
    }
    Ok(changed)
}

/// Today, in the days of shadow(5), as the run takes it.
pub(super) fn today(world: &dyn PlanWorld) -> String {
    world.time().seconds.div_euclid(SECONDS_A_DAY).to_string()
}

/// As useradd(8) does it.
fn add(
    tree: &mut VolumeTree,
    name: &str,
    wanted: &Wanted,
    defaults: &Defaults,
    passwd: &[u8],
) -> Result<bool, PlanError> {
    let used = numbers::used(&Table::parse(passwd));
    let uid = match wanted.uid {
        Some(uid) if used.contains(&uid) => {
            let message = format!("another user has the number {uid}");
            return Err(PlanError::new(Code::P2013, message).at(Database::Passwd.path()));
        }
        Some(uid) => uid,
        None => numbers::free(&used, defaults.users(wanted.is_system), wanted.is_system)?,
    };
    let gid = match wanted.gid {
        Some(gid) => gid,
        None => own_group(tree, name, uid, wanted.is_system, defaults)?,
    };
    let home = match &wanted.home {
        Some(home) => home.clone(),
        None => format!(
            "{}/{name}",
            defaults
                .useradd("HOME")
                .unwrap_or("/home")
                .trim_end_matches('/')
        ),
    };
    let shell = match &wanted.shell {
        Some(shell) => shell.clone(),
        None if wanted.is_system => no_login(tree)?.to_owned(),
        None => defaults.shell().to_owned(),
    };
    let comment = wanted.comment.as_deref().unwrap_or_default();
    let (uid_text, gid) = (uid.to_string(), gid.to_string());
    Database::Passwd.edit(tree, |table| {
        table.add(&[name, "x", &uid_text, &gid, comment, &home, &shell]);
    })?;
    if !wanted.is_system && defaults.users(false).contains(&uid) {
        add_subordinates(tree, name, defaults)?;
    }
    Ok(true)
}

/// The group of a new user: one of the same name, or the one that all users share.
fn own_group(
    tree: &mut VolumeTree,
    name: &str,
    uid: u32,
    is_system: bool,
    defaults: &Defaults,
) -> Result<u32, PlanError> {
    if defaults.own_groups() {
        return group::of_user(tree, name, uid, is_system);
    }
    let shared = defaults.useradd("GROUP").unwrap_or("100");
    let shared = match shared.parse::<i64>() {
        Ok(number) => Dynamic::from(number),
        Err(_) => shared.to_owned().into(),
    };
    accounts::number(tree, Kind::Group, &shared)
}

fn no_login(tree: &VolumeTree) -> Result<&'static str, PlanError> {
    for path in NO_LOGIN {
        if tree.exists(path)? {
            return Ok(path);
        }
    }
    Ok(NO_LOGIN[0])
}

/// Subordinate numbers for containers without root, where the distribution gives them.
fn add_subordinates(
    tree: &mut VolumeTree,
    name: &str,
    defaults: &Defaults,
) -> Result<(), PlanError> {
    for (database, kind) in [(Database::SubUid, "SUB_UID"), (Database::SubGid, "SUB_GID")] {
        let (range, count) = defaults.subordinate(kind);
        database.edit(tree, |table| {
            let start = numbers::subordinate(table, range, count);
            if let (Some(start), None) = (start, table.find(name)) {
                table.add(&[name, &start.to_string(), &count.to_string()]);
            }
        })?;
    }
    Ok(())
}

/// As usermod(8) does it; files keep their owners.
fn change(
    tree: &mut VolumeTree,
    name: &str,
    wanted: &Wanted,
    passwd: &[u8],
) -> Result<bool, PlanError> {
    let found = Table::parse(passwd).text(name, UID).unwrap_or_default();
    if let Some(uid) = wanted.uid.filter(|uid| found.parse() != Ok(*uid)) {
        let message = format!("the user `{name}` exists with another number than {uid}");
        return Err(PlanError::new(Code::P2013, message)
            .at(Database::Passwd.path())
            .help("numbers of users are not changed, as files anywhere may belong to them"));
    }
    let gid = wanted.gid.map(|gid| gid.to_string());
    let fields = [
        (GID, &gid),
        (COMMENT, &wanted.comment),
        (HOME, &wanted.home),
        (SHELL, &wanted.shell),
    ];
    Database::Passwd.edit(tree, |table| {
        for (field, value) in fields {
            if let Some(value) = value {
                table.set(name, field, value);
            }
        }
    })
}
