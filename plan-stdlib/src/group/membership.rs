//! Who is in which group: `/etc/group`, and `/etc/gshadow` where the volume has it.

use crate::accounts::database::Database;
use crate::accounts::table::Table;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;

/// The field with the members, in both files.
pub(crate) const MEMBERS: usize = 3;
/// The field with the administrators in gshadow(5).
const ADMINISTRATORS: usize = 2;

/// Refuses a group that the volume does not have.
///
/// # Errors
/// `P2013`.
pub(crate) fn require(tree: &VolumeTree, group: &str) -> Result<(), PlanError> {
    if exists(tree, group)? {
        return Ok(());
    }
    let message = format!("the volume has no group `{}`", shorten(group));
    Err(PlanError::new(Code::P2013, message)
        .at(Database::Group.path())
        .help("make it first, by `group::ensure`"))
}

/// Whether the volume has a group of this name.
pub(crate) fn exists(tree: &VolumeTree, group: &str) -> Result<bool, PlanError> {
    let content = Database::Group.read(tree)?;
    Ok(Table::parse(&content).find(group).is_some())
}

/// The names in the list of members of a group, in order.
pub(crate) fn members(tree: &VolumeTree, group: &str) -> Result<Vec<String>, PlanError> {
    require(tree, group)?;
    let content = Database::Group.read(tree)?;
    let list = Table::parse(&content)
        .text(group, MEMBERS)
        .unwrap_or_default();
    let names = list.split(',').filter(|name| !name.is_empty());
    Ok(names.map(str::to_owned).collect())
}

/// Puts a user into a group that exists; says whether anything changed.
pub(crate) fn add(tree: &mut VolumeTree, group: &str, user: &str) -> Result<bool, PlanError> {
    let add = |table: &mut Table<'_>| table.add_to_list(group, MEMBERS, user);
    let changed = Database::Group.edit(tree, add)?;
    Ok(Database::GroupShadow.edit(tree, add)? || changed)
}

/// Takes a user out of a group; says whether anything changed.
pub(crate) fn remove(tree: &mut VolumeTree, group: &str, user: &str) -> Result<bool, PlanError> {
    let remove = |table: &mut Table<'_>| table.remove_from_list(group, MEMBERS, user);
    let changed = Database::Group.edit(tree, remove)?;
    Ok(Database::GroupShadow.edit(tree, remove)? || changed)
}

/// Takes a user out of every group; says whether anything changed.
pub(crate) fn remove_everywhere(tree: &mut VolumeTree, user: &str) -> Result<bool, PlanError> {
    let remove = |table: &mut Table<'_>, fields: &[usize]| table.remove_from_lists(fields, user);
    let changed = Database::Group.edit(tree, |table| remove(table, &[MEMBERS]))?;
    let shadow = |table: &mut Table<'_>| remove(table, &[ADMINISTRATORS, MEMBERS]);
    Database::Group.edit_backup(tree, |table| remove(table, &[MEMBERS]))?;
    Database::GroupShadow.edit_backup(tree, shadow)?;
    Ok(Database::GroupShadow.edit(tree, shadow)? || changed)
}
