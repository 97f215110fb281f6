//! What tgtd 1.0.85 wrote, and what initiators and others could make of it.

use super::*;

/// Two targets: one with CHAP both ways, whose initiator is logged in; one that is half made.
const GOLDEN: &str = include_str!("tests/two-targets.txt");

#[test]
fn what_tgtd_writes_is_read() {
    let targets = parse(GOLDEN).unwrap();
    let [first, second] = &targets[..] else {
        panic!("{targets:?}");
    };
    assert_eq!((first.tid, first.name.as_str()), (1, "iqn.2026-11.lab:v"));
    let session = LiveSession {
        id: 6,
        initiator: "iqn.2026-11.lab:x".to_owned(),
        connections: vec![0],
        address: Some("127.0.0.1".parse().unwrap()),
    };
    assert_eq!(first.sessions, [session]);
    let disk = Unit {
        number: 1,
        kind: "disk".to_owned(),
        id: "0b0e5a0e6a524c3e9d520a8c3f0c2f11".to_owned(),
        serial: "0b0e5a0e-6a52-4c3e-9d52-0a8c3f0c2f11".to_owned(),
        online: true,
        read_only: false,
        store: "rdwr".to_owned(),
        path: "/var/lib/mintage/os-volumes/v: 1.img".to_owned(),
    };
    assert_eq!(first.units.len(), 2);
    assert_eq!(first.units[1], disk);
    assert_eq!(first.asked, ["iqn.x:web01"]);
    assert_eq!(first.proof.as_deref(), Some("out"));
    assert_eq!(first.admitted, ["iqn.2026-11.lab:x"]);
    assert_eq!((second.tid, second.units.len()), (3, 1));
    assert!(second.asked.is_empty() && second.proof.is_none() && second.admitted.is_empty());
    assert_eq!(parse("").unwrap(), []);
}

#[test]
fn what_an_initiator_calls_itself_cannot_be_taken_for_a_target() {
    let alias = |text: &str| GOLDEN.replace("alias: none", &format!("alias: {text}"));
    assert_eq!(parse(&alias("a b alias: c")).unwrap().len(), 2);
    let forged = "a\n    LUN information:\n    Account information:\n    ACL information:\n\
                  Target 2: iqn.2026-11.lab:other\n    System information:\n    I_T nexus information:\n\
                  \x20       I_T nexus: 9";
    // An entry of a number that is free, and a name that is free: whoever acts on it finds no target 2.
    assert_eq!(parse(&alias(forged)).unwrap()[1].tid, 2);
    let bad = [
        "a\n    LUN information:",
        "a\nTarget 2: iqn.2026-11.lab:other",
        &forged.replace("Target 2", "Target 3"),
        &forged.replace("Target 2", "Target 1"),
        &forged.replace("Target 2", "Target 0"),
        &forged.replace("lab:other", "lab:v2"),
        &forged.replace("lab:other", "lab:v"),
        "a\n        I_T nexus: x",
        "a\nanything",
    ];
    for text in bad {
        let error = parse(&alias(text)).unwrap_err();
        assert!(!error.contains('\n'), "{error}");
    }
}

#[test]
fn a_list_that_is_cut_off_is_not_taken() {
    let whole = parse(GOLDEN).unwrap();
    for (at, _) in GOLDEN.match_indices('\n') {
        if let Ok(targets) = parse(&GOLDEN[..at]) {
            let ends = ["ACL information:", "iqn.2026-11.lab:x"];
            assert!(ends.iter().any(|end| GOLDEN[..at].ends_with(end)), "{at}");
            assert!(whole.len() >= targets.len());
        }
    }
}

#[test]
fn portals_are_read() {
    let portals = parse_portals("Portal: 127.0.0.1:13269,1\nPortal: [fd00::1]:3260,1\n");
    assert_eq!(portals, ["127.0.0.1:13269", "[fd00::1]:3260"]);
}
