//! Zones: how their files are changed, and which is the default.

use super::traffic::Traffic;
use super::{Kind, need_firewalld};
use crate::file::access;
use crate::structured::Key;
use crate::text::{Edited, MAX_TEXT, lines};
use crate::xml::{self, edit};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;

const CONFIG: &str = "/etc/firewalld/firewalld.conf";
const DEFAULT_ZONE: &str = "DefaultZone";
/// What firewalld takes where nothing is set.
const FALLBACK: &str = "public";

/// Makes sure that a zone has it, and for what only one can have, that no other zone has.
pub(super) fn add(tree: &mut VolumeTree, zone: &str, traffic: &Traffic) -> Result<bool, PlanError> {
    check(tree, zone)?;
    if let ("service", Some((_, service))) = (traffic.element, traffic.attributes.first()) {
        Kind::Service.file(tree, service)?;
    }
    let mut has_changed = false;
    if traffic.is_exclusive {
        for other in Kind::Zone.names(tree)? {
            if other != zone {
                has_changed |= remove_from(tree, &other, traffic)?;
            }
        }
    }
    let value = traffic.value();
    let added = change(tree, zone, |text| {
        edit::ensure_item(text, &place(traffic), &value)
    })?;
    Ok(added || has_changed)
}

/// Makes sure that a zone does not have it.
pub(super) fn remove(
    tree: &mut VolumeTree,
    zone: &str,
    traffic: &Traffic,
) -> Result<bool, PlanError> {
    check(tree, zone)?;
    remove_from(tree, zone, traffic)
}

fn remove_from(tree: &mut VolumeTree, zone: &str, traffic: &Traffic) -> Result<bool, PlanError> {
    let value = traffic.value();
    change(tree, zone, |text| {
        edit::remove_item(text, &place(traffic), &value)
    })
}

fn check(tree: &VolumeTree, zone: &str) -> Result<(), PlanError> {
    need_firewalld(tree)?;
    Kind::Zone.check(zone)?;
    Kind::Zone.file(tree, zone).map(drop)
}

fn place(traffic: &Traffic) -> [Key; 2] {
    ["zone", traffic.element].map(|name| Key::Name(name.to_owned()))
}

/// Changes a zone. The distribution's own file stays: with the first change, `/etc` gets a copy.
fn change(
    tree: &mut VolumeTree,
    zone: &str,
    changed: impl FnOnce(&str) -> Edited,
) -> Result<bool, PlanError> {
    let source = Kind::Zone.file(tree, zone)?;
    let own = Kind::Zone.own(zone);
    if source == own {
        return access::edit(tree, &own, |content| xml::edited(content, changed));
    }
    let content = access::content(tree, &source, MAX_TEXT)?;
    let edited = xml::edited(&content, changed);
    match edited.map_err(|error| access::named(error, "edit", &source))? {
        None => Ok(false),
        Some(new) => {
            tree.make_dirs("/etc/firewalld/zones", Ownership::root(0o750))?;
            access::write_bytes(tree, &own, &new, Ownership::root(0o644))
        }
    }
}

/// The zone of every interface that is in no other.
pub(super) fn default_zone(tree: &VolumeTree) -> Result<String, PlanError> {
    need_firewalld(tree)?;
    if access::look(tree, CONFIG)?.is_none() {
        return Ok(FALLBACK.to_owned());
    }
    let text = access::read_text(tree, CONFIG, MAX_TEXT)?;
    let mut found = text.lines().filter_map(|line| value(line.as_bytes()));
    // firewalld says of a second one that it is there, and takes the first.
    Ok(found
        .find(|zone| !zone.is_empty())
        .unwrap_or_else(|| FALLBACK.to_owned()))
}

pub(super) fn set_default_zone(tree: &mut VolumeTree, zone: &str) -> Result<bool, PlanError> {
    check(tree, zone)?;
    if default_zone(tree)? == zone {
        return Ok(false);
    }
    tree.make_dirs("/etc/firewalld", Ownership::root(0o750))?;
    access::edit_or_create(tree, CONFIG, Ownership::root(0o644), |content| {
        with_default_zone(content, zone)
    })
}

fn value(line: &[u8]) -> Option<String> {
    let text = String::from_utf8_lossy(line);
    let (key, value) = text.split_once('=')?;
    (key.trim() == DEFAULT_ZONE).then(|| value.trim().to_owned())
}

/// The first line that sets it is changed, others go.
fn with_default_zone(content: &[u8], zone: &str) -> Edited {
    let new = format!("{DEFAULT_ZONE}={zone}");
    let mut all = lines::split(content);
    let first = all.iter().position(|line| value(line.text).is_some());
    let mut index = 0;
    all.retain(|line| {
        let is_kept = Some(index) == first || value(line.text).is_none();
        index += 1;
        is_kept
    });
    match first.and_then(|first| all.get_mut(first)) {
        Some(line) => line.text = new.as_bytes(),
        None => {
            let end = all.len();
            lines::insert(&mut all, end, new.as_bytes(), lines::line_break(content));
        }
    }
    lines::join(&all).map(Some)
}

/// What a zone has of one kind, as scripts write it.
pub(super) fn members(
    tree: &VolumeTree,
    zone: &str,
    element: &str,
) -> Result<Vec<String>, PlanError> {
    check(tree, zone)?;
    let path = Kind::Zone.file(tree, zone)?;
    let text = access::read_text(tree, &path, MAX_TEXT)?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let document = roxmltree::Document::parse(text).map_err(|error| {
        let error = PlanError::new(Code::P2016, error.to_string());
        access::named(error, "read", &path)
    })?;
    let elements = document.root_element().children();
    let elements = elements.filter(|node| node.has_tag_name(element));
    let shown = |node: roxmltree::Node<'_, '_>| {
        let attribute = |name| node.attribute(name).map(str::to_owned);
        match element {
            "port" => Some(format!("{}/{}", attribute("port")?, attribute("protocol")?)),
            "source" => attribute("address")
                .or_else(|| attribute("ipset").map(|set| format!("ipset:{set}"))),
            _ => attribute("name"),
        }
    };
    Ok(elements.filter_map(shown).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_zone_is_set_once() {
        for (content, expected) in [
            (
                "# c\nDefaultZone=public\nLogDenied=off\n",
                "# c\nDefaultZone=drop\nLogDenied=off\n",
            ),
            (
                "#DefaultZone=x\nDefaultZone = a\nDefaultZone=b\n",
                "#DefaultZone=x\nDefaultZone=drop\n",
            ),
            ("LogDenied=off\n", "LogDenied=off\nDefaultZone=drop\n"),
        ] {
            let edited = with_default_zone(content.as_bytes(), "drop")
                .unwrap()
                .unwrap();
            assert_eq!(String::from_utf8(edited).unwrap(), expected);
        }
    }
}
