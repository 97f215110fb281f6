//! `file::make_dir`, `list`, `walk`: directories.

use super::access::{self, ACCESS_KEYS, Access};
use crate::options::Options;
use crate::values::path_text;
use mintage_engine::{Code, PlanError};
use mintage_volume::error::VolumeErrorKind;
use mintage_volume::escape::escape;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map};

fn make_dir(tree: &mut VolumeTree, path: &str, options: Map) -> Result<bool, PlanError> {
    let options = Options::checked("file::make_dir", options, &ACCESS_KEYS)?;
    let access = Access::from_options(&options, tree)?;
    let made = match access::look(tree, path)? {
        Some(found) if found.kind == FileKind::Directory => false,
        _ => make_dirs(tree, path, access)?,
    };
    Ok(access.apply(tree, path)? || made)
}

/// The options are for the last directory; those above it that are missing belong to root.
fn make_dirs(tree: &mut VolumeTree, path: &str, access: Access) -> Result<bool, PlanError> {
    let parent = path
        .trim_end_matches('/')
        .rsplit_once('/')
        .map(|(parent, _)| parent);
    if let Some(parent) = parent.filter(|parent| !parent.is_empty()) {
        tree.make_dirs(parent, Access::default().ownership(0o755))?;
    }
    Ok(tree.make_dirs(path, access.ownership(0o755))?)
}

fn list(tree: &VolumeTree, path: &str, limit: usize) -> Result<Array, PlanError> {
    let entries = tree.read_dir(path)?;
    if entries.len() > limit {
        return Err(too_many(path, limit));
    }
    let names = entries.into_iter().map(|entry| text(path, &entry.name));
    names.collect()
}

fn walk(tree: &VolumeTree, path: &str, limit: usize) -> Result<Array, PlanError> {
    let entries = tree.walk(path, limit).map_err(|error| match error.kind() {
        VolumeErrorKind::LimitReached => too_many(path, limit),
        _ => error.into(),
    })?;
    let paths = entries
        .iter()
        .map(|entry| text(path, entry.path.as_bytes()));
    paths.collect()
}

/// A name from the volume as a script's string.
///
/// # Errors
/// `P2016` when it is not UTF-8: no string could lead to it.
pub(super) fn text(below: &str, name: &[u8]) -> Result<Dynamic, PlanError> {
    match std::str::from_utf8(name) {
        Ok(name) => Ok(name.into()),
        Err(_) => {
            let (below, name) = (path_text(below), escape(name));
            let message = format!("`{below}` has a name that is not UTF-8: `{name}`");
            Err(PlanError::new(Code::P2016, message).at(&below).help(
                "scripts cannot name it; it can be copied, moved or removed with its directory",
            ))
        }
    }
}

pub(super) fn too_many(path: &str, limit: usize) -> PlanError {
    let shown = path_text(path);
    PlanError::new(
        Code::P2003,
        format!("`{shown}` has more than {limit} entries"),
    )
    .at(&shown)
    .help("take a smaller part of it, by a longer path or a pattern for `file::glob`")
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn make_dir(ctx: NativeCallContext, path: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::make_dir(world.tree(), path, Map::new()))
    }

    /// Makes sure that a directory exists, with all above it.
    ///
    /// The options `mode`, `owner` and `group` are for the directory itself, new or not; a new one
    /// is owned by root with mode 0755 otherwise. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for a wrong option.
    /// - `P3003` when something else is at the path or on the way to it.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/srv/www/html", #{ mode: 0o2775, owner: "ops", group: 33 });
    /// !file::make_dir("/srv/www/html")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "make_dir", volatile, return_raw)]
    pub fn make_dir_with(ctx: NativeCallContext, path: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::make_dir(world.tree(), path, options))
    }

    /// Gives the names in a directory, sorted.
    ///
    /// # Errors
    /// - `P2003` when there are more than an array may hold.
    /// - `P2016` when one is not UTF-8.
    /// - `P3001` when there is nothing at the path.
    /// - `P3003` for anything but a directory.
    ///
    /// # Example
    /// ```rhai
    /// file::list("/etc/ssh") == ["ssh_host_ed25519_key", "sshd_config"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn list(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::list(world.tree(), path, limit))
    }

    /// Gives the path and those of everything below it, directories before what is in them, sorted.
    ///
    /// Links are not followed.
    ///
    /// # Errors
    /// - `P2003` when there are more than an array may hold.
    /// - `P2016` when a name is not UTF-8.
    /// - `P3001` when there is nothing at the path.
    ///
    /// # Example
    /// ```rhai
    /// file::walk("/etc/ssh").len() == 3
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn walk(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::walk(world.tree(), path, limit))
    }
}
