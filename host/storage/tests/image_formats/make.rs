//! Disks and image files to try.

use flate2::Compression;
use flate2::write::GzEncoder;
use lzma_rust2::{XzOptions, XzWriter};
use mintage_storage::ImageFormat;
use std::io::{Cursor, Write as _};
use zip::ZipWriter;
use zip::write::SimpleFileOptions;

/// A disk with a boot sector, noise, text, one byte in its last sector, and zeros between: no
/// whole number of blocks.
pub fn disk() -> Vec<u8> {
    let mut disk = vec![0; (3 << 20) + 512];
    disk[..4].copy_from_slice(b"\xeb\x63\x90\x10");
    disk[510..512].copy_from_slice(b"\x55\xaa");
    disk[1 << 20..(1 << 20) + 200_000].copy_from_slice(&noise(200_000));
    let text = b"root:x:0:0:root:/root:/bin/bash\n".repeat(1000);
    disk[2 << 20..(2 << 20) + text.len()].copy_from_slice(&text);
    *disk.last_mut().unwrap() = 9;
    disk
}

/// Bytes that do not compress, always the same.
pub fn noise(len: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// `disk` in a format that can be written without a tool.
pub fn image(disk: &[u8], format: ImageFormat) -> Vec<u8> {
    match format {
        ImageFormat::Raw => disk.to_vec(),
        ImageFormat::Gzip => gzip(disk),
        ImageFormat::Xz => xz(disk, 1 << 20),
        ImageFormat::Zstd => zstd(disk),
        ImageFormat::Zip => zip(&[("93c6709b-96ed-440b-a7db-767b6791c013", disk)]),
        ImageFormat::Qcow2 => super::qcow2::image(disk),
    }
}

pub fn gzip(disk: &[u8]) -> Vec<u8> {
    let mut writer = GzEncoder::new(Vec::new(), Compression::fast());
    writer.write_all(disk).unwrap();
    writer.finish().unwrap()
}

pub fn xz(disk: &[u8], dictionary: u32) -> Vec<u8> {
    let mut options = XzOptions::with_preset(0);
    options.lzma_options.dict_size = dictionary;
    let mut writer = XzWriter::new(Vec::new(), options).unwrap();
    writer.write_all(disk).unwrap();
    writer.finish().unwrap()
}

pub fn zstd(disk: &[u8]) -> Vec<u8> {
    use ruzstd::encoding::{CompressionLevel, compress_to_vec};
    compress_to_vec(disk, CompressionLevel::Fastest)
}

pub fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
    zip_with(entries, deflated())
}

pub fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated)
}

pub fn zip_with(entries: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in entries {
        writer.start_file(*name, options).unwrap();
        writer.write_all(content).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

/// A zip file as streaming writers make it: sizes stand behind the content.
pub fn streamed_zip(disk: &[u8], options: SimpleFileOptions) -> Vec<u8> {
    let mut writer = ZipWriter::new_stream(Vec::new());
    writer.start_file("disk", options).unwrap();
    writer.write_all(disk).unwrap();
    writer.finish().unwrap().into_inner()
}
