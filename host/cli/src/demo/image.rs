//! A small golden image in pure Rust: a disk with a GUID partition table, an EFI system partition
//! and an ext4 root, filled from a tree text. The same text gives the same bytes.

use super::fill::fill;
use super::gpt::{self, Guid, NewPartition};
use mintage_volume::block::{BlockDevice, FileDevice, Slice};
use mintage_volume::filesystem::Timestamp;
use mintage_volume::filesystem::ext4::Ext4;
use mintage_volume::volume::{DeclaredMount, Source, TreeOptions, Volume};
use mintage_volume::{Result, VolumeError, VolumeErrorKind, VolumePath, text};
use std::fs::File;
use std::io::Cursor;
use std::sync::Arc;

/// A Debian-like system, in as few files as a plan for a web server needs.
pub const DEBIAN: &str = include_str!("debian.tree");

/// Length of the disk in bytes.
const DISK: u64 = 64 << 20;
/// Where the EFI system partition lies, and its length, in bytes.
const ESP: (u64, u64) = (1 << 20, 15 << 20);
/// Where the root partition lies, and its length, in bytes.
pub const ROOT: (u64, u64) = (16 << 20, 47 << 20);
/// The UUID of the root filesystem, as [`DEBIAN`]'s fstab names it.
const ROOT_UUID: u128 = 0x6d696e74_6167_6540_8000_000000000001;
/// The number of the EFI system partition's filesystem, `4D49-4E54`.
const ESP_ID: u32 = 0x4d49_4e54;

/// When all of the image's files were made, 2026-01-01.
pub const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};

/// Makes the image in `file`, which must be empty, with the files of a tree text.
///
/// # Errors
/// `InvalidArgument` with the line of a tree text that cannot be read, `NoSpace`, `Io`.
pub fn build(file: File, tree: &str) -> Result<()> {
    file.set_len(DISK)?;
    let disk: Arc<dyn BlockDevice> = Arc::new(FileDevice::writable(file)?);
    partition(&*disk)?;
    let esp = Slice::new(Arc::clone(&disk), ESP.0, ESP.1)?;
    format_esp(&esp)?;
    let root = Slice::new(Arc::clone(&disk), ROOT.0, ROOT.1)?;
    Ext4::format(Arc::new(root), "root", ROOT_UUID.to_be_bytes())?;
    let source = text::read(tree, TIME)?;
    let esp_point = VolumePath::parse("/boot/efi")?;
    // First the root alone, for the other's mount point.
    for mounts in [
        vec![mount("/", 2)?],
        vec![mount("/", 2)?, mount("/boot/efi", 1)?],
    ] {
        let without = (mounts.len() == 1).then_some(&esp_point);
        let options = TreeOptions {
            time: TIME,
            read_only: false,
            mounts,
        };
        let mut target = Volume::open(Arc::clone(&disk))?.open_tree(&options)?;
        fill(&source, &mut target, without)?;
        target.finish()?;
    }
    disk.flush()
}

fn mount(point: &str, partition: u32) -> Result<DeclaredMount> {
    Ok(DeclaredMount {
        point: VolumePath::parse(point)?,
        source: Source::Partition(partition),
        read_only: false,
    })
}

fn partition(disk: &dyn BlockDevice) -> Result<()> {
    let of = |kind, id, (start, length), label| NewPartition {
        kind,
        id: Guid(ROOT_UUID + id),
        start,
        length,
        label,
    };
    let partitions = [of(gpt::ESP, 2, ESP, "ESP"), of(gpt::LINUX, 3, ROOT, "root")];
    gpt::write(disk, Guid(ROOT_UUID + 1), &partitions)
}

/// An empty FAT16, made in memory, since its maker needs a stream.
fn format_esp(esp: &Slice) -> Result<()> {
    // 15 MiB.
    let mut bytes = vec![0; usize::try_from(ESP.1).unwrap_or(0)];
    let options = fatfs::FormatVolumeOptions::new()
        .volume_id(ESP_ID)
        .volume_label(*b"ESP        ");
    fatfs::format_volume(Cursor::new(&mut bytes), options).map_err(|error| {
        let message = format!("cannot make the EFI system partition: {error}");
        VolumeError::new(VolumeErrorKind::InvalidArgument, message)
    })?;
    // Zeros are there already; left out, they stay holes.
    for (number, block) in (0u64..).zip(bytes.chunks(4096)) {
        if block.iter().any(|byte| *byte != 0) {
            esp.write_at(number * 4096, block)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_volume::tree::VolumeTree;

    fn built(tree: &str) -> (File, Result<()>) {
        let file = tempfile::tempfile().unwrap();
        let done = build(file.try_clone().unwrap(), tree);
        (file, done)
    }

    fn open(file: &File) -> VolumeTree {
        let device = FileDevice::read_only(file.try_clone().unwrap()).unwrap();
        let options = TreeOptions {
            read_only: true,
            ..TreeOptions::default()
        };
        Volume::open(Arc::new(device))
            .unwrap()
            .open_tree(&options)
            .unwrap()
    }

    #[test]
    fn the_image_holds_what_the_text_says() {
        let (file, done) = built(DEBIAN);
        done.unwrap();
        let tree = open(&file);
        let points: Vec<_> = tree.mounts().iter().map(|m| m.point.to_string()).collect();
        assert_eq!(points, ["/", "/boot/efi"]);
        let read = tree.read("/etc/hostname", 100).unwrap();
        assert_eq!(String::from_utf8(read).unwrap(), "golden\n");
        assert!(tree.exists("/boot/efi/EFI/debian/grub.cfg").unwrap());
        assert_eq!(tree.metadata("/etc/shadow").unwrap().mode, 0o640);
        assert_eq!(tree.metadata("/etc/shadow").unwrap().modified, TIME);
    }

    #[test]
    fn the_same_text_gives_the_same_image() {
        let bytes = || {
            let (file, done) = built(DEBIAN);
            done.unwrap();
            let mut bytes = vec![0; usize::try_from(DISK).unwrap()];
            std::os::unix::fs::FileExt::read_exact_at(&file, &mut bytes, 0).unwrap();
            bytes
        };
        assert!(bytes() == bytes());
    }

    #[test]
    fn a_text_that_cannot_be_read_is_an_error() {
        let (_, done) = built("etc/hostname\n");
        assert_eq!(done.unwrap_err().kind(), VolumeErrorKind::InvalidArgument);
    }
}
