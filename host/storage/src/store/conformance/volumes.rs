//! Published volumes: found, listed, read and removed.

use super::{Bench, assert_missing, disk, make, read, remove};
use crate::store::{StoreErrorKind, VolumeName};

pub(super) fn kinds(bench: &dyn Bench) {
    let store = bench.open();
    let (golden, os) = (VolumeName::golden("22-bb"), VolumeName::os("22-bb"));
    make(&*store, &golden);
    assert_missing(&*store, &os);
    make(&*store, &os);
    store.remove(&golden).unwrap();
    assert_missing(&*store, &golden);
    assert!(read(&*store, &os) == disk());
    remove(&*store, &[&os]);
}

pub(super) fn missing(bench: &dyn Bench) {
    let store = bench.open();
    let name = VolumeName::os("web01");
    assert_missing(&*store, &name);
    store.remove(&name).unwrap();
    let error = store.open(&name).map(drop).unwrap_err();
    let text = error.to_string();
    assert!(text.contains("OS volume `web01`"), "{text}");
    assert!(text.contains(store.label()), "{text}");
    assert!(!error.advice().is_empty());
    let odd = VolumeName::os("../web01");
    let error = store.open(&odd).map(drop).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Failed);
}

pub(super) fn read_only(bench: &dyn Bench) {
    let store = bench.open();
    let name = VolumeName::golden("debian-12");
    make(&*store, &name);
    let open = store.open(&name).unwrap();
    assert!(!open.device().is_writable());
    assert!(open.device().write_at(0, b"changed").is_err());
    assert!(read(&*store, &name) == disk());
    match store.remove(&name) {
        Ok(()) => assert!(super::content(&*open.device()) == disk()),
        Err(error) => assert_eq!(error.kind(), StoreErrorKind::InUse, "{error}"),
    }
    drop(open);
    remove(&*store, &[&name]);
}

pub(super) fn listed(bench: &dyn Bench) {
    let store = bench.open();
    let names = [
        VolumeName::golden("a"),
        VolumeName::golden("b"),
        VolumeName::os("a"),
    ];
    for name in names.iter().rev() {
        make(&*store, name);
    }
    let listed = store.list().unwrap();
    assert!(listed.iter().map(|(name, _)| name).eq(&names), "{listed:?}");
    for (name, used) in listed {
        assert_eq!(store.used_bytes(&name).unwrap(), used);
        // Holes take no space.
        assert!(used > 0 && used < 16 << 20, "{name}: {used} bytes");
    }
    remove(&*store, &names.each_ref());
}

pub(super) fn capacity(bench: &dyn Bench) {
    let capacity = bench.open().capacity().unwrap();
    assert!(capacity.total > 0);
    assert!(capacity.free <= capacity.total, "{capacity:?}");
}
