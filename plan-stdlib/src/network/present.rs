//! The files that the golden image brings for its own interfaces, to take them out.

use super::detect::Stack;
use super::interfaces;
use super::model::{Key, Model};
use crate::file::access;
use crate::text::MAX_TEXT;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use std::collections::BTreeSet;

/// The file that names ports by their hardware addresses, on any system with udev.
const UDEV_NAMES: &str = "/etc/udev/rules.d/70-persistent-net.rules";
const INTERFACES: &str = "/etc/network/interfaces";
/// cloud-init sets up a network of its own at the first boot unless it is told not to.
const CLOUD_INIT: &str = "/etc/cloud/cloud.cfg.d";

/// Where a stack has its files: the folder, how a name starts, how it ends.
fn places(stack: Stack) -> &'static [(&'static str, &'static str, &'static str)] {
    const SCRIPTS: &str = "/etc/sysconfig/network-scripts";
    const NETWORKD: &str = "/etc/systemd/network";
    const WICKED: &str = "/etc/sysconfig/network";
    match stack {
        Stack::Ifcfg => &[
            (SCRIPTS, "ifcfg-", ""),
            (SCRIPTS, "route-", ""),
            (SCRIPTS, "route6-", ""),
            (SCRIPTS, "rule-", ""),
            (SCRIPTS, "rule6-", ""),
            (SCRIPTS, "keys-", ""),
        ],
        Stack::NetworkManager => &[("/etc/NetworkManager/system-connections", "", "")],
        Stack::Netplan => &[("/etc/netplan", "", ".yaml")],
        Stack::Networkd => &[
            (NETWORKD, "", ".network"),
            (NETWORKD, "", ".netdev"),
            (NETWORKD, "", ".link"),
        ],
        Stack::Wicked => &[
            (WICKED, "ifcfg-", ""),
            (WICKED, "ifroute-", ""),
            (WICKED, "ifrule-", ""),
            (WICKED, "ifsysctl-", ""),
        ],
        Stack::Ifupdown => &[("/etc/network/interfaces.d", "", "")],
    }
}

/// A file of an interface.
struct Found {
    path: String,
    /// What its name says behind its prefix: often the interface.
    name: String,
    content: String,
}

/// The files of the stack that this run did not write.
fn found(
    tree: &VolumeTree,
    stack: Stack,
    written: &BTreeSet<String>,
) -> Result<Vec<Found>, PlanError> {
    let mut files = Vec::new();
    for (folder, prefix, suffix) in places(stack) {
        if access::look(tree, folder)?.is_none_or(|found| found.kind != FileKind::Directory) {
            continue;
        }
        for entry in tree.read_dir(folder)? {
            let Ok(file) = String::from_utf8(entry.name) else {
                continue;
            };
            let name = file
                .strip_prefix(prefix)
                .and_then(|rest| rest.strip_suffix(suffix));
            let path = format!("{folder}/{file}");
            let (Some(name), false) = (name, written.contains(&path)) else {
                continue;
            };
            let content = match entry.kind {
                FileKind::File => access::read(tree, &path, MAX_TEXT)?,
                FileKind::Symlink => Vec::new(),
                _ => continue,
            };
            files.push(Found {
                name: name.to_owned(),
                content: String::from_utf8_lossy(&content).into_owned(),
                path,
            });
        }
    }
    Ok(files)
}

impl Found {
    /// Whether it is about this interface, by its name, or by an assignment in it.
    fn is_about(&self, key: &Key) -> bool {
        let key = key.to_string();
        let is_value = |line: &str| {
            let value = line.split_once('=').map_or("", |(_, value)| value.trim());
            value.trim_matches(['"', '\'']).eq_ignore_ascii_case(&key)
        };
        self.name == key
            || self.name == format!("{key}.nmconnection")
            || self.content.lines().any(is_value)
    }

