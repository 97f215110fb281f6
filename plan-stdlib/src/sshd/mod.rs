//! `sshd`: the settings of the SSH server.

mod config;
mod keywords;

use crate::file::access::{self, Access, Content};
use crate::values::{scalar, shorten};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Module};

/// The main file: the administrator's, else the distribution's.
const CONFIG: [&str; 2] = ["/etc/ssh/sshd_config", "/usr/etc/ssh/sshd_config"];
/// The directory of further files, where the main file includes it.
const DIRECTORY: &str = "/etc/ssh/sshd_config.d";
/// The file of plans in it: its name comes before those that distributions and cloud-init ship, as
/// of a keyword the first value counts.
const DROP_IN: &str = "/etc/ssh/sshd_config.d/00-plan.conf";
/// The largest of these files that is read, in bytes.
const MAX_CONFIG: usize = 1024 * 1024;
/// The longest value, in bytes.
const MAX_VALUE: usize = 4096;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("The settings of the SSH server.");
    module
}

fn set(tree: &mut VolumeTree, keyword: &str, value: &Dynamic) -> Result<bool, PlanError> {
    let (keyword, adds_up) = keywords::keyword(keyword)?;
    let value = text(keyword, value)?;
    let Some(main) = main(tree)? else {
        return Err(PlanError::new(Code::P3001, "the volume has no SSH server")
            .at(CONFIG[0])
            .help("install it in the golden image"));
    };
    let content = access::read(tree, main, MAX_CONFIG)?;
    let uses_drop_ins = config::includes_first(&content, DIRECTORY);
    let target = if uses_drop_ins { DROP_IN } else { CONFIG[0] };
    if adds_up {
        refuse_others(tree, keyword, main, target)?;
    }
    if uses_drop_ins && access::look(tree, DIRECTORY)?.is_none() {
        tree.make_dirs(DIRECTORY, Ownership::root(0o755))?;
    }
    if !uses_drop_ins && main != CONFIG[0] {
        // What the administrator changes is a copy of what the distribution ships.
        let copy = Content::Bytes(content);
        access::write(
            tree,
            CONFIG[0],
            &copy,
            Access::exactly(Ownership::root(0o600)),
        )?;
    }
    access::edit_or_create(tree, target, Ownership::root(0o600), |content| {
        config::set(content, keyword, &value)
    })
}

fn main(tree: &VolumeTree) -> Result<Option<&'static str>, PlanError> {
    for path in CONFIG {
        if access::look(tree, path)?.is_some() {
            return Ok(Some(path));
        }
    }
    Ok(None)
}

/// A value as the file has it.
fn text(keyword: &str, value: &Dynamic) -> Result<String, PlanError> {
    let text = match value.as_bool() {
        Ok(true) => "yes".to_owned(),
        Ok(false) => "no".to_owned(),
        Err(_) => scalar(value)?,
    };
    let text = text.trim();
    let is_line = !text.is_empty() && text.len() <= MAX_VALUE && !text.contains(char::is_control);
    let is_closed = text.matches('"').count().is_multiple_of(2) && !text.starts_with(['#', '=']);
    if is_line && is_closed {
        return Ok(text.to_owned());
    }
    let message = format!("`{}` is no value of `{keyword}`", shorten(text));
    Err(PlanError::new(Code::P2013, message).help("a value is one line of at most 4096 bytes"))
}

/// Refuses a keyword whose values add up where another file has some: setting it would not end
/// with the value that was asked for.
fn refuse_others(
    tree: &VolumeTree,
    keyword: &str,
    main: &str,
    target: &str,
) -> Result<(), PlanError> {
    let mut files = vec![main.to_owned()];
    if access::look(tree, DIRECTORY)?.is_some() {
        let entries = tree.read_dir(DIRECTORY)?;
        let names = entries
            .iter()
            .map(|entry| String::from_utf8_lossy(&entry.name));
        let names = names.filter(|name| name.ends_with(".conf"));
        files.extend(names.map(|name| format!("{DIRECTORY}/{name}")));
    }
    for path in files.iter().filter(|path| path.as_str() != target) {
        if config::sets(&access::read(tree, path, MAX_CONFIG)?, keyword) {
            let message = format!("`{path}` sets `{keyword}` already, and its values add up");
            return Err(PlanError::new(Code::P2013, message).at(path).help(format!(
                "take it away there first: `file::remove_lines(\"{path}\", \"{keyword} *\")`"
            )));
        }
    }
    Ok(())
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Makes a value the one that counts for every connection which no `Match` block changes.
    ///
    /// Where `/etc/ssh/sshd_config` includes `sshd_config.d/*.conf` before it sets anything, as in
    /// Debian, Ubuntu and the Red Hat family, it goes to `sshd_config.d/00-plan.conf`, which comes
    /// before the files of others. Elsewhere the line in `sshd_config` that counts is changed, or
    /// one is added before the first `Match` block or `Include`. `true` and `false` are written as
    /// `yes` and `no`. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for a value that is no string, number or boolean.
    /// - `P2013` for a keyword that sshd does not know, for a value that is not one line, and for a
    ///   keyword whose values add up (`Port`, `AllowUsers`, …) when another file sets it.
    /// - `P3001` when the volume has no SSH server.
    ///
    /// # Example
    /// ```rhai
    /// sshd::set("PasswordAuthentication", false);
    /// file::read("/etc/ssh/sshd_config.d/00-plan.conf") == "PasswordAuthentication no\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn set(ctx: NativeCallContext, keyword: &str, value: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::set(world.tree(), keyword, &value))
    }
}

#[cfg(test)]
mod tests;
