//! `group`: the groups of the volume's own `/etc/group`.

pub(crate) mod membership;

use crate::accounts::database::Database;
use crate::accounts::defaults::Defaults;
use crate::accounts::table::Table;
use crate::accounts::{names, numbers};
use crate::options::Options;
use crate::values::{self, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Map, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("The groups of the volume's own `/etc/group`.");
    module
}

/// What a script wants of a group.
struct Wanted {
    gid: Option<u32>,
    is_system: bool,
    members: Vec<String>,
}

impl Wanted {
    fn read(tree: &VolumeTree, map: Map) -> Result<Self, PlanError> {
        let options = Options::checked("group::ensure", map, &["gid", "system", "members"])?;
        let gid = options.value("gid").map(|given| number("group", given));
        let wanted = Self {
            gid: gid.transpose()?,
            is_system: options.flag("system", false)?,
            members: options.texts("members")?,
        };
        for member in &wanted.members {
            require_user(tree, member)?;
        }
        Ok(wanted)
    }
}

/// The number that a script gives to a new user or group.
///
/// # Errors
/// `P2013` for what is no such number, `P2006` for another type.
pub(crate) fn number(noun: &str, given: &Dynamic) -> Result<u32, PlanError> {
    let Ok(number) = given.as_int() else {
        let found = values::type_name(given);
        let message =
            format!("the number of a {noun} must be an int, not a value of type `{found}`");
        return Err(PlanError::new(Code::P2006, message));
    };
    // The highest number means "leave it as it is" to the system calls.
    let number = u32::try_from(number)
        .ok()
        .filter(|number| *number != u32::MAX);
    number.ok_or_else(|| {
        let message = format!("that is not the number of a {noun}");
        PlanError::new(Code::P2013, message).help("numbers go from 0 to 4294967294")
    })
}

fn require_user(tree: &VolumeTree, name: &str) -> Result<(), PlanError> {
    let content = Database::Passwd.read(tree)?;
    if Table::parse(&content).find(name).is_some() {
        return Ok(());
    }
    let message = format!("the volume has no user `{}`", shorten(name));
    Err(PlanError::new(Code::P2013, message).at(Database::Passwd.path()))
}

fn ensure(tree: &mut VolumeTree, name: &str, options: Map) -> Result<bool, PlanError> {
    names::check("group", name)?;
    let wanted = Wanted::read(tree, options)?;
    let content = Database::Group.read(tree)?;
    let found = Table::parse(&content).text(name, 2);
    let mut changed = match found {
        Some(found) => keep_number(name, &found, wanted.gid).map(|()| false)?,
        None => {
            let gid = match wanted.gid {
                Some(gid) => unused(&content, gid)?,
                None => free(tree, &content, wanted.is_system, None)?,
            };
            add(tree, name, gid)?
        }
    };
    for member in &wanted.members {
        changed |= membership::add(tree, name, member)?;
    }
    Ok(changed)
}

fn keep_number(name: &str, found: &str, wanted: Option<u32>) -> Result<(), PlanError> {
    match wanted {
        Some(wanted) if found.parse() != Ok(wanted) => {
            let message = format!("the group `{name}` exists with another number than {wanted}");
            Err(PlanError::new(Code::P2013, message)
                .at(Database::Group.path())
                .help("numbers of groups are not changed, as files anywhere may belong to them"))
        }
        _ => Ok(()),
    }
}

fn unused(groups: &[u8], gid: u32) -> Result<u32, PlanError> {
    if numbers::used(&Table::parse(groups)).contains(&gid) {
        let message = format!("another group has the number {gid}");
        return Err(PlanError::new(Code::P2013, message).at(Database::Group.path()));
    }
    Ok(gid)
}

/// The number for a new group: `preferred` where it is free and in the range.
fn free(
    tree: &VolumeTree,
    groups: &[u8],
    is_system: bool,
    preferred: Option<u32>,
) -> Result<u32, PlanError> {
    let range = Defaults::of(tree)?.groups(is_system);
    let used = numbers::used(&Table::parse(groups));
    let preferred = preferred.filter(|gid| range.contains(gid) && !used.contains(gid));
    preferred.map_or_else(|| numbers::free(&used, range, is_system), Ok)
}

/// The number of the group of a new user, which has the user's name: made unless it exists.
pub(crate) fn of_user(
    tree: &mut VolumeTree,
    name: &str,
    uid: u32,
    is_system: bool,
) -> Result<u32, PlanError> {
    let content = Database::Group.read(tree)?;
    if let Some(gid) = Table::parse(&content).text(name, 2) {
        return gid.parse().map_err(|_| {
            let message = format!("the group `{name}` has no number");
            PlanError::new(Code::P2016, message).at(Database::Group.path())
        });
    }
    let gid = free(tree, &content, is_system, Some(uid))?;
    add(tree, name, gid)?;
    Ok(gid)
}

