//! `BootTestRequest`: what somebody wants of a boot test.

use super::verb::{TestBoot, Testing};
use crate::os_volumes::DeployError;
use crate::task::{self, NewTask};
use mintage_boot::boot_test::{BootTest, BootTestError, COME_UP, Firmware, PATIENCE};
use mintage_records::model::{GoldenImage, OsVolume, State, Task};
use mintage_records::{Change, Id, Kind, Stored};
use mintage_volume::escape::escape;
use serde::{Deserialize, Serialize};
use std::time::Duration;

/// What somebody wants of a boot test.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct BootTestRequest {
    /// What starts the disk; none for the one that the disk is made for.
    pub firmware: Option<Firmware>,
    /// How long the system may take, in seconds.
    pub timeout: u64,
    /// What its console says when it has come up: a regular expression over bytes.
    pub pattern: String,
}

impl Default for BootTestRequest {
    fn default() -> Self {
        Self {
            firmware: None,
            timeout: PATIENCE.as_secs(),
            pattern: COME_UP.to_owned(),
        }
    }
}

impl BootTestRequest {
    /// The longest time that a system may be given, in seconds.
    pub const MAX_SECONDS: u64 = 3600;
    /// The longest pattern, in bytes.
    pub const MAX_PATTERN: usize = 1024;

    /// The test that is asked for.
    ///
    /// # Errors
    /// `Refused` for a time or pattern that cannot be.
    pub fn test(&self) -> Result<BootTest, DeployError> {
        let most = Self::MAX_SECONDS;
        if !(1..=most).contains(&self.timeout) {
            return Err(DeployError::refused(
                "INVALID_TIMEOUT",
                format!(
                    "a boot test takes 1 to {most} seconds, not {}",
                    self.timeout
                ),
                "Give `timeout` in seconds.",
            ));
        }
        if self.pattern.len() > Self::MAX_PATTERN {
            return Err(DeployError::refused(
                "INVALID_PATTERN",
                format!("the pattern is longer than {} bytes", Self::MAX_PATTERN),
                "Give a shorter pattern.",
            ));
        }
        let time = Duration::from_secs(self.timeout);
        BootTest::new(&self.pattern, time, self.firmware).map_err(|error| failed(&error))
    }

    /// Whether such a test can be made here.
    ///
    /// # Errors
    /// As [`Self::test`]; `Conflict` when the emulator or its firmware is not there.
    pub fn check(&self) -> Result<(), DeployError> {
        let test = self.test()?;
        test.is_possible().map_err(|error| failed(&error))
    }
}

/// Stores the task that boots `about`, a golden image or OS volume that is complete.
///
/// # Errors
/// Those of [`BootTestRequest::check`]; `Refused` for what is not complete; `Records`.
pub fn begin(
    change: &mut Change<'_>,
    about: (Kind, Id),
    request: BootTestRequest,
) -> Result<Stored<Task>, DeployError> {
    let (state, name) = match about.0 {
        Kind::GoldenImages => {
            let image = change.get::<GoldenImage>(&about.1)?.body;
            (image.state, image.name)
        }
        _ => {
            let volume = change.get::<OsVolume>(&about.1)?.body;
            (volume.state, volume.name)
        }
    };
    if state != State::Ok {
        let shown = escape(name.as_bytes());
        return Err(DeployError::conflict(
            "NOT_READY",
            format!("the {} `{shown}` is not complete", about.0.singular()),
            "Wait for the task that makes it, or choose another one.",
        ));
    }
    let testing = Testing {
        kind: about.0,
        id: about.1.clone(),
        request,
    };
    let new = NewTask::<TestBoot> {
        name: "Boot test",
        input: &testing,
        resource: Some(about),
        resource_name: Some(&name),
    };
    Ok(task::begin(change, new)?)
}

/// Why there was no boot test, as replies and tasks tell it.
pub(super) fn failed(error: &BootTestError) -> DeployError {
    let (message, help) = (escape(error.to_string().as_bytes()), error.help());
    match error {
        BootTestError::Stopped => DeployError::Cancelled,
        BootTestError::Pattern(_) => DeployError::refused(
            "INVALID_PATTERN",
            message,
            "Write a regular expression over bytes, like `login:`.",
        ),
        BootTestError::Missing { package, .. } => DeployError::conflict(
            "EMULATOR_MISSING",
            format!("boot tests need an emulator, and {message}"),
            &format!("Install the package `{package}` where the service runs."),
        ),
        // The reason may name paths of the host: it is logged and not told.
        _ => {
            tracing::error!(%error, help, "a boot test");
            DeployError::failed(
                "BOOT_TEST",
                "the boot test cannot be made",
                "Look for the reason in the log of the service: the disk may be full.",
            )
        }
    }
}
