//! `swap`: what the system swaps to, in `/etc/fstab`.

use super::table::{self, Entry};
use super::{checked, edit, entries, fields, remove};
use crate::options::Options;
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;
use rhai::plugin::*;
use rhai::{Map, Module};

/// The module `swap` with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc("Edits what the system swaps to, in `/etc/fstab`.");
    module
}

fn ensure(tree: &mut VolumeTree, device: &str, options: Map) -> Result<bool, PlanError> {
    let options = Options::checked("swap::ensure", options, &["options"])?;
    let mut wanted = fields(&options)?;
    let is_new = !entries(tree)?.iter().any(|entry| is_swap(entry, device));
    wanted[0] = Some(checked("device", device)?);
    if is_new {
        wanted[1] = Some("none".to_owned());
        wanted[2] = Some("swap".to_owned());
    }
    edit(tree, |content| {
        table::ensure(content, &wanted, |entry| is_swap(entry, device))
    })
}

fn is_swap(entry: &Entry, device: &str) -> bool {
    entry.is_swap() && entry.device() == device
}

#[export_module]
mod exported {
    use super::{entries, is_swap};
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::{Array, Dynamic, Map, NativeCallContext};

    #[rhai_fn(volatile, return_raw)]
    pub fn ensure(ctx: NativeCallContext, device: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), device, Map::new()))
    }

    /// Makes sure that the system swaps to a device or file.
    ///
    /// The option `options` is a text or an array, `defaults` for a new entry. The device itself
    /// is not formatted. Returns whether anything changed.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    /// - `P2013` for what cannot be a device or an option.
    ///
    /// # Example
    /// ```rhai
    /// swap::ensure("UUID=6f2c", #{ options: "pri=5" });
    /// file::read("/etc/fstab") == "UUID=6f2c none swap pri=5 0 0\n" && !swap::ensure("UUID=6f2c")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(name = "ensure", volatile, return_raw)]
    pub fn ensure_with(ctx: NativeCallContext, device: &str, options: Map) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::ensure(world.tree(), device, options))
    }

    /// Removes a device from what the system swaps to.
    ///
    /// Returns whether it was there.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// swap::ensure("/swapfile");
    /// swap::remove("/swapfile") && !swap::remove("/swapfile")
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn remove(ctx: NativeCallContext, device: &str) -> RhaiResultOf<bool> {
        ctx.call_world(|world| super::remove(world.tree(), |entry| is_swap(entry, device)))
    }

    /// Gives the devices and files that the system swaps to, by `/etc/fstab`.
    ///
    /// # Errors
    /// - `P2003` for a file of more than 4 MiB.
    ///
    /// # Example
    /// ```rhai
    /// swap::ensure("/swapfile");
    /// swap::devices() == ["/swapfile"]
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn devices(ctx: NativeCallContext) -> RhaiResultOf<Array> {
        ctx.call_world(|world| {
            let entries = entries(world.tree())?;
            let swap = entries.iter().filter(|entry| entry.is_swap());
            Ok(swap
                .map(|entry| Dynamic::from(entry.device().to_owned()))
                .collect())
        })
    }
}
