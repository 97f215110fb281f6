//! Daemons that end, and exporters that begin again.

use super::bench::TgtBench;
use super::is_ready;
use mintage_storage::export::conformance::{Bench as _, Login};
use mintage_storage::export::tgt::{Daemons, retire};
use mintage_storage::export::{Chap, Exporter as _, Force, Portal, Tgt};
use std::net::TcpListener;
use std::time::{Duration, Instant};

/// A daemon that is killed comes back with its targets, while the other path goes on.
#[test]
fn a_daemon_that_is_killed_is_back_with_its_targets_in_seconds() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    for _ in 0..2 {
        assert_eq!(bench.next_state().down, None);
    }
    let export = bench.export("web01");
    bench.exporter().publish(&export).unwrap();
    let [first, second] = bench.exporter().portals()[..] else {
        panic!("two portals");
    };
    let login = Login::of(&export);
    let mut lost = bench.log_in(first, &login).unwrap();
    let mut other = bench.log_in(second, &login).unwrap();
    lost.write(0, &[1; 512]).unwrap();

    let begin = Instant::now();
    bench.kill(1);
    other.write(512, &[2; 512]).unwrap();
    assert!(lost.write(0, &[9; 512]).is_err());
    let mut again = bench.log_in_again(first, &login);
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(5), "{took:?}");
    println!("a killed daemon served again after {took:?}");
    let mut read = [0; 1024];
    again.read(0, &mut read).unwrap();
    assert_eq!((read[0], read[512]), (1, 2));
    other.write(0, &[3; 512]).unwrap();

    let down = bench.next_state();
    assert!(
        down.down
            .as_ref()
            .is_some_and(|why| why.contains("signal: 9")),
        "{down:?}"
    );
    assert!(down.daemon.contains(&first.to_string()), "{down:?}");
    assert_eq!(bench.next_state().down, None);
    // It takes less than the export says not even now.
    let wrong = Login {
        chap: None,
        ..login
    };
    assert!(bench.log_in(first, &wrong).is_err());
}

/// What is published while a daemon is away is on it when it is back; what is unpublished is not.
#[test]
fn a_daemon_that_was_away_gets_what_it_missed() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let (stays, goes, comes) = (
        bench.export("web01"),
        bench.export("web02"),
        bench.export("web03"),
    );
    bench.exporter().publish(&stays).unwrap();
    bench.exporter().publish(&goes).unwrap();
    let first = bench.exporter().portals()[0];
    bench.kill(1);
    bench.exporter().unpublish(&goes.target, Force::No).unwrap();
    let published = bench.exporter().publish(&comes).unwrap();
    assert!(!published.portals.is_empty());
    for export in [&stays, &comes] {
        drop(bench.log_in_again(first, &Login::of(export)));
    }
    assert!(bench.log_in(first, &Login::of(&goes)).is_err());
    let wanted = [stays.target.clone(), comes.target.clone()];
    assert_eq!(bench.exporter().list().unwrap(), wanted);
}

/// The service restarts: daemons, targets and sessions stay, and are known again.
#[test]
fn daemons_outlive_the_exporter_and_are_found_again() {
    if !is_ready() {
        return;
    }
    let mut bench = TgtBench::new();
    let export = bench.export("web01");
    bench.exporter().publish(&export).unwrap();
    let portal = bench.exporter().portals()[1];
    let mut disk = bench.log_in(portal, &Login::of(&export)).unwrap();
    let pids = [bench.pid(1), bench.pid(2)];
    bench.stop();
    disk.write(0, &[1; 512]).unwrap();
    bench.start();
    let all = bench.exporter().list().unwrap();
    assert_eq!(all.as_slice(), std::slice::from_ref(&export.target));
    // The secret of the records holds, whatever the daemon had.
    let mut changed = export.clone();
    changed.chap = Some(Chap::new("web01", "another-secret").unwrap());
    bench.exporter().publish(&changed).unwrap();
    disk.write(512, &[2; 512]).unwrap();
    assert_eq!(bench.exporter().sessions(&export.target).unwrap().len(), 1);
    assert_eq!([bench.pid(1), bench.pid(2)], pids);
    assert!(bench.log_in(portal, &Login::of(&export)).is_err());
    drop(bench.log_in(portal, &Login::of(&changed)).unwrap());
}

