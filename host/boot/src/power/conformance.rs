//! The conformance suite: what the contract of [`PowerControl`] means, as checks that every implementation
//! passes over a server that may be switched as one likes.

// A check fails by panicking: these are tests, also where another crate's tests call them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use super::{Boot, BootKind, BootNow, BootTarget, Manner, Power, PowerControl, PowerState, Times};
use std::thread;
use std::time::{Duration, Instant};

/// How long a server may take to follow.
const PATIENCE: Duration = Duration::from_secs(20);

/// What a controller tells of the override that it was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tells {
    /// All of it.
    Everything,
    /// Not for how long: it says [`Times::Continuous`] whatever was set, as sushy-tools' emulator does.
    NotHowLong,
}

/// Runs every check; the server is off after it, and has no override.
///
/// # Panics
/// When a check fails.
pub fn run_suite(server: &dyn PowerControl, tells: Tells) {
    the_power_follows(server);
    what_is_so_already_stays(server);
    overrides_are_read_back(server, tells);
    many_can_ask_at_the_same_time(server);
    server.power(Power::Off(Manner::Forced)).unwrap();
    wait_for(server, PowerState::Off);
}

fn the_power_follows(server: &dyn PowerControl) {
    server.power(Power::Off(Manner::Forced)).unwrap();
    wait_for(server, PowerState::Off);
    server.power(Power::On).unwrap();
    wait_for(server, PowerState::On);
    for manner in [Manner::Graceful, Manner::Forced] {
        server.power(Power::Restart(manner)).unwrap();
        wait_for(server, PowerState::On);
    }
    server.power(Power::Off(Manner::Graceful)).unwrap();
    wait_for(server, PowerState::Off);
    server.power(Power::Restart(Manner::Forced)).unwrap();
    wait_for(server, PowerState::On);
}

fn what_is_so_already_stays(server: &dyn PowerControl) {
    for _ in 0..2 {
        server.power(Power::On).unwrap();
        wait_for(server, PowerState::On);
    }
    for _ in 0..2 {
        server.power(Power::Off(Manner::Forced)).unwrap();
        wait_for(server, PowerState::Off);
    }
    server.power(Power::Off(Manner::Graceful)).unwrap();
    wait_for(server, PowerState::Off);
}

fn overrides_are_read_back(server: &dyn PowerControl, tells: Tells) {
    let table = [
        (BootTarget::Pxe, BootKind::Pxe),
        (BootTarget::Disk, BootKind::Disk),
    ];
    for (target, kind) in table {
        for times in [Times::Continuous, Times::Once, Times::Once] {
            let target = target.clone();
            server.set_boot(&Boot { target, times }).unwrap();
            let times = match tells {
                Tells::Everything => times,
                Tells::NotHowLong => Times::Continuous,
            };
            assert_eq!(server.boot().unwrap(), Some(BootNow { kind, times }));
        }
    }
    let none = Boot {
        target: BootTarget::None,
        times: Times::Once,
    };
    server.set_boot(&none).unwrap();
    server.set_boot(&none).unwrap();
    assert_eq!(server.boot().unwrap(), None);
}

fn many_can_ask_at_the_same_time(server: &dyn PowerControl) {
    thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                server.power(Power::On).unwrap();
                server.state().unwrap();
            });
        }
    });
    wait_for(server, PowerState::On);
}

fn wait_for(server: &dyn PowerControl, wanted: PowerState) {
    let start = Instant::now();
    loop {
        let state = server.state().unwrap();
        if state == wanted {
            return;
        }
        assert!(start.elapsed() < PATIENCE, "{state:?}, and not {wanted:?}");
        thread::sleep(Duration::from_millis(50));
    }
}
