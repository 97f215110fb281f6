//! Tests of the MBR reader, over disks that the crate `mbrman` makes.

use super::super::tests::{put, table, why};
use std::io::Cursor;

use super::TableKind;

/// An MBR disk of 1024 sectors with a primary partition and, in an extended one, two logical.
pub fn mbr_disk(sector_size: u32) -> Vec<u8> {
    let size = usize::try_from(sector_size).unwrap();
    let mut disk = Cursor::new(vec![0; 1024 * size]);
    let signature = 0x1234_abcd_u32.to_le_bytes();
    let mut table = mbrman::MBR::new_from(&mut disk, sector_size, signature).unwrap();
    table.align = 8;
    let entry = |sys, starting_lba, sectors| mbrman::MBRPartitionEntry {
        boot: mbrman::BOOT_INACTIVE,
        first_chs: mbrman::CHS::empty(),
        sys,
        last_chs: mbrman::CHS::empty(),
        starting_lba,
        sectors,
    };
    table[1] = entry(0x83, 64, 100);
    table[2] = entry(0x05, 200, 800);
    table.push(0x82, 200, 108).unwrap();
    table.push(0x83, 400, 208).unwrap();
    table.write_into(&mut disk).unwrap();
    disk.into_inner()
}

#[test]
fn mbr_with_logical_partitions() {
    let table = table(&mbr_disk(512));
    assert_eq!((table.kind, table.sector_size), (TableKind::Mbr, 512));
    assert_eq!(table.id, "1234abcd");
    let seen: Vec<_> = table
        .partitions
        .iter()
        .map(|p| {
            (
                p.number,
                p.start / 512,
                p.length / 512,
                p.type_id.as_str(),
                p.uuid.as_str(),
            )
        })
        .collect();
    let expected = [
        (1, 64, 100, "0x83", "1234abcd-01"),
        (5, 208, 104, "0x82", "1234abcd-05"),
        (6, 408, 200, "0x83", "1234abcd-06"),
    ];
    assert_eq!(seen, expected);
}

#[test]
fn mbr_of_4096_byte_sectors_is_told_by_what_it_holds() {
    let mut disk = mbr_disk(4096);
    put(&mut disk, 408 * 4096 + 1080, &[0x53, 0xef]);
    let table = table(&disk);
    assert_eq!((table.sector_size, table.partitions.len()), (4096, 3));
}

/// Sets first sector and count of an entry (0 to 3) in the record at `sector`.
fn set_entry(disk: &mut [u8], sector: usize, entry: usize, kind: u8, first: u32, sectors: u32) {
    let at = sector * 512 + 446 + 16 * entry;
    put(disk, at + 4, &[kind]);
    put(disk, at + 8, &first.to_le_bytes());
    put(disk, at + 12, &sectors.to_le_bytes());
}

#[test]
fn hostile_mbrs_are_refused() {
    // Record, entry, type, first sector, sectors, and what is said then.
    for (record, entry, kind, first, sectors, expected) in [
        (0, 2, 0x83, 100, 50, "partitions 1 and 3 overlap"),
        (0, 2, 0x83, 0, 50, "partition 3 overlaps the table itself"),
        (
            0,
            2,
            0x83,
            1000,
            25,
            "partition 3 ends at byte 524800, past the end",
        ),
        (0, 2, 0x83, u32::MAX, u32::MAX, "partition 3 ends at byte"),
        (
            0,
            2,
            0x0f,
            170,
            10,
            "it has more than one extended partition",
        ),
        (
            200,
            1,
            0x05,
            0,
            100,
            "the chain of logical partitions is a loop",
        ),
        (
            400,
            1,
            0x05,
            200,
            100,
            "the chain of logical partitions is a loop",
        ),
        (
            400,
            1,
            0x05,
            800,
            100,
            "record lies outside the extended partition",
        ),
        (
            400,
            1,
            0x05,
            u32::MAX,
            100,
            "record lies outside the extended partition",
        ),
        (400, 1, 0x05, 500, 100, "leads to no boot record"),
        (400, 2, 0x83, 300, 10, "has entries for more than one"),
        (
            400,
            0,
            0x83,
            300,
            500,
            "partition 6 ends at byte 614400, past the end",
        ),
        (400, 0, 0x83, u32::MAX, u32::MAX, "partition 6 ends at byte"),
        (200, 0, 0x83, 8, 195, "partition 5 covers the record"),
        (400, 0, 0x83, 0, 10, "partition 6 covers the record"),
    ] {
        let mut disk = mbr_disk(512);
        set_entry(&mut disk, record, entry, kind, first, sectors);
        let why = why(&disk);
        assert!(why.contains(expected), "{expected}: {why}");
    }
    let mut disk = mbr_disk(512);
    disk[446] = 0x37;
    assert!(why(&disk).contains("boot flag"));
}

#[test]
fn a_long_chain_of_logical_partitions_ends() {
    let mut disk = vec![0; 512 * 1024];
    put(&mut disk, 510, &[0x55, 0xaa]);
    set_entry(&mut disk, 0, 0, 0x05, 1, 1000);
    for number in 0..120u32 {
        let record = usize::try_from(1 + 4 * number).unwrap();
        put(&mut disk, record * 512 + 510, &[0x55, 0xaa]);
        set_entry(&mut disk, record, 0, 0x83, 1, 3);
        set_entry(&mut disk, record, 1, 0x05, 4 * (number + 1), 4);
    }
    assert_eq!(why(&disk), "it has more than 100 logical partitions");
    set_entry(&mut disk, 1 + 4 * 99, 1, 0, 0, 0);
    assert_eq!(table(&disk).partitions.len(), 100);
    assert_eq!(table(&disk).partitions[99].number, 104);
}
