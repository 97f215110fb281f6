//! `generalize`: takes out of a volume what must not travel in a golden image.
//!
//! Every operation is an entry of a table (`operations`), from which its function and the page of
//! the reference are made; what data cannot say is in the files beside it. The operations are
//! those of virt-sysprep, and more.

mod disks;
mod edits;
mod homes;
mod identity;
mod interfaces;
mod logs;
mod operation;
mod operations;
mod passwords;
pub(crate) mod sweep;
#[cfg(test)]
mod tests;

use crate::RhaiResultOf;
use crate::options::Options;
use crate::values::{shorten, type_name};
use mintage_engine::nearest::nearest;
use mintage_engine::{CallWorld, Code, PlanError};
use mintage_volume::tree::VolumeTree;
use operation::Operation;
use rhai::plugin::*;
use rhai::{Array, Dynamic, FuncRegistration, Map, Module};

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc(
        "Takes out of a volume what must not travel in a golden image. Each operation is a \
         function of its own; `generalize::standard` runs those that no boot depends on.",
    );
    for operation in operations::all() {
        register(&mut module, operation);
    }
    module
}

/// The names of all operations, and whether they are standard.
#[cfg(test)]
pub(crate) fn operation_names() -> impl Iterator<Item = (&'static str, bool)> {
    operations::all().map(|operation| (operation.name, operation.is_standard))
}

/// Adds the function of an operation.
fn register(module: &mut Module, operation: &'static Operation) {
    let comments: Vec<String> = operation
        .docs()
        .lines()
        .map(|line| format!("/// {line}").trim_end().to_owned())
        .collect();
    FuncRegistration::new(operation.name)
        .with_volatility(true)
        .with_params_info(["RhaiResultOf<i64>"])
        .with_comments([comments.join("\n")])
        .set_into_module(module, |ctx: NativeCallContext| -> RhaiResultOf<i64> {
            ctx.call_world(|world| operation.run(world.tree()).map(count))
        });
}

/// A number of paths as scripts have numbers.
fn count(paths: usize) -> i64 {
    i64::try_from(paths).unwrap_or(i64::MAX)
}

/// Runs the standard operations but for those in `skip`, and those in `also`; says of each that
/// found something how much it was.
fn standard(tree: &mut VolumeTree, options: Map) -> Result<Vec<(&'static str, usize)>, PlanError> {
    let options = Options::checked("generalize::standard", options, &["skip", "also"])?;
    let skip = names(&options, "skip")?;
    let also = names(&options, "also")?;
    if let Some(name) = skip.iter().find(|name| also.contains(name)) {
        let message = format!("`{name}` is both to be skipped and to be done");
        return Err(PlanError::new(Code::P2013, message));
    }
    let mut done = Vec::new();
    for operation in operations::all() {
        let name = operation.name;
        if also.contains(&name) || operation.is_standard && !skip.contains(&name) {
            let changed = operation.run(tree)?;
            if changed > 0 {
                done.push((name, changed));
            }
        }
    }
    Ok(done)
}

/// The operations that an option lists.
///
/// # Errors
/// `P2006` for what is no list of strings, `P2013` for a name of no operation.
fn names(options: &Options, key: &str) -> Result<Vec<&'static str>, PlanError> {
    let Some(given) = options.value(key) else {
        return Ok(Vec::new());
    };
    let wrong_type = |value: &Dynamic| {
        let found = type_name(value);
        let message = format!("`{key}` is a list of names, not a value of type `{found}`");
        PlanError::new(Code::P2006, message)
    };
    let list = given
        .read_lock::<Array>()
        .ok_or_else(|| wrong_type(given))?;
    let known = list.iter().map(|value| {
        let name = value.clone().into_immutable_string();
        known_name(&name.map_err(|_| wrong_type(value))?)
    });
    known.collect()
}

fn known_name(name: &str) -> Result<&'static str, PlanError> {
    let names = || operations::all().map(|operation| operation.name);
    if let Some(known) = names().find(|known| *known == name) {
        return Ok(known);
    }
    let shown = shorten(name);
    let error = PlanError::new(Code::P2013, format!("there is no operation `{shown}`"));
    Err(match nearest(name, names()) {
        Some(near) => error.help(format!("did you mean `{near}`?")),
        None => error.help("`generalize::operations()` lists them all"),
    })
}

