//! The links that enable, disable and mask units, as systemctl makes them offline.
//!
//! Enabling is decided as a whole before the first link is made, so that a unit that cannot be
//! enabled leaves nothing behind.

use super::name::UnitName;
use super::unit::{self, CONFIG, SearchPath, Unit, absolute};
use crate::file::access;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::{LastLink, VolumeTree};
use std::collections::{BTreeSet, VecDeque};

/// What a masked unit leads to.
const NOTHING: &str = "/dev/null";
/// The most units that are enabled, or disabled, with one.
const MAX_ALSO: usize = 100;

/// A link that enabling makes.
struct Wanted {
    path: String,
    target: String,
    /// Whether a link that leads elsewhere gives way.
    replaces: bool,
}

/// Makes the links that the unit's `[Install]` section asks for, and those of its `Also=`.
pub(super) fn enable(
    tree: &mut VolumeTree,
    search: &SearchPath,
    unit: &Unit,
) -> Result<bool, PlanError> {
    let mut wanted = Vec::new();
    let mut has_rules = false;
    for unit in with_also(tree, search, unit)? {
        has_rules |= unit.install.has_rules();
        aliases(&unit, &mut wanted)?;
        dependencies(&unit, &mut wanted)?;
    }
    if !has_rules {
        let name = unit.name.as_str();
        let message = format!("`{name}` has no [Install] section that could enable it");
        return Err(PlanError::new(Code::P2013, message).at(&unit.path).help(
            "other units start it; where it shall start by itself, give it one by `service::drop_in`",
        ));
    }
    let mut missing = Vec::new();
    for link in wanted {
        if is_missing(tree, &link)? {
            missing.push(link);
        }
    }
    for link in &missing {
        make(tree, &link.path, &link.target)?;
    }
    Ok(!missing.is_empty())
}

/// Removes every link that enables the unit or those of its `Also=`.
pub(super) fn disable(
    tree: &mut VolumeTree,
    search: &SearchPath,
    name: &UnitName,
    unit: Option<&Unit>,
) -> Result<bool, PlanError> {
    let mut marked = BTreeSet::new();
    match unit {
        // Links of a unit that is gone are in the way of nothing, but they are its links.
        None => drop(marked.insert(name.as_str().to_owned())),
        Some(unit) => {
            let units = with_also(tree, search, unit)?;
            let units = units.into_iter().filter(|unit| !unit.is_masked);
            marked.extend(units.map(|unit| unit.name.as_str().to_owned()));
        }
    }
    if marked.is_empty() {
        return Ok(false);
    }
    remove_marked(tree, marked)
}

/// Makes the unit one that nothing can start.
pub(super) fn mask(tree: &mut VolumeTree, name: &UnitName) -> Result<bool, PlanError> {
    let link = Wanted {
        path: format!("{CONFIG}/{}", name.as_str()),
        target: NOTHING.to_owned(),
        replaces: false,
    };
    if !is_missing(tree, &link)? {
        return Ok(false);
    }
    make(tree, &link.path, &link.target)?;
    Ok(true)
}

/// Takes a mask away; says whether there was one.
pub(super) fn unmask(tree: &mut VolumeTree, name: &UnitName) -> Result<bool, PlanError> {
    let path = format!("{CONFIG}/{}", name.as_str());
    let is_mask = match access::look_at_link(tree, &path)? {
        Some(found) if found.kind == FileKind::Symlink => {
            tree.read_link(&path)? == NOTHING.as_bytes()
        }
        Some(found) => found.kind == FileKind::File && found.len == 0,
        None => false,
    };
    if is_mask {
        tree.remove(&path)?;
    }
    Ok(is_mask)
}

/// Makes the target the one that the system boots to.
pub(super) fn set_default_target(tree: &mut VolumeTree, target: &Unit) -> Result<bool, PlanError> {
    let link = Wanted {
        path: format!("{CONFIG}/default.target"),
        target: target.path.clone(),
        replaces: true,
    };
    if !is_missing(tree, &link)? {
        return Ok(false);
    }
    make(tree, &link.path, &link.target)?;
    Ok(true)
}

/// The unit and all that its `Also=` names, and theirs; those that are not there are left out.
///
/// # Errors
/// `P2016` when they name more than [`MAX_ALSO`] others: a template may name ever more instances
/// of itself.
fn with_also(tree: &VolumeTree, search: &SearchPath, unit: &Unit) -> Result<Vec<Unit>, PlanError> {
    let mut units: Vec<Unit> = Vec::new();
    let mut named = BTreeSet::from([unit.name.clone()]);
    let mut queue = VecDeque::from([unit.clone()]);
    while let Some(unit) = queue.pop_front() {
        if units.iter().any(|known| known.name == unit.name) {
            continue;
        }
        for word in &unit.install.also {
            let name = unit.install.expand(&unit.name, word)?;
            let Some(name) = UnitName::checked(&name) else {
                continue;
            };
            if !named.insert(name.clone()) {
                continue;
            }
            if named.len() > MAX_ALSO {
                let message = format!("the units that `Also=` names are more than {MAX_ALSO}");
                return Err(PlanError::new(Code::P2016, message).at(&unit.path));
            }
            queue.extend(search.follow(tree, &name)?);
        }
        units.push(unit);
    }
    Ok(units)
}

