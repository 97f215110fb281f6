//! How volumes come to be: whole or not at all.

use super::{Bench, assert_missing, disk, fill, make, read, remove};
use crate::store::{StoreErrorKind, VolumeName};
use std::mem;

pub(super) fn published_whole(bench: &dyn Bench) {
    let (store, name) = (bench.open(), VolumeName::golden("debian-12"));
    let volume = store.create(&name).unwrap();
    fill(volume.file(), &disk());
    assert_missing(&*store, &name);
    volume.publish().unwrap();
    for store in [store, bench.open()] {
        assert!(store.contains(&name).unwrap());
        let open = store.open(&name).unwrap();
        assert_eq!(open.device().len(), disk().len() as u64);
        assert!(read(&*store, &name) == disk());
        assert!(bench.read_descriptor(open.descriptor().unwrap()) == disk());
        let source = store.export_source(&name).unwrap();
        assert!(bench.read_export(&source) == disk());
    }
    remove(&*bench.open(), &[&name]);
}

pub(super) fn dropped(bench: &dyn Bench) {
    let (store, name) = (bench.open(), VolumeName::golden("debian-12"));
    let volume = store.create(&name).unwrap();
    fill(volume.file(), &disk());
    drop(volume);
    assert_missing(&*store, &name);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
}

pub(super) fn once(bench: &dyn Bench) {
    let (store, name) = (bench.open(), VolumeName::os("web01"));
    let (first, second) = (store.create(&name).unwrap(), store.create(&name).unwrap());
    fill(first.file(), &disk());
    fill(second.file(), &[9; 4096]);
    first.publish().unwrap();
    let error = second.publish().unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Exists, "{error}");
    assert!(read(&*store, &name) == disk());

    let golden = VolumeName::golden("debian-12");
    make(&*store, &golden);
    let source = store.open(&golden).unwrap();
    // A store may say so at once or at the end.
    let cloned = source.clone_to(&name, &mut |_, _| {});
    let error = cloned.and_then(|(clone, _)| clone.publish()).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Exists, "{error}");
    assert!(read(&*store, &name) == disk());
    drop(source);
    remove(&*store, &[&name, &golden]);
}

/// A process that is killed drops nothing.
pub(super) fn killed(bench: &dyn Bench) {
    let (store, golden) = (bench.open(), VolumeName::golden("debian-12"));
    make(&*store, &golden);
    let name = VolumeName::os("web01");
    let volume = store.create(&name).unwrap();
    fill(volume.file(), &disk());
    mem::forget(volume);
    let source = store.open(&golden).unwrap();
    let (clone, _) = source.clone_to(&name, &mut |_, _| {}).unwrap();
    let vanishes = clone.vanishes();
    mem::forget(clone);
    assert_missing(&*store, &name);
    drop(source);
    let store = bench.open();
    assert_missing(&*store, &name);
    let removed = store.remove_unfinished().unwrap();
    assert_eq!(vanishes, removed == 0, "{removed} things were left");
    assert_eq!(store.remove_unfinished().unwrap(), 0);
    assert!(
        read(&*store, &golden) == disk(),
        "a published volume was swept"
    );
    make(&*store, &name);
    remove(&*store, &[&name, &golden]);
}
