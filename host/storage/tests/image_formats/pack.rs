//! The wire format that a golden volume is packed into.

use super::{expanded, make};
use mintage_storage::{ImageFormat, WirePack};
use mintage_volume::block::FileDevice;
use std::fs::File;
use std::io::Read as _;
use std::os::unix::fs::FileExt;
use std::sync::Arc;
use uuid::Uuid;

const NAME: Uuid = Uuid::from_u128(0x93c6709b_96ed_440b_a7db_767b6791c013);

fn pack(volume: File) -> Vec<u8> {
    let mut packed = Vec::new();
    let mut pack = WirePack::new(Arc::new(FileDevice::read_only(volume).unwrap()), NAME).unwrap();
    pack.read_to_end(&mut packed).unwrap();
    packed
}

fn file_of(disk: &[u8]) -> File {
    let file = tempfile::tempfile().unwrap();
    file.write_all_at(disk, 0).unwrap();
    file
}

#[test]
fn a_disk_comes_back_as_it_was() {
    let with_sizes = [512, 4096, 1 << 20, (1 << 20) + 512, (2 << 20) - 512];
    let mut disks = vec![make::disk(), vec![0; 3 << 20], vec![7; 3 << 20]];
    disks.extend(with_sizes.map(make::noise));
    disks.extend(with_sizes.map(|len| vec![0; len]));
    for disk in disks {
        let packed = pack(file_of(&disk));
        assert!(expanded(&packed, ImageFormat::Zip).unwrap() == disk);
    }
}

#[test]
fn the_one_entry_has_the_name_that_was_given() {
    let disk = make::disk();
    let packed = pack(file_of(&disk));
    let mut zip = zip::ZipArchive::new(std::io::Cursor::new(&packed)).unwrap();
    assert_eq!(zip.len(), 1);
    let entry = zip.by_index(0).unwrap();
    assert_eq!(
        entry.name().unwrap(),
        "93c6709b-96ed-440b-a7db-767b6791c013"
    );
    assert_eq!(entry.size(), disk.len() as u64);
}

#[test]
fn the_same_content_gives_the_same_bytes_whatever_of_it_is_holes() {
    let mut disk = make::disk();
    disk.extend(vec![0; 5 << 20]);
    let full = file_of(&disk);
    let sparse = tempfile::tempfile().unwrap();
    sparse.set_len(disk.len() as u64).unwrap();
    for (number, block) in disk.chunks(4096).enumerate() {
        if block.iter().any(|byte| *byte != 0) {
            sparse.write_all_at(block, number as u64 * 4096).unwrap();
        }
    }
    let packed = pack(full);
    assert!(packed == pack(sparse));
    assert!(packed.len() < 300_000, "{}", packed.len());
}

#[test]
fn a_volume_that_shrinks_is_an_error() {
    let volume = file_of(&make::noise(4 << 20));
    let device = FileDevice::read_only(volume.try_clone().unwrap()).unwrap();
    let mut pack = WirePack::new(Arc::new(device), NAME).unwrap();
    let mut start = vec![0; 1000];
    pack.read_exact(&mut start).unwrap();
    volume.set_len(2 << 20).unwrap();
    assert!(pack.read_to_end(&mut Vec::new()).is_err());
}