fn aliases(unit: &Unit, wanted: &mut Vec<Wanted>) -> Result<(), PlanError> {
    for word in &unit.install.aliases {
        let alias = unit.install.expand(&unit.name, word)?;
        let name = UnitName::checked(&alias).filter(|alias| alias.kind() == unit.name.kind());
        let alias = match (name, unit.name.instance()) {
            (Some(alias), Some(instance)) if alias.is_template() => alias.with_instance(instance),
            (Some(alias), _) => alias,
            (None, _) => return Err(bad_name(unit, &alias)),
        };
        if alias != unit.name {
            wanted.push(Wanted {
                path: format!("{CONFIG}/{}", alias.as_str()),
                target: unit.path.clone(),
                replaces: false,
            });
        }
    }
    Ok(())
}

fn dependencies(unit: &Unit, wanted: &mut Vec<Wanted>) -> Result<(), PlanError> {
    let default = unit.install.default_instance.as_deref();
    let own = match default.filter(|_| unit.name.is_template()) {
        Some(instance) => unit.name.with_instance(instance),
        None => unit.name.clone(),
    };
    for (kind, list) in unit.install.dependents() {
        for word in list {
            let dependent = unit.install.expand(&unit.name, word)?;
            let dependent =
                UnitName::checked(&dependent).ok_or_else(|| bad_name(unit, &dependent))?;
            if own.is_template() && !dependent.is_template() {
                let (name, prefix) = (own.as_str(), own.prefix());
                let message = format!("`{name}` is a template without a default instance");
                let help = format!("name the instance: `{prefix}@INSTANCE`");
                return Err(PlanError::new(Code::P2013, message).help(help));
            }
            let (dependent, own) = (dependent.as_str(), own.as_str());
            wanted.push(Wanted {
                path: format!("{CONFIG}/{dependent}.{kind}/{own}"),
                target: unit.path.clone(),
                replaces: true,
            });
        }
    }
    Ok(())
}

fn bad_name(unit: &Unit, name: &str) -> PlanError {
    let shown = crate::values::shorten(name);
    let message = format!("the [Install] section names `{shown}`, which cannot be a unit there");
    PlanError::new(Code::P2016, message).at(&unit.path)
}

/// Whether the link must be made; one that leads to the same file in other words is as good.
fn is_missing(tree: &VolumeTree, link: &Wanted) -> Result<bool, PlanError> {
    let Some(found) = access::look_at_link(tree, &link.path)? else {
        return Ok(true);
    };
    if found.kind == FileKind::Symlink {
        let target = tree.read_link(&link.path)?;
        let target = absolute(&link.path, &String::from_utf8_lossy(&target));
        let leads_nowhere = target != NOTHING && access::look(tree, &target)?.is_none();
        if target == link.target || same_file(tree, &target, &link.target) {
            return Ok(false);
        }
        if link.replaces || leads_nowhere {
            return Ok(true);
        }
    }
    let path = &link.path;
    Err(PlanError::new(
        Code::P3002,
        format!("`{path}` is there already, and is not this link"),
    )
    .at(path)
    .help("disable or remove what it belongs to first"))
}

fn same_file(tree: &VolumeTree, one: &str, other: &str) -> bool {
    let resolved = [one, other].map(|path| tree.resolve(path, LastLink::Follow).ok());
    matches!(resolved, [Some(one), Some(other)] if one == other)
}

fn make(tree: &mut VolumeTree, path: &str, target: &str) -> Result<(), PlanError> {
    if access::look_at_link(tree, path)?.is_some() {
        tree.remove(path)?;
    }
    if let Some((folder, _)) = path.rsplit_once('/') {
        tree.make_dirs(folder, Ownership::root(0o755))?;
    }
    tree.symlink(path, target, Ownership::root(0o777))?;
    Ok(())
}

/// Removes the links that have a marked name or lead to one, then those that led to these.
fn remove_marked(tree: &mut VolumeTree, mut marked: BTreeSet<String>) -> Result<bool, PlanError> {
    let mut has_changed = false;
    loop {
        let mut doomed = Vec::new();
        for (path, target) in unit::links(tree, CONFIG)? {
            let target = absolute(&path, &target);
            let end = match tree.resolve(&target, LastLink::Follow) {
                Ok(end) => String::from_utf8_lossy(end.as_bytes()).into_owned(),
                Err(_) => target.clone(),
            };
            let names = [&path, &target, &end].map(|path| path.rsplit('/').next());
            let is_marked = names
                .into_iter()
                .flatten()
                .any(|name| marked.contains(name));
            if is_marked || marked.contains(&target) {
                doomed.push(path);
            }
        }
        if doomed.is_empty() {
            return Ok(has_changed);
        }
        for path in doomed {
            tree.remove(&path)?;
            remove_empty_folder(tree, &path)?;
            marked.insert(path);
            has_changed = true;
        }
    }
}

fn remove_empty_folder(tree: &mut VolumeTree, path: &str) -> Result<(), PlanError> {
    match path.rsplit_once('/') {
        Some((folder, _)) if folder != CONFIG && tree.read_dir(folder)?.is_empty() => {
            Ok(tree.remove(folder)?)
        }
        _ => Ok(()),
    }
}
