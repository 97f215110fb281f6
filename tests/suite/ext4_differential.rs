//! The ext4 driver against the kernel: random operations through both on two copies of one image,
//! then everything that the kernel sees in the two is compared, and `e2fsck` looks at ours.

use mintage_test_support::disk::{Mounted, copy_sparse};
use mintage_test_support::environment::succeed;
use mintage_test_support::kernel::KernelTree;
use mintage_test_support::manifest::Manifest;
use mintage_test_support::operations::{Limits, Operation, Operations};
use mintage_test_support::{Environment, Need, lane};
use mintage_volume::block::{BlockDevice, FileDevice};
use mintage_volume::filesystem::{Ext4, FileSystem, Timestamp};
use mintage_volume::{VolumeErrorKind, VolumePath};
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
    for seed in seeds {
        let kernel = environment.path("kernel.img");
        let ours = environment.path("ours.img");
        copy_sparse(&base, &kernel);
        copy_sparse(&base, &ours);
        compare_seed(
            &environment,
            (&kernel, &ours),
            limits,
            &format!("{variant}, seed {seed}"),
            seed,
        );
    }
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
    let mut history = Vec::new();
    for _ in 0..OPERATIONS {
        let operation = operations.next();
        step(&operation, &mut tree, &mut driver, &mut history, what);
        if history.last().is_some_and(|(_, worked)| *worked) {
            operations.done(&operation);
        }
    }
    let timed = set_times(&mut operations, &mut tree, &mut driver, what);
    driver
        .finish()
        .unwrap_or_else(|error| panic!("{what}: {error}\n{history:#?}"));
    let wanted = Manifest::of(mounted.point()).lines(|path| timed.contains(path));
    drop(mounted);
    let mounted = Mounted::new(environment, ours, 0, "ro");
    let found = Manifest::of(mounted.point()).lines(|path| timed.contains(path));
    drop(mounted);
    assert_same(&found, &wanted, &format!("{what}\n{history:#?}"));
    fsck(ours);
}

/// Does one operation in both, which must agree on whether it works and on why not.
fn step(
    operation: &Operation,
    tree: &mut KernelTree,
    driver: &mut Ext4,
    history: &mut Vec<(String, bool)>,
    what: &str,
) {
    let by_kernel = operation.apply(tree).map_err(|error| error.kind());
    let by_us = operation.apply(driver);
    let kind = by_us.as_ref().map(|()| ()).map_err(|error| error.kind());
    let mut shown = format!("{operation:?}");
    shown.truncate(
        shown
            .char_indices()
            .nth(300)
            .map_or(shown.len(), |(at, _)| at),
    );
    history.push((shown, kind.is_ok()));
    assert!(
        kind == by_kernel || both_fine(kind.as_ref().err(), by_kernel.as_ref().err()),
        "{what}: the kernel says {by_kernel:?}, the driver {by_us:?}\n{history:#?}"
    );
}

/// Where more than one thing is wrong, which one is said first does not matter.
fn both_fine(ours: Option<&VolumeErrorKind>, kernels: Option<&VolumeErrorKind>) -> bool {
    ours.is_some() && kernels.is_some()
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

#[test]
fn debian_12() {
    compare(
        "Debian 12",
        &["-O", "^orphan_file,^metadata_csum_seed"],
        EXT4,
        0..50,
    );
}
