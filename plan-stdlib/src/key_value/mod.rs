//! `key_value`: files with a key and a value on each line, and no sections.

mod document;

use crate::file::access;
use crate::options::Options;
use crate::text::MAX_TEXT;
use crate::values::{path_text, scalar_or_secret, shorten};
use document::{Document, Separator};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Array, Dynamic, Map, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module
        .set_doc("Edits files with a key and a value on each line, as sysctl.conf and login.defs.");
    module
}

fn find(tree: &VolumeTree, path: &str, key: &str) -> Result<Option<Dynamic>, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    let document = Document::parse(&content, None);
    let value = document.get(key.as_bytes());
    value.map(|value| text(path, value)).transpose()
}

fn text(path: &str, bytes: &[u8]) -> Result<Dynamic, PlanError> {
    let text = std::str::from_utf8(bytes);
    text.map(|text| text.into()).map_err(|_| {
        let shown = path_text(path);
        let message = format!("`{shown}` has a text that is not UTF-8");
        PlanError::new(Code::P2016, message).at(&shown)
    })
}

fn get(tree: &VolumeTree, path: &str, key: &str) -> Result<Dynamic, PlanError> {
    find(tree, path, key)?.ok_or_else(|| {
        let (shown, key) = (path_text(path), shorten(key));
        PlanError::new(Code::P2008, format!("`{shown}` has no key `{key}`"))
            .at(&shown)
            .help("give a default as the last argument")
    })
}

fn set(
    tree: &mut VolumeTree,
    path: &str,
    key: &str,
    value: &Dynamic,
    options: Map,
) -> Result<bool, PlanError> {
    let options = Options::checked("key_value::set", options, &["separator"])?;
    let separator = separator(&options)?;
    let is_key = !key.is_empty()
        && !key.starts_with(['#', ';'])
        && !key.contains(|c: char| c.is_whitespace() || c.is_control() || matches!(c, '=' | ':'));
    if !is_key {
        let message = format!("`{}` cannot be a key in such a file", shorten(key));
        return Err(
            PlanError::new(Code::P2013, message).help("a key has no blanks, no `=` and no `:`")
        );
    }
    let (value, is_secret) = scalar_or_secret(value)?;
    if value.trim() != value || value.ends_with('\\') || value.chars().any(is_break) {
        let shown = if is_secret {
            "the secret".to_owned()
        } else {
            format!("`{}`", shorten(&value))
        };
        let message = format!("{shown} cannot be a value in such a file");
        return Err(PlanError::new(Code::P2013, message).help(
            "a value is on one line, does not start or end with blanks, and does not end in `\\`",
        ));
    }
    access::mark(tree, path, is_secret)?;
    let mode = if is_secret { 0o600 } else { 0o644 };
    access::edit_or_create(tree, path, Ownership::root(mode), |content| {
        Document::parse(content, separator).set(key.as_bytes(), value.as_bytes())
    })
}

fn is_break(c: char) -> bool {
    c.is_control() && c != '\t'
}

fn separator(options: &Options) -> Result<Option<Separator>, PlanError> {
    let Some(text) = options.text("separator")? else {
        return Ok(None);
    };
    match text.as_str() {
        "=" => Ok(Some(Separator::Equals)),
        ":" => Ok(Some(Separator::Colon)),
        " " => Ok(Some(Separator::Blank)),
        other => {
            let message = format!("`{}` separates no keys from values", shorten(other));
            Err(PlanError::new(Code::P2013, message).help("it is `\"=\"`, `\":\"` or `\" \"`"))
        }
    }
}

fn remove(tree: &mut VolumeTree, path: &str, key: &str) -> Result<bool, PlanError> {
    if access::look(tree, path)?.is_none() {
        return Ok(false);
    }
    access::edit(tree, path, |content| {
        Document::parse(content, None).remove(key.as_bytes())
    })
}