fn add(tree: &mut VolumeTree, name: &str, gid: u32) -> Result<bool, PlanError> {
    Database::Group.require(tree)?;
    let gid = gid.to_string();
    Database::GroupShadow.edit(tree, |table| {
        table.remove(name);
        table.add(&[name, "!", "", ""]);
    })?;
    Database::Group.edit(tree, |table| table.add(&[name, "x", &gid, ""]))
}

fn remove(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    names::check("group", name)?;
    let content = Database::Group.read(tree)?;
    if let Some(gid) = Table::parse(&content).text(name, 2) {
        refuse_primary(tree, name, &gid)?;
    }
    delete(tree, name)
}

/// As groupdel(8) does: a user without a group could not log in.
fn refuse_primary(tree: &VolumeTree, name: &str, gid: &str) -> Result<(), PlanError> {
    let passwd = Database::Passwd.read(tree)?;
    let table = Table::parse(&passwd);
    let owner = table.rows().find(|row| row.get(3) == Some(&gid.as_bytes()));
    let Some(owner) = owner else {
        return Ok(());
    };
    let user = shorten(&String::from_utf8_lossy(owner.first().unwrap_or(&&b""[..])));
    let message = format!("`{name}` is the group of the user `{user}`");
    Err(PlanError::new(Code::P2013, message)
        .at(Database::Passwd.path())
        .help("remove the user first, or give it another group"))
}

/// Removes the lines of a group, in the copies of the files too.
pub(crate) fn delete(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    let mut changed = false;
    for database in [Database::Group, Database::GroupShadow] {
        changed |= database.edit(tree, |table| table.remove(name))?;
        changed |= database.edit_backup(tree, |table| table.remove(name))?;
    }
    Ok(changed)
}

fn add_member(tree: &mut VolumeTree, group: &str, user: &str) -> Result<bool, PlanError> {
    membership::require(tree, group)?;
    require_user(tree, user)?;
    membership::add(tree, group, user)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Map, NativeCallContext};

    /// Says whether the volume has a group.
    ///
    /// # Errors
    /// - `P2003` when `/etc/group` is larger than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// group::exists("adm") && !group::exists("nobody-here")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn exists(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| membership::exists(world.tree(), name))
    }

    /// Gives the names in a group's list of members. Users whose own group it is are not in it.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such group.
    ///
    /// # Example
    /// ```rhai
    /// group::members("adm") == ["ops"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn members(ctx: NativeCallContext, name: &str) -> RhaiResultOf<Array> {
        let names = ctx.call_world(|world| membership::members(world.tree(), name))?;
        Ok(names.into_iter().map(Into::into).collect())
    }

    #[rhai_fn(name = "ensure", volatile, return_raw)]
    pub fn ensure_plain(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), name, Map::new()))
    }

    /// Makes sure that the volume has a group.
    ///
    /// Options: `gid`, its number; `system`, whether it is one of the system's own (default
    /// false); `members`, users who are to be in it besides those that are. Without `gid` it gets
    /// the number that `groupadd` would give it, by the ranges in `/etc/login.defs`. It gets a
    /// line in `/etc/gshadow` where the volume has that file. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for an option of another type.
    /// - `P2013` for what is no name or number of a group, when another group has the number or
    ///   this one has another, and when the volume does not have a member.
    /// - `P3001` when the volume has no `/etc/group`.
    ///
    /// # Example
    /// ```rhai
    /// group::ensure("docker", #{ system: true, members: ["ops"] });
    /// group::members("docker") == ["ops"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, name: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), name, options))
    }

    /// Removes a group, also from the copies `/etc/group-` and `/etc/gshadow-`.
    ///
    /// Returns whether there was anything to remove.
    ///
    /// # Errors
    /// - `P2013` when it is the own group of a user.
    ///
    /// # Example
    /// ```rhai
    /// group::remove("adm") && !group::exists("adm")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name))
    }

    /// Puts a user into a group. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` when the volume has no such group or user.
    ///
    /// # Example
    /// ```rhai
    /// group::add_member("shadow", "ops") && group::members("shadow") == ["ops"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn add_member(ctx: NativeCallContext, group: &str, user: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::add_member(world.tree(), group, user))
    }

    /// Takes a user out of a group. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` when `/etc/group` is larger than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// group::remove_member("adm", "ops") && group::members("adm") == []
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_member(ctx: NativeCallContext, group: &str, user: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| membership::remove(world.tree(), group, user))
    }
}

#[cfg(test)]
mod tests;
