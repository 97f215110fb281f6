//! Boot test: a disk is started in a throw-away emulator, and what it says on its serial console tells
//! whether its system comes up.
//!
//! The image is only read: the guest's writes go to a file that is gone after the test. The guest has no
//! network. The emulator has a folder of its own, limits, and no privileges.

mod console;
mod emulator;
mod error;
mod firmware;

pub use console::{MAX_CONSOLE, shown};
pub use error::{BootTestError, Result};
pub use firmware::Firmware;

use console::{Console, Verdict};
use emulator::Emulator;
use regex::bytes::{Regex, RegexBuilder};
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::Path;
use std::time::{Duration, Instant};

/// What says that a system has come up, unless another pattern is given: a login prompt, or the word that
/// a system made for tests prints.
pub const COME_UP: &str = "BOOT-OK|[Ll]ogin: ";
/// How long a system may take to come up, unless it is said otherwise. Emulated, it takes ten times as long
/// as on a server.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// How often who watches a test is asked whether it goes on.
const WATCH: Duration = Duration::from_millis(200);
/// How long the rest of the line is waited for that told enough; a prompt has none.
const LAST_LINE: Duration = Duration::from_secs(1);
/// The largest compiled pattern, in bytes.
const MAX_PATTERN: usize = 1 << 20;

/// A test that images can be put to.
#[derive(Debug, Clone)]
pub struct BootTest {
    pattern: Regex,
    timeout: Duration,
    firmware: Option<Firmware>,
}

/// What came of a boot test.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct BootReport {
    /// Whether the system came up.
    pub booted: bool,
    /// Why, or why not, in one sentence.
    pub reason: String,
    /// How long it took, in seconds.
    pub seconds: f64,
    /// The firmware that started it.
    pub firmware: Firmware,
    /// What the serial console said, control characters escaped.
    pub console: String,
}

impl BootTest {
    /// A test that a system passes when its console says `pattern` within `timeout`. The firmware is
    /// the one that the disk is made for, unless it is given.
    ///
    /// # Errors
    /// `Pattern`.
    pub fn new(pattern: &str, timeout: Duration, firmware: Option<Firmware>) -> Result<Self> {
        let pattern = RegexBuilder::new(pattern)
            .unicode(false)
            .size_limit(MAX_PATTERN)
            .build()
            .map_err(|error| BootTestError::Pattern(error.to_string()))?;
        Ok(Self {
            pattern,
            timeout,
            firmware,
        })
    }

    /// Whether the programs and files of other packages are there, as far as it is known which they are.
    ///
    /// # Errors
    /// `Missing`.
    pub fn is_possible(&self) -> Result<()> {
        emulator::is_there(self.firmware)
    }

    /// Boots the raw disk `image`, open for reading only; temporary files are in a new folder in `folder`,
    /// which is empty if this process is killed. It blocks until the test is over, and the emulator has
    /// ended then. `watch` is told a few times a second how much of the time is over, 0 to 1, and may
    /// stop the test.
    ///
    /// A system that does not come up is no error.
    ///
    /// # Errors
    /// `Missing`, `Image`, `Emulator`, `Stopped`.
    pub fn run(
        &self,
        image: &File,
        folder: &Path,
        watch: &mut dyn FnMut(f64) -> ControlFlow<()>,
    ) -> Result<BootReport> {
        let firmware = match self.firmware {
            Some(firmware) => firmware,
            None => Firmware::of(image)?,
        };
        let start = Instant::now();
        let mut emulator = Emulator::start(image, firmware, folder, self.timeout)?;
        let mut console = Console::new(&self.pattern);
        let mut watched = start;
        let verdict = loop {
            let spent = start.elapsed();
            let left = self.timeout.saturating_sub(spent);
            if left.is_zero() {
                break console.nothing_in(self.timeout);
            }
            // A console that never pauses is no reason not to ask.
            if watched.elapsed() >= WATCH {
                watched = Instant::now();
                if watch(spent.div_duration_f64(self.timeout)).is_break() {
                    return Err(BootTestError::Stopped);
                }
            }
            match emulator.read(left.min(WATCH))? {
                None => break console.ended(&emulator.end()),
                Some(said) => match console.say(&said) {
                    Some(verdict) => {
                        finish_line(&mut emulator, &mut console)?;
                        break verdict;
                    }
                    None => continue,
                },
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        let Verdict { booted, reason } = verdict;
        Ok(BootReport {
            booted,
            reason,
            seconds: (seconds * 10.0).round() / 10.0,
            firmware,
            console: console.shown(),
        })
    }
}

/// Hears the rest of the last line, which may say more: who came up, or why not.
fn finish_line(emulator: &mut Emulator, console: &mut Console<'_>) -> Result<()> {
    let start = Instant::now();
    while !console.is_at_line_start() {
        let left = LAST_LINE.saturating_sub(start.elapsed());
        match emulator.read(left)? {
            Some(said) if !said.is_empty() => {
                // What is decided is decided.
                let _ = console.say(&said);
            }
            _ => break,
        }
    }
    Ok(())
}
