//! Tests of the marks: crafted bytes for each format.

use super::*;
use crate::block::MemoryDevice;
use proptest::prelude::*;

const UUID: [u8; 16] = *b"\x01\x02\x03\x04\x05\x06\x07\x08\x09\x0a\x0b\x0c\x0d\x0e\x0f\x10";
const UUID_TEXT: &str = "01020304-0506-0708-090a-0b0c0d0e0f10";
const LEN: u64 = 1 << 20;

/// A device of 1 MiB with `parts` at their offsets.
fn device(parts: &[(u64, &[u8])]) -> MemoryDevice {
    let device = MemoryDevice::new(LEN);
    for (offset, bytes) in parts {
        device.write_at(*offset, bytes).unwrap();
    }
    device
}

fn seen(parts: &[(u64, &[u8])]) -> (Format, String, String) {
    let contents = inspect(&device(parts)).unwrap();
    assert_eq!(contents.also, []);
    (contents.format, contents.label, contents.uuid)
}

fn expected(format: Format, label: &str, uuid: &str) -> (Format, String, String) {
    (format, label.to_owned(), uuid.to_owned())
}

#[test]
fn ext_versions_by_their_features() {
    for (compat, incompat, ro_compat, format) in [
        (0u32, 0x2u32, 0x3u32, Format::Ext2),
        (0x4, 0x2, 0x3, Format::Ext3),
        (0x4, 0x6, 0x3, Format::Ext3),
        (0x4, 0x42, 0x3, Format::Ext4),
        (0, 0x2, 0x400, Format::Ext4),
        (0, 0x8, 0, Format::Unknown),
    ] {
        let features = [compat, incompat, ro_compat].map(u32::to_le_bytes).concat();
        let found = seen(&[
            (1080, &[0x53, 0xef]),
            (1024 + 0x5c, &features),
            (1024 + 0x68, &UUID),
            (1024 + 0x78, b"rootfs\0\0"),
        ]);
        match format {
            Format::Unknown => assert_eq!(found, expected(format, "", "")),
            _ => assert_eq!(found, expected(format, "rootfs", UUID_TEXT)),
        }
    }
}

/// A boot sector of 512-byte sectors, 1 sector a cluster, 2 tables.
fn fat_boot(fat32: bool) -> Vec<u8> {
    let mut boot = vec![0; 512];
    boot[11..17].copy_from_slice(&[0, 2, 1, 4, 0, 2]);
    let extended = if fat32 {
        boot[36] = 10;
        boot[44] = 2;
        boot[0x52..0x5a].copy_from_slice(b"FAT32   ");
        0x43
    } else {
        boot[22] = 10;
        boot[0x36..0x3e].copy_from_slice(b"FAT16   ");
        0x27
    };
    boot[extended..extended + 15].copy_from_slice(b"\x0d\xf0\xfe\xcaNO NAME    ");
    boot[510..].copy_from_slice(&[0x55, 0xaa]);
    boot
}

#[test]
fn vfat_with_the_label_of_its_root_directory() {
    let mut file = *b"A FILE  TXT\x20.................... ";
    file[31] = 0;
    let entry = *b"EFI        \x08....................";
    for fat32 in [true, false] {
        let boot = fat_boot(fat32);
        let root = (4 + 2 * 10) * 512;
        let found = seen(&[(0, &boot)]);
        assert_eq!(found, expected(Format::Vfat, "", "CAFE-F00D"));
        let found = seen(&[(0, &boot), (root, &file), (root + 32, &entry)]);
        assert_eq!(found, expected(Format::Vfat, "EFI", "CAFE-F00D"));
    }
}

#[test]
fn vfat_with_hostile_numbers_is_read_inside_the_device_only() {
    let mut boot = fat_boot(true);
    boot[36..40].fill(0xff);
    boot[44..48].fill(0xff);
    let found = seen(&[(0, &boot)]);
    assert_eq!(found, expected(Format::Vfat, "", "CAFE-F00D"));
}

#[test]
fn swap_luks_and_lvm() {
    let swap: [(u64, &[u8]); 3] = [(1036, &UUID), (1052, b"sw"), (4086, b"SWAPSPACE2")];
    assert_eq!(seen(&swap), expected(Format::Swap, "sw", UUID_TEXT));
    let luks: [(u64, &[u8]); 3] = [(0, b"LUKS\xba\xbe\0\x02"), (24, b"vault"), (168, b"ab-cd")];
    assert_eq!(seen(&luks), expected(Format::Luks, "vault", "ab-cd"));
    let lvm: [(u64, &[u8]); 3] = [
        (512, b"LABELONE"),
        (536, b"LVM2 001"),
        (544, b"abcdefghijklmnopqrstuvwxyzABCDEF"),
    ];
    let uuid = "abcdef-ghij-klmn-opqr-stuv-wxyz-ABCDEF";
    assert_eq!(seen(&lvm), expected(Format::Lvm, "", uuid));
}

