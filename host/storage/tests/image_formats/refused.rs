//! What is refused, with which words; nothing may be left of any of it.

use super::{expanded, make, refusal};
use mintage_storage::{FormatError, ImageFormat, ImageLimits};

fn refused(image: &[u8], format: ImageFormat) -> FormatError {
    refusal(image, format, &ImageLimits::default())
}

/// `image` with one bit of the byte `at` turned.
fn flipped(mut image: Vec<u8>, at: usize) -> Vec<u8> {
    image[at] ^= 1;
    image
}

#[test]
fn a_format_is_never_guessed() {
    let disk = make::disk();
    for declared in ImageFormat::ALL {
        for real in ImageFormat::ALL.into_iter().filter(|f| *f != declared) {
            let error = refused(&make::image(&disk, real), declared);
            let hint = match real {
                ImageFormat::Raw => "does not begin as such a file does",
                real => real.name(),
            };
            let text = error.to_string();
            assert!(matches!(error, FormatError::Header { .. }), "{text}");
            assert!(text.contains(hint), "{declared}, {real}: {text}");
            assert!(text.contains(declared.name()), "{declared}, {real}: {text}");
        }
    }
}

#[test]
fn a_file_that_ends_too_early() {
    let disk = make::disk();
    for format in [
        ImageFormat::Gzip,
        ImageFormat::Xz,
        ImageFormat::Zstd,
        ImageFormat::Zip,
    ] {
        let image = make::image(&disk, format);
        for len in [10, image.len() / 2, image.len() - 5, image.len() - 1] {
            let error = refused(&image[..len], format);
            let right = match &error {
                FormatError::Truncated { at } => *at == len as u64,
                // Its end is missing, which is all that is known.
                error => format == ImageFormat::Zip && error.to_string().contains("truncated"),
            };
            assert!(right, "{format} cut at {len}: {error}");
        }
    }
}

#[test]
fn something_behind_the_content() {
    let disk = make::disk();
    for format in [ImageFormat::Gzip, ImageFormat::Xz, ImageFormat::Zstd] {
        let image = make::image(&disk, format);
        for garbage in [&b"garbage"[..], b"\n", &[0; 5]] {
            let error = refused(&[&image[..], garbage].concat(), format);
            let at = image.len() as u64;
            assert!(
                matches!(error, FormatError::TrailingGarbage { at: found } if found.abs_diff(at) < 5),
                "{format}: {error}"
            );
        }
    }
}

#[test]
fn sums_that_do_not_match() {
    let disk = make::disk();
    let gzip = make::gzip(&disk);
    let zstd = make::zstd(&disk);
    let zip = make::image(&disk, ImageFormat::Zip);
    let directory = zip.len() - 22 - 46 - 36;
    assert!(zip[directory..].starts_with(b"PK\x01\x02"));
    let sums = [
        (ImageFormat::Gzip, gzip.len() - 8, gzip.clone()),
        (ImageFormat::Zstd, zstd.len() - 1, zstd),
        (ImageFormat::Zip, directory + 16, zip),
    ];
    for (format, at, image) in sums {
        let error = refused(&flipped(image, at), format);
        assert!(
            matches!(error, FormatError::Checksum { .. }),
            "{format}: {error}"
        );
    }
}

#[test]
fn a_bit_that_turned_never_gives_another_disk() {
    let disk = make::disk();
    for format in [
        ImageFormat::Gzip,
        ImageFormat::Xz,
        ImageFormat::Zstd,
        ImageFormat::Zip,
    ] {
        let image = make::image(&disk, format);
        let mut found = 0;
        for part in 1..40 {
            let at = image.len() * part / 40;
            match expanded(&flipped(image.clone(), at), format) {
                // Some bits mean nothing.
                Ok(expanded) => assert!(expanded == disk, "{format} at {at}"),
                Err(error) => {
                    found += 1;
                    assert!(error.is_of_the_image(), "{format} at {at}: {error}");
                }
            }
        }
        assert!(found > 30, "{format}: {found}");
    }
}

