//! `file::read`, `read_bytes`, `write`, `append`: whole files.

use super::access::{self, ACCESS_KEYS, Access, Content};
use crate::options::Options;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Map};

fn write(
    tree: &mut VolumeTree,
    path: &str,
    content: &Dynamic,
    options: Map,
) -> Result<bool, PlanError> {
    let options = Options::checked("file::write", options, &ACCESS_KEYS)?;
    let access = Access::from_options(&options, tree)?;
    access::write(tree, path, &Content::of(content)?, access)
}

fn append(
    tree: &mut VolumeTree,
    path: &str,
    content: &Dynamic,
    options: Map,
) -> Result<(), PlanError> {
    let options = Options::checked("file::append", options, &ACCESS_KEYS)?;
    let access = Access::from_options(&options, tree)?;
    let content = Content::of(content)?;
    if content.is_secret() {
        tree.mark_secret(path)?;
    }
    let new = access.ownership(content.default_mode());
    tree.append(path, content.as_bytes(), new)?;
    access.apply(tree, path)?;
    Ok(())
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Blob, Dynamic, Map, NativeCallContext};

    /// Gives the text of a file.
    ///
    /// # Errors
    /// - `P2003` when it is larger than a string may be.
    /// - `P2016` when it is not UTF-8.
    /// - `P3001` when there is none.
    /// - `P3004` for a directory.
    /// - `P4005` for a file that this run wrote a secret into.
    ///
    /// # Example
    /// ```rhai
    /// file::read("/etc/hostname") == "golden\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn read(ctx: NativeCallContext, path: &str) -> RhaiResultOf<String> {
        let limit = ctx.max_string();
        ctx.call_world(|world| super::access::read_text(world.tree(), path, limit))
    }

    /// Gives the bytes of a file as a blob.
    ///
    /// # Errors
    /// - `P2003` when it is larger than a blob may be.
    /// - `P3001` when there is none.
    /// - `P3004` for a directory.
    /// - `P4005` for a file that this run wrote a secret into.
    ///
    /// # Example
    /// ```rhai
    /// file::read_bytes("/etc/hostname").len() == 7
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn read_bytes(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Blob> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::access::read(world.tree(), path, limit))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn write(ctx: NativeCallContext, path: &str, content: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::write(world.tree(), path, &content, Map::new()))
    }

    /// Writes the whole content of a file: a string, a blob or a secret.
    ///
    /// A file that exists keeps its mode, owner and extended attributes; a new one is owned by root
    /// with mode 0644, or 0600 when the content is a secret. The options `mode`, `owner` and
    /// `group` say otherwise for both. A file with a secret in it is never shown in a diff; on a
    /// filesystem without modes, as vfat, it is nevertheless for everybody to read. Returns whether
    /// anything changed.
    ///
    /// # Errors
    /// - `P2006` for a content that is none of the three.
    /// - `P2013` for a wrong option.
    /// - `P3001` when the directory does not exist.
    /// - `P3004` when a directory is at the path.
    /// - `P3013` where the filesystem has no modes or owners, and one was given.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/motd", "Welcome\n", #{ mode: 0o640, group: "adm" });
    /// !file::write("/etc/motd", "Welcome\n")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "write", volatile, return_raw)]
    pub fn write_with(
        ctx: NativeCallContext,
        path: &str,
        content: Dynamic,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::write(world.tree(), path, &content, options))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn append(ctx: NativeCallContext, path: &str, content: Dynamic) -> RhaiResultOf<()> {
        ctx.call_world(|world| super::append(world.tree(), path, &content, Map::new()))
    }

    /// Adds to the end of a file: a string, a blob or a secret.
    ///
    /// The file is made when it is missing; the options are those of `file::write`. For a line that
    /// must be there once, use `file::ensure_line`.
    ///
    /// # Errors
    /// - `P2006` for a content that is none of the three.
    /// - `P2013` for a wrong option.
    /// - `P3001` when the directory does not exist.
    /// - `P3004` when a directory is at the path.
    /// - `P3013` where the filesystem has no modes or owners, and one was given.
    ///
    /// # Example
    /// ```rhai
    /// file::append("/etc/issue", "one\n", #{ mode: 0o644 });
    /// file::append("/etc/issue", "two\n");
    /// file::read("/etc/issue") == "one\ntwo\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "append", volatile, return_raw)]
    pub fn append_with(
        ctx: NativeCallContext,
        path: &str,
        content: Dynamic,
        options: Map,
    ) -> RhaiResultOf<()> {
        ctx.call_world(|world| super::append(world.tree(), path, &content, options))
    }
}
