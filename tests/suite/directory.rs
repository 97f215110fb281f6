//! The directory driver as root, with the owners, devices and attributes of the host: on an ext4
//! that the kernel has mounted, which is what the driver is for.

use cap_std::ambient_authority;
use cap_std::fs::Dir;
use mintage_test_support::Environment;
use mintage_test_support::disk::Formatted;
use mintage_test_support::lane::{self, Need};
use mintage_volume::filesystem::conformance::{Capabilities, TIME, run_suite};
use mintage_volume::filesystem::directory::{Directory, Owners};
use std::fs;

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
    let environment = Environment::new();
    // The space for attributes is a block; the default for a small image is 1 KiB.
    let disk = Formatted::new(&environment, &["mkfs.ext4", "-q", "-b", "4096"], 256 << 20);
    let mut count = 0;
    let empty = || {
        count += 1;
        let path = disk.point().join(format!("case {count}"));
        fs::create_dir(&path).unwrap();
        let handle = Dir::open_ambient_dir(path, ambient_authority()).unwrap();
        Box::new(Directory::open(handle, TIME, Owners::Host)) as _
    };
    run_suite(empty, &Capabilities::LINUX);
}
