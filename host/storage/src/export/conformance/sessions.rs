//! Checks of live sessions.

use super::{Case, Login};
use crate::export::{Chap, ExportError, Force};

pub(super) fn sessions_are_seen(case: &Case<'_>) {
    let (export, other) = (case.export("web01"), case.export("web02"));
    case.publish(&export);
    case.publish(&other);
    assert_eq!(case.exporter().sessions(&export.target).unwrap(), []);
    let login = Login::of(&export);
    let portals = case.exporter().portals();
    let logged_in = portals
        .iter()
        .map(|portal| case.bench.log_in(*portal, &login).unwrap());
    let disks: Vec<_> = logged_in.collect();
    let sessions = case.exporter().sessions(&export.target).unwrap();
    assert_eq!(sessions.len(), portals.len(), "{sessions:?}");
    for portal in portals {
        let by_portal = sessions
            .iter()
            .find(|session| session.portal == Some(portal));
        let session = by_portal.unwrap_or_else(|| panic!("none by {portal}: {sessions:?}"));
        assert_eq!(session.initiator, export.initiator.as_str());
        assert!(session.address.is_some());
    }
    assert_eq!(case.exporter().sessions(&other.target).unwrap(), []);
    drop(disks);
    case.unpublish(&export);
    case.unpublish(&other);
}

pub(super) fn a_live_session_keeps_its_target(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    for portal in case.exporter().portals() {
        let mut disk = case.bench.log_in(portal, &Login::of(&export)).unwrap();
        let error = case
            .exporter()
            .unpublish(&export.target, Force::No)
            .unwrap_err();
        assert!(
            error.to_string().contains(export.initiator.as_str()),
            "{error}"
        );
        assert!(matches!(error, ExportError::InUse { .. }));
        disk.write(0, &[3; 512]).unwrap();
        for portal in case.exporter().portals() {
            drop(case.bench.log_in(portal, &Login::of(&export)).unwrap());
        }
        drop(disk);
        case.wait_for_sessions(&export.target, 0);
    }
    case.unpublish(&export);
}

pub(super) fn force_ends_sessions(case: &Case<'_>) {
    let export = case.export("web01");
    case.publish(&export);
    let login = Login::of(&export);
    let portals = case.exporter().portals().into_iter();
    let logged_in = portals.map(|portal| case.bench.log_in(portal, &login).unwrap());
    let disks: Vec<_> = logged_in.collect();
    case.exporter()
        .unpublish(&export.target, Force::Yes)
        .unwrap();
    assert_eq!(case.exporter().sessions(&export.target).unwrap(), []);
    assert_eq!(case.exporter().list().unwrap(), []);
    case.refused(&login);
    for mut disk in disks {
        assert!(disk.write(0, &[4; 512]).is_err(), "it still writes");
    }
}

pub(super) fn a_live_session_keeps_its_volume(case: &Case<'_>) {
    let (export, other) = (case.export("web01"), case.export("web02"));
    case.publish(&export);
    let mut disk = case.log_in(&Login::of(&export));
    let changes = [
        (
            "volume",
            crate::export::Export {
                volume: other.volume,
                ..export.clone()
            },
        ),
        (
            "initiator",
            crate::export::Export {
                initiator: other.initiator,
                ..export.clone()
            },
        ),
        (
            "disk",
            crate::export::Export {
                disk: other.disk,
                ..export.clone()
            },
        ),
    ];
    for (what, changed) in changes {
        let error = case.exporter().publish(&changed).unwrap_err();
        assert!(
            matches!(error, ExportError::InUse { .. }),
            "{what}: {error}"
        );
        disk.write(0, &[5; 512]).unwrap();
    }
    drop(disk);
    drop(case.log_in(&Login::of(&export)));
    case.unpublish(&export);
}

pub(super) fn no_secret_is_shown(case: &Case<'_>) {
    let mut export = case.export("web01");
    export.mutual = Some(Chap::new("target-of-web01", "secret-of-target").unwrap());
    let mut other = export.clone();
    other.target = case.export("web02").target;
    let published = case.exporter().publish(&export).unwrap();
    let taken = case.exporter().publish(&other).unwrap_err();
    let exporter = case.exporter();
    let shown = format!("{export:?} {published:?} {taken:?} {taken} {exporter:?}");
    for secret in ["secret-of-web", "secret-of-target"] {
        assert!(!shown.contains(secret), "{shown}");
    }
    case.unpublish(&export);
}
