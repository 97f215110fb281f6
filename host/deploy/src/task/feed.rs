//! `Feed`: what is committed, told to all who listen right now.

use mintage_records::{Event, Records};
use std::sync::Arc;
use tokio::sync::broadcast::{Receiver, Sender, channel};

/// How many commits a listener may be behind before it loses some.
const BEHIND: usize = 1024;

/// Every commit from now on, for any number of listeners. One who is too slow gets an error instead of
/// what it missed, and can read that in the store; nobody waits for it.
#[derive(Debug, Clone)]
pub struct Feed {
    sender: Sender<Arc<[Event]>>,
}

impl Feed {
    /// The commits of `records`.
    pub fn of(records: &Records) -> Self {
        let (sender, _) = channel(BEHIND);
        let feed = Self { sender };
        let sender = feed.sender.clone();
        records.observe(move |events| {
            // An error says that nobody listens.
            let _ = sender.send(events.into());
        });
        feed
    }

    /// Listens from now on.
    pub fn listen(&self) -> Receiver<Arc<[Event]>> {
        self.sender.subscribe()
    }
}