fn keys(tree: &VolumeTree, path: &str) -> Result<Array, PlanError> {
    let content = access::read(tree, path, MAX_TEXT)?;
    let document = Document::parse(&content, None);
    let keys = document.keys();
    keys.into_iter().map(|key| text(path, key)).collect()
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn get(ctx: NativeCallContext, path: &str, key: &str) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| super::get(world.tree(), path, key))
    }

    /// Gives the value of a key, or the default when the file has none.
    ///
    /// What stands between keys and values is what most lines of the file have: `=`, `:` or
    /// blanks. The value is a string, with quotes and comments behind it as they stand there. Of
    /// several lines with the key, the last counts.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2008` when there is none and no default is given.
    /// - `P2016` when the value is not UTF-8.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// key_value::get("/etc/ssh/sshd_config", "UsePAM") == "yes"
    ///     && key_value::get("/etc/ssh/sshd_config", "Port", 22) == 22
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "get", volatile, return_raw)]
    pub fn get_or(
        ctx: NativeCallContext,
        path: &str,
        key: &str,
        default: Dynamic,
    ) -> RhaiResultOf<Dynamic> {
        ctx.call_world(|world| Ok(find(world.tree(), path, key)?.unwrap_or(default)))
    }

    #[rhai_fn(volatile, return_raw)]
    pub fn set(
        ctx: NativeCallContext,
        path: &str,
        key: &str,
        value: Dynamic,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), path, key, &value, Map::new()))
    }

    /// Sets a key to a string, a number, a boolean or a secret, which marks the file as secret.
    ///
    /// The last line with the key is changed and every other one removed, so that it counts by
    /// any rule. Where there is none, a line that is commented out, as `#Key value`, is taken in
    /// its place; else a line is added at the end. Everything else stays byte for byte. A missing
    /// file is made. The option `separator`, one of `"="`, `":"` and `" "`, is for files that do
    /// not show theirs. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2006` for a value of another type.
    /// - `P2013` for a key, value or option that cannot stand in such a file.
    ///
    /// # Example
    /// ```rhai
    /// key_value::set("/etc/ssh/sshd_config", "PermitRootLogin", "no");
    /// key_value::set("/etc/ops.conf", "net.ipv4.ip_forward", 1, #{ separator: "=" });
    /// file::read("/etc/ssh/sshd_config").contains("\nPermitRootLogin no\nUsePAM yes\n")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "set", volatile, return_raw)]
    pub fn set_with(
        ctx: NativeCallContext,
        path: &str,
        key: &str,
        value: Dynamic,
        options: Map,
    ) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), path, key, &value, options))
    }

    /// Removes every line that sets a key; one that is commented out stays.
    ///
    /// Returns whether there was any; a file that does not exist has none.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// key_value::remove("/etc/ssh/sshd_config", "UsePAM")
    ///     && !key_value::remove("/etc/ssh/sshd_config", "UsePAM")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, path: &str, key: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), path, key))
    }

    /// Gives the keys, in the order of the file, each once.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2016` when a key is not UTF-8.
    /// - `P3001` when there is no file.
    ///
    /// # Example
    /// ```rhai
    /// key_value::keys("/etc/ssh/sshd_config") == ["Include", "UsePAM"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn keys(ctx: NativeCallContext, path: &str) -> RhaiResultOf<Array> {
        ctx.call_world(|world| super::keys(world.tree(), path))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;
    use mintage_engine::Secret;

    #[test]
    fn hostile_keys_and_values_are_refused() {
        let mut tree = TestWorld::debian().tree;
        for (key, value) in [
            ("", "x"),
            ("a b", "x"),
            ("a=b", "x"),
            ("#a", "x"),
            ("a\nb", "x"),
            ("a", "x\nPermitRootLogin yes"),
            ("a", " x"),
            ("a", "x\\"),
            ("a", "\0"),
        ] {
            let error = set(&mut tree, "/etc/x", key, &value.into(), Map::new()).unwrap_err();
            assert_eq!(error.code, Code::P2013, "{key:?} {value:?}");
        }
        let secret = Dynamic::from(Secret::new("top\nsecret"));
        let error = set(&mut tree, "/etc/x", "a", &secret, Map::new()).unwrap_err();
        assert!(!format!("{error:?}").contains("top"));
    }

    #[test]
    fn a_secret_makes_the_file_one() {
        let mut tree = TestWorld::debian().tree;
        let secret = Dynamic::from(Secret::new("s3cret"));
        assert!(set(&mut tree, "/etc/x", "password", &secret, Map::new()).unwrap());
        assert!(!set(&mut tree, "/etc/x", "password", &secret, Map::new()).unwrap());
        assert!(tree.holds_secret("/etc/x"));
        assert_eq!(tree.metadata("/etc/x").unwrap().mode, 0o600);
        assert_eq!(
            get(&tree, "/etc/x", "password").unwrap_err().code,
            Code::P4005
        );
    }
}
