//! `ini`: files with `[sections]` and `key = value` lines.

pub(crate) mod document;

use crate::file::access;
use crate::text::MAX_TEXT;
use crate::values::{self, path_text, shorten};
use document::Document;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits files with sections in brackets and lines of key and value.");
    module
}

/// Reads a file and gives what `ask` finds in it.
fn ask<T>(
    tree: &VolumeTree,
    path: &str,
    ask: impl FnOnce(&Document<'_>) -> Result<T, PlanError>,
) -> Result<T, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    ask(&Document::parse(&content).map_err(|error| access::named(error, "read", path))?)
}

fn find(
    tree: &VolumeTree,
    path: &str,
    section: &str,
    key: &str,
) -> Result<Option<Dynamic>, PlanError> {
    let value = ask(tree, path, |document| Ok(document.get(section, key)))?;
    value.map(|value| text(path, &value)).transpose()
}

fn get(tree: &VolumeTree, path: &str, section: &str, key: &str) -> Result<Dynamic, PlanError> {
    find(tree, path, section, key)?.ok_or_else(|| {
        let path = path_text(path);
        let [section, key] = [section, key].map(shorten);
        PlanError::new(
            Code::P2008,
            format!("`{path}` has no key `{key}` in the section `[{section}]`"),
        )
        .at(path)
        .help("give a default as the last argument")
    })
}

fn set(
    tree: &mut VolumeTree,
    path: &str,
    section: &str,
    key: &str,
    value: &Dynamic,
) -> Result<bool, PlanError> {
    check_name("section", section, &['[', ']'])?;
    check_name("key", key, &['='])?;
    if key.trim().is_empty() || key.starts_with(['#', ';', '[']) {
        return Err(bad("key", key));
    }
    let (value, is_secret) = line_value(value)?;
    access::mark(tree, path, is_secret)?;
    let mode = if is_secret { 0o600 } else { 0o644 };
    access::edit_or_create(tree, path, Ownership::root(mode), |content| {
        Document::parse(content)?.set(section, key, &value)
    })
}

fn remove(
    tree: &mut VolumeTree,
    path: &str,
    section: &str,
    key: Option<&str>,
) -> Result<bool, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| {
        let document = Document::parse(content)?;
        match key {
            Some(key) => document.remove_key(section, key),
            None => document.remove_section(section),
        }
    })
}

fn check_name(what: &str, name: &str, forbidden: &[char]) -> Result<(), PlanError> {
    let is_bad = |c: char| c.is_control() || forbidden.contains(&c);
    match name.trim() != name || name.contains(is_bad) {
        true => Err(bad(what, name)),
        false => Ok(()),
    }
}

fn bad(what: &str, name: &str) -> PlanError {
    let shown = shorten(name);
    PlanError::new(
        Code::P2013,
        format!("`{shown}` cannot be the name of a {what}"),
    )
}

/// A value that fits behind the `=` and is read back the same.
fn line_value(value: &Dynamic) -> Result<(String, bool), PlanError> {
    let (text, is_secret) = values::scalar_or_secret(value)?;
    let is_one_line = !text.contains(|c: char| c.is_control() && c != '\t');
    if text.trim() != text || text.ends_with('\\') || !is_one_line {
        let shown = match is_secret {
            true => "the secret".to_owned(),
            false => format!("`{}`", shorten(&text)),
        };
        return Err(PlanError::new(
            Code::P2013,
            format!("{shown} cannot be a value in such a file"),
        )
        .help(
            "a value is on one line, does not start or end with blanks, and does not end in `\\`",
        ));
    }
    Ok((text, is_secret))
}

/// Bytes of a file as a script's string.
fn text(path: &str, bytes: &[u8]) -> Result<Dynamic, PlanError> {
    match std::str::from_utf8(bytes) {
        Ok(text) => Ok(text.into()),
        Err(_) => {
            let (path, shown) = (path_text(path), escape(bytes.get(..80).unwrap_or(bytes)));
            let message = format!("`{path}` has a text that is not UTF-8: `{shown}`");
            Err(PlanError::new(Code::P2016, message).at(path))
        }
    }
}

fn names(path: &str, found: Vec<&[u8]>, limit: usize) -> Result<Array, PlanError> {
    if found.len() > limit {
        let shown = path_text(path);
        let message = format!("`{shown}` has more than {limit} names");
        return Err(PlanError::new(Code::P2003, message).at(shown));
    }
    found.into_iter().map(|name| text(path, name)).collect()
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(
        ctx: NativeCallContext,
        path: &str,
        section: &str,
        key: &str,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| super::get(world.tree(), path, section, key))
    }

    /// Gives the value of a key, or the default when the file has none.
    ///
    /// The section `""` is what stands before the first header. The value is a string, with quotes
    /// and comments behind it as they stand there. Of several lines with the key, the last counts.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2016` when the file has another form or the value is not UTF-8.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// let file = "/etc/systemd/timesyncd.conf";
    /// ini::get(file, "Time", "FallbackNTP") == "0.debian.pool.ntp.org"
    ///     && ini::get(file, "Time", "NTP", "none") == "none"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        path: &str,
        section: &str,
        key: &str,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(find(world.tree(), path, section, key)?.unwrap_or(default)))
    }

    /// Sets a key to a string, a number, a boolean or a secret, which marks the file as secret.
    ///
    /// The line where the key counts is changed; a new key goes to the end of its section, a new
    /// section to the end of the file, both in the style of the file. Everything else stays byte for
    /// byte. A missing file is made. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2013` for a name or value that cannot stand in such a file.
    /// - `P2016` when the file has another form.
    ///
    /// # Example
    /// ```rhai
    /// let file = "/etc/systemd/timesyncd.conf";
    /// ini::set(file, "Time", "NTP", "192.0.2.1") && !ini::set(file, "Time", "NTP", "192.0.2.1")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        path: &str,
        section: &str,
        key: &str,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), path, section, key, &value))
    }

    #[rhai_fn(name = "remove", volatile, return_raw)]
    pub fn remove_section(ctx: NativeCallContext, path: &str, section: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path, section, None))
    }

    /// Removes a key from a section, or without a key the section with all that is in it.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when the file has another form.
    ///
    /// # Example
    /// ```rhai
    /// let file = "/etc/systemd/timesyncd.conf";
    /// ini::remove(file, "Time", "FallbackNTP") && ini::remove(file, "Time")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(
        ctx: NativeCallContext,
        path: &str,
        section: &str,
        key: &str,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path, section, Some(key)))
    }

    /// Gives the names of the sections, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB or too many sections.
    /// - `P2016` when the file has another form.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// ini::sections("/etc/systemd/timesyncd.conf") == ["Time"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn sections(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| {
            ask(world.tree(), path, |document| {
                names(path, document.sections(), limit)
            })
        })
    }

    /// Gives the keys of a section, in the order of the file.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB or too many keys.
    /// - `P2016` when the file has another form.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// ini::keys("/etc/systemd/timesyncd.conf", "Time") == ["FallbackNTP"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str, section: &str) -> RhaiResultOf<Array> {
        let limit = ctx.engine().max_array_size();
        ctx.call_world(|world| {
            ask(world.tree(), path, |document| {
                names(path, document.keys(section), limit)
            })
        })
    }
}
