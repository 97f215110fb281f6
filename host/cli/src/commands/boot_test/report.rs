//! `Report`: what came of a boot test, here or at a service, as it is printed.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use mintage_boot::boot_test::BootReport;
use serde::Serialize;

/// What came of a boot test.
#[derive(Debug, Serialize)]
pub struct Report {
    /// Whether the system came up.
    pub booted: bool,
    /// Why, or why not.
    pub reason: String,
    /// How long it took.
    pub seconds: f64,
    /// The firmware that started it.
    pub firmware: String,
    /// The task of the service.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub task: Option<String>,
    /// What the console said, control characters escaped.
    pub console: String,
}

impl Report {
    /// Prints it, and says how the program ends.
    pub fn show(&self, screen: &Screen) -> Result<Exit, Failure> {
        match screen.json {
            true => screen.json(self)?,
            false => screen.print(self.text())?,
        }
        Ok(match self.booted {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }

    fn text(&self) -> String {
        let end = match self.console.is_empty() || self.console.ends_with('\n') {
            true => "",
            false => "\n",
        };
        let what = match self.booted {
            true => "booted",
            false => "did not boot",
        };
        format!(
            "{}{end}{what} ({}, {} s): {}\n",
            self.console, self.firmware, self.seconds, self.reason
        )
    }
}

impl From<BootReport> for Report {
    fn from(report: BootReport) -> Self {
        Self {
            booted: report.booted,
            reason: report.reason,
            seconds: report.seconds,
            firmware: report.firmware.to_string(),
            task: None,
            console: report.console,
        }
    }
}
