//! Checks of what publishing and unpublishing do.

use super::{Case, Login};
use crate::export::{Chap, ExportError, ExportSource, Force, Iqn};
use std::path::PathBuf;

pub(super) fn a_target_serves_its_volume_by_every_portal(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let login = Login::of(&export);
    for (number, portal) in (0..).zip(case.exporter().portals()) {
        let at = u64::from(number) * 8192;
        let written = vec![number + 7_u8; 4096];
        let mut disk = case.bench.log_in(portal, &login).unwrap();
        assert_eq!(disk.serial().unwrap(), export.disk.as_str());
        disk.write(at, &written).unwrap();
        drop(disk);
        for portal in case.exporter().portals() {
            let mut disk = case.bench.log_in(portal, &login).unwrap();
            let mut read = vec![0; 4096];
            disk.read(at, &mut read).unwrap();
            assert!(read == written, "other bytes by {portal}");
        }
    }
    let ExportSource::File(path) = &export.volume else {
        panic!("a volume of the bench is a file");
    };
    let bytes = std::fs::read(path).unwrap();
    assert!(bytes[..4096].iter().all(|byte| *byte == 7));
    case.unpublish(&export);
}

pub(super) fn publishing_again_changes_nothing(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let mut disk = case.log_in(&Login::of(&export));
    disk.write(0, &[1; 512]).unwrap();
    case.publish(&export);
    case.is_alone(&export.target);
    assert_eq!(case.exporter().sessions(&export.target).unwrap().len(), 1);
    let mut read = [0; 512];
    disk.read(0, &mut read).unwrap();
    assert_eq!(read, [1; 512]);
    drop(disk);
    case.unpublish(&export);
}

pub(super) fn a_target_can_get_another_secret(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let mut disk = case.log_in(&Login::of(&export));
    let mut changed = export.clone();
    changed.chap = Some(Chap::new("somebody-else", "another-secret").unwrap());
    case.publish(&changed);
    disk.write(0, &[1; 512]).unwrap();
    drop(disk);
    case.refused(&Login::of(&export));
    drop(case.log_in(&Login::of(&changed)));
    case.unpublish(&changed);
}

pub(super) fn a_target_can_get_another_volume_and_initiator(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let mut disk = case.log_in(&Login::of(&export));
    disk.write(0, &[1; 512]).unwrap();
    drop(disk);
    case.wait_for_sessions(&export.target, 0);
    let mut changed = case.export("web02");
    changed.target = export.target.clone();
    case.publish(&changed);
    case.is_alone(&export.target);
    case.refused(&Login::of(&export));
    let mut disk = case.log_in(&Login::of(&changed));
    assert_eq!(disk.serial().unwrap(), changed.disk.as_str());
    let mut read = [9; 512];
    disk.read(0, &mut read).unwrap();
    assert_eq!(read, [0; 512]);
    drop(disk);
    case.unpublish(&changed);
}

pub(super) fn many_at_the_same_time_are_all_there(case: &Case<'_>) {
    let exports: Vec<_> = (0..12)
        .map(|n| case.export(&format!("web{n:02}")))
        .collect();
    std::thread::scope(|scope| {
        for export in &exports {
            let exporter = case.exporter();
            scope.spawn(move || exporter.publish(export).unwrap());
        }
    });
    let wanted: Vec<Iqn> = exports.iter().map(|export| export.target.clone()).collect();
    assert_eq!(case.exporter().list().unwrap(), wanted);
    let mut disk = case.log_in(&Login::of(&exports[7]));
    assert_eq!(disk.serial().unwrap(), exports[7].disk.as_str());
    drop(disk);
    case.wait_for_sessions(&exports[7].target, 0);
    std::thread::scope(|scope| {
        for export in &exports {
            let exporter = case.exporter();
            scope.spawn(move || exporter.unpublish(&export.target, Force::No).unwrap());
        }
    });
}

pub(super) fn the_same_at_the_same_time_is_there_once(case: &Case<'_>) {
    let export = case.export("web01");
    std::thread::scope(|scope| {
        for _ in 0..6 {
            scope.spawn(|| case.exporter().publish(&export).unwrap());
        }
    });
    case.is_alone(&export.target);
    drop(case.log_in(&Login::of(&export)));
    case.unpublish(&export);
}

pub(super) fn what_cannot_be_is_refused(case: &Case<'_>) {
    let export = case.export("web01");
    let mutual = |user, secret| Some(Chap::new(user, secret).unwrap());
    let mut alone = export.clone();
    (alone.chap, alone.mutual) = (None, mutual("target", "secret-of-target"));
    let mut same_secret = export.clone();
    same_secret.mutual = mutual("target", "secret-of-web");
    let mut same_name = export.clone();
    same_name.mutual = mutual(&export.chap.unwrap().user, "secret-of-target");
    for export in [alone, same_secret, same_name] {
        let error = case.exporter().publish(&export).unwrap_err();
        assert!(matches!(error, ExportError::Invalid { .. }), "{error}");
    }
}

pub(super) fn a_volume_that_is_not_there_leaves_no_target(case: &Case<'_>) {
    let mut export = case.export("web01");
    export.volume = ExportSource::File(PathBuf::from("/nowhere/web01"));
    let error = case.exporter().publish(&export).unwrap_err();
    assert!(matches!(error, ExportError::Refused { .. }), "{error}");
    assert_eq!(case.exporter().list().unwrap(), Vec::new());
    // Its CHAP name is free again.
    let mut other = case.export("web02");
    other.chap = export.chap;
    case.publish(&other);
    case.unpublish(&other);
}

pub(super) fn a_name_of_chap_belongs_to_one_target(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let mut other = case.export("web02");
    other.chap = Some(Chap::new(&export.chap.as_ref().unwrap().user, "another-secret").unwrap());
    let error = case.exporter().publish(&other).unwrap_err();
    assert!(matches!(error, ExportError::NameTaken { .. }), "{error}");
    case.is_alone(&export.target);
    drop(case.log_in(&Login::of(&export)));
    case.unpublish(&export);
    case.publish(&other);
    case.unpublish(&other);
}

pub(super) fn unpublishing_can_be_repeated(case: &Case<'_>) {
    let export = case.export("web01");
    for force in [Force::No, Force::Yes] {
        case.exporter().unpublish(&export.target, force).unwrap();
        case.publish(&export);
        case.exporter().unpublish(&export.target, force).unwrap();
        case.exporter().unpublish(&export.target, force).unwrap();
        case.refused(&Login::of(&export));
    }
    assert_eq!(case.exporter().sessions(&export.target).unwrap(), []);
}
