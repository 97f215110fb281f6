//! What every image store must do; run by all of them, over what they really keep volumes in.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "this is a test suite: it reports by panicking"
)]

mod clones;
mod making;
mod volumes;

use super::{ImageStore, StoreErrorKind, VolumeName};
use crate::clone::CloneMethod;
use crate::export::ExportSource;
use mintage_volume::block::{BlockDevice, FileDevice};
use std::fs::File;
use std::os::fd::OwnedFd;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// A place with a store that nobody else uses, and that is empty at first.
pub trait Bench {
    /// Opens the store, as a service that starts does; what was made before is there.
    fn open(&self) -> Arc<dyn ImageStore>;

    /// How its clones are made, when that is known.
    fn method(&self) -> Option<CloneMethod>;

    /// What a worker would read by a descriptor; of a store of files the file.
    fn read_descriptor(&self, descriptor: OwnedFd) -> Vec<u8> {
        content(&FileDevice::read_only(File::from(descriptor)).unwrap())
    }

    /// What an exporter would serve; of a store of files the file.
    fn read_export(&self, source: &ExportSource) -> Vec<u8> {
        let ExportSource::File(path) = source else {
            panic!("{source:?} is not a file");
        };
        std::fs::read(path as &Path).unwrap()
    }
}

/// Runs all of it.
///
/// # Panics
/// When the store breaks the contract.
pub fn run_suite(bench: &dyn Bench) {
    for (name, case) in CASES {
        case(bench);
        let left = bench.open().list().unwrap();
        assert!(left.is_empty(), "{name} left {left:?}");
        let left = bench.open().remove_unfinished().unwrap();
        assert_eq!(left, 0, "{name} left something unfinished");
    }
}

type Case = fn(&dyn Bench);

const CASES: &[(&str, Case)] = &[
    ("a published volume is whole", making::published_whole),
    ("a dropped volume is gone", making::dropped),
    ("a name is given once", making::once),
    ("a killed process leaves no volume", making::killed),
    ("names are kept apart by kind", volumes::kinds),
    ("a volume that is not there", volumes::missing),
    ("an open volume is read-only", volumes::read_only),
    ("a volume is listed with its space", volumes::listed),
    ("capacity", volumes::capacity),
    (
        "a clone is its source, and then its own",
        clones::independent,
    ),
    ("a shared clone", clones::shared),
    ("a dropped clone is gone", clones::dropped),
    ("a clone of a clone", clones::of_clone),
    ("many clones at once", clones::at_once),
];

/// A disk of 32 MiB and a sector with data at its beginning, in the middle and in its last sector: a store may
/// keep data in pieces of some MiB.
fn disk() -> Vec<u8> {
    let mut disk = vec![0; (32 << 20) + 512];
    disk[..5].copy_from_slice(b"first");
    disk[4 << 20..(4 << 20) + 9000].fill(7);
    let len = disk.len();
    disk[len - 4..].copy_from_slice(b"last");
    disk
}

/// Publishes [`disk`] as `name`, with holes where it is zeros.
fn make(store: &dyn ImageStore, name: &VolumeName) {
    let volume = store.create(name).unwrap();
    fill(volume.file(), &disk());
    volume.publish().unwrap();
}

fn fill(file: &File, disk: &[u8]) {
    file.set_len(disk.len() as u64).unwrap();
    for (number, block) in disk.chunks(4096).enumerate() {
        if block.iter().any(|byte| *byte != 0) {
            file.write_all_at(block, number as u64 * 4096).unwrap();
        }
    }
}

/// The file of a volume in a store of files.
///
/// # Panics
/// When the store keeps no files.
pub fn file_of(store: &dyn ImageStore, name: &VolumeName) -> PathBuf {
    match store.export_source(name).unwrap() {
        ExportSource::File(path) => path,
        other => panic!("{other:?} is no file"),
    }
}

/// All bytes of a device.
pub fn content(device: &dyn BlockDevice) -> Vec<u8> {
    let mut all = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut all).unwrap();
    all
}

/// All bytes of a published volume.
fn read(store: &dyn ImageStore, name: &VolumeName) -> Vec<u8> {
    content(&*store.open(name).unwrap().device())
}

fn remove(store: &dyn ImageStore, names: &[&VolumeName]) {
    for name in names {
        store.remove(name).unwrap();
        assert!(!store.contains(name).unwrap());
    }
}

/// Nobody finds `name` in any way.
fn assert_missing(store: &dyn ImageStore, name: &VolumeName) {
    assert!(!store.contains(name).unwrap(), "{name} is there");
    assert!(store.list().unwrap().iter().all(|(there, _)| there != name));
    for kind in [
        store.open(name).map(drop).unwrap_err().kind(),
        store.used_bytes(name).unwrap_err().kind(),
    ] {
        assert_eq!(kind, StoreErrorKind::NotFound, "{name}");
    }
}
