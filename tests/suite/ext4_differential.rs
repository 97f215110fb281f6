//! The ext4 driver against the kernel: random operations through both on two copies of one image,
//! then everything that the kernel sees in the two is compared, and `e2fsck` looks at ours.

use mintage_test_support::disk::{Mounted, copy_sparse};
use mintage_test_support::environment::succeed;
use mintage_test_support::kernel::KernelTree;
use mintage_test_support::manifest::Manifest;
use mintage_test_support::operations::{Limits, Operation, Operations};
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::VolumePath;
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::filesystem::{Ext4, FileKind, FileSystem, Timestamp};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 123_456_789,
};

const OPERATIONS: usize = 60;

/// What an ext4 filesystem can hold that has extents and inodes of 256 bytes.
const EXT4: Limits = Limits {
    longest: 300_000,
    xattr: 2500,
    target: 4000,
    latest: 15_000_000_000,
    nanoseconds: true,
};

fn can_run(name: &str) -> bool {
    let programs = ["mkfs.ext4", "e2fsck", "debugfs", "losetup", "mount"];
    let mut needs = vec![Need::Root];
    needs.extend(programs.map(Need::Program));
    lane::can_run(name, &needs)
}

/// A formatted image of 24 MiB in the environment.
fn format(environment: &Environment, name: &str, options: &[&str]) -> PathBuf {
    let image = environment.path(name);
    succeed(
        Command::new("mkfs.ext4")
            .args(["-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0"])
            .args(options)
            .arg(&image)
            .arg("24M"),
    );
    image
}

/// Has the kernel make what the operations start with: directories with an index, one of them in
/// two levels where blocks are small, and files of many parts.
fn populate(environment: &Environment, image: &Path) {
    let mounted = Mounted::new(environment, image, 0, "rw");
    for (name, count, len) in [("n1", 40, 20), ("n2", 400, 100)] {
        let folder = mounted.point().join(name);
        std::fs::create_dir(&folder).unwrap();
        for number in 0..count {
            std::fs::write(folder.join(format!("{}{number}", "k".repeat(len))), name).unwrap();
        }
    }
    let parts = std::fs::File::create(mounted.point().join("n3")).unwrap();
    for number in 0..30 {
        std::os::unix::fs::FileExt::write_all_at(&parts, b"part", number * 9000).unwrap();
    }
}

fn open(image: &Path) -> mintage_volume::Result<Ext4> {
    let file = std::fs::File::options()
        .read(true)
        .write(true)
        .open(image)?;
    let device: Arc<dyn BlockDevice> = Arc::new(FileDevice::writable(file)?);
    Ext4::open(device, TIME)
}

fn fsck(image: &Path) {
    succeed(Command::new("e2fsck").arg("-fn").arg(image));
}

/// Runs the seeds of one feature variant.
fn compare(variant: &str, options: &[&str], limits: Limits, seeds: std::ops::Range<u64>) {
    if !can_run(&format!("ext4 differential, {variant}")) {
        return;
    }
    let environment = Environment::new();
    let base = format(&environment, "base.img", options);
    populate(&environment, &base);
    for seed in seeds {
        // Names of their own: a loop device may live on for a moment after it was detached.
        let kernel = environment.path(&format!("kernel-{seed}.img"));
        let ours = environment.path(&format!("ours-{seed}.img"));
        copy_sparse(&base, &kernel);
        copy_sparse(&base, &ours);
        compare_seed(
            &environment,
            (&kernel, &ours),
            limits,
            &format!("{variant}, seed {seed}"),
            seed,
        );
        std::fs::remove_file(kernel).unwrap();
        std::fs::remove_file(ours).unwrap();
    }
}

fn show(history: &[(String, bool)]) -> String {
    let lines = history.iter().map(|(operation, worked)| match worked {
        true => format!("{operation}\n"),
        false => format!("{operation}: refused\n"),
    });
    lines.collect()
}

