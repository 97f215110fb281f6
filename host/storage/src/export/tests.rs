//! The exporter in memory keeps the contract; [`Off`] exports nothing.

use super::conformance::{Bench, run_suite};
use super::memory::MemoryExporter;
use super::{Chap, DiskId, Export, ExportError, Exporter as _, Force, Iqn, Off, Portal};

fn memory(folder: &std::path::Path) -> MemoryExporter {
    let portal = |text: &str| Portal(text.parse().unwrap());
    MemoryExporter::new(
        folder,
        vec![portal("10.0.0.1:3260"), portal("[fd00::1]:3260")],
    )
}

#[test]
fn the_exporter_in_memory_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    run_suite(&memory(folder.path()));
}

#[test]
fn off_exports_nothing_and_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let export = Export {
        target: Iqn::parse("iqn.2026-11.com.example:web01").unwrap(),
        volume: memory(folder.path()).volume("web01", 512),
        initiator: Iqn::parse("iqn.2026-11.com.example.host:web01").unwrap(),
        chap: Some(Chap::new("web01", "secret-of-web").unwrap()),
        mutual: None,
        disk: DiskId::parse("web01").unwrap(),
    };
    let error = Off.publish(&export).unwrap_err();
    assert!(matches!(error, ExportError::Off));
    assert!(error.help().contains("export.daemons"));
    Off.unpublish(&export.target, Force::No).unwrap();
    assert_eq!(Off.list().unwrap(), []);
    assert_eq!(Off.portals(), []);
}
