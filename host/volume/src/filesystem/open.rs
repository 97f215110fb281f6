//! The one place that chooses a driver for what a partition holds.

use super::FileSystem;
use super::Timestamp;
use super::ext4::Ext4;
use super::vfat::Vfat;
use crate::block::BlockDevice;
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::inspect::{Contents, Format};
use std::sync::Arc;

/// Opens the filesystem on `device`, which holds `contents`. What a change leaves behind as its
/// time is `time`.
///
/// # Errors
/// `UnsupportedFeature` for a format without a driver, `Encrypted`, and those of the drivers.
pub fn open(
    device: Arc<dyn BlockDevice>,
    contents: &Contents,
    time: Timestamp,
) -> Result<Box<dyn FileSystem>> {
    if let Some(other) = contents.also.first() {
        return Err(cannot_open(
            contents.format,
            &format!("the marks of {other} are there, too, and one of them is a leftover"),
        )
        .help("remove the old mark with `wipefs`, in the golden image's own system"));
    }
    match contents.format {
        Format::Ext2 | Format::Ext3 | Format::Ext4 => Ok(Box::new(Ext4::open(device, time)?)),
        Format::Vfat => Ok(Box::new(Vfat::open(device, time)?)),
        format => Err(no_driver(format)),
    }
}

fn no_driver(format: Format) -> VolumeError {
    match format {
        Format::Luks => VolumeError::new(
            VolumeErrorKind::Encrypted,
            "cannot open LUKS: what it holds is encrypted",
        )
        .help("a golden image is personalized unencrypted; encrypt the volume on first boot"),
        Format::Xfs | Format::Btrfs | Format::Lvm | Format::Raid => {
            cannot_open(format, "it needs the kernel driver, which is planned")
                .help("use a golden image with ext4 in plain partitions until then")
        }
        Format::Swap | Format::Empty | Format::Unknown => {
            cannot_open(format, "there is no known filesystem")
        }
        _ => cannot_open(format, "there is no driver for it"),
    }
}

fn cannot_open(format: Format, why: &str) -> VolumeError {
    let what = match format {
        Format::Empty => "an empty partition".to_owned(),
        Format::Unknown => "unknown contents".to_owned(),
        format => format.to_string(),
    };
    VolumeError::new(
        VolumeErrorKind::UnsupportedFeature,
        format!("cannot open {what}: {why}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::block::MemoryDevice;

    fn error(format: Format, also: &[Format]) -> VolumeError {
        let contents = Contents {
            format,
            label: String::new(),
            uuid: String::new(),
            also: also.to_vec(),
        };
        let device = Arc::new(MemoryDevice::new(1 << 20));
        open(device, &contents, Timestamp::default()).unwrap_err()
    }

    #[test]
    fn what_has_no_driver_is_named() {
        for (format, expected) in [
            (
                Format::Xfs,
                "cannot open XFS: it needs the kernel driver, which is planned",
            ),
            (
                Format::Btrfs,
                "cannot open btrfs: it needs the kernel driver, which is planned",
            ),
            (
                Format::Lvm,
                "cannot open LVM: it needs the kernel driver, which is planned",
            ),
            (Format::Ntfs, "cannot open NTFS: there is no driver for it"),
            (
                Format::Swap,
                "cannot open swap: there is no known filesystem",
            ),
        ] {
            let error = error(format, &[]);
            assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
            assert!(error.to_string().starts_with(expected), "{error}");
        }
        assert_eq!(error(Format::Luks, &[]).kind(), VolumeErrorKind::Encrypted);
    }

    #[test]
    fn two_marks_are_refused_before_a_driver_sees_the_device() {
        let error = error(Format::Ext4, &[Format::Btrfs]);
        assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
        assert!(
            error
                .to_string()
                .contains("the marks of btrfs are there, too")
        );
    }
}
