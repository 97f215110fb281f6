//! `Progress`: a bar on the terminal for what takes longer than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long something may take before a bar appears.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the bar is drawn anew.
const FRAME: Duration = Duration::from_millis(100);

/// How something without a known end is shown.
const SPINNER: &str = "{spinner} {msg} {elapsed}";
/// How something with a known end is shown.
const BAR: &str = "{msg} {wide_bar} {bytes}/{total_bytes} {eta}";

/// Shows that something is going on, from one second on, until it is dropped. Only on a terminal.
#[derive(Debug)]
pub struct Progress {
    done: Arc<[AtomicU64; 2]>,
    stop: Option<Sender<()>>,
    drawing: Option<JoinHandle<()>>,
}

impl Progress {
    /// Begins something that `label` names, `copying the golden image`.
    pub fn start(label: &'static str) -> Self {
        let done = Arc::new([AtomicU64::new(0), AtomicU64::new(0)]);
        let mut progress = Self {
            done: Arc::clone(&done),
            stop: None,
            drawing: None,
        };
        if io::stderr().is_terminal() {
            let (stop, stopped) = mpsc::channel();
            progress.stop = Some(stop);
            progress.drawing = Some(thread::spawn(move || draw(label, &done, &stopped)));
        }
        progress
    }

    /// Tells how many of how many bytes are done.
    pub fn at(&self, done: u64, of: u64) {
        let [now, total] = &*self.done;
        now.store(done, Ordering::Relaxed);
        total.store(of, Ordering::Relaxed);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(drawing) = self.drawing.take() {
            // A bar that failed to draw is no reason to fail.
            let _ = drawing.join();
        }
    }
}

fn draw(label: &'static str, done: &[AtomicU64; 2], stopped: &mpsc::Receiver<()>) {
    if stopped.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
        return;
    }
    let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
    bar.set_style(style(SPINNER));
    bar.set_message(label);
    while stopped.recv_timeout(FRAME) == Err(RecvTimeoutError::Timeout) {
        let [now, total] = done.each_ref().map(|number| number.load(Ordering::Relaxed));
        if total > 0 && bar.length() != Some(total) {
            bar.set_length(total);
            bar.set_style(style(BAR));
        }
        bar.set_position(now);
        bar.tick();
    }
    bar.finish_and_clear();
}

/// The templates are constants; a test parses them.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_templates_can_be_parsed() {
        for template in [SPINNER, BAR] {
            ProgressStyle::with_template(template).unwrap();
        }
    }
}
