//! The contract over FAT12, FAT16 and FAT32, and damaged images of them.

use super::*;
use crate::block::MemoryDevice;
use crate::filesystem::conformance::{Capabilities, TIME};
use fatfs::{FatType, FormatVolumeOptions};

mod hostile;

/// An empty filesystem of `len` bytes, made by `fatfs`.
fn formatted(width: FatType, len: u64, cluster: u32) -> Arc<MemoryDevice> {
    let device = Arc::new(MemoryDevice::new(len));
    let mut image = std::io::Cursor::new(vec![0; usize::try_from(len).unwrap()]);
    let options = FormatVolumeOptions::new()
        .fat_type(width)
        .bytes_per_cluster(cluster)
        .volume_id(0x1234_abcd)
        .volume_label(*b"BOOT       ");
    fatfs::format_volume(&mut image, options).unwrap();
    for (n, chunk) in image.get_ref().chunks(4096).enumerate() {
        if chunk.iter().any(|byte| *byte != 0) {
            device.write_at(n as u64 * 4096, chunk).unwrap();
        }
    }
    device
}

fn open(device: Arc<MemoryDevice>) -> Vfat {
    Vfat::open(device, TIME).unwrap()
}

mod fat12 {
    use super::*;
    crate::filesystem_conformance!(
        || Box::new(open(formatted(FatType::Fat12, 8 << 20, 4096))),
        Capabilities::VFAT
    );
}

mod fat16 {
    use super::*;
    crate::filesystem_conformance!(
        || Box::new(open(formatted(FatType::Fat16, 16 << 20, 2048))),
        Capabilities::VFAT
    );
}

mod fat32 {
    use super::*;
    crate::filesystem_conformance!(
        || Box::new(open(formatted(FatType::Fat32, 40 << 20, 512))),
        Capabilities::VFAT
    );
}

#[test]
fn a_wipe_takes_what_is_gone_and_no_more() {
    for (width, len, cluster) in [
        (FatType::Fat12, 8 << 20, 4096),
        (FatType::Fat32, 40 << 20, 512),
    ] {
        let device = formatted(width, len, cluster);
        super::super::remains::tests::a_wipe_takes_what_is_gone_and_no_more(&device, |device| {
            Box::new(open(device))
        });
    }
}
