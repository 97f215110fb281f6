//! `scan`: what the leak scan of a capture may find.

use rhai::Module;

/// The module with all its functions.
pub(crate) fn module() -> Module {
    let mut module = rhai::exported_module!(exported);
    module.set_doc(
        "Says what the leak scan may find that looks through the volume after a capture plan's steps.",
    );
    module
}

#[rhai::export_module]
mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Lets the leak scan find something that it would fail the capture for.
    ///
    /// `finding` is what the scan's report calls it, `KIND in PLACE`; the path of a directory stands
    /// for all below it. The record of the run has every allowance with its reason and how many
    /// findings it allowed, and a note on one that allowed nothing. In a deploy plan there is no scan,
    /// and this does nothing.
    ///
    /// # Errors
    /// - `P2013` for a name that has not this form or an unknown kind, and for an empty reason.
    ///
    /// # Example
    /// ```rhai
    /// scan::allow("machine-id in /boot/loader/entries", "the names of boot entries carry it");
    /// true
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn allow(ctx: NativeCallContext, finding: &str, reason: &str) -> RhaiResultOf<()> {
        ctx.call_world(|world| world.allow_finding(finding, reason))
    }
}
