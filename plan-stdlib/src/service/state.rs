//! Whether a unit is enabled, in the words of `systemctl is-enabled`.

use super::unit::{self, SearchPath, Unit, absolute};
use crate::file::access;
use mintage_engine::PlanError;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;

/// `enabled`, `linked`, `disabled`, `indirect`, `alias`, `static` or `masked`.
pub(super) fn of(
    tree: &VolumeTree,
    search: &SearchPath,
    unit: &Unit,
    asked: &str,
) -> Result<&'static str, PlanError> {
    if unit.is_masked {
        return Ok("masked");
    }
    if asked != unit.name.as_str() && has_link(tree, search, asked)? {
        return Ok("alias");
    }
    let mut is_linked = false;
    for directory in &search.directories {
        for (path, target) in unit::links(tree, directory)? {
            let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
            let is_top = folder == *directory;
            if !is_top && !is_dependency(folder) {
                continue;
            }
            let name = path.rsplit('/').next().unwrap_or_default();
            let target = absolute(&path, &target);
            let target = target.rsplit('/').next().unwrap_or_default();
            let leads_here = leads_to(unit, name, target);
            match (is_top, leads_here, name == unit.name.as_str()) {
                (true, true, true) => is_linked |= *directory == unit::CONFIG,
                (false, true, _) | (false, _, true) if *directory == unit::CONFIG => {
                    return Ok("enabled");
                }
                (false, true, _) | (false, _, true) => return Ok("static"),
                _ => {}
            }
        }
    }
    let install = &unit.install;
    Ok(if is_linked {
        "linked"
    } else if has_own_alias_link(tree, unit)? {
        "enabled"
    } else if install.has_rules() {
        "disabled"
    } else if !install.also.is_empty() {
        "indirect"
    } else {
        "static"
    })
}

/// Whether the name is that of a link in the search path.
fn has_link(tree: &VolumeTree, search: &SearchPath, name: &str) -> Result<bool, PlanError> {
    for directory in &search.directories {
        let found = access::look_at_link(tree, &format!("{directory}/{name}"))?;
        if found.is_some_and(|found| found.kind == FileKind::Symlink) {
            return Ok(true);
        }
    }
    Ok(false)
}

fn is_dependency(folder: &str) -> bool {
    [".wants", ".requires", ".upholds"]
        .iter()
        .any(|end| folder.ends_with(end))
}

/// Whether the link `name` to `target` is one of the unit. An instance's link leads to its template.
fn leads_to(unit: &Unit, name: &str, target: &str) -> bool {
    if target == unit.name.as_str() {
        return true;
    }
    let template = unit.name.template();
    template.is_some_and(|template| target == template.as_str()) && name == unit.name.as_str()
}

/// Whether one of the aliases that `[Install]` names is there and leads to the unit.
fn has_own_alias_link(tree: &VolumeTree, unit: &Unit) -> Result<bool, PlanError> {
    let links = unit::links(tree, unit::CONFIG)?;
    let is_own = |alias: &String| {
        let target = links.get(&format!("{}/{alias}", unit::CONFIG));
        target.is_some_and(|target| target.rsplit('/').next() == Some(unit.name.as_str()))
    };
    Ok(unit.install.aliases.iter().any(is_own))
}