    fn mentions(&self, key: &Key) -> bool {
        let key = key.to_string();
        self.content
            .to_ascii_lowercase()
            .contains(&key.to_ascii_lowercase())
            || self.is_about_name(&key)
    }

    fn is_about_name(&self, name: &str) -> bool {
        self.name == name
    }

    fn is_loopback(&self) -> bool {
        let is_lo = |line: &str| matches!(line.trim(), "interface-name=lo" | "Name=lo");
        self.name == "lo" || self.content.lines().any(is_lo)
    }
}

/// The keys of the ports that carry the boot volume.
fn boot_keys(model: &Model) -> Vec<Key> {
    let names = model.boot.values().flatten().cloned().map(Key::Name);
    model
        .boot
        .keys()
        .copied()
        .map(Key::Mac)
        .chain(names)
        .collect()
}

/// Removes what the image has for all interfaces but the loopback and the ports of the boot
/// volume; says whether there was any.
pub(super) fn clear(tree: &mut VolumeTree, stack: Stack, model: &Model) -> Result<bool, PlanError> {
    let boot = boot_keys(model);
    let mut changed = false;
    for file in found(tree, stack, &model.written)? {
        if !file.is_loopback() && !boot.iter().any(|key| file.mentions(key)) {
            tree.remove(&file.path)?;
            changed = true;
        }
    }
    if access::look_at_link(tree, UDEV_NAMES)?.is_some() {
        let content = String::from_utf8_lossy(&access::read(tree, UDEV_NAMES, MAX_TEXT)?)
            .to_ascii_lowercase();
        if !boot.iter().any(|key| content.contains(&key.to_string())) {
            tree.remove(UDEV_NAMES)?;
            changed = true;
        }
    }
    if access::look(tree, CLOUD_INIT)?.is_some() {
        let path = format!("{CLOUD_INIT}/99-mintage-network.cfg");
        let text = b"network: {config: disabled}\n";
        changed |= access::write_bytes(tree, &path, text, Ownership::root(0o644))?;
    }
    let is_kept = |name: &str| name == "lo" || boot.iter().any(|key| key.to_string() == name);
    Ok(drop_stanzas(tree, stack, |name| !is_kept(name))? || changed)
}

/// Removes what the image has for one interface; says whether there was any.
///
/// # Errors
/// `P2013` where a file is about more than this interface.
pub(super) fn remove(
    tree: &mut VolumeTree,
    stack: Stack,
    model: &Model,
    key: &Key,
) -> Result<bool, PlanError> {
    let mut changed = false;
    for file in found(tree, stack, &model.written)? {
        match stack {
            Stack::Netplan if file.mentions(key) => {
                let message = format!("`{}` is about `{key}` and may be about more", file.path);
                return Err(PlanError::new(Code::P2013, message)
                    .at(&file.path)
                    .help("take out all files of the image by `network::clear()`, or this one by `file::remove`"));
            }
            Stack::Netplan | Stack::Ifupdown => {}
            _ if file.is_about(key) => {
                tree.remove(&file.path)?;
                changed = true;
            }
            _ => {}
        }
    }
    let name = key.to_string();
    Ok(drop_stanzas(tree, stack, |found| found == name)? || changed)
}

/// Drops stanzas of ifupdown that this run did not write.
pub(super) fn drop_stanzas(
    tree: &mut VolumeTree,
    stack: Stack,
    unwanted: impl Fn(&str) -> bool,
) -> Result<bool, PlanError> {
    if stack != Stack::Ifupdown || access::look(tree, INTERFACES)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, INTERFACES, |content| {
        interfaces::without(content, &unwanted)
    })
}

/// Makes ifupdown read the files of its folder.
pub(super) fn source_folder(tree: &mut VolumeTree, stack: Stack) -> Result<bool, PlanError> {
    if stack != Stack::Ifupdown {
        return Ok(false);
    }
    let root = Ownership::root(0o644);
    access::edit_or_create(tree, INTERFACES, root, interfaces::with_source)
}
