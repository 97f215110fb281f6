//! `file::ensure_block`, `remove_block`: several lines between two markers.

use super::access::{self, ACCESS_KEYS, Access};
use crate::options::Options;
use crate::text::block::{self, Markers};
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::Map;
use rhai::plugin::*;

fn ensure_block(
    tree: &mut VolumeTree,
    path: &str,
    name: &str,
    text: &str,
    options: Map,
) -> Result<bool, PlanError> {
    let known = [&ACCESS_KEYS[..], &["comment"]].concat();
    let options = Options::checked("file::ensure_block", options, &known)?;
    let access = Access::from_options(&options, tree)?;
    let markers = markers(&options, name)?;
    let edited = |content: &[u8]| block::ensure_block(content, &markers, text.as_bytes());
    let changed = access::edit_or_create(tree, path, access.ownership(0o644), edited)?;
    Ok(access.apply(tree, path)? || changed)
}

fn remove_block(
    tree: &mut VolumeTree,
    path: &str,
    name: &str,
    options: Map,
) -> Result<bool, PlanError> {
    let options = Options::checked("file::remove_block", options, &["comment"])?;
    let markers = markers(&options, name)?;
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| block::remove_block(content, &markers))
}

fn markers(options: &Options, name: &str) -> Result<Markers, PlanError> {
    let leader = options.text("comment")?;
    let leader = leader.as_deref().unwrap_or("#");
    for (what, text) in [("name of a block", name), ("start of a comment", leader)] {
        if text.trim().is_empty() || text.chars().any(char::is_control) {
            let shown = shorten(text);
            let message = format!("`{shown}` cannot be the {what}");
            return Err(PlanError::new(Code::P2013, message).help("it is a short text on one line"));
        }
    }
    Ok(Markers::new(leader, name))
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_block(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        text: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_block(world.tree(), path, name, text, Map::new()))
    }

    /// Makes sure that a file has a block of lines between two markers.
    ///
    /// The markers are the lines `# BEGIN name` and `# END name`; what is between them is replaced,
    /// and a block that is not there yet is added at the end. The option `comment` is what starts a
    /// comment in the file where that is not `#`; `mode`, `owner` and `group` are as in
    /// `file::write`. The file is made when it is missing. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` when the file is larger than 4 MiB.
    /// - `P2013` for a wrong name or option.
    /// - `P2016` when only one of the markers is there, or one twice.
    ///
    /// # Example
    /// ```rhai
    /// file::ensure_block("/etc/vimrc", "ops", "set number", #{ comment: "\"" });
    /// file::read("/etc/vimrc") == "\" BEGIN ops\nset number\n\" END ops\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "ensure_block", volatile, return_raw)]
    pub fn ensure_block_with(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        text: &str,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_block(world.tree(), path, name, text, options))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn remove_block(ctx: NativeCallContext, path: &str, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_block(world.tree(), path, name, Map::new()))
    }

    /// Removes a block of lines with its markers.
    ///
    /// The option `comment` is as in `file::ensure_block`. Returns whether there was one; a file
    /// that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` when the file is larger than 4 MiB.
    /// - `P2013` for a wrong name or option.
    /// - `P2016` when only one of the markers is there, or one twice.
    ///
    /// # Example
    /// ```rhai
    /// file::ensure_block("/etc/profile", "ops", "umask 027");
    /// file::remove_block("/etc/profile", "ops", #{ comment: "#" })
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "remove_block", volatile, return_raw)]
    pub fn remove_block_with(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_block(world.tree(), path, name, options))
    }
}