fn compare_seed(
    environment: &Environment,
    (kernel, ours): (&Path, &Path),
    limits: Limits,
    what: &str,
    seed: u64,
) {
    let mounted = Mounted::new(environment, kernel, 0, "rw");
    let mut tree = KernelTree::new(mounted.point());
    let mut driver = open(ours).expect(what);
    let mut operations = Operations::new(seed, limits);
    for (name, kind) in [
        ("/n1", FileKind::Directory),
        ("/n2", FileKind::Directory),
        ("/n3", FileKind::File),
    ] {
        operations.found(VolumePath::parse(name).unwrap(), kind);
    }
    let mut history = Vec::new();
    for _ in 0..OPERATIONS {
        let operation = operations.make();
        step(&operation, &mut tree, &mut driver, &mut history, what);
        if history.last().is_some_and(|(_, worked)| *worked) {
            operations.done(&operation);
        }
    }
    let timed = set_times(&mut operations, &mut tree, &mut driver, what);
    driver
        .finish()
        .unwrap_or_else(|error| panic!("{what}: {error}\n{}", show(&history)));
    let wanted = Manifest::of(mounted.point()).lines(|path| timed.contains(path));
    drop(mounted);
    let mounted = Mounted::new(environment, ours, 0, "ro");
    let found = Manifest::of(mounted.point()).lines(|path| timed.contains(path));
    drop(mounted);
    assert_same(&found, &wanted, &format!("{what}\n{}", show(&history)));
    fsck(ours);
}

/// Does one operation in both, which must agree on whether it works.
fn step(
    operation: &Operation,
    tree: &mut KernelTree,
    driver: &mut Ext4,
    history: &mut Vec<(String, bool)>,
    what: &str,
) {
    let by_kernel = operation.apply(tree).map_err(|error| error.kind());
    let by_us = operation.apply(driver);
    let kind = by_us.as_ref().map_err(|error| error.kind());
    history.push((operation.to_string(), kind.is_ok()));
    assert!(
        kind.is_ok() == by_kernel.is_ok(),
        "{what}: the kernel says {by_kernel:?}, the driver {by_us:?}\n{}",
        show(history)
    );
}

/// Sets the time of every path that is left, and says which can be compared.
fn set_times(
    operations: &mut Operations,
    tree: &mut KernelTree,
    driver: &mut Ext4,
    what: &str,
) -> BTreeSet<Vec<u8>> {
    let paths: Vec<VolumePath> = operations
        .paths()
        .iter()
        .map(|(path, _)| path.clone())
        .collect();
    let mut timed = BTreeSet::new();
    for path in paths {
        let operation = Operation::Times(path.clone(), operations.time());
        step(&operation, tree, driver, &mut Vec::new(), what);
        timed.insert(path.as_bytes()[1..].to_vec());
    }
    timed
}

fn assert_same(found: &[String], wanted: &[String], what: &str) {
    let only = |a: &[String], b: &[String]| -> String {
        let other: BTreeSet<_> = b.iter().collect();
        a.iter()
            .filter(|line| !other.contains(line))
            .map(|line| format!("{line}\n"))
            .collect()
    };
    assert!(
        found == wanted,
        "{what}\nonly ours:\n{}only the kernel's:\n{}",
        only(found, wanted),
        only(wanted, found)
    );
}

/// Files mapped by block pointers, and inodes of 128 bytes where `mkfs` makes such.
const EXT2: Limits = Limits {
    latest: 2_000_000_000,
    nanoseconds: false,
    ..EXT4
};

#[test]
fn debian_12() {
    let options = ["-b", "4096", "-O", "^orphan_file,^metadata_csum_seed"];
    compare("Debian 12", &options, EXT4, 0..50);
}

#[test]
fn ubuntu_24_04() {
    let options = ["-b", "4096", "-O", "orphan_file,metadata_csum_seed,64bit"];
    compare("Ubuntu 24.04", &options, EXT4, 1000..1040);
}

#[test]
fn rhel_7() {
    let options = ["-b", "4096", "-O", "^metadata_csum,^64bit,uninit_bg"];
    compare("RHEL 7", &options, EXT4, 2000..2030);
}

#[test]
fn without_a_journal() {
    compare(
        "no journal",
        &["-b", "4096", "-O", "^has_journal"],
        EXT4,
        3000..3020,
    );
}

#[test]
fn blocks_of_1_kib() {
    let limits = Limits {
        xattr: 700,
        target: 1000,
        ..EXT4
    };
    compare("1 KiB blocks", &["-b", "1024"], limits, 4000..4030);
}

#[test]
fn ext3() {
    compare("ext3", &["-t", "ext3", "-b", "4096"], EXT4, 5000..5030);
}

#[test]
fn ext2() {
    compare("ext2", &["-t", "ext2"], EXT4, 6000..6020);
}

#[test]
fn inodes_of_128_bytes() {
    let options = ["-I", "128", "-O", "^metadata_csum"];
    compare("128-byte inodes", &options, EXT2, 7000..7020);
}

#[test]
fn fast_commit() {
    compare(
        "fast_commit",
        &["-b", "4096", "-O", "fast_commit"],
        EXT4,
        8000..8010,
    );
}

#[test]
fn sparse_super2() {
    let options = ["-O", "sparse_super2,^resize_inode"];
    compare("sparse_super2", &options, EXT4, 9000..9010);
}
