//! What the vfat driver writes, judged by other programs: `fsck.vfat` finds no fault after any
//! check of the conformance suite, and the mtools read and write the same files.

use mintage_test_support::lane::{self, Need};
use mintage_volume::block::FileDevice;
use mintage_volume::filesystem::conformance::{Capabilities, TIME, run_suite_then};
use mintage_volume::filesystem::{FileSystem, Ownership, Vfat};
use mintage_volume::path::VolumePath;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use tempfile::TempDir;

/// Forms that `mkfs.vfat` makes: its options, and MiB.
const FORMS: [(&[&str], u64); 6] = [
    (&["-F", "12"], 8),
    (&["-F", "16", "-s", "4"], 32),
    (&["-F", "32", "-s", "1"], 40),
    (&["-F", "32", "-S", "4096"], 300),
    (&["-F", "16", "-f", "1", "-r", "64"], 32),
    SMALL_FAT32,
];

/// As installers make an ESP: FAT32 with fewer clusters than it has by the specification. Linux,
/// firmware and the driver go by the boot sector; the mtools go by the number and take it for FAT16.
const SMALL_FAT32: (&[&str], u64) = (&["-F", "32", "-s", "8"], 16);

const NEEDS: [Need; 4] = [
    Need::Program("mkfs.vfat"),
    Need::Program("fsck.vfat"),
    Need::Program("mcopy"),
    Need::Program("mmd"),
];

struct Image {
    folder: TempDir,
}

impl Image {
    fn new(options: &[&str], mib: u64) -> Self {
        let image = Self {
            folder: TempDir::new().unwrap(),
        };
        let file = File::create(image.path()).unwrap();
        file.set_len(mib << 20).unwrap();
        let options = [options, &["-i", "1234abcd", "-n", "ESP"]].concat();
        run(Command::new("mkfs.vfat").args(options).arg(image.path()));
        image
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn open(&self) -> Vfat {
        let file = File::options().read(true).write(true).open(self.path());
        let device = FileDevice::writable(file.unwrap()).unwrap();
        Vfat::open(Arc::new(device), TIME).unwrap()
    }

    fn check(&self, after: &str) {
        let checked = Command::new("fsck.vfat")
            .arg("-n")
            .arg(self.path())
            .env("PATH", search_path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&checked.stdout);
        assert!(checked.status.success(), "after {after}: {said}");
    }

    /// Runs one of the mtools on the image.
    fn mtool(&self, program: &str, arguments: &[&str]) {
        run(Command::new(program)
            .arg("-i")
            .arg(self.path())
            .args(arguments)
            .env("LC_ALL", "C.UTF-8")
            .env("MTOOLS_SKIP_CHECK", "1"));
    }
}

fn search_path() -> String {
    format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap())
}

fn run(command: &mut Command) {
    let output = command.env("PATH", search_path()).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

#[test]
fn fsck_finds_no_fault_after_any_check() {
    if !lane::can_run("vfat", &NEEDS) {
        return;
    }
    for (options, mib) in FORMS {
        let image = std::cell::RefCell::new(Image::new(options, mib));
        run_suite_then(
            || {
                *image.borrow_mut() = Image::new(options, mib);
                Box::new(image.borrow().open())
            },
            &Capabilities::VFAT,
            |check| image.borrow().check(&format!("`{check}` on {options:?}")),
        );
    }
}

/// Names of all kinds: short, long, with flags for lower case, not ASCII. The mtools know no
/// characters that need two units of UTF-16.
const FILES: [&str; 8] = [
    "PLAIN.TXT",
    "lower.txt",
    "Mixed Case.conf",
    "EFI/BOOT/BOOTX64.EFI",
    "EFI/debian/grub.cfg",
    "EFI/debian/a name that is longer than one entry.conf",
    "Grüße/日本語.txt",
    "loader/entries/1.conf",
];

fn content(name: &str) -> Vec<u8> {
    name.as_bytes().repeat(977)
}

fn at(path: &Path) -> VolumePath {
    VolumePath::parse(format!("/{}", path.to_str().unwrap())).unwrap()
}

#[test]
fn mtools_read_what_the_driver_wrote() {
    if !lane::can_run("vfat", &NEEDS) {
        return;
    }
    for (options, mib) in FORMS.into_iter().filter(|form| *form != SMALL_FAT32) {
        let image = Image::new(options, mib);
        let mut vfat = image.open();
        for name in FILES {
            let mut parents: Vec<_> = Path::new(name).ancestors().skip(1).collect();
            parents.retain(|parent| parent.file_name().is_some());
            for parent in parents.into_iter().rev() {
                if vfat.metadata(&at(parent)).is_err() {
                    vfat.create_dir(&at(parent), Ownership::root(0o755))
                        .unwrap();
                }
            }
            let path = at(Path::new(name));
            vfat.create_file(&path, Ownership::root(0o644)).unwrap();
            vfat.write_at(&path, 0, &content(name)).unwrap();
        }
        vfat.finish().unwrap();
        image.check("writing files");

        let out = image.folder.path().join("out");
        fs::create_dir(&out).unwrap();
        image.mtool("mcopy", &["-s", "-n", "-m", "::/*", out.to_str().unwrap()]);
        assert_eq!(files_below(&out), sorted(&FILES), "{options:?}");
        for name in FILES {
            assert!(fs::read(out.join(name)).unwrap() == content(name), "{name}");
        }
    }
}

#[test]
fn the_driver_reads_and_changes_what_mtools_wrote() {
    if !lane::can_run("vfat", &NEEDS) {
        return;
    }
    for (options, mib) in FORMS.into_iter().filter(|form| *form != SMALL_FAT32) {
        let image = Image::new(options, mib);
        let source = image.folder.path().join("source");
        for name in FILES {
            let file = source.join(name);
            fs::create_dir_all(file.parent().unwrap()).unwrap();
            fs::write(file, content(name)).unwrap();
        }
        for entry in fs::read_dir(&source).unwrap() {
            let entry = entry.unwrap().path();
            image.mtool("mcopy", &["-s", "-n", entry.to_str().unwrap(), "::/"]);
        }
        let mut vfat = image.open();
        assert_eq!(vfat.info().unwrap().label, "ESP");
        assert_eq!(vfat.info().unwrap().uuid, "1234-ABCD");
        for name in FILES {
            let path = at(Path::new(name));
            let mut found = vec![0; content(name).len() + 1];
            let count = vfat.read_at(&path, 0, &mut found).unwrap();
            assert!(found[..count] == content(name), "{name}");
        }
        vfat.rename(
            &at(Path::new("efi/DEBIAN")),
            &at(Path::new("Loader/debian")),
        )
        .unwrap();
        vfat.remove_file(&at(Path::new("plain.txt"))).unwrap();
        let changed = at(Path::new("loader/debian/GRUB.CFG"));
        vfat.replace_content(&changed, &mut &b"set timeout=0\n"[..])
            .unwrap();
        vfat.finish().unwrap();
        image.check("changing what mtools wrote");
        let out = image.folder.path().join("grub.cfg");
        image.mtool(
            "mcopy",
            &["::/loader/debian/grub.cfg", out.to_str().unwrap()],
        );
        assert_eq!(fs::read(out).unwrap(), b"set timeout=0\n");
    }
}

fn sorted(names: &[&str]) -> Vec<String> {
    let mut names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    names.sort();
    names
}

fn files_below(folder: &Path) -> Vec<String> {
    let files = walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap);
    let mut names: Vec<String> = files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.path().strip_prefix(folder).unwrap().to_owned())
        .map(|path| path.into_os_string().into_string().unwrap())
        .collect();
    names.sort();
    names
}
