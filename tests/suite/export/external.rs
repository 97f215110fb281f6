//! Daemons that somebody else started: the exporter uses them, and neither starts nor ends one.

use super::bench::{TgtBench, free_portals};
use super::is_ready;
use mintage_storage::export::Portal;
use mintage_storage::export::conformance::{Bench as _, Login, run_suite};
use mintage_test_support::Need;
use mintage_test_support::lane::can_run;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A tgtd with a socket at its usual place. It ends with the test.
struct Tgtd(Child);

impl Tgtd {
    fn start(number: u16, portal: Portal) -> Self {
        let mut command = Command::new("tgtd");
        command.args(["-f", "-C", &number.to_string(), "--iscsi"]);
        command.arg(format!("portal={portal}"));
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let daemon = Self(command.spawn().unwrap());
        let end = Instant::now() + Duration::from_secs(10);
        while std::net::TcpStream::connect(portal.0).is_err() {
            assert!(Instant::now() < end, "tgtd does not listen at {portal}");
            std::thread::sleep(Duration::from_millis(10));
        }
        daemon
    }
}

impl Drop for Tgtd {
    fn drop(&mut self) {
        // A test may have ended it.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[test]
fn external_daemons_keep_the_contract_and_get_their_targets_again() {
    if !is_ready() || !can_run("external tgtd", &[Need::Root]) {
        return;
    }
    let portals = free_portals();
    // Control ports that nobody else has: tgtd takes half as many as there are ports.
    let numbered = portals.iter().map(|portal| (portal.0.port() / 2, *portal));
    let pairs: Vec<(u16, Portal)> = numbered.collect();
    let start = |(number, portal): &(u16, Portal)| Tgtd::start(*number, *portal);
    let mut daemons: Vec<_> = pairs.iter().map(start).collect();
    let bench = TgtBench::external(&pairs);
    run_suite(&bench);

    for _ in 0..2 {
        assert_eq!(bench.next_state().down, None);
    }
    let export = bench.export("web01");
    bench.exporter().publish(&export).unwrap();
    drop(daemons.remove(0));
    let down = bench.next_state();
    assert!(
        down.down.is_some() && down.daemon.contains(&portals[0].to_string()),
        "{down:?}"
    );
    let published = bench.exporter().publish(&export).unwrap();
    assert_eq!(published.portals, [portals[1]]);
    daemons.push(start(&pairs[0]));
    drop(bench.log_in_again(portals[0], &Login::of(&export)));
}
