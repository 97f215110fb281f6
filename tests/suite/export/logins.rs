//! What other initiators see, and what secrets can be seen.

use super::bench::TgtBench;
use super::is_ready;
use mintage_storage::export::conformance::{Bench as _, Login};
use mintage_storage::export::{Chap, Force};
use mintage_test_support::Initiator;
use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};

/// The initiators of libiscsi agree with our own about who is let in, by each portal.
#[test]
fn the_initiator_of_libiscsi_is_let_in_as_it_should() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let mut export = bench.export("web01");
    export.mutual = Some(Chap::new("target", "secret-of-target").unwrap());
    bench.exporter().publish(&export).unwrap();
    let initiator = export.initiator.as_str();
    for portal in bench.exporter().portals() {
        let inquiry = |name: &str, account: &str, query: &str| {
            let url = format!("iscsi://{account}{portal}/{}/1{query}", export.target);
            bench.run("iscsi-inq", &["-i", name, &url])
        };
        let proof = "?target_user=target&target_password=secret-of-target";
        let told = inquiry(initiator, "web01%secret-of-web@", proof);
        let text = String::from_utf8_lossy(&told.stdout);
        assert!(
            told.status.success() && text.contains("Vendor:MINTAGE"),
            "{told:?}"
        );
        let wrong = [
            (initiator, "web01%secret-of-wex@", "", "513"),
            (initiator, "", "", "513"),
            (
                "iqn.2026-11.com.example.host:web02",
                "web01%secret-of-web@",
                "",
                "515",
            ),
            (
                initiator,
                "web01%secret-of-web@",
                "?target_user=target&target_password=secret-of-targex",
                "CHAP_R",
            ),
        ];
        for (name, account, query, why) in wrong {
            let told = inquiry(name, account, query);
            let text = String::from_utf8_lossy(&told.stderr).into_owned();
            assert!(text.contains(why), "{name} {account}: {told:?}");
            assert!(told.stdout.is_empty(), "{told:?}");
        }
        let seen = |name: &str| {
            let told = bench.run("iscsi-ls", &["-i", name, &format!("iscsi://{portal}")]);
            String::from_utf8_lossy(&told.stdout).into_owned()
        };
        assert!(seen(initiator).contains(export.target.as_str()));
        assert_eq!(seen("iqn.2026-11.com.example.host:web02"), "");
    }
}

/// What another user could see of the processes of the machine while targets are made.
#[test]
fn no_secret_is_an_argument_of_a_program_or_in_a_log() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let done = AtomicBool::new(false);
    let seen = std::thread::scope(|scope| {
        let watcher = scope.spawn(|| {
            let mut seen = BTreeSet::new();
            while !done.load(Ordering::SeqCst) {
                seen.extend(command_lines());
            }
            seen
        });
        for round in 0..40 {
            let mut export = bench.export("web01");
            let secret = format!("watched-{round:05}");
            export.chap = Some(Chap::new("web01", &secret).unwrap());
            export.mutual = Some(Chap::new("target", &format!("{secret}-t")).unwrap());
            bench.exporter().publish(&export).unwrap();
            let wrong = Login {
                chap: Some(Chap::new("web01", "watched-nobody").unwrap()),
                ..Login::of(&export)
            };
            assert!(bench.log_in(bench.exporter().portals()[0], &wrong).is_err());
            bench
                .exporter()
                .unpublish(&export.target, Force::Yes)
                .unwrap();
        }
        done.store(true, Ordering::SeqCst);
        watcher.join().unwrap()
    });
    // The watch did see processes, and none with a secret.
    assert!(seen.iter().any(|line| line.contains("tgtd")), "{seen:?}");
    let leaks: Vec<_> = seen
        .iter()
        .filter(|line| line.contains("watched-"))
        .collect();
    assert!(leaks.is_empty(), "{leaks:?}");
    for entry in std::fs::read_dir(bench.folder()).unwrap().flatten() {
        let content = std::fs::read(entry.path()).unwrap_or_default();
        let text = String::from_utf8_lossy(&content);
        assert!(!text.contains("watched-"), "{:?}: {text}", entry.path());
    }
}

/// The arguments of all processes but this one.
fn command_lines() -> Vec<String> {
    let own = std::process::id().to_string();
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let others = processes.filter(|entry| entry.file_name().to_str() != Some(&own));
    let lines = others.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    lines
        .map(|line| String::from_utf8_lossy(&line).into_owned())
        .collect()
}

/// tgtd shows an initiator's own words between its own: they are not taken for targets.
#[test]
fn an_initiator_that_calls_itself_by_many_lines_is_no_other_target() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let (export, other) = (bench.export("web01"), bench.export("web02"));
    bench.exporter().publish(&export).unwrap();
    let forged = format!(
        "a\n    LUN information:\n    Account information:\n    ACL information:\nTarget 1: {}",
        other.target
    );
    let hostile = Initiator {
        name: export.initiator.as_str(),
        alias: Some(&forged),
        chap: Some(("web01", "secret-of-web")),
        mutual: None,
    };
    let portal = bench.exporter().portals()[0];
    let session = hostile.log_in(portal.0, export.target.as_str()).unwrap();
    let error = bench
        .exporter()
        .unpublish(&other.target, Force::Yes)
        .unwrap_err();
    assert!(error.to_string().contains("list the targets"), "{error}");
    drop(session);
    drop(bench.log_in_again(portal, &Login::of(&export)));
}