#[export_module]
mod exported {
    use super::count;
    use crate::RhaiResultOf;
    use crate::generalize::{homes, operations};
    use mintage_engine::{CallWorld, LogLevel};
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    #[rhai_fn(name = "standard", volatile, return_raw)]
    pub fn standard_plain(ctx: NativeCallContext) -> RhaiResultOf<i64> {
        standard(ctx, Map::new())
    }

    /// Does everything that makes a volume fit to be a golden image, and that no boot depends on.
    ///
    /// The options `skip` and `also` are lists of operations: what not to do of the standard ones,
    /// and what to do of the others. `generalize::operations()` says which is which. Logs what
    /// each operation found, and returns how many paths were removed or changed.
    ///
    /// # Errors
    /// - `P2003` when there are more files than one call looks at.
    /// - `P2006` for an option that is no list of names.
    /// - `P2013` for an unknown option or operation.
    /// - `P3003` where a link stands for a directory and leads to one of another name.
    /// - `P7005` for an image with encrypted volumes.
    ///
    /// # Example
    /// ```rhai
    /// generalize::standard(#{ skip: ["ssh_host_keys"], also: ["user_credentials"] });
    /// file::exists("/etc/ssh/ssh_host_ed25519_key") && !file::exists("/var/log/apt/history.log")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn standard(ctx: NativeCallContext, options: Map) -> RhaiResultOf<i64> {
        let done = ctx.call_world(|world| super::standard(world.tree(), options))?;
        let mut sum = 0;
        for (name, changed) in done {
            let noun = if changed == 1 { "path" } else { "paths" };
            ctx.log(LogLevel::Info, &format!("{name}: {changed} {noun}"))?;
            sum += changed;
        }
        Ok(count(sum))
    }

    /// Lists the operations, each as a map: its `name`, whether it is `standard`, and in `what`
    /// what it does.
    ///
    /// # Errors
    /// None.
    ///
    /// # Example
    /// ```rhai
    /// let optional = generalize::operations().filter(|operation| !operation.standard);
    /// optional.some(|operation| operation.name == "firewall_rules")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile)]
    pub fn operations() -> Array {
        let maps = operations::all().map(|operation| {
            Dynamic::from_map(Map::from([
                ("name".into(), operation.name.into()),
                ("standard".into(), operation.is_standard.into()),
                ("what".into(), operation.summary.into()),
            ]))
        });
        maps.collect()
    }

    /// As `ssh_userdir()`, but for the users that the option `keep` lists.
    ///
    /// # Errors
    /// - `P2006` for a `keep` that is no list of names.
    /// - `P2013` for an unknown option.
    ///
    /// # Example
    /// ```rhai
    /// file::make_dir("/root/.ssh");
    /// file::make_dir("/home/ops/.ssh");
    /// generalize::ssh_userdir(#{ keep: ["root"] });
    /// file::exists("/root/.ssh") && !file::exists("/home/ops/.ssh")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn ssh_userdir(ctx: NativeCallContext, options: Map) -> RhaiResultOf<i64> {
        ctx.call_world(|world| {
            let keep = homes::kept("generalize::ssh_userdir", options)?;
            homes::remove_of(world.tree(), &[".ssh"], |home| !home.is_of(&keep)).map(count)
        })
    }

    /// As `user_account()`, but for the users that the option `keep` lists.
    ///
    /// # Errors
    /// - `P2006` for a `keep` that is no list of names.
    /// - `P2013` for an unknown option, and for a home that is not its user's own.
    ///
    /// # Example
    /// ```rhai
    /// user::ensure("web");
    /// generalize::user_account(#{ keep: ["ops"] }) == 1 && user::list() == ["ops"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn user_account(ctx: NativeCallContext, options: Map) -> RhaiResultOf<i64> {
        ctx.call_world(|world| {
            let keep = homes::kept("generalize::user_account", options)?;
            homes::remove_users(world.tree(), &keep).map(count)
        })
    }
}
