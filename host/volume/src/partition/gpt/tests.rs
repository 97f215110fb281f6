//! Tests of the GPT reader, over disks that the crate `gpt` makes.

use super::super::tests::{put, table, why};
use super::*;
use ::gpt::disk::LogicalBlockSize;
use std::collections::BTreeMap;
use std::io::Cursor;

const DISK: &str = "aabbccdd-0001-4203-8405-060708090a0b";
const ESP: &str = "11111111-2222-4333-8444-555555555555";
const ROOT: &str = "99999999-8888-4777-8666-abcdefabcdef";

/// A GPT disk of 512 sectors with an ESP (1) and a root (2).
pub fn gpt_disk(sector: LogicalBlockSize) -> Vec<u8> {
    let size = usize::try_from(sector.as_u64()).unwrap();
    let mut disk = Cursor::new(vec![0; 512 * size]);
    ::gpt::mbr::ProtectiveMBR::with_lb_size(511)
        .overwrite_lba0(&mut disk)
        .unwrap();
    let config = ::gpt::GptConfig::new()
        .writable(true)
        .logical_block_size(sector);
    let mut disk = config
        .create_from_device(disk, Some(DISK.parse().unwrap()))
        .unwrap();
    let partition =
        |kind, uuid: &str, first_lba, last_lba, name: &str| ::gpt::partition::Partition {
            part_type_guid: kind,
            part_guid: uuid.parse().unwrap(),
            first_lba,
            last_lba,
            flags: 0,
            name: name.to_owned(),
        };
    let esp = partition(::gpt::partition_types::EFI, ESP, 64, 127, "EFI system");
    let root = partition(::gpt::partition_types::LINUX_FS, ROOT, 128, 400, "rööt");
    disk.update_partitions(BTreeMap::from([(1, esp), (2, root)]))
        .unwrap();
    disk.write().unwrap().into_inner()
}

/// Makes the checksums of the primary GPT at 512-byte sectors right again.
pub fn seal(disk: &mut [u8]) {
    let count = usize::try_from(u32::from_le_bytes(disk[592..596].try_into().unwrap())).unwrap();
    if let Some(entries) = disk.get(1024..1024 + count * 128) {
        let crc = crc32(entries).to_le_bytes();
        put(disk, 512 + 88, &crc);
    }
    put(disk, 512 + 16, &[0; 4]);
    let crc = crc32(&disk[512..604]).to_le_bytes();
    put(disk, 512 + 16, &crc);
}

#[test]
fn gpt_of_both_sector_sizes() {
    for (sector, size) in [
        (LogicalBlockSize::Lb512, 512),
        (LogicalBlockSize::Lb4096, 4096),
    ] {
        let table = table(&gpt_disk(sector));
        assert_eq!(table.kind, TableKind::Gpt);
        assert_eq!((table.sector_size, table.id.as_str()), (size, DISK));
        let [esp, root] = table.partitions.as_slice() else {
            panic!("two partitions: {table:?}");
        };
        let size = u64::from(size);
        assert_eq!(
            (esp.number, esp.start, esp.length),
            (1, 64 * size, 64 * size)
        );
        assert_eq!((esp.type_name, esp.uuid.as_str()), ("EFI system", ESP));
        assert_eq!(esp.label, "EFI system");
        assert_eq!(
            (root.number, root.start, root.length),
            (2, 128 * size, 273 * size)
        );
        assert_eq!(root.type_id, "0fc63daf-8483-4772-8e79-3d69d8477de4");
        assert_eq!((root.uuid.as_str(), root.label.as_str()), (ROOT, "rööt"));
    }
}

#[test]
fn a_gpt_partition_is_numbered_by_its_entry() {
    let mut disk = gpt_disk(LogicalBlockSize::Lb512);
    disk.copy_within(1024 + 128..1024 + 256, 1024 + 127 * 128);
    put(&mut disk, 1024 + 128, &[0; 128]);
    seal(&mut disk);
    let numbers: Vec<u32> = table(&disk).partitions.iter().map(|p| p.number).collect();
    assert_eq!(numbers, [1, 128]);
}

#[test]
fn a_damaged_gpt_is_not_repaired_and_says_whether_the_backup_is_intact() {
    let good = gpt_disk(LogicalBlockSize::Lb512);
    let backup = "; its backup at the end of the disk is intact";
    let mut disk = good.clone();
    disk[512 + 60] ^= 1;
    assert_eq!(
        why(&disk),
        format!("the primary GPT is damaged (the checksum of its header is wrong){backup}")
    );
    disk[511 * 512 + 60] ^= 1;
    assert_eq!(
        why(&disk),
        "the primary GPT is damaged (the checksum of its header is wrong), and there is no \
         intact backup at the end of the disk"
    );
    let mut disk = good.clone();
    disk[1024 + 60] ^= 1;
    assert_eq!(
        why(&disk),
        format!("the primary GPT is damaged (the checksum of its entries is wrong){backup}")
    );
    let mut disk = good.clone();
    put(&mut disk, 512, &[0; 512]);
    assert_eq!(
        why(&disk),
        format!("the primary GPT is damaged (it has no header){backup}")
    );
    let mut disk = good;
    put(&mut disk, 446, &[0; 64]);
    assert_eq!(
        why(&disk),
        "there is a GPT header, but no protective MBR before it"
    );
}

#[test]
fn hostile_gpts_with_right_checksums_are_refused() {
    let sector = |lba: u64| lba.to_le_bytes();
    let huge = u64::MAX.to_le_bytes();
    // What is changed where, and what is said then; entry 1 is at 1024, entry 2 at 1152.
    let cases: [(usize, &[u8], &str); 11] = [
        (1024 + 40, &sector(128), "partitions 1 and 2 overlap"),
        (
            1152 + 40,
            &sector(600),
            "partition 2 ends at byte 307712, past the end",
        ),
        (
            1152 + 40,
            &sector(127),
            "partition 2 ends at sector 127, before its start at 128",
        ),
        (
            1152 + 40,
            &huge,
            "the place of partition 2 is past all bounds",
        ),
        (
            1024 + 32,
            &sector(1),
            "partition 1 overlaps the table itself",
        ),
        (
            1024 + 32,
            &sector(0),
            "partition 1 overlaps the table itself",
        ),
        (
            512 + 48,
            &huge,
            "the usable space in its GPT header is past all bounds",
        ),
        (
            512 + 72,
            &huge,
            "(its entries lie past the end of the disk)",
        ),
        (
            512 + 80,
            &u32::MAX.to_le_bytes(),
            "(it has more than 1024 entries)",
        ),
        (
            512 + 84,
            &[0; 4],
            "(its entries have a size other than 128 bytes)",
        ),
        (
            512 + 12,
            &u32::MAX.to_le_bytes(),
            "(its header has a length other than 92 bytes)",
        ),
    ];
    for (at, value, expected) in cases {
        let mut disk = gpt_disk(LogicalBlockSize::Lb512);
        put(&mut disk, at, value);
        seal(&mut disk);
        let why = why(&disk);
        assert!(why.contains(expected), "{why}");
    }
}

#[test]
fn the_same_place_for_entries_and_partition_is_refused() {
    let mut disk = gpt_disk(LogicalBlockSize::Lb512);
    put(&mut disk, 512 + 40, &2u64.to_le_bytes());
    put(&mut disk, 1024 + 32, &3u64.to_le_bytes());
    seal(&mut disk);
    assert_eq!(why(&disk), "partition 1 overlaps the table itself");
}
