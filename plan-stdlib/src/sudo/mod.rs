//! `sudo`: who may do what as root.

mod rule;

use crate::file::access::{self, Access, Content};
use crate::text::lines;
use crate::values::{shorten, type_name};
use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Dynamic, Module};

/// The main file: the administrator's, else the distribution's.
const SUDOERS: [&str; 2] = ["/etc/sudoers", "/usr/etc/sudoers"];
/// The directory of further files.
const DIRECTORY: &str = "/etc/sudoers.d";
/// The largest main file that is read, in bytes.
const MAX_SUDOERS: usize = 1024 * 1024;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Who may do what as root: files in `/etc/sudoers.d`.");
    module
}

/// The path of the file `name`.
///
/// # Errors
/// `P2013` for a name that sudo would skip, or that leads elsewhere.
fn path(name: &str) -> Result<String, PlanError> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '+' | '@' | '%');
    if !name.is_empty() && name.len() <= 128 && name.chars().all(is_name) {
        return Ok(format!("{DIRECTORY}/{name}"));
    }
    let message = format!("`{}` is no name of a file of sudo", shorten(name));
    Err(PlanError::new(Code::P2013, message).help(
        "a name has letters, digits, `-`, `_`; sudo skips files with a `.` or a `~` in their name",
    ))
}

/// The lines of a rule, or of several.
///
/// # Errors
/// `P2013` for what sudo would not take, `P2006` for another type.
fn rules(given: &Dynamic) -> Result<String, PlanError> {
    let given = match given.read_lock::<rhai::Array>() {
        Some(array) => array.clone(),
        None => vec![given.clone()],
    };
    let lines = given.into_iter().map(|line| {
        let found = type_name(&line);
        let line = line.into_string().map_err(|_| {
            let message = format!("a rule of sudo is a string, not a value of type `{found}`");
            PlanError::new(Code::P2006, message)
        })?;
        rule::check(&line).map_err(|why| {
            let message = format!("`{}` is no rule of sudo: {why}", shorten(&line));
            PlanError::new(Code::P2013, message)
                .help("write it as in sudoers(5): `ops ALL=(ALL:ALL) NOPASSWD: /usr/bin/systemctl`")
        })?;
        Ok(format!("{}\n", line.trim()))
    });
    let text = lines.collect::<Result<String, PlanError>>()?;
    if text.is_empty() {
        let message = "there is no rule to write";
        return Err(
            PlanError::new(Code::P2013, message).help("to take rules away, use `sudo::remove`")
        );
    }
    Ok(text)
}

/// Refuses a volume whose sudo would not read the file.
///
/// # Errors
/// `P3001` when the volume has no sudo, `P2016` when its main file does not include the directory.
fn check_included(tree: &VolumeTree) -> Result<(), PlanError> {
    for path in SUDOERS {
        if access::look(tree, path)?.is_none() {
            continue;
        }
        let content = access::read(tree, path, MAX_SUDOERS)?;
        let includes = |line: &lines::Line<'_>| {
            let line = String::from_utf8_lossy(line.text);
            let mut words = line.split_whitespace();
            let directive = words.next().unwrap_or_default();
            let directory = words.next().unwrap_or_default().trim_matches('"');
            matches!(directive, "@includedir" | "#includedir")
                && directory.trim_end_matches('/') == DIRECTORY
        };
        if lines::split(&content).iter().any(includes) {
            return Ok(());
        }
        let message = format!("`{path}` does not include `{DIRECTORY}`");
        return Err(PlanError::new(Code::P2016, message).at(path).help(format!(
            "add it: `file::ensure_line(\"{path}\", \"@includedir {DIRECTORY}\")`"
        )));
    }
    Err(PlanError::new(Code::P3001, "the volume has no sudo")
        .at(SUDOERS[0])
        .help("install it in the golden image"))
}

fn ensure(tree: &mut VolumeTree, name: &str, given: &Dynamic) -> Result<bool, PlanError> {
    let path = path(name)?;
    let content = Content::Text(rules(given)?.into());
    check_included(tree)?;
    if access::look(tree, DIRECTORY)?.is_none() {
        tree.make_dirs(DIRECTORY, Ownership::root(0o750))?;
    }
    access::write(
        tree,
        &path,
        &content,
        Access::exactly(Ownership::root(0o440)),
    )
}

fn remove(tree: &mut VolumeTree, name: &str) -> Result<bool, PlanError> {
    let path = path(name)?;
    if access::look_at_link(tree, &path)?.is_none() {
        return Ok(false);
    }
    tree.remove(&path)?;
    Ok(true)
}

#[export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Dynamic, NativeCallContext};

    /// Writes a rule of sudo, or several, into a file of their own in `/etc/sudoers.d`.
    ///
    /// The rule is a line of sudoers(5), or an array of such lines; the whole file is written, with
    /// mode 0440. What sudo could not parse is refused, as it would take sudo away from everybody.
    /// Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2006` for what is neither a string nor an array of strings.
    /// - `P2013` for a name of a file that sudo would skip, and for what is no rule.
    /// - `P2016` when the main file does not include `/etc/sudoers.d`.
    /// - `P3001` when the volume has no sudo.
    ///
    /// # Example
    /// ```rhai
    /// file::write("/etc/sudoers", "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n");
    /// sudo::ensure("ops", "ops ALL=(ALL:ALL) NOPASSWD: ALL");
    /// file::mode("/etc/sudoers.d/ops") == 0o440
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, name: &str, rule: Dynamic) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), name, &rule))
    }

    /// Removes a file from `/etc/sudoers.d`. Returns whether there was one.
    ///
    /// # Errors
    /// - `P2013` for what is no name of such a file.
    ///
    /// # Example
    /// ```rhai
    /// !sudo::remove("ops")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), name))
    }
}

#[cfg(test)]
mod tests;
