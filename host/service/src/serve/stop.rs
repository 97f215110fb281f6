//! `Stop`: the wish that the service stops, known to all that would otherwise go on.

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// The wish that the service stops; cheap to clone. Long replies (event streams, long polls) end
/// when it comes, so that the service need not wait for them.
#[derive(Debug, Clone)]
pub struct Stop {
    asked: watch::Sender<bool>,
}

impl Default for Stop {
    fn default() -> Self {
        Self {
            asked: watch::Sender::new(false),
        }
    }
}

impl Stop {
    /// One that comes with the first SIGTERM or SIGINT. The second ends the process at once.
    ///
    /// # Errors
    /// When the process cannot receive signals.
    pub(super) fn on_signals() -> std::io::Result<Self> {
        let stop = Self::default();
        let mut terminate = signal(SignalKind::terminate())?;
        let mut interrupt = signal(SignalKind::interrupt())?;
        let asked = stop.clone();
        tokio::spawn(async move {
            for _ in 0..2 {
                tokio::select! {
                    _ = terminate.recv() => (),
                    _ = interrupt.recv() => (),
                }
                if asked.is_asked() {
                    // By convention 128 and the number of SIGINT.
                    std::process::exit(130);
                }
                asked.ask();
            }
        });
        Ok(stop)
    }

    /// Asks to stop.
    pub fn ask(&self) {
        self.asked.send_replace(true);
    }

    /// Whether it was asked.
    pub fn is_asked(&self) -> bool {
        *self.asked.borrow()
    }

    /// Waits until it is asked.
    pub async fn wait(&self) {
        // The sender lives as long as `self`: waiting cannot fail.
        let _ = self.asked.subscribe().wait_for(|asked| *asked).await;
    }
}
