//! qcow2 images made by hand, right and wrong. What QEMU itself makes is a lane of the suite.

use super::{expanded, make, refusal};
use mintage_storage::{ImageFormat, ImageLimits};

const CLUSTER: usize = 65536;
const COPIED: u64 = 1 << 63;

/// Changes an image.
type Edit = fn(&mut Vec<u8>);

/// A version 3 image with clusters of 64 KiB: header, first table, second table, data.
pub fn image(disk: &[u8]) -> Vec<u8> {
    let mut image = vec![0; 3 * CLUSTER];
    image[..4].copy_from_slice(b"QFI\xfb");
    put32(&mut image, 4, 3);
    put32(&mut image, 20, 16);
    put64(&mut image, 24, disk.len() as u64);
    put32(&mut image, 36, 1);
    put64(&mut image, 40, CLUSTER as u64);
    put32(&mut image, 96, 4);
    put32(&mut image, 100, 104);
    put64(&mut image, CLUSTER, COPIED | (2 * CLUSTER as u64));
    for (number, cluster) in disk.chunks(CLUSTER).enumerate() {
        if cluster.iter().any(|byte| *byte != 0) {
            let at = image.len() as u64;
            put64(&mut image, 2 * CLUSTER + 8 * number, COPIED | at);
            image.extend(cluster);
            image.resize(image.len().next_multiple_of(CLUSTER), 0);
        }
    }
    image
}

fn put32(image: &mut [u8], at: usize, number: u32) {
    image[at..at + 4].copy_from_slice(&number.to_be_bytes());
}

fn put64(image: &mut [u8], at: usize, number: u64) {
    image[at..at + 8].copy_from_slice(&number.to_be_bytes());
}

#[test]
fn what_is_harmless_is_taken() {
    let disk = make::disk();
    let edits: &[(&str, Edit)] = &[
        ("version 2", |i| put32(i, 4, 2)),
        ("lazy reference counts", |i| put64(i, 80, 1)),
        ("unknown compatible feature", |i| put64(i, 80, 1 << 40)),
        ("a bitmap", |i| put64(i, 88, 1)),
        ("a snapshot", |i| put32(i, 60, 1)),
        ("declared compression", |i| put64(i, 72, 1 << 3)),
        ("the last cluster ends with the disk", |i| {
            i.truncate(i.len() - CLUSTER + 512);
        }),
    ];
    for (what, edit) in edits {
        let mut image = image(&disk);
        edit(&mut image);
        assert!(
            expanded(&image, ImageFormat::Qcow2).unwrap() == disk,
            "{what}"
        );
    }
}

#[test]
fn a_cluster_marked_as_zeros_is_zeros() {
    let mut disk = make::disk();
    let mut image = image(&disk);
    // The entry of the cluster at 2 MiB, which has text.
    let entry = 2 * CLUSTER + 8 * 32;
    image[entry + 7] |= 1;
    disk[32 * CLUSTER..33 * CLUSTER].fill(0);
    assert!(expanded(&image, ImageFormat::Qcow2).unwrap() == disk);
    // Version 2 knows no such mark.
    put32(&mut image, 4, 2);
    let error = refusal(&image, ImageFormat::Qcow2, &ImageLimits::default());
    assert!(error.to_string().contains("mean nothing"), "{error}");
}

#[test]
fn what_needs_more_than_the_file_or_makes_no_sense_is_refused() {
    let disk = make::disk();
    let edits: &[(Edit, &str)] = &[
        (|i| put64(i, 8, 4096), "a backing file"),
        (|i| put32(i, 32, 1), "encryption (AES)"),
        (|i| put32(i, 32, 2), "encryption (LUKS)"),
        (|i| put64(i, 72, 1), "the mark of an unclean end"),
        (|i| put64(i, 72, 2), "the mark of corruption"),
        (|i| put64(i, 72, 4), "an external data file"),
        (|i| put64(i, 72, 16), "subclusters"),
        (|i| put64(i, 72, 1 << 20), "incompatible features 0x100000"),
        (|i| put32(i, 4, 1), "version 1"),
        (|i| put32(i, 4, 4), "version 4"),
        (|i| put32(i, 20, 8), "clusters have 2^8"),
        (|i| put32(i, 20, 22), "clusters have 2^22"),
        (|i| put32(i, 20, u32::MAX), "clusters have 2^"),
        (|i| put32(i, 100, 72), "header has 72 bytes"),
        (|i| put32(i, 36, 0), "its disk needs 1"),
        (|i| put64(i, 24, 1 << 62), "larger than"),
        (|i| put64(i, 24, 0), "the disk is empty"),
        (|i| put64(i, 40, 512), "first table is not aligned"),
        (|i| put64(i, 40, u64::MAX << 16), "truncated"),
        (|i| put64(i, 40, 1 << 40), "truncated"),
        (|i| put64(i, CLUSTER, 1 << 40), "truncated"),
        (
            |i| put64(i, CLUSTER, 2048),
            "a table at 2048 is not aligned",
        ),
        (
            |i| put64(i, 2 * CLUSTER, 512),
            "a cluster at 512 is not aligned",
        ),
        (|i| put64(i, 2 * CLUSTER, 1 << 40), "truncated"),
        (|i| put64(i, 2 * CLUSTER, 1 << 57), "mean nothing"),
        (
            |i| put64(i, 2 * CLUSTER, (1 << 62) | (1 << 40)),
            "truncated",
        ),
        (
            |i| put64(i, 2 * CLUSTER, (1 << 62) | (3 * CLUSTER as u64)),
            "cannot be unpacked",
        ),
        (|i| i.truncate(60), "truncated: it ends at byte 60"),
        (|i| i.truncate(3 * CLUSTER), "truncated"),
    ];
    for (edit, expected) in edits {
        let mut image = image(&disk);
        edit(&mut image);
        let error = refusal(&image, ImageFormat::Qcow2, &ImageLimits::default());
        assert!(error.to_string().contains(expected), "{expected}: {error}");
    }
}

#[test]
fn one_cluster_used_everywhere_is_a_bomb() {
    let mut image = image(&vec![1; CLUSTER]);
    put64(&mut image, 24, 400 << 20);
    put32(&mut image, 36, 1);
    let data = COPIED | (3 * CLUSTER as u64);
    for entry in 0..6400 {
        put64(&mut image, 2 * CLUSTER + 8 * entry, data);
    }
    let error = refusal(&image, ImageFormat::Qcow2, &ImageLimits::default());
    assert!(error.to_string().contains("times its size"), "{error}");
}
