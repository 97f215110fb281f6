//! `tmpfiles`: files and directories that are made, cleaned and removed at boot.

use super::words;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;

const FOLDER: &str = "/etc/tmpfiles.d";

/// The types of tmpfiles.d(5) up to systemd 257, without modifiers.
const TYPES: &str = "fwdDevqQpLcbCxXrRzZtThHaA";
const MODIFIERS: &str = "+!-=~^$?";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Writes what systemd-tmpfiles makes, cleans and removes at boot.");
    module
}

fn write(tree: &mut VolumeTree, name: &str, text: &str) -> Result<bool, PlanError> {
    for (number, line) in words::lines(text) {
        check(line).map_err(|why| bad(number, line, why))?;
    }
    super::write(tree, FOLDER, name, &super::ended(text)?)
}

fn bad(number: usize, line: &str, why: &str) -> PlanError {
    let shown = shorten(line);
    PlanError::new(Code::P2013, format!("line {number}, `{shown}`: {why}"))
        .help("a line is TYPE PATH MODE USER GROUP AGE ARGUMENT, for example `d /run/app 0750 root root -`")
}

fn check(line: &str) -> Result<(), &'static str> {
    let words = words::split(line, 7).ok_or("a quote is not closed")?;
    let mut words = words.iter().map(String::as_str);
    let kind = words.next().unwrap_or_default();
    let mut letters = kind.chars();
    let is_type =
        letters.next().is_some_and(|c| TYPES.contains(c)) && letters.all(|c| MODIFIERS.contains(c));
    if !is_type {
        return Err("there is no such type");
    }
    let path = words.next().ok_or("it has no path")?;
    if !path.starts_with(['/', '%']) || path.split('/').any(|part| part == "..") {
        return Err("the path must be absolute");
    }
    let given = |word: &&str| !matches!(*word, "-" | "");
    if let Some(mode) = words.next().filter(given) {
        let digits = mode.trim_start_matches(['~', ':']);
        let is_mode = (1..=5).contains(&digits.len())
            && digits.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
        if !is_mode {
            return Err("the mode is not octal");
        }
    }
    for _ in ["user", "group"] {
        if let Some(name) = words.next().filter(given) {
            let name = name.trim_start_matches(':');
            let fits = |c: char| c.is_ascii_alphanumeric() || "_-.%$".contains(c);
            if name.is_empty() || !name.chars().all(fits) {
                return Err("a user or group has no such name");
            }
        }
    }
    match words.next().filter(given) {
        Some(age) if !is_age(age) => Err("the age is no time span"),
        _ => Ok(()),
    }
}

/// `10d`, `~1h30min`, `aAbBcCmM:1w`.
fn is_age(age: &str) -> bool {
    let age = match age.split_once(':') {
        Some((by, span)) if !by.is_empty() && by.chars().all(|c| "aAbBcCmM".contains(c)) => span,
        Some(_) => return false,
        None => age,
    };
    let span = age.trim_start_matches('~');
    span.starts_with(|c: char| c.is_ascii_digit())
        && span
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || c == '.' || c == ' ')
}

#[export_module]
mod exported {
    use super::FOLDER;
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Writes a file of tmpfiles.d, `/etc/tmpfiles.d/NAME.conf`.
    ///
    /// It hides one of a package that has this name. Each line is checked: its type, path, mode,
    /// names and age. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name, or a line that systemd-tmpfiles would not take.
    ///
    /// # Example
    /// ```rhai
    /// tmpfiles::write("app", "d /run/app 0750 root adm -")
    ///     && file::read("/etc/tmpfiles.d/app.conf") == "d /run/app 0750 root adm -\n"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn write(ctx: NativeCallContext, name: &str, text: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::write(world.tree(), name, text))
    }

    /// Removes `/etc/tmpfiles.d/NAME.conf`.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    ///
    /// # Example
    /// ```rhai
    /// tmpfiles::write("app", "d /run/app");
    /// tmpfiles::remove("app") && !tmpfiles::remove("app")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| crate::drop_in::remove(world.tree(), FOLDER, name))
    }
}
