//! Clones: of the right bytes, by the way that they say, and on their own.

use super::{Bench, assert_missing, content, disk, make, read, remove};
use crate::clone::{CloneMethod, CloneReport};
use crate::store::{ImageStore, VolumeName};
use std::thread;

pub(super) fn independent(bench: &dyn Bench) {
    let store = bench.open();
    let (golden, name) = (VolumeName::golden("debian-12"), VolumeName::os("web01"));
    make(&*store, &golden);
    let report = clone(&*store, &golden, &name, b"web01");
    let capacity = store.capacity().unwrap();
    let shares = report.method != CloneMethod::SparseCopy;
    assert_eq!(capacity.clones_share, shares, "{report:?}");
    if let Some(method) = bench.method() {
        assert_eq!(report.method, method);
    }
    match shares {
        true => assert_eq!(report.bytes, 0),
        false => assert!((9000..1 << 20).contains(&report.bytes), "{report:?}"),
    }
    let used = store.used_bytes(&name).unwrap();
    assert!(
        used < 16 << 20,
        "{used} bytes of a disk that is nearly empty"
    );

    let mut changed = disk();
    changed[..5].copy_from_slice(b"web01");
    assert!(
        read(&*store, &golden) == disk(),
        "the golden volume changed"
    );
    assert!(read(&*store, &name) == changed);
    assert!(bench.read_export(&store.export_source(&name).unwrap()) == changed);
    store.remove(&golden).unwrap();
    assert_missing(&*store, &golden);
    assert!(read(&*store, &name) == changed, "the clone is not its own");
    remove(&*store, &[&name]);
}

/// What is shared is a clone as any other, and there is none where blocks would have to be copied.
pub(super) fn shared(bench: &dyn Bench) {
    let store = bench.open();
    let (golden, name) = (VolumeName::golden("debian-12"), VolumeName::os("web01"));
    make(&*store, &golden);
    let source = store.open(&golden).unwrap();
    let shared = source.share_to(&name).unwrap();
    assert_eq!(shared.is_some(), store.capacity().unwrap().clones_share);
    source.check_unchanged().unwrap();
    if let Some((clone, report)) = shared {
        assert_ne!(report.method, CloneMethod::SparseCopy);
        assert_eq!(report.bytes, 0);
        let device = clone.device();
        assert!(content(&*device) == disk());
        device.write_at(0, b"web01").unwrap();
        drop(device);
        assert_missing(&*store, &name);
        clone.publish().unwrap();
        assert!(read(&*store, &name).starts_with(b"web01"));
        remove(&*store, &[&name]);
    }
    assert_missing(&*store, &name);
    drop(source);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
    remove(&*store, &[&golden]);
}

pub(super) fn dropped(bench: &dyn Bench) {
    let store = bench.open();
    let (golden, name) = (VolumeName::golden("debian-12"), VolumeName::os("web01"));
    make(&*store, &golden);
    let source = store.open(&golden).unwrap();
    let (clone, _) = source.clone_to(&name, &mut |_, _| {}).unwrap();
    clone.device().write_at(0, b"changed").unwrap();
    assert_missing(&*store, &name);
    drop(clone);
    drop(source);
    assert_missing(&*store, &name);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
    remove(&*store, &[&golden]);
}

/// A golden volume of an OS volume, as a capture makes it, and an OS volume of that.
pub(super) fn of_clone(bench: &dyn Bench) {
    let store = bench.open();
    let names = [
        VolumeName::golden("first"),
        VolumeName::os("web01"),
        VolumeName::golden("second"),
        VolumeName::os("web02"),
    ];
    make(&*store, &names[0]);
    for pair in names.windows(2) {
        clone(&*store, &pair[0], &pair[1], b"again");
    }
    let mut changed = disk();
    changed[..5].copy_from_slice(b"again");
    for name in &names[1..] {
        assert!(read(&*store, name) == changed, "{name}");
    }
    // In an order in which each is removed before what came of it.
    remove(&*store, &names.each_ref());
}

pub(super) fn at_once(bench: &dyn Bench) {
    let store = bench.open();
    let golden = VolumeName::golden("debian-12");
    make(&*store, &golden);
    let names = ["web01", "web02", "web03", "web04"].map(VolumeName::os);
    thread::scope(|scope| {
        for name in &names {
            let (store, golden) = (&store, &golden);
            scope.spawn(move || clone(&**store, golden, name, &name.id().as_bytes()[..5]));
        }
    });
    for name in &names {
        assert!(read(&*store, name).starts_with(name.id().as_bytes()));
    }
    remove(&*store, &names.each_ref());
    remove(&*store, &[&golden]);
}

/// Clones `from` to `to`, with other bytes at its beginning.
fn clone(
    store: &dyn ImageStore,
    from: &VolumeName,
    to: &VolumeName,
    changed: &[u8],
) -> CloneReport {
    let source = store.open(from).unwrap();
    let mut told = None;
    let (clone, report) = source
        .clone_to(to, &mut |done, of| told = Some((done, of)))
        .unwrap();
    let len = source.device().len();
    let expected = (report.method == CloneMethod::SparseCopy).then_some((len, len));
    assert_eq!(told, expected, "{report:?}");
    let device = clone.device();
    assert!(device.is_writable() && device.len() == len);
    assert!(content(&*device) == content(&*source.device()));
    device.write_at(0, changed).unwrap();
    device.flush().unwrap();
    drop(device);
    clone.publish().unwrap();
    report
}
