//! Hostile and damaged archives: each is refused, for the right reason.

use super::archives::{Archive, IMAGE, SCRIPT, deflated, image_of, open, patched, zip};
use crate::bundle::sums::SumFile;
use crate::bundle::{BundleFile, BundleLimits};
use mintage_engine::Code;
use std::io::{Cursor, Write};
use zip::ZipWriter;

#[track_caller]
fn refused(what: &str, bytes: &[u8], code: Code, why: &str) {
    refused_within(what, bytes, &BundleLimits::default(), code, why);
}

#[track_caller]
fn refused_within(what: &str, bytes: &[u8], limits: &BundleLimits, code: Code, why: &str) {
    let error = open(bytes, limits).expect_err(what);
    assert_eq!(error.code, code, "{what}: {error:?}");
    assert!(error.message.contains(why), "{what}: {}", error.message);
    assert!(
        !error.message.chars().any(char::is_control),
        "{what}: {}",
        error.message
    );
}

/// The archive with another entry of this name and content.
fn with_entry(name: &str, content: &[u8]) -> Vec<u8> {
    Archive::with(&[
        ("11-aa_planscript.json", SCRIPT.as_bytes()),
        (name, content),
    ])
    .bytes()
}

#[test]
fn names_that_lead_elsewhere() {
    for (name, why) in [
        (
            "../evil",
            "`../evil`: a bundle has no folders, and no name that leads out of it",
        ),
        ("/etc/cron.d/evil", "no folders"),
        ("a/../../evil", "no folders"),
        ("..\\\\evil", "no folders"),
        ("C:evil", "that of a file"),
        ("..", "that of a file"),
        ("tab\there", "no control characters"),
        ("\u{1b}[31mred", "no control characters"),
    ] {
        refused(name, &with_entry(name, b"x"), Code::P5009, why);
    }
    let long = "n".repeat(256);
    refused(
        "long",
        &with_entry(&long, b"x"),
        Code::P5009,
        "1 to 255 bytes",
    );
    let bytes = patched(with_entry("name-x", b"x"), b"name-x", b"name-\xff");
    refused(
        "not UTF-8",
        &bytes,
        Code::P5009,
        "`name-\\\\xff`: its name is not UTF-8",
    );
    refused(
        "stray",
        &with_entry("stray", b"x"),
        Code::P5009,
        "`stray`: no artifact",
    );
}

#[test]
fn names_that_occur_twice() {
    let mut archive = Archive::with(&[("aaaa", b"x"), ("bbbb", b"y")]);
    archive = archive.summed(SumFile::Sha256);
    let bytes = patched(zip(&archive.entries), b"bbbb", b"aaaa");
    refused(
        "twice",
        &bytes,
        Code::P5009,
        "`aaaa`: two entries have this name",
    );
}

#[test]
fn entries_that_are_no_plain_files() {
    type Writer = ZipWriter<Cursor<Vec<u8>>>;
    let make = |add: &dyn Fn(&mut Writer)| {
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        add(&mut writer);
        writer.finish().unwrap().into_inner()
    };
    let folder = make(&|zip| zip.add_directory("folder", deflated()).unwrap());
    refused("folder", &folder, Code::P5009, "`folder/`: it is a folder");
    let link = make(&|zip| zip.add_symlink("link", "/etc/shadow", deflated()).unwrap());
    refused(
        "link",
        &link,
        Code::P5009,
        "`link`: it is a link or a device",
    );
    let shared = make(&|zip| {
        zip.start_file("one", deflated()).unwrap();
        zip.write_all(&[7; 1000]).unwrap();
        zip.shallow_copy_file("one", "two").unwrap();
    });
    let error = open(&shared, &BundleLimits::default()).unwrap_err();
    assert!(matches!(error.code, Code::P5008 | Code::P5009), "{error:?}");
    // The bit in both headers that says that an entry is encrypted (APPNOTE 4.4.4).
    let plain = Archive::with(&[]).bytes();
    let mut encrypted = plain.clone();
    for (magic, at) in [(b"PK\x03\x04", 6), (b"PK\x01\x02", 8)] {
        let start = plain.windows(4).position(|w| w == magic).unwrap();
        encrypted[start + at] |= 1;
    }
    refused(
        "encrypted",
        &encrypted,
        Code::P5009,
        "`MANIFEST.MF`: it is encrypted",
    );
}

