//! Boot tests on the wire.

use crate::error::ApiError;
use mintage_boot::boot_test::Firmware;
use mintage_deploy::boot_tests::BootTestRequest;
use mintage_records::Kind;
use mintage_records::model::BootTest;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A boot test that is asked for; `{}` is one as it is meant for most systems.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = BootTestInput)]
pub(super) struct Input {
    /// `bios`, `uefi`, or `auto` (without it): UEFI where there is an EFI system partition.
    firmware: Option<String>,
    /// How long the system may take, in seconds, up to 3600; 300 without it.
    timeout: Option<u64>,
    /// What its console says when it has come up: a regular expression over bytes; without it, a login
    /// prompt.
    pattern: Option<String>,
}

impl Input {
    /// What is asked for.
    ///
    /// # Errors
    /// 400 for a firmware that is none.
    pub(super) fn request(self) -> Result<BootTestRequest, ApiError> {
        let firmware = match self.firmware.as_deref() {
            None | Some("auto") => None,
            Some(name) => Some(name.parse::<Firmware>().map_err(|_| {
                let message = "`firmware` is `bios`, `uefi` or `auto`";
                ApiError::bad_request("INVALID_FIRMWARE", message).source("firmware")
            })?),
        };
        let usual = BootTestRequest::default();
        Ok(BootTestRequest {
            firmware,
            timeout: self.timeout.unwrap_or(usual.timeout),
            pattern: self.pattern.unwrap_or(usual.pattern),
        })
    }
}

/// What came of a boot test, on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BootTest)]
pub(in crate::resources) struct BootTestWire {
    /// `passed` or `failed`.
    result: &'static str,
    /// Why, in one sentence.
    reason: String,
    /// The firmware that started it: `bios` or `uefi`.
    firmware: String,
    /// When it began.
    started: String,
    /// How long it took.
    seconds: f64,
    /// The task that did it.
    task_uri: String,
    /// What the serial console said.
    console_uri: String,
}

impl BootTestWire {
    /// `uri` is that of what was booted.
    pub(in crate::resources) fn new(test: BootTest, uri: &str) -> Self {
        // Hours at most: far below 2^53.
        #[allow(clippy::cast_precision_loss)]
        let milliseconds = test.milliseconds as f64;
        Self {
            result: match test.passed {
                true => "passed",
                false => "failed",
            },
            reason: test.reason,
            firmware: test.firmware,
            started: test.started.to_string(),
            seconds: milliseconds / 1000.0,
            task_uri: Kind::Tasks.uri(&test.task),
            console_uri: format!("{uri}/boot-test/console"),
        }
    }
}
