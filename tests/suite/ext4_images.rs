//! The ext4 driver and images that it must refuse, or that were in use when they were taken.

use mintage_test_support::disk::Mounted;
use mintage_test_support::environment::{run, succeed};
use mintage_test_support::manifest::Manifest;
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::filesystem::{Ext4, FileSystem, Ownership, Timestamp};
use mintage_volume::{VolumeError, VolumeErrorKind as Kind, VolumePath};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

fn can_run(name: &str) -> bool {
    let programs = ["mkfs.ext4", "e2fsck", "debugfs", "losetup", "mount"];
    let mut needs = vec![Need::Root];
    needs.extend(programs.map(Need::Program));
    lane::can_run(name, &needs)
}

fn format(environment: &Environment, name: &str, options: &[&str]) -> PathBuf {
    let image = environment.path(name);
    let mut command = Command::new("mkfs.ext4");
    command.args(["-q", "-F", "-b", "4096"]).args(options);
    succeed(command.arg(&image).arg("24M"));
    image
}

fn debugfs(image: &Path, request: &str) {
    succeed(
        Command::new("debugfs")
            .args(["-w", "-R", request])
            .arg(image),
    );
}

fn device(image: &Path) -> Arc<dyn BlockDevice> {
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(image)
        .unwrap();
    Arc::new(FileDevice::writable(file).unwrap())
}

fn open(image: &Path) -> mintage_volume::Result<Ext4> {
    Ext4::open(device(image), Timestamp::default())
}

/// Opens an image that must be refused, and says how; it must be as it was afterwards.
fn refusal(image: &Path) -> VolumeError {
    let before = std::fs::read(image).unwrap();
    let error = open(image).expect_err("a refusal");
    assert!(
        before == std::fs::read(image).unwrap(),
        "{error}: the image was written to"
    );
    let read_only = FileDevice::read_only(std::fs::File::open(image).unwrap()).unwrap();
    let again = Ext4::open(Arc::new(read_only), Timestamp::default());
    assert_eq!(
        again.map(drop),
        Err(error.clone()),
        "read-only, it must be refused alike"
    );
    error
}

#[test]
fn what_cannot_be_written_and_read_back_is_refused_by_name() {
    if !can_run("ext4 refusals") {
        return;
    }
    let environment = Environment::new();
    let cases: &[(&str, &[&str])] = &[
        ("bigalloc", &["-O", "bigalloc"]),
        ("casefold", &["-O", "casefold", "-E", "encoding=utf8"]),
        ("ea_inode", &["-O", "ea_inode"]),
        ("inline_data", &["-O", "inline_data"]),
        ("large_dir", &["-O", "large_dir"]),
        ("meta_bg", &["-O", "meta_bg,^resize_inode"]),
        ("mmp", &["-O", "mmp"]),
        ("project", &["-O", "project", "-I", "256"]),
        ("quota", &["-O", "quota"]),
        ("verity", &["-O", "verity"]),
        ("metadata_csum", &["-I", "128", "-O", "metadata_csum"]),
        ("encrypt", &["-O", "encrypt"]),
    ];
    for (feature, options) in cases {
        let image = format(&environment, feature, options);
        let error = refusal(&image);
        let kind = match *feature {
            "encrypt" => Kind::Encrypted,
            _ => Kind::UnsupportedFeature,
        };
        assert_eq!(error.kind(), kind, "{feature}: {error}");
        assert!(
            error.to_string().contains(&format!("`{feature}`")),
            "{error}"
        );
        assert!(error.help_text().is_some(), "{error}");
    }
}

#[test]
fn what_needs_another_tool_first_is_refused() {
    if !can_run("ext4 states") {
        return;
    }
    let environment = Environment::new();
    let cases = [
        ("set_super_value state 2", Kind::Damaged, "errors"),
        (
            "set_super_value state 0",
            Kind::Damaged,
            "not unmounted cleanly",
        ),
        (
            "feature orphan_present",
            Kind::UnsupportedFeature,
            "`orphan_present`",
        ),
        ("feature -filetype", Kind::UnsupportedFeature, "`filetype`"),
        (
            "set_super_value journal_inum 0",
            Kind::UnsupportedFeature,
            "journal",
        ),
        ("set_super_value inodes_count 77", Kind::Damaged, "inodes"),
    ];
    for (number, (request, kind, word)) in cases.into_iter().enumerate() {
        let image = format(&environment, &format!("state-{number}"), &[]);
        debugfs(&image, request);
        let error = refusal(&image);
        assert_eq!(error.kind(), kind, "{request}: {error}");
        assert!(error.to_string().contains(word), "{request}: {error}");
    }
}

