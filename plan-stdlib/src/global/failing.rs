//! `fail` and `assert`: ends that a script decides on.

use mintage_engine::{Code, PlanError};
use rhai::plugin::*;

/// The message is the script's own; control characters in it reach no terminal.
fn failure(message: &str) -> PlanError {
    PlanError::new(
        Code::P2010,
        mintage_volume::escape::escape(message.as_bytes()),
    )
}

#[export_module]
pub(super) mod exported {
    use crate::RhaiResultOf;
    use mintage_engine::CallWorld;
    use rhai::NativeCallContext;

    /// Ends the script with a message.
    ///
    /// # Errors
    /// - `P2010` with the message, always.
    ///
    /// # Example
    /// ```rhai
    /// let caught = "";
    /// try { fail("no disk is large enough") } catch (error) { caught = error.code; }
    /// caught == "P2010"
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn fail(ctx: NativeCallContext, message: &str) -> RhaiResultOf<()> {
        Err(ctx.raise(super::failure(message)))
    }

    /// Ends the script with a message unless a condition holds.
    ///
    /// # Errors
    /// - `P2010` with the message when the condition is false.
    ///
    /// # Example
    /// ```rhai
    /// assert(1 + 1 == 2, "arithmetic works");
    /// true
    /// ```
    ///
    /// # Since
    /// 0.1
    #[rhai_fn(volatile, return_raw)]
    pub fn assert(ctx: NativeCallContext, condition: bool, message: &str) -> RhaiResultOf<()> {
        match condition {
            true => Ok(()),
            false => Err(ctx.raise(super::failure(message))),
        }
    }
}
