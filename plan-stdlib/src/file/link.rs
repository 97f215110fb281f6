//! `file::symlink`, `hard_link`, `read_link`: links.

use super::access;
use crate::values::{path_text, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::{FileKind, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;

/// Replaces a link that leads elsewhere, nothing else.
pub(crate) fn symlink(tree: &mut VolumeTree, path: &str, target: &str) -> Result<bool, PlanError> {
    if target.is_empty() || target.contains('\0') {
        let shown = shorten(target);
        let message = format!("`{shown}` cannot be the target of a link");
        return Err(PlanError::new(Code::P2013, message));
    }
    let found = access::look_at_link(tree, path)?;
    if found.is_some_and(|found| found.kind == FileKind::Symlink) {
        if tree.read_link(path)? == target.as_bytes() {
            return Ok(false);
        }
        tree.remove(path)?;
    }
    tree.symlink(path, target, Ownership::root(0o777))?;
    Ok(true)
}

fn read_link(tree: &VolumeTree, path: &str) -> Result<String, PlanError> {
    String::from_utf8(tree.read_link(path)?).map_err(|_| {
        let shown = path_text(path);
        let message = format!("the target of the link `{shown}` is not UTF-8");
        PlanError::new(Code::P2016, message).at(&shown)
    })
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Makes sure that a path is a symbolic link to a target.
    ///
    /// The target is kept as it is written, relative or absolute, and need not exist. A link that
    /// leads elsewhere is replaced; a file or directory is not. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for an empty target.
    /// - `P3001` when the directory does not exist.
    /// - `P3002` when something that is no link is at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::symlink("/etc/localtime", "/usr/share/zoneinfo/Europe/Vienna");
    /// file::read_link("/etc/localtime") == "/usr/share/zoneinfo/Europe/Vienna"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn symlink(ctx: NativeCallContext, path: &str, target: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::symlink(world.tree(), path, target))
    }

    /// Makes a new path one more name of an existing file.
    ///
    /// # Errors
    /// - `P3001` when the file does not exist.
    /// - `P3002` when something is at the new path.
    /// - `P3004` for a directory.
    /// - `P3010` when the two are on different filesystems.
    ///
    /// # Example
    /// ```rhai
    /// file::hard_link("/etc/motd", "/etc/issue");
    /// file::append("/etc/issue", "more\n");
    /// file::read("/etc/motd").ends_with("more\n")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn hard_link(ctx: NativeCallContext, existing: &str, new: &str) -> RhaiResultOf<()> {
        ctx.call_world(|world| Ok(world.tree().hard_link(existing, new)?))
    }

    /// Gives the target of a symbolic link as it is written in it.
    ///
    /// # Errors
    /// - `P2016` when it is not UTF-8.
    /// - `P3001` when there is nothing.
    /// - `P3009` when it is no link.
    ///
    /// # Example
    /// ```rhai
    /// file::read_link("/etc/os-release") == "../usr/lib/os-release"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn read_link(ctx: NativeCallContext, path: &str) -> RhaiResultOf<String> {
        ctx.call_world(|world| super::read_link(world.tree(), path))
    }
}