/// An image as a machine leaves it that loses its power: its journal holds changes.
fn in_use(
    environment: &Environment,
    name: &str,
    options: &[&str],
    mount: &str,
) -> (PathBuf, Manifest) {
    let image = format(environment, &format!("{name}.img"), options);
    let taken = environment.path(&format!("{name}-taken.img"));
    let mounted = Mounted::new(environment, &image, 0, mount);
    let at = |name: &str| mounted.point().join(name);
    std::fs::create_dir(at("etc")).unwrap();
    for number in 0..40 {
        std::fs::write(at(&format!("etc/{number}")), vec![b'x'; number * 300]).unwrap();
    }
    succeed(Command::new("sync").arg("-f").arg(mounted.point()));
    for number in 0..20 {
        std::fs::remove_file(at(&format!("etc/{number}"))).unwrap();
    }
    std::fs::write(at("last"), "last").unwrap();
    std::fs::File::open(at("last")).unwrap().sync_all().unwrap();
    succeed(Command::new("sync").arg("-f").arg(mounted.point()));
    std::fs::copy(&image, &taken).unwrap();
    let manifest = Manifest::of(mounted.point());
    (taken, manifest)
}

fn features(image: &Path) -> String {
    let mut command = Command::new("dumpe2fs");
    let output = run(command.arg("-h").arg(image));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[test]
fn a_journal_with_changes_is_replayed() {
    if !can_run("ext4 journals") {
        return;
    }
    let environment = Environment::new();
    let cases: &[(&str, &[&str], &str)] = &[
        ("csum-v3", &["-O", "^orphan_file"], "rw"),
        ("plain", &["-O", "^metadata_csum,^64bit"], "rw"),
        ("checksum", &["-O", "^metadata_csum"], "rw,journal_checksum"),
        ("ext3", &["-t", "ext3"], "rw"),
        ("data", &["-O", "^orphan_file"], "rw,data=journal"),
        ("1k", &["-O", "^orphan_file", "-b", "1024"], "rw"),
    ];
    for (name, options, mount) in cases {
        let (image, wanted) = in_use(&environment, name, options, mount);
        assert!(
            features(&image).contains("needs_recovery"),
            "{name}: the journal is clean"
        );
        reads_as_replayed(&image, name);
        let mut fs = open(&image).unwrap_or_else(|error| panic!("{name}: {error}"));
        let path = VolumePath::parse("/last").unwrap();
        fs.set_mode(&path, 0o600).unwrap();
        fs.set_mode(&path, 0o644).unwrap();
        fs.finish().unwrap();
        succeed(Command::new("e2fsck").arg("-fn").arg(&image));
        let mounted = Mounted::new(&environment, &image, 0, "ro");
        let found = Manifest::of(mounted.point());
        assert_eq!(found.lines(|_| true), wanted.lines(|_| true), "{name}");
    }
}

/// Looked at read-only, the image shows what the journal holds and stays as it is.
fn reads_as_replayed(image: &Path, name: &str) {
    let before = std::fs::read(image).unwrap();
    let read_only = FileDevice::read_only(std::fs::File::open(image).unwrap()).unwrap();
    let mut fs = Ext4::open(Arc::new(read_only), Timestamp::default()).unwrap();
    let mut content = [0; 4];
    let last = VolumePath::parse("/last").unwrap();
    assert_eq!(fs.read_at(&last, 0, &mut content).unwrap(), 4, "{name}");
    assert_eq!(&content, b"last");
    let new = VolumePath::parse("/new").unwrap();
    let refused = fs.create_file(&new, Ownership::root(0o644)).unwrap_err();
    assert_eq!(refused.kind(), Kind::ReadOnly);
    fs.finish().unwrap();
    assert!(
        before == std::fs::read(image).unwrap(),
        "{name}: looking wrote to the image"
    );
}

#[test]
fn fast_commits_are_refused_until_they_are_replayed() {
    if !can_run("ext4 fast commits") {
        return;
    }
    let environment = Environment::new();
    let options = ["-O", "fast_commit,^orphan_file"];
    let (image, _) = in_use(&environment, "fast", &options, "rw");
    let error = refusal(&image);
    assert_eq!(error.kind(), Kind::UnsupportedFeature, "{error}");
    assert!(error.to_string().contains("fast_commit"), "{error}");
}