#[test]
fn bombs() {
    let zeros = vec![b' '; 8 << 20];
    let limits = BundleLimits {
        text: 16 << 20,
        ..BundleLimits::default()
    };
    let script = with_entry("33-cc_planscript.json", &zeros);
    refused_within(
        "ratio",
        &script,
        &limits,
        Code::P5011,
        "more than 200 times its size",
    );
    refused(
        "text",
        &script,
        Code::P5011,
        "it has 8388608 bytes, and the limit is 2097152",
    );
    let limits = BundleLimits {
        texts: 300,
        ..BundleLimits::default()
    };
    refused_within(
        "texts",
        &with_entry("x", b""),
        &limits,
        Code::P5011,
        "but golden images have",
    );
    let limits = BundleLimits {
        entries: 3,
        ..BundleLimits::default()
    };
    let many = with_entry("x", b"");
    refused_within(
        "count",
        &many,
        &limits,
        Code::P5011,
        "4 entries, and the limit is 3",
    );
    let limits = BundleLimits {
        image: 100,
        ..BundleLimits::default()
    };
    let disk = Archive::with_image(&image_of(b"a disk")).bytes();
    refused_within("image", &disk, &limits, Code::P5011, "`Debian 12`: it has");
}

#[test]
fn a_declared_size_is_not_believed() {
    let script = with_entry("33-cc_planscript.json", &[b' '; 70_000]);
    let size = 70_000_u32.to_le_bytes();
    let smaller = patched(script.clone(), &size, &69_999_u32.to_le_bytes());
    refused(
        "smaller",
        &smaller,
        Code::P5008,
        "`33-cc_planscript.json`: it",
    );
    let larger = patched(script, &size, &70_001_u32.to_le_bytes());
    refused(
        "larger",
        &larger,
        Code::P5008,
        "`33-cc_planscript.json`: it",
    );
}

#[test]
fn golden_images_with_something_else_in_them() {
    let nested = |entries: &[(&str, &[u8])]| {
        let entries = entries.iter().map(|(n, b)| ((*n).to_owned(), b.to_vec()));
        Archive::with_image(&zip(&entries.collect::<Vec<_>>())).bytes()
    };
    let inner = image_of(b"a disk");
    for (what, bytes, code, why) in [
        (
            "no zip",
            Archive::with_image(b"a raw disk").bytes(),
            Code::P5008,
            "no complete zip file",
        ),
        (
            "empty",
            nested(&[]),
            Code::P5009,
            "`Debian 12`: a golden image is a zip file with one disk",
        ),
        (
            "two",
            nested(&[("a", b"1"), ("b", b"2")]),
            Code::P5009,
            "and it has 2 entries",
        ),
        (
            "slip",
            nested(&[("../a", b"1")]),
            Code::P5009,
            "in the golden image `Debian 12`: `../a`",
        ),
        (
            "nested",
            nested(&[("a", &inner)]),
            Code::P5009,
            "its disk is a zip file again",
        ),
    ] {
        refused(what, &bytes, code, why);
    }
    let limits = BundleLimits {
        disk: 5,
        ..BundleLimits::default()
    };
    let bytes = Archive::with_image(&inner).bytes();
    refused_within(
        "disk",
        &bytes,
        &limits,
        Code::P5011,
        "its disk has 6 bytes, and the limit is 5",
    );
    open(&bytes, &BundleLimits::default()).unwrap();
}

