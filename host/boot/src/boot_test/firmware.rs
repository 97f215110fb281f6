//! `Firmware`: what starts a disk, and which one a disk is made for.

use super::error::{BootTestError, Result};
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::partition;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::fs::File;
use std::str::FromStr;
use std::sync::Arc;

/// The types of an EFI system partition: in a GPT, in an MBR.
const EFI_SYSTEM: [&str; 2] = ["c12a7328-f81f-11d2-ba4b-00a0c93ec93b", "0xef"];

/// What starts a disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Firmware {
    /// The boot sector.
    Bios,
    /// A program in the EFI system partition.
    Uefi,
}

impl Firmware {
    /// The firmware that `disk` is made for: UEFI where there is an EFI system partition. A disk whose
    /// table is damaged has none.
    pub(super) fn of(disk: &File) -> Result<Self> {
        let failed = |why: String| BootTestError::Image(why);
        let disk = disk
            .try_clone()
            .map_err(|error| failed(error.to_string()))?;
        let disk = FileDevice::read_only(disk).map_err(|error| failed(error.to_string()))?;
        let disk: Arc<dyn BlockDevice> = Arc::new(disk);
        let table = partition::read(&disk).unwrap_or_default();
        let mut types = table.iter().flat_map(|table| &table.partitions);
        match types.any(|one| EFI_SYSTEM.contains(&one.type_id.to_ascii_lowercase().as_str())) {
            true => Ok(Self::Uefi),
            false => Ok(Self::Bios),
        }
    }
}

impl fmt::Display for Firmware {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Bios => "bios",
            Self::Uefi => "uefi",
        })
    }
}

impl FromStr for Firmware {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "bios" => Ok(Self::Bios),
            "uefi" => Ok(Self::Uefi),
            _ => Err("it is `bios` or `uefi`"),
        }
    }
}
