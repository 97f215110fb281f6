//! `shell_vars`: files of shell assignments, as `/etc/default/grub` and `/etc/os-release`.

pub(crate) mod document;
pub(crate) mod setting;
pub(crate) mod word;

use crate::file::access;
use crate::text::MAX_TEXT;
use crate::values::{self, path_text, shorten};
use document::Document;
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};
use word::Word;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files of shell assignments without ever running a shell.");
    module
}

fn find(tree: &VolumeTree, path: &str, name: &str) -> Result<Option<Dynamic>, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    let value = match Document::parse(&content).get(name) {
        None => return Ok(None),
        Some(Word::Plain(value)) => String::from_utf8(value).ok(),
        Some(Word::Evaluated) => None,
    };
    let (path, name) = (path_text(path), shorten(name));
    let value = value.ok_or_else(|| {
        let message = format!("only a shell could tell the value of `{name}` in `{path}`");
        PlanError::new(Code::P2016, message)
            .at(&path)
            .help("nothing of a volume is ever run; the value can be set, but not read")
    })?;
    Ok(Some(value.into()))
}

fn get(tree: &VolumeTree, path: &str, name: &str) -> Result<Dynamic, PlanError> {
    find(tree, path, name)?.ok_or_else(|| {
        let (path, name) = (path_text(path), shorten(name));
        PlanError::new(Code::P2008, format!("`{path}` does not set `{name}`"))
            .at(path)
            .help("give a default as the last argument")
    })
}

fn set(tree: &mut VolumeTree, path: &str, name: &str, value: &Dynamic) -> Result<bool, PlanError> {
    if !document::is_name(name.as_bytes()) {
        let shown = shorten(name);
        let message = format!("`{shown}` cannot be the name of a variable");
        return Err(PlanError::new(Code::P2013, message)
            .help("a name has letters, digits and `_`, and does not start with a digit"));
    }
    let (value, is_secret) = values::scalar_or_secret(value)?;
    if value.contains(|c: char| c.is_control() && c != '\t') {
        let shown = match is_secret {
            true => "the secret".to_owned(),
            false => format!("`{}`", shorten(&value)),
        };
        let message = format!("{shown} cannot be the value of a variable");
        return Err(PlanError::new(Code::P2013, message).help("a value is on one line"));
    }
    access::mark(tree, path, is_secret)?;
    let mode = if is_secret { 0o600 } else { 0o644 };
    access::edit_or_create(tree, path, Ownership::root(mode), |content| {
        Document::parse(content).set(name, &value)
    })
}

fn remove(tree: &mut VolumeTree, path: &str, name: &str) -> Result<bool, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| Document::parse(content).remove(name))
}

fn names(tree: &VolumeTree, path: &str, limit: usize) -> Result<Array, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    let names = Document::parse(&content).names();
    if names.len() > limit {
        let shown = path_text(path);
        let message = format!("`{shown}` sets more than {limit} variables");
        return Err(PlanError::new(Code::P2003, message).at(shown));
    }
    // The names of variables are ASCII.
    let names = names
        .into_iter()
        .map(|name| String::from_utf8_lossy(name).into_owned());
    Ok(names.map(Dynamic::from).collect())
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, name: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| super::get(world.tree(), path, name))
    }

    /// Gives the value of a variable, or the default when the file does not set it.
    ///
    /// The value is a string without its quotes. Of several assignments the last counts; only those
    /// at the start of a line are seen.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when it is not set and no default is given.
    /// - `P2016` when only a shell could tell the value.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// let file = "/etc/default/grub";
    /// shell_vars::get(file, "GRUB_CMDLINE_LINUX_DEFAULT") == "quiet"
    ///     && shell_vars::get(file, "GRUB_TERMINAL", "console") == "console"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(find(world.tree(), path, name)?.unwrap_or(default)))
    }

    /// Sets a variable to a string, a number, a boolean or a secret, which marks the file as secret.
    ///
    /// The last assignment is changed, in the quotes that it has; a new one goes to the end of the
    /// file. The value is quoted so that a shell reads exactly it. Everything else stays byte for
    /// byte. A missing file is made. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2013` for what cannot be a name or a value.
    ///
    /// # Example
    /// ```rhai
    /// let file = "/etc/default/grub";
    /// shell_vars::set(file, "GRUB_TIMEOUT", 1) && shell_vars::get(file, "GRUB_TIMEOUT") == "1"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        path: &str,
        name: &str,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), path, name, &value))
    }

    /// Removes every assignment of a variable.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// shell_vars::remove("/etc/default/grub", "GRUB_TIMEOUT")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path, name))
    }

    /// Gives the names of the variables that a file sets, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB or too many variables.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// shell_vars::names("/etc/default/grub").contains("GRUB_TIMEOUT")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn names(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| super::names(world.tree(), path, limit))
    }
}
