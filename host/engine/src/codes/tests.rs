//! The registry is complete, every kind of volume error has its code, and docs/reference/errors.md is fresh.

use super::page::{AREAS, page};
use super::*;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_page_about_errors_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/errors.md");
    if std::env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
        std::fs::write(&path, page()).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page(),
        "docs/reference/errors.md is stale: run the tests with MINTAGE_UPDATE_DOCS=1"
    );
}

#[test]
fn codes_are_in_order_and_their_names_unique() {
    assert!(Code::ALL.is_sorted());
    let names: BTreeSet<_> = Code::ALL.iter().map(|code| code.name()).collect();
    assert_eq!(names.len(), Code::ALL.len());
    for code in Code::ALL {
        assert!(code.meaning().ends_with('.'), "{code}");
        let area = AREAS
            .iter()
            .any(|(prefix, _)| code.as_str().starts_with(prefix));
        assert!(area, "{code}");
    }
}

#[test]
fn codes_are_read_as_they_are_written() {
    for code in Code::ALL {
        let json = serde_json::to_string(code).unwrap();
        assert_eq!(json, format!("\"{code}\""));
        assert_eq!(serde_json::from_str::<Code>(&json).unwrap(), *code);
    }
    assert!(serde_json::from_str::<Code>("\"P0000\"").is_err());
}

#[test]
fn a_volume_error_that_no_script_causes_reads_well() {
    let path = mintage_volume::VolumePath::parse("/etc/hosts").unwrap();
    let error = mintage_volume::VolumeError::cannot(
        VolumeErrorKind::ReadBackMismatch,
        "write",
        &path,
        "its content reads back differently",
    );
    let error = crate::Diagnostic::from(crate::PlanError::from(error));
    insta::assert_snapshot!("P7010", error.render(crate::Style::Plain));
}

#[test]
fn every_kind_of_volume_error_has_its_code() {
    use VolumeErrorKind as K;
    for (kind, code) in [
        (K::NotFound, Code::P3001),
        (K::AlreadyExists, Code::P3002),
        (K::NotADirectory, Code::P3003),
        (K::IsADirectory, Code::P3004),
        (K::NotAFile, Code::P3005),
        (K::DirectoryNotEmpty, Code::P3006),
        (K::TooManyLinks, Code::P3007),
        (K::InvalidPath, Code::P3008),
        (K::InvalidArgument, Code::P3009),
        (K::CrossesMounts, Code::P3010),
        (K::NoSpace, Code::P3011),
        (K::ReadOnly, Code::P3012),
        (K::NotSupported, Code::P3013),
        (K::LimitReached, Code::P3014),
        (K::Cancelled, Code::P2005),
        (K::UnsupportedFeature, Code::P7004),
        (K::Encrypted, Code::P7005),
        (K::Damaged, Code::P7006),
        (K::BadPartitionTable, Code::P7002),
        (K::NoRoot, Code::P7003),
        (K::Io, Code::P7007),
        (K::ReadBackMismatch, Code::P7010),
    ] {
        assert_eq!(Code::from(kind), code, "{kind:?}");
    }
}
