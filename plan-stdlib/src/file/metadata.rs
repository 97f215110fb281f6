//! `file::exists`, `is_file`, `is_dir`, `is_link`, `size`, `mode`, `owner`, `touch` and how they
//! are set.

use super::access::{self, Access};
use crate::accounts::{self, Kind};
use crate::options::Options;
use mintage_engine::{PlanError, PlanWorld};
use mintage_volume::filesystem::{FileKind, Metadata, Ownership};
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Map};

/// Whether something that is as asked is at the path; a path through a file leads to nothing.
fn is(
    tree: &VolumeTree,
    path: &str,
    asked: impl FnOnce(&Metadata) -> bool,
) -> Result<bool, PlanError> {
    Ok(access::look(tree, path)?.as_ref().is_some_and(asked))
}

fn is_link(tree: &VolumeTree, path: &str) -> Result<bool, PlanError> {
    let found = access::look_at_link(tree, path)?;
    Ok(found.is_some_and(|found| found.kind == FileKind::Symlink))
}

fn size(tree: &VolumeTree, path: &str) -> Result<i64, PlanError> {
    Ok(i64::try_from(tree.metadata(path)?.len).unwrap_or(i64::MAX))
}

fn owner(tree: &VolumeTree, path: &str) -> Result<Map, PlanError> {
    let found = tree.metadata(path)?;
    let named = |kind, number| -> Result<Dynamic, PlanError> {
        let name = accounts::name(tree, kind, number)?;
        Ok(name.map_or_else(|| Dynamic::from(i64::from(number)), Dynamic::from))
    };
    Ok(Map::from([
        ("uid".into(), Dynamic::from(i64::from(found.uid))),
        ("gid".into(), Dynamic::from(i64::from(found.gid))),
        ("owner".into(), named(Kind::User, found.uid)?),
        ("group".into(), named(Kind::Group, found.gid)?),
    ]))
}

/// Sets what `given` has of mode, owner and group.
fn set_access(
    tree: &mut VolumeTree,
    path: &str,
    function: &'static str,
    given: Map,
) -> Result<bool, PlanError> {
    let options = Options::checked(function, given, &access::ACCESS_KEYS)?;
    Access::from_options(&options, tree)?.apply(tree, path)
}

/// Makes an empty file, or gives what is there the time of the run.
fn touch(world: &mut dyn PlanWorld, path: &str) -> Result<bool, PlanError> {
    let time = world.time();
    let tree = world.tree();
    let is_new = access::look(tree, path)?.is_none();
    if is_new {
        tree.write(path, b"", Ownership::root(0o644))?;
    }
    tree.set_times(path, time, time)?;
    Ok(is_new)
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use mintage_volume::filesystem::FileKind;
    use rhai::{Dynamic, Map, NativeCallContext};

    /// Says whether anything is at a path; a link that leads nowhere is nothing.
    ///
    /// # Errors
    /// - `P3007` for links that lead in circles.
    /// - `P3008` for what is no path.
    ///
    /// # Example
    /// ```rhai
    /// file::exists("/etc/hosts") && !file::exists("/etc/nothing")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn exists(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| is(world.tree(), path, |_| true))
    }

    /// Says whether a regular file is at a path, links followed.
    ///
    /// # Errors
    /// - `P3007` for links that lead in circles.
    /// - `P3008` for what is no path.
    ///
    /// # Example
    /// ```rhai
    /// file::is_file("/etc/os-release") && !file::is_file("/etc")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn is_file(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| is(world.tree(), path, |found| found.kind == FileKind::File))
    }

    /// Says whether a directory is at a path, links followed.
    ///
    /// # Errors
    /// - `P3007` for links that lead in circles.
    /// - `P3008` for what is no path.
    ///
    /// # Example
    /// ```rhai
    /// file::is_dir("/bin") && !file::is_dir("/etc/hosts")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn is_dir(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            is(world.tree(), path, |found| {
                found.kind == FileKind::Directory
            })
        })
    }

    /// Says whether a symbolic link is at a path, wherever it leads.
    ///
    /// # Errors
    /// - `P3007` for links that lead in circles.
    /// - `P3008` for what is no path.
    ///
    /// # Example
    /// ```rhai
    /// file::is_link("/etc/os-release") && !file::is_link("/etc/hosts")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn is_link(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::is_link(world.tree(), path))
    }

    /// Gives the length of a file in bytes; 0 for a directory.
    ///
    /// # Errors
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::size("/etc/hostname") == 7
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn size(ctx: NativeCallContext, path: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::size(world.tree(), path))
    }

    /// Gives the 12 permission bits.
    ///
    /// # Errors
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::mode("/etc/shadow") == 0o640
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn mode(ctx: NativeCallContext, path: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| Ok(i64::from(world.tree().metadata(path)?.mode)))
    }

    /// Sets the 12 permission bits: a number, or a string of octal digits.
    ///
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for what is no mode.
    /// - `P3001` when there is nothing at the path.
    /// - `P3013` where the filesystem has no modes.
    ///
    /// # Example
    /// ```rhai
    /// file::set_mode("/etc/motd", 0o600) && !file::set_mode("/etc/motd", "0600")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set_mode(ctx: NativeCallContext, path: &str, mode: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let given = Map::from([("mode".into(), mode)]);
            set_access(world.tree(), path, "file::set_mode", given)
        })
    }

    /// Gives who owns a file: a map with `uid` and `gid`, and `owner` and `group`.
    ///
    /// The latter two are the names that the volume's own `/etc/passwd` and `/etc/group` have for
    /// the numbers, or the numbers where they have none.
    ///
    /// # Errors
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::owner("/etc/shadow").group == "shadow"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn owner(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Map> {
        ctx.call_world(|world| super::owner(world.tree(), path))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn set_owner(ctx: NativeCallContext, path: &str, owner: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let given = Map::from([("owner".into(), owner)]);
            set_access(world.tree(), path, "file::set_owner", given)
        })
    }

    /// Sets the owner and the group of a file, each by name or by number.
    ///
    /// Without a group, the group stays. Names are those of the volume's own `/etc/passwd` and
    /// `/etc/group`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value of another type.
    /// - `P2013` for a name that the volume does not have.
    /// - `P3001` when there is nothing at the path.
    /// - `P3013` where the filesystem has no owners.
    ///
    /// # Example
    /// ```rhai
    /// file::set_owner("/etc/motd", "ops", "adm") && !file::set_owner("/etc/motd", 1000)
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set_owner", volatile, return_raw)]
    pub fn set_owner_and_group(
        ctx: NativeCallContext,
        path: &str,
        owner: Dynamic,
        group: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| {
            let given = Map::from([("owner".into(), owner), ("group".into(), group)]);
            set_access(world.tree(), path, "file::set_owner", given)
        })
    }

    /// Makes sure that a file exists, and sets its times to the time of the run.
    ///
    /// A new file is empty, owned by root, with mode 0644. The time of the run is declared with it;
    /// it is not that of a clock. Returns whether the file is new.
    ///
    /// # Errors
    /// - `P3001` when the directory does not exist.
    ///
    /// # Example
    /// ```rhai
    /// file::touch("/etc/cloud-init.disabled") && file::size("/etc/cloud-init.disabled") == 0
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn touch(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::touch(world, path))
    }
}
