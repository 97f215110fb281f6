//! `file::copy`, `move`, `remove`, `remove_all`.

use super::access;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;

fn remove(tree: &mut VolumeTree, path: &str) -> Result<bool, PlanError> {
    if access::look_at_link(tree, path)?.is_none() {
        return Ok(false);
    }
    tree.remove(path)?;
    Ok(true)
}

fn remove_all(tree: &mut VolumeTree, path: &str) -> Result<i64, PlanError> {
    let removed = tree.remove_all(path)?;
    Ok(i64::try_from(removed).unwrap_or(i64::MAX))
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Copies a file, a link or a whole directory with everything that belongs to it.
    ///
    /// Content, mode, owner, times and extended attributes come with it; links stay links. A file
    /// takes the place of a file that is there.
    ///
    /// # Errors
    /// - `P3001` when there is nothing to copy.
    /// - `P3002` when a directory is in the way.
    /// - `P3011` when the filesystem is full.
    ///
    /// # Example
    /// ```rhai
    /// file::copy("/etc/hosts", "/etc/hosts.golden");
    /// file::checksum("/etc/hosts") == file::checksum("/etc/hosts.golden")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn copy(ctx: NativeCallContext, from: &str, to: &str) -> RhaiResultOf<()> {
        ctx.call_world(|world| Ok(world.tree().copy(from, to)?))
    }

    /// Moves a file, a link or a directory to another path, its full new name.
    ///
    /// A file takes the place of a file that is there, a directory that of an empty directory.
    ///
    /// # Errors
    /// - `P3001` when there is nothing to move.
    /// - `P3004` when a directory is in the way of a file.
    /// - `P3006` when the directory in the way is not empty.
    /// - `P3009` when the new path is below the old one.
    ///
    /// # Example
    /// ```rhai
    /// file::move("/etc/motd", "/etc/issue");
    /// !file::exists("/etc/motd") && file::exists("/etc/issue")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "move", volatile, return_raw)]
    pub fn move_to(ctx: NativeCallContext, from: &str, to: &str) -> RhaiResultOf<()> {
        ctx.call_world(|world| Ok(world.tree().rename(from, to)?))
    }

    /// Removes a file, a link or an empty directory; a link's target stays.
    ///
    /// Returns whether there was anything.
    ///
    /// # Errors
    /// - `P3006` for a directory that is not empty.
    ///
    /// # Example
    /// ```rhai
    /// file::remove("/etc/motd") && !file::remove("/etc/motd")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path))
    }

    /// Removes whatever is at a path, and everything below it; links are not followed.
    ///
    /// Returns how many files, links and directories went; 0 when there was nothing.
    ///
    /// # Errors
    /// - `P3010` when another filesystem is mounted below it; nothing is removed then.
    ///
    /// # Example
    /// ```rhai
    /// file::remove_all("/var/log/apt") == 3 && !file::exists("/var/log/apt")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_all(ctx: NativeCallContext, path: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::remove_all(world.tree(), path))
    }
}
