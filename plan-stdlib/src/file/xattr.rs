//! `file::xattr`, `xattrs`, `set_xattr`, `remove_xattr`: extended attributes.

use super::access::Content;
use crate::values::{path_text, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::{LastLink, VolumeTree};
use rhai::plugin::*;
use rhai::{Array, Blob, Dynamic};

fn names(tree: &VolumeTree, path: &str) -> Result<Array, PlanError> {
    let attributes = tree.xattrs(path, LastLink::Follow)?;
    Ok(attributes.into_keys().map(Dynamic::from).collect())
}

fn get(tree: &VolumeTree, path: &str, name: &str) -> Result<Blob, PlanError> {
    let mut attributes = tree.xattrs(path, LastLink::Follow)?;
    attributes.remove(name).ok_or_else(|| {
        let (shown, name) = (path_text(path), shorten(name));
        let message = format!("`{shown}` has no extended attribute `{name}`");
        PlanError::new(Code::P3001, message).at(&shown)
    })
}

fn set(tree: &mut VolumeTree, path: &str, name: &str, value: &Dynamic) -> Result<bool, PlanError> {
    let value = Content::of(value)?;
    if value.is_secret() {
        let message = "an extended attribute cannot hold a secret";
        return Err(PlanError::new(Code::P2013, message)
            .help("write it into a file, which is then marked as secret"));
    }
    let attributes = tree.xattrs(path, LastLink::Follow)?;
    if attributes
        .get(name)
        .is_some_and(|found| found == value.as_bytes())
    {
        return Ok(false);
    }
    tree.set_xattr(path, name, value.as_bytes())?;
    Ok(true)
}

fn remove(tree: &mut VolumeTree, path: &str, name: &str) -> Result<bool, PlanError> {
    if !tree.xattrs(path, LastLink::Follow)?.contains_key(name) {
        return Ok(false);
    }
    tree.remove_xattr(path, name)?;
    Ok(true)
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Blob, Dynamic, NativeCallContext};

    /// Gives the names of a file's extended attributes, sorted.
    ///
    /// # Errors
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::xattrs("/usr/bin/ping") == ["security.capability"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn xattrs(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::names(world.tree(), path))
    }

    /// Gives the value of an extended attribute as a blob.
    ///
    /// # Errors
    /// - `P3001` when the file or the attribute does not exist.
    ///
    /// # Example
    /// ```rhai
    /// file::set_xattr("/etc/motd", "user.origin", "plan");
    /// file::xattr("/etc/motd", "user.origin").as_string() == "plan"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn xattr(ctx: NativeCallContext, path: &str, name: &str) -> RhaiResultOf<Blob> {
        ctx.call_world(|world| super::get(world.tree(), path, name))
    }

    /// Sets an extended attribute, by its full name, to a string or a blob.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a value that is neither.
    /// - `P3001` when there is nothing at the path.
    /// - `P3009` for a name or value that cannot be stored.
    /// - `P3013` where the filesystem has none.
    ///
    /// # Example
    /// ```rhai
    /// let label = "system_u:object_r:etc_t:s0\x00";
    /// file::set_xattr("/etc/motd", "security.selinux", label)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_xattr(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), path, name, &value))
    }

    /// Removes an extended attribute.
    ///
    /// Returns whether there was one.
    ///
    /// # Errors
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::remove_xattr("/usr/bin/ping", "security.capability")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_xattr(ctx: NativeCallContext, path: &str, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path, name))
    }
}
