//! Image stores over real filesystems: the conformance suite where clones share blocks and where they are
//! copied, and what a full one says.

use mintage_storage::CloneMethod;
use mintage_storage::store::conformance::{Bench, run_suite};
use mintage_storage::store::{FileStore, ImageStore, StoreErrorKind, VolumeName};
use mintage_test_support::disk::Formatted;
use mintage_test_support::{Environment, Need, lane};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("mke2fs"),
    Need::Program("mkfs.xfs"),
];

/// A store that has a filesystem for itself.
struct OnDisk {
    disk: Formatted,
    /// The disk is a file of it.
    _environment: Environment,
    method: CloneMethod,
}

fn open(folder: &Path) -> FileStore {
    FileStore::open(folder, "the data folder").unwrap()
}

impl Bench for OnDisk {
    fn open(&self) -> Arc<dyn ImageStore> {
        Arc::new(open(self.disk.point()))
    }

    fn method(&self) -> Option<CloneMethod> {
        Some(self.method)
    }
}

fn conforms(mkfs: &[&str], method: CloneMethod) {
    if lane::can_run("store", NEEDS) {
        let environment = Environment::new();
        run_suite(&OnDisk {
            disk: Formatted::new(&environment, mkfs, 512 << 20),
            _environment: environment,
            method,
        });
    }
}

#[test]
fn files_on_xfs_conform_and_share_blocks() {
    conforms(&["mkfs.xfs", "-q", "-m", "reflink=1"], CloneMethod::Reflink);
}

#[test]
fn files_on_ext4_conform_and_are_copied() {
    conforms(&["mkfs.ext4", "-q", "-F"], CloneMethod::SparseCopy);
}

#[test]
fn a_full_store_says_so_and_keeps_nothing() {
    if !lane::can_run("store", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let disk = Formatted::new(&environment, &["mkfs.ext4", "-q", "-F"], 16 << 20);
    let store = open(disk.point());
    let golden = VolumeName::golden("debian-12");
    let volume = store.create(&golden).unwrap();
    volume.file().write_all_at(&vec![7; 8 << 20], 0).unwrap();
    volume.publish().unwrap();
    let free = store.capacity().unwrap().free;
    assert!(free < 8 << 20, "{free}");

    let (source, name) = (store.open(&golden).unwrap(), VolumeName::os("web01"));
    let error = source.clone_to(&name, &mut |_, _| {}).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Full, "{error}");
    assert!(
        error.to_string().contains("there is no space left"),
        "{error}"
    );
    assert_eq!(store.capacity().unwrap().free, free);
    assert_eq!(store.list().unwrap().len(), 1);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
}