#[test]
fn wrong_sums() {
    let right = Archive::with_image(&image_of(b"a disk"));
    let with = |sums: String| {
        let mut archive = right.clone();
        archive
            .entries
            .push(("SHA256SUM.sha256sum".to_owned(), sums.into_bytes()));
        zip(&archive.entries)
    };
    let sums = right.sums(SumFile::Sha256);
    let wrong = |line: usize| {
        let mut lines: Vec<String> = sums.lines().map(str::to_owned).collect();
        let flipped = if lines[line].ends_with('0') { "1" } else { "0" };
        let end = lines[line].len() - 1;
        lines[line].replace_range(end.., flipped);
        lines.join("\n")
    };
    let cut = |line: &str| {
        sums.lines()
            .filter(|l| !l.starts_with(line))
            .collect::<Vec<_>>()
            .join("\n")
    };
    for (what, sums, why) in [
        (
            "script",
            wrong(0),
            "`11-aa_planscript.json`: its checksum is",
        ),
        ("image", wrong(2), "`Debian 12`: its checksum is"),
        ("manifest", wrong(3), "`MANIFEST.MF`: its checksum is"),
        (
            "not listed",
            cut("MANIFEST"),
            "`MANIFEST.MF`: `SHA256SUM.sha256sum` has no sum of it",
        ),
        (
            "not there",
            format!("{sums}other\tab\n"),
            "`other`: `SHA256SUM.sha256sum` has its sum",
        ),
        (
            "twice",
            format!("{sums}{sums}"),
            "the sum file has it twice",
        ),
        (
            "no tab",
            format!("{sums}x ab\n"),
            "line 5: it must be a name, a tab and a sum",
        ),
    ] {
        refused(what, &with(sums), Code::P5010, why);
    }
    refused(
        "none",
        &zip(&right.entries),
        Code::P5008,
        "no `SHA256SUM.sha256sum`",
    );
    // A line about the sum file itself cannot be right, and some bundles have it.
    open(
        &with(format!("{sums}SHA256SUM.sha256sum\tab\n")),
        &BundleLimits::default(),
    )
    .unwrap();
    open(
        &zip(&right.clone().summed(SumFile::Sha1).entries),
        &BundleLimits::default(),
    )
    .unwrap();
}

#[test]
fn every_truncation_is_refused() {
    let whole = Archive::with_image(&image_of(&[3; 5000])).bytes();
    for length in 0..whole.len() {
        let error = open(&whole[..length], &BundleLimits::default()).expect_err("it is cut off");
        assert_eq!(error.code, Code::P5008, "{length}: {error:?}");
    }
}

#[test]
fn damage_anywhere_changes_nothing_or_is_refused() {
    let whole = Archive::with(&[("11-aa_planscript.json", SCRIPT.as_bytes())]).bytes();
    let sound = BundleFile::open(Cursor::new(&whole), &BundleLimits::default()).unwrap();
    for at in 0..whole.len() {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        if let Ok(file) = BundleFile::open(Cursor::new(&damaged), &BundleLimits::default()) {
            assert_eq!(file.bundle(), sound.bundle(), "byte {at}");
        }
    }
}

#[test]
fn what_clients_really_send_is_read() {
    let whole = Archive::with_image(&image_of(b"a disk")).bytes();
    let stray: Vec<u8> = whole
        .iter()
        .copied()
        .chain(*b"\r\n--boundary--\r\n")
        .collect();
    open(&stray, &BundleLimits::default()).unwrap();
    // As Java writes them: sizes after the content.
    let mut writer = ZipWriter::new_stream(Vec::new());
    for (name, bytes) in Archive::with_image(&image_of(b"a disk"))
        .summed(SumFile::Sha256)
        .entries
    {
        writer.start_file(name, deflated()).unwrap();
        writer.write_all(&bytes).unwrap();
    }
    let streamed = writer.finish().unwrap().into_inner();
    assert!(streamed.windows(4).any(|window| window == b"PK\x07\x08"));
    open(&streamed, &BundleLimits::default()).unwrap();
}

#[test]
fn artifacts_that_clash_or_lack_something() {
    let other = SCRIPT.replace("mount\"", "other\"");
    let same_id = Archive::with(&[
        ("1_planscript.json", SCRIPT.as_bytes()),
        ("2_planscript.json", other.as_bytes()),
    ]);
    refused(
        "id",
        &same_id.bytes(),
        Code::P5012,
        "`11-aa`: two plan scripts have this id",
    );
    let same_name = Archive::with(&[
        ("1_planscript.json", SCRIPT.as_bytes()),
        (
            "2_planscript.json",
            SCRIPT.replace("11-aa", "33-cc").as_bytes(),
        ),
    ]);
    refused(
        "name",
        &same_name.bytes(),
        Code::P5012,
        "`mount`: two plan scripts have this name",
    );
    let no_image = Archive::with(&[("22-bb_goldenimage.json", IMAGE.as_bytes())]);
    refused(
        "image",
        &no_image.bytes(),
        Code::P5012,
        "has no entry `Debian 12` with the image",
    );
    let mut no_manifest = Archive::with(&[]);
    no_manifest.entries.clear();
    refused(
        "manifest",
        &no_manifest.bytes(),
        Code::P5008,
        "has no `MANIFEST.MF`",
    );
}
