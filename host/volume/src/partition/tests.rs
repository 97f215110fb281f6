//! Tests of partition tables: what others' libraries write, and what nobody should.
//!
//! The crates `gpt` and `mbrman` make the disks, so a mistake in our reading of the formats cannot
//! hide behind the same mistake in our writing.

use super::gpt::tests::{gpt_disk, seal};
use super::mbr::tests::mbr_disk;
use super::*;
use crate::block::{FaultyDevice, MemoryDevice, Overlay};
use ::gpt::disk::LogicalBlockSize;
use proptest::prelude::*;

fn device(bytes: &[u8]) -> Arc<dyn BlockDevice> {
    Arc::new(MemoryDevice::from(bytes))
}

pub fn table(bytes: &[u8]) -> PartitionTable {
    read(&device(bytes)).unwrap().expect("there is a table")
}

/// Why the table is bad.
pub fn why(bytes: &[u8]) -> String {
    let error = read(&device(bytes)).unwrap_err();
    assert_eq!(error.kind(), VolumeErrorKind::BadPartitionTable);
    let message = error.to_string();
    let reason = message.strip_prefix("cannot use the partition table: ");
    reason.expect("the usual form").to_owned()
}

pub fn put(bytes: &mut [u8], at: usize, value: &[u8]) {
    bytes[at..at + value.len()].copy_from_slice(value);
}

#[test]
fn bare_devices_have_no_table() {
    let mut fat = vec![0; 4096];
    put(&mut fat, 11, &[0, 2, 1, 4, 0, 2]);
    put(&mut fat, 54, b"FAT16   ");
    put(&mut fat, 446, &[7; 64]);
    put(&mut fat, 510, &[0x55, 0xaa]);
    let mut ext = vec![0; 4096];
    put(&mut ext, 1080, &[0x53, 0xef]);
    let mut ext_with_boot_code = ext.clone();
    put(&mut ext_with_boot_code, 446, &[0x33; 64]);
    put(&mut ext_with_boot_code, 510, &[0x55, 0xaa]);
    let noise = vec![7; 4096];
    for bare in [
        vec![],
        vec![0; 100],
        vec![0; 4096],
        fat,
        ext,
        ext_with_boot_code,
        noise,
    ] {
        assert_eq!(read(&device(&bare)).unwrap(), None);
    }
}

#[test]
fn a_table_without_partitions_is_one() {
    let mut disk = vec![0; 4096];
    put(&mut disk, 510, &[0x55, 0xaa]);
    assert_eq!(table(&disk).partitions, []);
}

#[test]
fn a_device_that_fails_is_no_bad_table() {
    let disk = device(&gpt_disk(LogicalBlockSize::Lb512));
    for read_number in 0..3 {
        let fault = crate::block::Fault::Read(read_number);
        let faulty: Arc<dyn BlockDevice> = Arc::new(FaultyDevice::new(disk.clone()).with(fault));
        assert_eq!(read(&faulty).unwrap_err().kind(), VolumeErrorKind::Io);
    }
}

/// Places where a changed byte matters, in disks of 512-byte sectors.
fn place_in_table() -> impl Strategy<Value = usize> {
    prop_oneof![
        440..512usize,
        512..604usize,
        1024..1280usize,
        200 * 512 + 440..201 * 512usize,
        400 * 512 + 440..401 * 512usize,
        511 * 512..511 * 512 + 92usize,
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn mutated_tables_end_in_a_table_or_a_typed_error(
        is_gpt in any::<bool>(),
        sealed in any::<bool>(),
        changes in prop::collection::vec(
            (place_in_table(), prop_oneof![any::<u8>(), Just(0xff), Just(0), Just(5)]), 1..12),
    ) {
        let mut disk = match is_gpt {
            true => gpt_disk(LogicalBlockSize::Lb512),
            false => mbr_disk(512),
        };
        for (at, byte) in changes {
            if at < disk.len() {
                disk[at] = byte;
            }
        }
        if sealed && is_gpt {
            seal(&mut disk);
        }
        let len = u64::try_from(disk.len()).unwrap();
        let counted = Arc::new(FaultyDevice::new(device(&disk)));
        let dynamic: Arc<dyn BlockDevice> = counted.clone();
        match read(&dynamic) {
            Ok(None) => {}
            Ok(Some(table)) => for partition in table.partitions {
                prop_assert!(partition.start >= 512 && partition.length > 0);
                prop_assert!(partition.start + partition.length <= len);
            },
            Err(error) => prop_assert_eq!(error.kind(), VolumeErrorKind::BadPartitionTable),
        }
        let traffic = counted.traffic();
        prop_assert!(traffic.reads < 1000 && traffic.bytes_read < 20 << 20, "{traffic:?}");
    }

    #[test]
    fn noise_is_no_table(noise in prop::collection::vec(any::<u8>(), 0..20_000), marked in any::<bool>()) {
        let mut noise = noise;
        if marked && noise.len() >= 512 {
            put(&mut noise, 510, &[0x55, 0xaa]);
        }
        if let Err(error) = read(&device(&noise)) {
            prop_assert_eq!(error.kind(), VolumeErrorKind::BadPartitionTable);
        }
    }
}

#[test]
fn a_partition_opens_as_a_device() {
    let base = device(&gpt_disk(LogicalBlockSize::Lb512));
    let len = base.len();
    let overlay: Arc<dyn BlockDevice> =
        Arc::new(Overlay::new(base, Arc::new(MemoryDevice::new(len)), u64::MAX).unwrap());
    let table = read(&overlay).unwrap().unwrap();
    let esp = table.partitions[0].open(overlay.clone()).unwrap();
    esp.write_at(0, b"boot").unwrap();
    let mut written = [0; 4];
    overlay.read_at(64 * 512, &mut written).unwrap();
    assert_eq!(&written, b"boot");
}