#[test]
fn zip_files_that_are_not_one_disk() {
    let disk = make::disk();
    let named = |name| make::zip(&[(name, &disk[..])]);
    let mut folder = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    folder.add_directory("disk/", make::deflated()).unwrap();
    let mut link = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    link.add_symlink("disk", "/etc/shadow", make::deflated())
        .unwrap();
    let mut encrypted = named("disk");
    let directory = encrypted.len() - 22 - 46 - 4;
    encrypted[6] |= 1;
    encrypted[directory + 8] |= 1;
    let mut bzip2 = named("disk");
    bzip2[8] = 12;
    bzip2[directory + 10] = 12;
    let images = [
        ("none", make::zip(&[]), "0 entries"),
        ("two", make::zip(&[("a", &disk), ("b", &disk)]), "2 entries"),
        (
            "folder",
            folder.finish().unwrap().into_inner(),
            "no regular file",
        ),
        (
            "link",
            link.finish().unwrap().into_inner(),
            "no regular file",
        ),
        ("above", named("../disk"), "out of its folder"),
        ("absolute", named("/etc/disk"), "out of its folder"),
        ("encrypted", encrypted, "an encrypted entry"),
        ("bzip2", bzip2, "(not deflate)"),
        (
            "zip in zip",
            make::zip(&[("disk.zip", &named("disk"))]),
            "looks like a zip file",
        ),
        (
            "gzip in zip",
            make::zip(&[("disk.gz", &make::gzip(&disk))]),
            "looks like a gzip file",
        ),
        (
            "qcow2 in zip",
            make::zip(&[("d", b"QFI\xfb")]),
            "looks like a qcow2 image",
        ),
        ("no disk", make::zip(&[("disk", b"")]), "the disk is empty"),
        (
            "no sectors",
            make::zip(&[("disk", &disk[..513])]),
            "512-byte sectors",
        ),
    ];
    for (what, image, expected) in images {
        match expanded(&image, ImageFormat::Zip) {
            Ok(_) => panic!("{what} is taken"),
            Err(error) => assert!(error.to_string().contains(expected), "{what}: {error}"),
        }
    }
}

#[test]
fn what_a_stream_holds_must_be_a_raw_disk() {
    let disk = make::disk();
    let inner = make::zip(&[("disk", &disk)]);
    for format in [ImageFormat::Gzip, ImageFormat::Xz, ImageFormat::Zstd] {
        let error = refused(&make::image(&inner, format), format);
        let nested = matches!(
            error,
            FormatError::Nested {
                found: "a zip file",
                ..
            }
        );
        assert!(nested, "{format}: {error}");
        let error = refused(&make::image(&disk[..100], format), format);
        let sectors = matches!(error, FormatError::Sectors { bytes: 100 });
        assert!(sectors, "{format}: {error}");
        let error = refused(&make::image(b"", format), format);
        assert!(matches!(error, FormatError::Empty), "{format}: {error}");
    }
    let error = refused(b"", ImageFormat::Raw);
    assert!(matches!(error, FormatError::Empty), "{error}");
}

#[test]
fn bombs() {
    let zeros = vec![0; 8 << 20];
    let ones = vec![1; 80 << 20];
    for format in ImageFormat::ALL {
        let small = ImageLimits {
            disk_bytes: (8 << 20) - 1,
            ..ImageLimits::default()
        };
        let error = refusal(&make::image(&zeros, format), format, &small);
        let large = matches!(error, FormatError::TooLarge { limit } if limit == small.disk_bytes);
        assert!(large, "{format}: {error}");
    }
    for format in [
        ImageFormat::Gzip,
        ImageFormat::Xz,
        ImageFormat::Zstd,
        ImageFormat::Zip,
    ] {
        let low = ImageLimits {
            ratio: 50,
            ..ImageLimits::default()
        };
        let error = refusal(&make::image(&ones, format), format, &low);
        let ratio = matches!(error, FormatError::Ratio { limit: 50, .. });
        assert!(ratio, "{format}: {error}");
    }
}

#[test]
fn a_window_larger_than_the_limit() {
    let disk = make::disk();
    let limits = ImageLimits {
        window_bytes: 1 << 20,
        ..ImageLimits::default()
    };
    let error = refusal(&make::xz(&disk, 4 << 20), ImageFormat::Xz, &limits);
    assert!(matches!(error, FormatError::Window { .. }), "{error}");
    // A frame header with a window of 128 MiB: no single segment, exponent 17.
    let image = b"\x28\xb5\x2f\xfd\x00\x88\x01\0\0".to_vec();
    let error = refused(&image, ImageFormat::Zstd);
    assert!(matches!(error, FormatError::Window { .. }), "{error}");
}
