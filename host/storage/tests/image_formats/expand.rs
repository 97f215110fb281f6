//! What is expanded, and to what.

use super::{Bench, expanded, make, sha256};
use mintage_storage::{FormatError, ImageFormat, ImageLimits, expand};
use mintage_volume::VolumeSum;
use std::fs::File;
use std::ops::ControlFlow;
use std::os::unix::fs::MetadataExt;

#[test]
fn every_format_gives_the_same_golden_volume() {
    let disk = make::disk();
    for format in ImageFormat::ALL {
        let image = make::image(&disk, format);
        let bench = Bench::new(&image);
        let expansion = bench.expand(format, &ImageLimits::default()).unwrap();
        assert!(std::fs::read(bench.golden()).unwrap() == disk, "{format}");
        assert_eq!(expansion.source_bytes, image.len() as u64, "{format}");
        assert_eq!(expansion.source_sha256, sha256(&image), "{format}");
        assert_eq!(expansion.disk_bytes, disk.len() as u64, "{format}");
        assert_eq!(expansion.volume_sum, VolumeSum::of(&disk), "{format}");
        // The boot sector's block, 49 blocks of noise, 8 of text, the last sector.
        assert_eq!(expansion.data_bytes, (1 + 49 + 8) * 4096 + 512, "{format}");
        let stat = std::fs::metadata(bench.golden()).unwrap();
        assert!(stat.blocks() * 512 <= 59 * 4096, "{format}: {stat:?}");
    }
}

#[test]
fn streams_in_a_row_are_one_disk() {
    let disk = make::disk();
    let (first, second) = disk.split_at(1_234_567);
    let joined = |pack: fn(&[u8]) -> Vec<u8>, between: &[u8]| {
        [&pack(first), between, &pack(second)].concat()
    };
    let xz = |disk: &[u8]| make::xz(disk, 1 << 20);
    let skippable = b"\x53\x2a\x4d\x18\x05\0\0\0hello";
    let images = [
        (ImageFormat::Gzip, joined(make::gzip, b"")),
        (ImageFormat::Xz, joined(xz, b"")),
        (ImageFormat::Xz, joined(xz, &[0; 8])),
        (ImageFormat::Zstd, joined(make::zstd, b"")),
        (ImageFormat::Zstd, joined(make::zstd, skippable)),
        (
            ImageFormat::Zstd,
            [&skippable[..], &make::zstd(&disk)].concat(),
        ),
    ];
    for (format, image) in images {
        assert!(expanded(&image, format).unwrap() == disk, "{format}");
    }
}

#[test]
fn zip_files_of_every_make_are_read_by_their_directory() {
    let disk = make::disk();
    let stored = make::deflated().compression_method(zip::CompressionMethod::Stored);
    let images = [
        ("stored", make::zip_with(&[("disk", &disk)], stored)),
        (
            "zip64",
            make::zip_with(&[("disk", &disk)], make::deflated().large_file(true)),
        ),
        ("in a folder", make::zip(&[("images/disk.raw", &disk)])),
        ("streamed", make::streamed_zip(&disk, make::deflated())),
        (
            "streamed, zip64",
            make::streamed_zip(&disk, make::deflated().large_file(true)),
        ),
        (
            "with stray bytes behind it",
            [&make::zip(&[("disk", &disk)])[..], b"\r\n--boundary--\r\n"].concat(),
        ),
    ];
    for (what, image) in images {
        let result = expanded(&image, ImageFormat::Zip);
        assert!(result.unwrap() == disk, "{what}");
    }
}

#[test]
fn progress_ends_with_everything_and_a_break_cancels() {
    let disk = make::disk();
    for format in ImageFormat::ALL {
        let image = make::image(&disk, format);
        let bench = Bench::new(&image);
        let source = File::open(bench.folder.path().join("image")).unwrap();
        let mut seen = Vec::new();
        let limits = ImageLimits::default();
        let mut note = |progress| {
            seen.push(progress);
            ControlFlow::Continue(())
        };
        let output = tempfile::tempfile().unwrap();
        expand(&source, format, &limits, &output, &mut note).unwrap();
        let last = seen.last().unwrap();
        assert_eq!(last.total, image.len() as u64, "{format}");
        assert_eq!(last.expanded, disk.len() as u64, "{format}");
        assert!(seen.is_sorted_by_key(|progress| (progress.read, progress.expanded)));

        for allowed in 0..seen.len() {
            let mut steps = 0;
            let mut cancel = |_| {
                steps += 1;
                match steps > allowed {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                }
            };
            let output = tempfile::tempfile().unwrap();
            let result = expand(&source, format, &limits, &output, &mut cancel);
            let error = result.unwrap_err();
            assert!(matches!(error, FormatError::Cancelled), "{format}: {error}");
        }
    }
}

#[test]
fn an_empty_disk_is_one_hole() {
    let bench = Bench::new(b"");
    let path = bench.folder.path().join("image");
    let disk = File::options().write(true).open(path).unwrap();
    disk.set_len(8 << 30).unwrap();
    let expansion = bench
        .expand(ImageFormat::Raw, &ImageLimits::default())
        .unwrap();
    assert_eq!((expansion.disk_bytes, expansion.data_bytes), (8 << 30, 0));
    assert_eq!(std::fs::metadata(bench.golden()).unwrap().blocks(), 0);
}