#[test]
fn other_formats() {
    let ntfs: [(u64, &[u8]); 2] = [(3, b"NTFS    "), (72, &[0xef, 0xcd])];
    assert_eq!(seen(&ntfs), expected(Format::Ntfs, "", "000000000000CDEF"));
    let exfat: [(u64, &[u8]); 2] = [(3, b"EXFAT   "), (100, &[0x78, 0x56, 0x34, 0x12])];
    assert_eq!(seen(&exfat), expected(Format::ExFat, "", "1234-5678"));
    let xfs: [(u64, &[u8]); 3] = [(0, b"XFSB"), (32, &UUID), (108, b"data")];
    assert_eq!(seen(&xfs), expected(Format::Xfs, "data", UUID_TEXT));
    let btrfs: [(u64, &[u8]); 3] = [
        (65536 + 64, b"_BHRfS_M"),
        (65536 + 32, &UUID),
        (65536 + 0x12b, b"pool"),
    ];
    assert_eq!(seen(&btrfs), expected(Format::Btrfs, "pool", UUID_TEXT));
    let iso: [(u64, &[u8]); 2] = [(32769, b"CD001"), (32808, b"DEBIAN 12   ")];
    assert_eq!(seen(&iso), expected(Format::Iso9660, "DEBIAN 12", ""));
    assert_eq!(seen(&[(0, b"hsqs")]), expected(Format::SquashFs, "", ""));
    assert_eq!(seen(&[]), expected(Format::Empty, "", ""));
    assert_eq!(seen(&[(700, b"?")]), expected(Format::Unknown, "", ""));
}

fn raid_superblock(sector: u64) -> Vec<u8> {
    let mut block = vec![0; 256];
    block[..8].copy_from_slice(&[0xfc, 0x4e, 0x2b, 0xa9, 1, 0, 0, 0]);
    block[16..32].copy_from_slice(&UUID);
    block[32..38].copy_from_slice(b"host:0");
    block[144..152].copy_from_slice(&sector.to_le_bytes());
    block
}

#[test]
fn a_member_of_a_raid_is_not_taken_for_what_it_mirrors() {
    let ext4: (u64, &[u8]) = (1080, &[0x53, 0xef]);
    for at in [0, 4096, LEN - 8192] {
        let found = seen(&[ext4, (at, &raid_superblock(at / 512))]);
        assert_eq!(found, expected(Format::Raid, "host:0", UUID_TEXT), "{at}");
    }
    let oldest = [0xfc, 0x4e, 0x2b, 0xa9, 0, 0, 0, 0, 90, 0, 0, 0];
    let found = seen(&[ext4, (LEN - 0x1_0000, &oldest)]);
    assert_eq!(found, expected(Format::Raid, "", ""));
    // A copy of a superblock at another place than its own is nothing.
    let found = seen(&[ext4, (LEN - 8192, &raid_superblock(8))]);
    assert_eq!(found.0, Format::Ext2);
}

#[test]
fn two_marks_are_both_reported() {
    let both = device(&[(1080, &[0x53, 0xef]), (4086, b"SWAPSPACE2")]);
    let contents = inspect(&both).unwrap();
    assert_eq!(contents.format, Format::Swap);
    assert_eq!(contents.also, [Format::Ext2]);
}

#[test]
fn images_of_other_formats_are_refused() {
    refuse_other_image_formats(&device(&[])).unwrap();
    let vdi = [0x7f, 0x10, 0xda, 0xbe];
    for (offset, mark, name) in [
        (0, &b"QFI\xfb\0\0\0\x03"[..], "qcow2"),
        (0, b"KDMV", "VMDK"),
        (0, b"# Disk DescriptorFile\nversion=1", "VMDK"),
        (0, b"vhdxfile", "VHDX"),
        (64, &vdi, "VDI"),
    ] {
        let error = refuse_other_image_formats(&device(&[(offset, mark)])).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
        assert!(error.to_string().contains(&format!("`{name}`")), "{error}");
        assert!(error.help_text().unwrap().contains("qemu-img convert"));
    }
}

#[test]
fn compressed_images_are_refused_with_what_unpacks_them() {
    for (offset, mark, unpack) in [
        (0, &b"\x1f\x8b\x08"[..], "gzip -dc IMAGE"),
        (0, b"\xfd7zXZ\0", "xz -dc"),
        (0, b"\x28\xb5\x2f\xfd", "zstd -dc"),
        (4, b"1AY&SY", "bzip2 -dc"),
        (0, b"\x04\x22\x4d\x18", "lz4 -dc"),
        (0, b"PK\x03\x04", "unzip -p"),
    ] {
        let error = refuse_other_image_formats(&device(&[(offset, mark)])).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::UnsupportedFeature);
        assert!(error.help_text().unwrap().contains(unpack), "{error}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_it_fail(parts in prop::collection::vec(
        (0u64..70_000, prop::collection::vec(any::<u8>(), 1..600)), 0..8), len in 0u64..140_000) {
        let device = MemoryDevice::new(len);
        device.write_at(0, &fat_boot(len % 2 == 0)[..usize::try_from(len.min(512)).unwrap()]).unwrap();
        for (offset, bytes) in parts {
            // What passes the end of a short device is left out.
            let _ = device.write_at(offset, &bytes);
        }
        inspect(&device).unwrap();
        let _ = refuse_other_image_formats(&device);
    }
}
