//! What a file looks like by its first bytes: for refusals and their hints, never to decide how
//! it is read.

use super::{FormatError, ImageFormat, Result};

/// How many of its first bytes tell what a file looks like: a tar archive's mark is the last.
pub(super) const HEAD: usize = 512;

/// Where a mark stands, the mark, and what has it.
type Mark = (usize, &'static [u8], &'static str);

/// The marks of the formats that can be declared.
const DECLARABLE: &[(Mark, ImageFormat)] = &[
    ((0, b"PK\x03\x04", "a zip file"), ImageFormat::Zip),
    ((0, b"PK\x05\x06", "an empty zip file"), ImageFormat::Zip),
    ((0, b"\x28\xb5\x2f\xfd", "a zstd file"), ImageFormat::Zstd),
    ((0, b"\x1f\x8b\x08", "a gzip file"), ImageFormat::Gzip),
    ((0, b"\xfd7zXZ\0", "an xz file"), ImageFormat::Xz),
    ((0, b"QFI\xfb", "a qcow2 image"), ImageFormat::Qcow2),
];

/// Marks of what cannot be declared, but is mistaken for a disk.
const OTHERS: &[Mark] = &[
    (0, b"KDMV", "a VMDK image"),
    (0, b"# Disk DescriptorFile", "a VMDK descriptor"),
    (0, b"vhdxfile", "a VHDX image"),
    (0, b"conectix", "a VHD image"),
    (64, b"\x7f\x10\xda\xbe", "a VDI image"),
    (0, b"QED\0", "a QED image"),
    (0, b"7z\xbc\xaf\x27\x1c", "a 7z archive"),
    (0, b"BZh", "a bzip2 file"),
    (0, b"\x04\x22\x4d\x18", "an LZ4 file"),
    (257, b"ustar", "a tar archive"),
];

/// Refuses a file whose first bytes do not fit what it was declared as.
pub(super) fn check_header(declared: ImageFormat, head: &[u8]) -> Result<()> {
    let found = looks_like(head);
    let fits = match declared {
        ImageFormat::Raw => found.is_none(),
        // A zstd file may begin with a frame that is there to be skipped.
        ImageFormat::Zstd if is_skippable(head) => true,
        declared => DECLARABLE
            .iter()
            .any(|(mark, format)| *format == declared && has(head, mark)),
    };
    match fits {
        true => Ok(()),
        false => Err(FormatError::Header { declared, found }),
    }
}

/// What is recognized in the first bytes of a file.
pub(super) fn looks_like(head: &[u8]) -> Option<&'static str> {
    let declarable = DECLARABLE.iter().map(|(mark, _)| mark);
    let mark = declarable.chain(OTHERS).find(|mark| has(head, mark));
    mark.map(|(_, _, name)| *name)
}

/// RFC 8878, section 3.1.2: sixteen magic numbers.
fn is_skippable(head: &[u8]) -> bool {
    matches!(head, [0x50..=0x5f, 0x2a, 0x4d, 0x18, ..])
}

fn has(head: &[u8], (at, mark, _): &Mark) -> bool {
    head.get(*at..).is_some_and(|rest| rest.starts_with(mark))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_fits_what_was_declared_or_is_refused_with_what_it_looks_like() {
        let mut tar = vec![0; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let heads: &[(&[u8], Option<ImageFormat>, &str)] = &[
            (b"PK\x03\x04rest", Some(ImageFormat::Zip), "a zip file"),
            (
                b"\x28\xb5\x2f\xfdrest",
                Some(ImageFormat::Zstd),
                "a zstd file",
            ),
            (b"\x1f\x8b\x08rest", Some(ImageFormat::Gzip), "a gzip file"),
            (b"\xfd7zXZ\0rest", Some(ImageFormat::Xz), "an xz file"),
            (b"QFI\xfbrest", Some(ImageFormat::Qcow2), "a qcow2 image"),
            (b"KDMVrest", None, "a VMDK image"),
            (&tar, None, "a tar archive"),
            (
                b"\xeb\x63\x90 GRUB",
                Some(ImageFormat::Raw),
                "does not begin as",
            ),
            (b"", Some(ImageFormat::Raw), "does not begin as"),
            (b"\x51\x2a\x4d\x18rest", None, "does not begin as"),
        ];
        for (head, fitting, hint) in heads {
            for declared in ImageFormat::ALL {
                let outcome = check_header(declared, head);
                let skippable = head.starts_with(b"\x51\x2a");
                if *fitting == Some(declared)
                    || skippable && matches!(declared, ImageFormat::Zstd | ImageFormat::Raw)
                {
                    outcome.unwrap();
                } else {
                    let error = outcome.unwrap_err().to_string();
                    assert!(error.contains(hint), "{declared}: {error}");
                }
            }
        }
    }
}
