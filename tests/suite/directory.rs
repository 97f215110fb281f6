//! The directory driver as root, with the owners, devices and attributes of the host: on an ext4
//! that the kernel has mounted, which is what the driver is for.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use mintage_test_support::lane::{self, Need};
use mintage_volume::filesystem::conformance::{Capabilities, TIME, run_suite};
use mintage_volume::filesystem::directory::{Directory, Owners};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use tempfile::TempDir;

/// A mounted filesystem; unmounted when dropped.
struct Mounted(PathBuf);

impl Mounted {
    fn new(folder: &Path) -> Self {
        let (image, point) = (folder.join("image"), folder.join("mounted"));
        File::create(&image).unwrap().set_len(256 << 20).unwrap();
        fs::create_dir(&point).unwrap();
        // The space for attributes is a block; the default for a small image is 1 KiB.
        run(Command::new("mkfs.ext4")
            .args(["-q", "-b", "4096"])
            .arg(&image));
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(&image)
            .arg(&point));
        Self(point)
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        // When it fails, the temporary folder that cannot be removed says so.
        let _ = Command::new("umount").arg(&self.0).status();
    }
}

fn run(command: &mut Command) {
    let path = format!("{}:/usr/sbin:/sbin", std::env::var("PATH").unwrap());
    let output = command.env("PATH", path).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
}

#[test]
fn a_mounted_ext4_passes_the_conformance_suite() {
    let needs = [
        Need::Root,
        Need::Program("mkfs.ext4"),
        Need::Program("mount"),
    ];
    if !lane::can_run("directory", &needs) {
        return;
    }
    let folder = TempDir::new().unwrap();
    let mounted = Mounted::new(folder.path());
    let mut count = 0;
    let empty = || {
        count += 1;
        let path = mounted.0.join(format!("case {count}"));
        fs::create_dir(&path).unwrap();
        let handle = Dir::open_ambient_dir(path, ambient_authority()).unwrap();
        Box::new(Directory::open(handle, TIME, Owners::Host)) as _
    };
    run_suite(empty, &Capabilities::LINUX);
}
