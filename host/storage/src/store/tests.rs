//! The conformance suite over files, and what only files do.

use super::conformance::{Bench, run_suite};
use super::{FileStore, ImageStore, StoreErrorKind, VolumeName};
use crate::clone::CloneMethod;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::Arc;

/// A store in a temporary folder; which way clones are made is the folder's filesystem's business.
struct Files(tempfile::TempDir);

fn open(root: &Path) -> FileStore {
    FileStore::open(root, "the data folder").unwrap()
}

impl Bench for Files {
    fn open(&self) -> Arc<dyn ImageStore> {
        Arc::new(open(self.0.path()))
    }

    fn method(&self) -> Option<CloneMethod> {
        None
    }
}

#[test]
fn files_conform() {
    run_suite(&Files(tempfile::tempdir().unwrap()));
}

#[test]
fn a_store_that_is_lost_is_told_from_a_volume_that_is_lost() {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let name = VolumeName::os("web01");
    let kind = || store.open(&name).unwrap_err().kind();
    assert_eq!(kind(), StoreErrorKind::NotFound);
    fs::remove_dir_all(place.path().join("os-volumes")).unwrap();
    assert_eq!(kind(), StoreErrorKind::Unavailable);
    let error = store.create(&name).unwrap_err();
    assert_eq!(error.kind(), StoreErrorKind::Unavailable);
    let text = error.to_string();
    let path = place.path().to_str().unwrap();
    assert!(
        text.contains("OS volume `web01`") && !text.contains(path),
        "{text}"
    );
}

#[test]
fn a_name_that_leads_elsewhere_is_refused_by_every_call() {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let name = VolumeName::os("../../etc/passwd");
    assert!(store.create(&name).is_err());
    assert!(store.open(&name).is_err());
    assert!(store.remove(&name).is_err());
    assert!(store.used_bytes(&name).is_err());
    assert!(store.export_source(&name).is_err());
}

#[test]
fn what_is_no_volume_is_not_listed_and_is_swept() {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    let os = place.path().join("os-volumes");
    for stray in [".web01.img.mintage-1-0", "web01.txt", "..img"] {
        fs::write(os.join(stray), "x").unwrap();
    }
    fs::write(os.join("web01.img"), "x").unwrap();
    let names = || store.list().unwrap().into_iter().map(|(name, _)| name);
    assert!(names().eq([VolumeName::os("web01")]));
    assert_eq!(store.remove_unfinished().unwrap(), 3);
    assert_eq!(store.remove_unfinished().unwrap(), 0);
    assert!(names().eq([VolumeName::os("web01")]));
}

#[test]
fn only_this_user_reads_volumes_and_nobody_writes_to_golden_ones() {
    let place = tempfile::tempdir().unwrap();
    let store = open(place.path());
    for (name, mode) in [
        (VolumeName::golden("debian-12"), 0o400),
        (VolumeName::os("web01"), 0o600),
    ] {
        let volume = store.create(&name).unwrap();
        volume.file().set_len(512).unwrap();
        volume.publish().unwrap();
        let file = fs::metadata(store.path(&name).unwrap()).unwrap();
        assert_eq!(file.permissions().mode() & 0o7777, mode, "{name}");
    }
}
