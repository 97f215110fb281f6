//! `sysusers`: users and groups of the system that are made at boot.

use super::words;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};
use mintage_volume::tree::VolumeTree;
use rhai::Module;
use rhai::plugin::*;

const FOLDER: &str = "/etc/sysusers.d";

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Writes which users and groups of the system systemd-sysusers makes at boot.");
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
        .help("a line is TYPE NAME ID \"GECOS\" HOME SHELL, for example `u app - \"The app\" /var/lib/app`")
}

fn check(line: &str) -> Result<(), &'static str> {
    let words = words::split(line, 7).ok_or("a quote is not closed")?;
    let [kind, name, rest @ ..] = words.as_slice() else {
        return Err("it has no name");
    };
    let given = |index: usize| {
        let word = rest.get(index).map(String::as_str);
        word.filter(|word| !matches!(*word, "-" | ""))
    };
    if rest.len() > 4 {
        return Err("it has more than six words");
    }
    let is_user = matches!(kind.as_str(), "u" | "u!");
    match kind.as_str() {
        "u" | "u!" | "g" if !is_name(name) => return Err("there cannot be such a name"),
        "m" if !is_name(name) => return Err("there cannot be such a name"),
        "m" => {
            return match given(0).is_some_and(is_name) && rest.len() == 1 {
                true => Ok(()),
                false => Err("a user becomes member of one group"),
            };
        }
        "r" => {
            return match given(0).is_some_and(is_range) && name == "-" && rest.len() == 1 {
                true => Ok(()),
                false => Err("a range is written `r - 500-900`"),
            };
        }
        "u" | "u!" | "g" => {}
        _ => return Err("there is no such type"),
    }
    if given(0).is_some_and(|id| !is_id(id, is_user)) {
        return Err("there cannot be such an ID");
    }
    if !is_user && (given(1).is_some() || given(2).is_some() || given(3).is_some()) {
        return Err("only users have a home");
    }
    if given(1).is_some_and(|gecos| gecos.contains(':')) {
        return Err("a colon cannot be in a user's description");
    }
    let is_path = |path: &str| path.starts_with(['/', '%']) && !path.contains(':');
    match given(2).is_none_or(is_path) && given(3).is_none_or(is_path) {
        true => Ok(()),
        false => Err("home and shell are absolute paths"),
    }
}

fn is_name(name: &str) -> bool {
    let is_first = |c: char| c.is_ascii_alphabetic() || c == '_' || c == '%';
    let is_later = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '%');
    name.starts_with(is_first) && name.len() <= 31 && name.chars().all(is_later)
}

fn is_number(text: &str) -> bool {
    // The last two stand for "no user".
    text.parse::<u32>()
        .is_ok_and(|number| number != u32::MAX && number != 65535)
}

fn is_range(text: &str) -> bool {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let numbers = (first.parse::<u32>(), last.parse::<u32>());
    is_number(first) && is_number(last) && matches!(numbers, (Ok(first), Ok(last)) if first <= last)
}

/// A number, a file whose owner it is, or for a user `UID:GID` and `UID:GROUP`.
fn is_id(id: &str, is_user: bool) -> bool {
    match id.split_once(':') {
        _ if id.starts_with('/') => true,
        Some((uid, group)) => {
            is_user && (uid == "-" || is_number(uid)) && (is_number(group) || is_name(group))
        }
        None => is_number(id),
    }
}

#[export_module]
mod exported {
    use super::FOLDER;
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Writes a file of sysusers.d, `/etc/sysusers.d/NAME.conf`.
    ///
    /// It hides one of a package that has this name. Each line is checked. The users are made at
    /// the next boot; `user::create` makes one now. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name, or a line that systemd-sysusers would not take.
    ///
    /// # Example
    /// ```rhai
    /// sysusers::write("app", "u app - \"The app\" /var/lib/app\nm app adm\n")
    ///     && file::exists("/etc/sysusers.d/app.conf")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn write(ctx: NativeCallContext, name: &str, text: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::write(world.tree(), name, text))
    }

    /// Removes `/etc/sysusers.d/NAME.conf`.
    ///
    /// Users that it has made stay. Returns whether it was there.
    ///
    /// # Errors
    /// - `P2013` for what cannot be a name.
    ///
    /// # Example
    /// ```rhai
    /// sysusers::write("app", "g app 990");
    /// sysusers::remove("app") && !sysusers::remove("app")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, name: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| crate::drop_in::remove(world.tree(), FOLDER, name))
    }
}
