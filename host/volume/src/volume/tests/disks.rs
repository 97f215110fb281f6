//! Disks with filesystems that libraries format in memory.

use crate::block::{BlockDevice, MemoryDevice, Slice};
use crate::filesystem::{Ext4, FileSystem, Ownership, Timestamp};
use crate::path::VolumePath;
use std::io::Cursor;
use std::sync::Arc;

pub const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};
pub const MIB: u64 = 1 << 20;
pub const ROOT_UUID: &str = "07070707-0707-0707-0707-070707070707";

/// What a partition of a test's disk holds.
pub enum Holds<'a> {
    /// ext4 with these files; the byte makes its UUID.
    Ext4(u8, &'a str, &'a [(&'a str, &'a str)]),
    /// vfat with this serial number.
    Vfat(u32),
    /// These bytes at this offset.
    Raw(u64, &'a [u8]),
}

/// The device as the library that formats ext4 wants it.
struct Formatter(Arc<dyn BlockDevice>);

impl fs_ext4::block_io::BlockDevice for Formatter {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> fs_ext4::Result<()> {
        self.0
            .read_at(offset, buf)
            .map_err(|_| fs_ext4::Error::Corrupt("read"))
    }

    fn size_bytes(&self) -> u64 {
        self.0.len()
    }

    fn write_at(&self, offset: u64, buf: &[u8]) -> fs_ext4::Result<()> {
        self.0
            .write_at(offset, buf)
            .map_err(|_| fs_ext4::Error::Corrupt("write"))
    }

    fn is_writable(&self) -> bool {
        true
    }
}

pub fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

/// Adds a file, and the directories above it; a name that ends with `/` is a directory.
fn add(filesystem: &mut dyn FileSystem, name: &str, content: &str) {
    let file = path(name);
    let mut above = VolumePath::root();
    for directory in file.parent().unwrap().names() {
        above = above.join(directory).unwrap();
        if filesystem.metadata(&above).is_err() {
            filesystem
                .create_dir(&above, Ownership::root(0o755))
                .unwrap();
        }
    }
    if name.ends_with('/') {
        filesystem
            .create_dir(&file, Ownership::root(0o755))
            .unwrap();
    } else {
        filesystem
            .create_file(&file, Ownership::root(0o644))
            .unwrap();
        filesystem.write_at(&file, 0, content.as_bytes()).unwrap();
    }
}

pub fn fill(device: Arc<dyn BlockDevice>, holds: &Holds) {
    match holds {
        Holds::Ext4(uuid, label, files) => {
            let formatter = Formatter(device.clone());
            let len = device.len();
            let uuid = Some([*uuid; 16]);
            fs_ext4::mkfs::format_filesystem(&formatter, Some(label), uuid, len, 4096).unwrap();
            let mut filesystem = Ext4::open(device, TIME).unwrap();
            for (name, content) in *files {
                add(&mut filesystem, name, content);
            }
            filesystem.finish().unwrap();
        }
        Holds::Vfat(serial) => {
            let mut image = Cursor::new(vec![0; usize::try_from(device.len()).unwrap()]);
            let options = fatfs::FormatVolumeOptions::new().volume_id(*serial);
            fatfs::format_volume(&mut image, options).unwrap();
            device.write_at(0, image.get_ref()).unwrap();
        }
        Holds::Raw(offset, bytes) => device.write_at(*offset, bytes).unwrap(),
    }
}

/// An MBR disk with four partitions of 8 MiB, each holding what is given.
pub fn disk(holds: &[Holds]) -> Arc<dyn BlockDevice> {
    let device = Arc::new(MemoryDevice::new(40 * MIB));
    let mut table = [0; 72];
    table[..4].copy_from_slice(&0x1234_abcd_u32.to_le_bytes());
    table[70..].copy_from_slice(&[0x55, 0xaa]);
    for (index, holds) in holds.iter().enumerate() {
        let entry = &mut table[6 + 16 * index..];
        let start = MIB + 9 * MIB * u64::try_from(index).unwrap();
        entry[4] = 0x83;
        entry[8..12].copy_from_slice(&u32::try_from(start / 512).unwrap().to_le_bytes());
        entry[12..16].copy_from_slice(&16384u32.to_le_bytes());
        fill(
            Arc::new(Slice::new(device.clone(), start, 8 * MIB).unwrap()),
            holds,
        );
    }
    device.write_at(440, &table).unwrap();
    device
}

pub const XFS: Holds = Holds::Raw(0, b"XFSB");

/// A disk with an ESP (1), a root (2), data (3) and XFS (4), and this fstab.
pub fn server(fstab: &str) -> Arc<dyn BlockDevice> {
    disk(&[
        Holds::Vfat(0xcafe_f00d),
        Holds::Ext4(
            7,
            "root",
            &[
                ("/etc/fstab", fstab),
                ("/etc/hostname", "golden\n"),
                ("/boot/efi/", ""),
                ("/srv/my data/", ""),
                ("/var/big/", ""),
            ],
        ),
        Holds::Ext4(8, "data", &[("/hello", "from data")]),
        XFS,
    ])
}
