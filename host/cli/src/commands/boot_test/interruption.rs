//! `Interruption`: SIGINT or SIGTERM, for what must take something away before the program ends.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use tokio::runtime;
use tokio::signal::unix::{SignalKind, signal};

/// Whether somebody wants the program to end.
#[derive(Debug)]
pub(super) struct Interruption(Arc<AtomicBool>);

impl Interruption {
    /// From now on the first SIGINT or SIGTERM does not end the program by itself.
    ///
    /// # Errors
    /// When the process cannot receive signals.
    pub(super) fn watch() -> io::Result<Self> {
        let runtime = runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let (mut interrupt, mut terminate) = {
            let _entered = runtime.enter();
            (
                signal(SignalKind::interrupt())?,
                signal(SignalKind::terminate())?,
            )
        };
        let has_come = Arc::new(AtomicBool::new(false));
        let flag = Arc::clone(&has_come);
        thread::spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => (),
                    _ = terminate.recv() => (),
                }
            });
            flag.store(true, Ordering::Relaxed);
        });
        Ok(Self(has_come))
    }

    pub(super) fn has_come(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}
