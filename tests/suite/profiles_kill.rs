//! Server profiles under `kill -9`, with real parts: the service, its workers, and tgtd, whose daemons
//! outlive the service. A hundred profiles are posted at once; the service is killed at every named step of
//! every kind of work, while others wait and run; each comes to its end after the next start, and a checker
//! finds no volume, target, address, file, task or worker that belongs to nothing.

mod boundary;
mod checker;
mod farm;
mod planted;
mod targets;
mod times;

use boundary::{Seen, Work};
use farm::Farm;
use mintage_test_support::lane::can_run;
use mintage_test_support::{Environment, Need};
use std::collections::BTreeSet;
use times::Times;

/// How many servers there are.
const SERVERS: usize = 100;

fn is_ready() -> bool {
    let needs = ["tgtd", "tgtadm"].map(Need::Program);
    can_run("profiles under kill -9", &needs)
}

#[test]
fn a_hundred_profiles_at_once_survive_a_kill_at_every_step() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let mut farm = Farm::new(&environment, SERVERS);
    undisturbed(&mut farm);
    farm.delete_all();
    farm.rest();

    let mut seen = Seen::default();
    for work in Work::ALL {
        let (kills, before) = (farm.kills, std::time::Instant::now());
        seen.besiege(&mut farm, work);
        let (kills, took) = (farm.kills - kills, before.elapsed());
        times::say(&format!("{work:?}: {kills} kills in {took:.1?}"));
        farm.rest();
        if work == Work::Deploy {
            assert_eq!(farm.profiles().len(), SERVERS, "after {kills} kills");
        }
    }
    farm.delete_all();
    farm.rest();
    farm.nothing_is_left();
    seen.all();
}

/// What it takes when nothing is killed: each server is deployed, none twice.
fn undisturbed(farm: &mut Farm<'_>) {
    let mut times = Times::new(SERVERS);
    farm.post_all(&mut times);
    let profiles = farm.profiles();
    assert_eq!(profiles.len(), SERVERS);
    for what in ["serverHardwareUri", "name"] {
        let all = profiles.iter().map(|profile| profile[what].to_string());
        assert_eq!(all.collect::<BTreeSet<_>>().len(), SERVERS, "{what}");
    }
    times.print();
    farm.rest();
}
