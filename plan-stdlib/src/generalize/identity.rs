//! The names and numbers by which others know the machine.

use super::{edits, sweep};
use crate::file::access;
use crate::hostname;
use crate::hosts::{HOSTS, table};
use crate::machine_id::{self, MACHINE_ID, UNINITIALIZED};
use crate::os;
use crate::shell_vars::document::Document;
use mintage_engine::PlanError;
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;

/// The file of open-iscsi.
const INITIATOR_NAME: &str = "/etc/iscsi/initiatorname.iscsi";
/// What Debian's start scripts take for an order to make a name.
const GENERATE_NAME: &[u8] = b"## The name is made at the first start.\nGenerateName=yes\n";
/// The name of a machine that has none (RFC 6761).
const NO_NAME: &str = "localhost";
/// The files that hold nothing but the name.
const NAME_FILES: [&str; 3] = ["/etc/hostname", "/etc/HOSTNAME", "/etc/mailname"];
/// What systems of before systemd look for.
const UNCONFIGURED: &str = "/.unconfigured";

/// Takes the initiator's name away in the way that has the system make another.
pub(super) fn reset_initiator_name(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    if !is_file(tree, INITIATOR_NAME)? {
        return Ok(0);
    }
    if os::family(tree)? != "debian" {
        return sweep::remove(tree, INITIATOR_NAME);
    }
    let new = Ownership::root(0o600);
    access::write_bytes(tree, INITIATOR_NAME, GENERATE_NAME, new).map(usize::from)
}

/// Takes the machine's name out of the files that name it.
pub(super) fn reset_hostname(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let Some(name) = hostname::current(tree)? else {
        return Ok(0);
    };
    let own = hostname::label(&name);
    if own == NO_NAME {
        return Ok(0);
    }
    let is_own = |name: &str| hostname::label(name).eq_ignore_ascii_case(own);
    let mut changed = 0;
    for path in NAME_FILES {
        // A link leads to another of them.
        let found = access::look_at_link(tree, path)?;
        if found.is_none_or(|found| found.kind != FileKind::File) {
            continue;
        }
        let content = access::read(tree, path, crate::text::MAX_TEXT)?;
        if is_own(String::from_utf8_lossy(&content).trim()) {
            let new = format!("{NO_NAME}\n");
            access::write_bytes(tree, path, new.as_bytes(), Ownership::root(0o644))?;
            changed += 1;
        }
    }
    changed += edits::edit_files(tree, HOSTS, |content| {
        table::map(content, |entry| entry.names.retain(|name| !is_own(name)))
    })?;
    changed += edits::edit_files(tree, "/etc/machine-info", |content| {
        Document::parse(content).remove("PRETTY_HOSTNAME")
    })?;
    Ok(changed)
}

/// Empties the machine-id, unless it says already that the next start is the first.
pub(super) fn reset_machine_id(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    if !is_file(tree, MACHINE_ID)? {
        return Ok(0);
    }
    let found = tree.metadata(MACHINE_ID)?;
    let is_flagged =
        found.len < 64 && tree.read(MACHINE_ID, 64)?.trim_ascii() == UNINITIALIZED.as_bytes();
    let to = if is_flagged { UNINITIALIZED } else { "empty" };
    machine_id::reset(tree, to).map(usize::from)
}

/// Has the next start count as the first.
pub(super) fn flag_first_boot(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    if os::init(tree)? == "systemd" {
        return machine_id::reset(tree, UNINITIALIZED).map(usize::from);
    }
    access::write_bytes(tree, UNCONFIGURED, b"", Ownership::root(0o644)).map(usize::from)
}

/// Removes the certificates in Red Hat's directory of them, but for the distribution's bundles.
pub(super) fn service_certificates(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let mut removed = 0;
    for path in sweep::matching(tree, "/etc/pki/tls/certs/*.crt")? {
        let is_bundle =
            path.ends_with(b"/ca-bundle.crt") || path.ends_with(b"/ca-bundle.trust.crt");
        if !is_bundle {
            removed += sweep::remove_entry(tree, &path)?;
        }
    }
    Ok(removed)
}

fn is_file(tree: &VolumeTree, path: &str) -> Result<bool, PlanError> {
    let found = access::look(tree, path)?;
    Ok(found.is_some_and(|found| found.kind == FileKind::File))
}
