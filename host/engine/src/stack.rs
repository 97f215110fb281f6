//! A stack of its own for whatever a script makes deep, and the fence that panics stop at.

use crate::codes::Code;
use crate::error::PlanError;
use std::thread;

/// Runs `act` on a new thread called `name` with a stack of `bytes`, and waits for it.
///
/// A stack overflow ends the whole process, so scripts run on a stack that is known to be large
/// enough rather than on whatever the caller has left.
///
/// # Errors
/// `P2011` when `act` panicked, without the panic's text, which may hold anything; or when no
/// thread could be made.
pub(crate) fn on_own_stack<T: Send>(
    name: &str,
    bytes: usize,
    act: impl FnOnce() -> T + Send,
) -> Result<T, PlanError> {
    thread::scope(|scope| {
        let builder = thread::Builder::new()
            .name(name.to_owned())
            .stack_size(bytes);
        let thread = builder.spawn_scoped(scope, act).map_err(|error| {
            PlanError::new(Code::P2011, format!("cannot start a thread: {error}"))
        })?;
        thread.join().map_err(|_| {
            PlanError::new(Code::P2011, "a function of the product failed unexpectedly")
                .help("this is a defect of the product, not of the script: please report it")
        })
    })
}

#[cfg(test)]
mod tests;
