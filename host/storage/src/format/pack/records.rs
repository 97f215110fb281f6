//! `Entry`: the records of a zip file with one entry whose sizes are known only at its end, after
//! PKWARE's APPNOTE 6.3.10. Everything is ZIP64, so that no disk is too large.

use uuid::Uuid;

/// Section 4.4.3: version 4.5 knows ZIP64.
const VERSION: u16 = 45;
/// Section 4.4.4: sizes and checksum follow the content (bit 3), the name is UTF-8 (bit 11). Image
/// Streamer's own files have the same.
const FLAGS: u16 = 0x0808;
/// Section 4.4.5.
const DEFLATED: u16 = 8;
/// 1 January 1980, the earliest there is: a time would make each file differ.
const DATE: u16 = 0x0021;
/// Section 4.4.8: the size stands in the ZIP64 field.
const IN_ZIP64: u32 = u32::MAX;
/// Section 4.5.3.
const ZIP64_FIELD: u16 = 1;
/// Two sizes.
const ZIP64_LEN: u16 = 16;

/// The one entry of a zip file.
#[derive(Debug)]
pub(super) struct Entry {
    name: String,
}

/// What is known of the content when it has ended.
#[derive(Debug)]
pub(super) struct Content {
    pub(super) crc: u32,
    /// As it stands in the zip file, in bytes.
    pub(super) compressed: u64,
    /// As it is, in bytes.
    pub(super) bytes: u64,
}

impl Entry {
    pub(super) fn new(name: Uuid) -> Self {
        Self {
            name: name.hyphenated().to_string(),
        }
    }

    /// How long the local header is, in bytes.
    pub(super) fn header_len(&self) -> u64 {
        let mut header = Vec::new();
        self.local_header(&mut header);
        header.len() as u64
    }

    /// Section 4.3.7: what stands before the content.
    pub(super) fn local_header(&self, out: &mut Vec<u8>) {
        out.extend(b"PK\x03\x04");
        self.common(0, out);
        out.extend(self.name.as_bytes());
        zip64(0, 0, out);
    }

    /// What stands behind the content, to the end of the file.
    pub(super) fn end(&self, content: &Content, out: &mut Vec<u8>) {
        descriptor(content, out);
        let directory_at = self.header_len() + content.compressed + 24;
        let start = out.len();
        self.directory(content, out);
        let directory_len = (out.len() - start) as u64;
        end_records(directory_at, directory_len, out);
    }

    /// Section 4.3.12: the directory, one header.
    fn directory(&self, content: &Content, out: &mut Vec<u8>) {
        out.extend(b"PK\x01\x02");
        // Made on Unix (3), by the same version.
        u16s(&[3 << 8 | VERSION], out);
        self.common(content.crc, out);
        // No comment, the first disk, no internal attributes.
        u16s(&[0, 0, 0], out);
        // A regular file that its owner reads and writes and others read.
        u32s(&[0o100_644 << 16, 0], out);
        out.extend(self.name.as_bytes());
        zip64(content.bytes, content.compressed, out);
    }

    /// The fields that both headers have.
    fn common(&self, crc: u32, out: &mut Vec<u8>) {
        u16s(&[VERSION, FLAGS, DEFLATED, 0, DATE], out);
        u32s(&[crc, IN_ZIP64, IN_ZIP64], out);
        // The name of a UUID has 36 bytes.
        let name = u16::try_from(self.name.len()).unwrap_or_default();
        u16s(&[name, 4 + ZIP64_LEN], out);
    }
}

/// Section 4.3.9: the descriptor, with sizes of 8 bytes as the header has the ZIP64 field.
fn descriptor(content: &Content, out: &mut Vec<u8>) {
    out.extend(b"PK\x07\x08");
    u32s(&[content.crc], out);
    u64s(&[content.compressed, content.bytes], out);
}

/// Sections 4.3.14 to 4.3.16.
fn end_records(directory_at: u64, directory_len: u64, out: &mut Vec<u8>) {
    let end_at = directory_at + directory_len;
    out.extend(b"PK\x06\x06");
    // The length of what follows.
    u64s(&[44], out);
    u16s(&[3 << 8 | VERSION, VERSION], out);
    u32s(&[0, 0], out);
    u64s(&[1, 1, directory_len, directory_at], out);

    out.extend(b"PK\x06\x07");
    u32s(&[0], out);
    u64s(&[end_at], out);
    u32s(&[1], out);

    out.extend(b"PK\x05\x06");
    u16s(&[0, 0, u16::MAX, u16::MAX], out);
    u32s(&[u32::MAX, u32::MAX], out);
    u16s(&[0], out);
}

fn zip64(bytes: u64, compressed: u64, out: &mut Vec<u8>) {
    u16s(&[ZIP64_FIELD, ZIP64_LEN], out);
    u64s(&[bytes, compressed], out);
}

fn u16s(numbers: &[u16], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn u32s(numbers: &[u32], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}

fn u64s(numbers: &[u64], out: &mut Vec<u8>) {
    out.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
}
