//! Modules of the kernel: which are loaded, which are not, and with which options.

use super::words;
use crate::file::access;
use crate::values::{scalar, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::Array;

/// Where `systemd-modules-load` looks.
const LOAD: &str = "/etc/modules-load.d";
/// Where `modprobe` looks.
const MODPROBE: &str = "/etc/modprobe.d";

pub(super) fn load(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    check(name)?;
    write(tree, LOAD, name, &format!("{name}\n"))
}

pub(super) fn blacklist(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    check(name)?;
    write(
        tree,
        MODPROBE,
        &format!("blacklist-{name}"),
        &format!("blacklist {name}\n"),
    )
}

pub(super) fn options(
    tree: &mut VolumeTree,
    name: &str,
    options: &Array,
) -> Result<bool, PlanError> {
    check(name)?;
    let options: Result<Vec<String>, PlanError> = options.iter().map(scalar).collect();
    let options = options?;
    for option in &options {
        words::check(option)?;
    }
    write(
        tree,
        MODPROBE,
        name,
        &format!("options {name} {}\n", options.join(" ")),
    )
}

fn write(tree: &mut VolumeTree, folder: &str, stem: &str, text: &str) -> Result<bool, PlanError> {
    tree.make_dirs(folder, Ownership::root(0o755))?;
    access::write_bytes(
        tree,
        &format!("{folder}/{stem}.conf"),
        text.as_bytes(),
        Ownership::root(0o644),
    )
}

fn check(name: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    if !name.is_empty() && name.len() <= 64 && name.bytes().all(fits) {
        return Ok(());
    }
    let shown = shorten(name);
    let message = format!("`{shown}` cannot be the name of a module of the kernel");
    Err(PlanError::new(Code::P2013, message))
}