/// A target that somebody began and did not finish is made anew, and strangers never get in.
#[test]
fn a_target_that_is_half_made_is_made_anew() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let export = bench.export("web01");
    let other = bench.export("web02");
    let target = export.target.as_str();
    let disk = |name: &str| {
        let mintage_storage::export::ExportSource::File(path) = &bench.export(name).volume else {
            panic!("a file");
        };
        path.to_str().unwrap().to_owned()
    };
    let tgtadm = |args: &str| {
        let all: Vec<&str> = ["-C", "1", "--lld", "iscsi"]
            .into_iter()
            .chain(args.split(' '))
            .collect();
        let told = bench.run("tgtadm", &all);
        assert!(told.status.success(), "{args}: {told:?}");
    };
    let steps = [
        format!("--op new --mode target --tid 5 -T {target}"),
        format!(
            "--op new --mode logicalunit --tid 5 --lun 1 -b {}",
            disk("web09")
        ),
        "--op new --mode account --user web01 --password other-secret-1".to_owned(),
        "--op bind --mode account --tid 5 --user web01".to_owned(),
        format!("--op bind --mode target --tid 5 -Q {}", other.initiator),
    ];
    for count in 1..=steps.len() {
        for step in &steps[..count] {
            tgtadm(step);
        }
        bench.exporter().publish(&export).unwrap();
        let portal = bench.exporter().portals()[0];
        assert_eq!(
            bench
                .log_in(portal, &Login::of(&export))
                .unwrap()
                .serial()
                .unwrap(),
            "web01"
        );
        let stranger = Login {
            initiator: other.initiator.clone(),
            ..Login::of(&export)
        };
        assert!(bench.log_in(portal, &stranger).is_err());
        bench
            .exporter()
            .unpublish(&export.target, Force::Yes)
            .unwrap();
        let accounts = bench.run("tgtadm", &["-C", "1", "--mode", "account", "--op", "show"]);
        assert_eq!(
            String::from_utf8_lossy(&accounts.stdout),
            "",
            "after {count} steps"
        );
    }
}

/// Many targets are made, and made again, quickly.
#[test]
fn a_hundred_targets_are_back_in_seconds() {
    if !is_ready() {
        return;
    }
    let bench = TgtBench::new();
    let exports: Vec<_> = (0..100)
        .map(|n| bench.export(&format!("web{n:03}")))
        .collect();
    let begin = Instant::now();
    for export in &exports {
        bench.exporter().publish(export).unwrap();
    }
    println!("100 targets at two daemons took {:?}", begin.elapsed());
    let first = bench.exporter().portals()[0];
    let begin = Instant::now();
    bench.kill(1);
    // They are made in the order of their names.
    drop(bench.log_in_again(first, &Login::of(&exports[99])));
    let took = begin.elapsed();
    assert!(took < Duration::from_secs(10), "{took:?}");
    println!("a killed daemon had 100 targets again after {took:?}");
}

/// A port that somebody else has is told, and the other path serves.
#[test]
fn a_portal_that_cannot_be_had_is_told_and_does_not_keep_the_other() {
    if !is_ready() {
        return;
    }
    let mut bench = TgtBench::new();
    let export = bench.export("web01");
    let [first, second] = bench.exporter().portals()[..] else {
        panic!("two portals");
    };
    bench.stop();
    assert_eq!(retire(&bench.folder(), 0).unwrap(), 0);
    let folder = bench.folder().join("other");
    std::fs::create_dir(&folder).unwrap();
    let taken = take(first);
    let (tell, states) = std::sync::mpsc::channel();
    let daemons = Daemons::Own {
        folder: folder.clone(),
        portals: vec![first, second],
    };
    let exporter = Tgt::start(daemons, move |state| drop(tell.send(state)));
    let told: Vec<_> = states.try_iter().collect();
    let down = told
        .iter()
        .find(|state| state.down.is_some())
        .expect("one is down");
    assert!(down.daemon.contains(&first.to_string()), "{down:?}");
    let published = exporter.publish(&export).unwrap();
    assert_eq!(published.portals, [second]);
    drop(taken);
    drop(bench.log_in_again(first, &Login::of(&export)));
    exporter.unpublish(&export.target, Force::Yes).unwrap();
    drop(exporter);
    assert_eq!(retire(&folder, 0).unwrap(), 0);
    bench.start();
}

/// Listens there, once the daemon that did so is gone.
fn take(portal: Portal) -> TcpListener {
    let end = Instant::now() + Duration::from_secs(10);
    loop {
        match TcpListener::bind(portal.0) {
            Ok(listener) => return listener,
            Err(error) => assert!(Instant::now() < end, "{portal}: {error}"),
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}
