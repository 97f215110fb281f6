//! `file::ensure_line`, `remove_line`, `remove_lines`, `replace`, `replace_lines`: edits of lines
//! and of literal text.

use super::access::{self, ACCESS_KEYS, Access};
use crate::options::Options;
use crate::text::edit::{self, Placement};
use crate::text::pattern::Pattern;
use crate::text::{Edited, EditedPlaces};
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::Map;
use rhai::plugin::*;

fn ensure_line(
    tree: &mut VolumeTree,
    path: &str,
    line: &str,
    options: Map,
) -> Result<bool, PlanError> {
    let known = [
        &ACCESS_KEYS[..],
        &["replacing", "after", "before", "create"],
    ]
    .concat();
    let options = Options::checked("file::ensure_line", options, &known)?;
    let access = Access::from_options(&options, tree)?;
    let replacing = options.pattern("replacing")?;
    let place = Placement {
        after: options.pattern("after")?,
        before: options.pattern("before")?,
    };
    one_line(line)?;
    let edited =
        |content: &[u8]| edit::ensure_line(content, line.as_bytes(), replacing.as_ref(), &place);
    let changed = if options.flag("create", true)? {
        access::edit_or_create(tree, path, access.ownership(0o644), edited)?
    } else {
        access::edit(tree, path, edited)?
    };
    Ok(access.apply(tree, path)? || changed)
}

fn remove_line(tree: &mut VolumeTree, path: &str, line: &str) -> Result<bool, PlanError> {
    one_line(line)?;
    let removed = remove(tree, path, |found| found == line.as_bytes())?;
    Ok(removed > 0)
}

fn remove_lines(tree: &mut VolumeTree, path: &str, pattern: &str) -> Result<i64, PlanError> {
    let pattern = Pattern::parse(pattern)?;
    remove(tree, path, |found| pattern.matches(found))
}

/// A file that does not exist has no such line: that is what was wanted.
fn remove(
    tree: &mut VolumeTree,
    path: &str,
    unwanted: impl Fn(&[u8]) -> bool,
) -> Result<i64, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(0);
    }
    edit_places(tree, path, |content| edit::remove_lines(content, unwanted))
}

fn replace(tree: &mut VolumeTree, path: &str, old: &str, new: &str) -> Result<i64, PlanError> {
    if old.is_empty() {
        return Err(PlanError::new(Code::P2013, "the text to replace is empty"));
    }
    edit_places(tree, path, |content| {
        edit::replace_text(content, old.as_bytes(), new.as_bytes())
    })
}

fn replace_lines(
    tree: &mut VolumeTree,
    path: &str,
    pattern: &str,
    line: &str,
) -> Result<i64, PlanError> {
    let pattern = Pattern::parse(pattern)?;
    one_line(line)?;
    edit_places(tree, path, |content| {
        edit::replace_lines(content, &pattern, line.as_bytes())
    })
}

/// Edits a file and gives how many places of it changed.
fn edit_places(
    tree: &mut VolumeTree,
    path: &str,
    edited: impl FnOnce(&[u8]) -> EditedPlaces,
) -> Result<i64, PlanError> {
    let mut places = 0;
    access::edit(tree, path, |content| -> Edited {
        Ok(edited(content)?.map(|(new, changed)| {
            places = changed;
            new
        }))
    })?;
    Ok(i64::try_from(places).unwrap_or(i64::MAX))
}

/// A line of a file, which must be one.
fn one_line(line: &str) -> Result<(), PlanError> {
    if line.contains(['\n', '\r', '\0']) {
        let shown = shorten(line);
        return Err(
            PlanError::new(Code::P2013, format!("`{shown}` is not one line of text"))
                .help("for several lines use `file::ensure_block`"),
        );
    }
    Ok(())
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn ensure_line(ctx: NativeCallContext, path: &str, line: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_line(world.tree(), path, line, Map::new()))
    }

    /// Makes sure that a file has a line.
    ///
    /// Without options the line is added at the end unless it is there. Options:
    /// - `replacing`: a pattern (`*`, `?`, `[…]`) for whole lines; the first one that matches
    ///   becomes the line, and the others that match are removed;
    /// - `after`, `before`: patterns; a new line goes behind the last or before the first match;
    /// - `create`: whether a missing file is made, `true` unless told otherwise;
    /// - `mode`, `owner`, `group`: as in `file::write`.
    ///
    /// Everything else in the file stays byte for byte. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` when the file is larger than 4 MiB.
    /// - `P2013` for a wrong option or pattern or a line that is more than one.
    /// - `P3001` when the directory, or the file with `create: false`, does not exist.
    ///
    /// # Example
    /// ```rhai
    /// let config = "/etc/ssh/sshd_config";
    /// file::ensure_line(config, "PermitRootLogin no", #{ replacing: "*PermitRootLogin *" });
    /// !file::ensure_line(config, "PermitRootLogin no")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "ensure_line", volatile, return_raw)]
    pub fn ensure_line_with(
        ctx: NativeCallContext,
        path: &str,
        line: &str,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure_line(world.tree(), path, line, options))
    }

    /// Removes every line of a file that is exactly the given one.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` when the file is larger than 4 MiB.
    /// - `P2013` for a line that is more than one.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/shells", "/bin/sh\n/bin/zsh\n");
    /// file::remove_line("/etc/shells", "/bin/zsh") && file::read("/etc/shells") == "/bin/sh\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_line(ctx: NativeCallContext, path: &str, line: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove_line(world.tree(), path, line))
    }

    /// Removes every line of a file that matches a pattern (`*`, `?`, `[…]`) as a whole.
    ///
    /// Returns how many were removed; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` when the file is larger than 4 MiB.
    /// - `P2013` for an invalid pattern.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/fstab", "# old\n/dev/vda1 / ext4 defaults 0 1\n# more\n");
    /// file::remove_lines("/etc/fstab", "#*") == 2
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove_lines(ctx: NativeCallContext, path: &str, pattern: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::remove_lines(world.tree(), path, pattern))
    }

    /// Puts a text in place of another, literally and everywhere in a file.
    ///
    /// Returns how many places changed.
    ///
    /// # Errors
    /// - `P2003` when the file is or would be larger than 4 MiB.
    /// - `P2013` when the text to replace is empty.
    /// - `P3001` when the file does not exist.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/issue", "golden, golden\n");
    /// file::replace("/etc/issue", "golden", "web01") == 2
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn replace(ctx: NativeCallContext, path: &str, old: &str, new: &str) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::replace(world.tree(), path, old, new))
    }

    /// Puts a line in place of every line that matches a pattern (`*`, `?`, `[…]`) as a whole.
    ///
    /// Returns how many lines changed.
    ///
    /// # Errors
    /// - `P2003` when the file is or would be larger than 4 MiB.
    /// - `P2013` for an invalid pattern or a line that is more than one.
    /// - `P3001` when the file does not exist.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/login.defs", "UMASK 022\n# UMASK\n");
    /// file::replace_lines("/etc/login.defs", "UMASK *", "UMASK 027") == 1
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn replace_lines(
        ctx: NativeCallContext,
        path: &str,
        pattern: &str,
        line: &str,
    ) -> RhaiResultOf<i64> {
        ctx.call_world(|world| super::replace_lines(world.tree(), path, pattern, line))
    }
}
