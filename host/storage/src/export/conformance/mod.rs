//! The conformance suite: what the contract of [`Exporter`] means, as checks that every implementation
//! passes.
//!
//! Each check is a named function. An implementation's tests give it a [`Bench`]: the exporter, and how a
//! server reaches it.

// A check fails by panicking: these are tests, also where another crate's tests call them.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod bench;
mod logins;
mod publishing;
mod sessions;

pub use bench::{Bench, Disk, Login};

use super::{Chap, DiskId, Export, Exporter, Force, Iqn, Portal};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

/// How long the end of a session may take to be seen.
const PATIENCE: Duration = Duration::from_secs(10);
/// The length of a volume, in bytes.
const LENGTH: u64 = 4 << 20;

/// One check by its name.
#[derive(Debug, Clone, Copy)]
pub struct Check {
    /// Name of its function.
    pub name: &'static str,
    run: fn(&Case<'_>),
}

macro_rules! table {
    ($($module:ident :: $name:ident)*) => {
        /// Every check.
        pub const CHECKS: &[Check] = &[
            $(Check { name: stringify!($name), run: $module::$name },)*
        ];
    };
}
table! {
    publishing::a_target_serves_its_volume_by_every_portal
    publishing::publishing_again_changes_nothing
    publishing::a_target_can_get_another_secret
    publishing::a_target_can_get_another_volume_and_initiator
    publishing::many_at_the_same_time_are_all_there
    publishing::the_same_at_the_same_time_is_there_once
    publishing::what_cannot_be_is_refused
    publishing::a_volume_that_is_not_there_leaves_no_target
    publishing::a_name_of_chap_belongs_to_one_target
    publishing::unpublishing_can_be_repeated
    logins::another_initiator_is_refused
    logins::without_the_right_secret_nobody_gets_in
    logins::without_chap_the_name_is_enough
    logins::the_target_proves_itself_too
    logins::an_initiator_sees_only_its_own
    sessions::sessions_are_seen
    sessions::a_live_session_keeps_its_target
    sessions::force_ends_sessions
    sessions::a_live_session_keeps_its_volume
    sessions::no_secret_is_shown
}

/// Runs every check on the bench, one after the other; what one published is removed after it.
///
/// # Panics
/// With the names of the checks that failed.
pub fn run_suite(bench: &dyn Bench) {
    let mut failed = Vec::new();
    for check in CHECKS {
        // The panic of one check must not keep the others from being run and named.
        let run = AssertUnwindSafe(|| {
            (check.run)(&Case {
                bench,
                check: check.name,
            });
            assert_eq!(bench.exporter().list().unwrap(), Vec::new(), "left behind");
        });
        if catch_unwind(run).is_err() {
            failed.push(check.name);
            for target in bench.exporter().list().unwrap_or_default() {
                // The check has failed already.
                let _ = bench.exporter().unpublish(&target, Force::Yes);
            }
        }
    }
    assert!(failed.is_empty(), "checks that failed: {failed:?}");
}

/// The bench, with the short forms that the checks are written in.
struct Case<'a> {
    bench: &'a dyn Bench,
    check: &'static str,
}

impl Case<'_> {
    fn exporter(&self) -> &dyn Exporter {
        self.bench.exporter()
    }

    /// An export of a new volume, with CHAP; `server` tells exports of a check apart.
    fn export(&self, server: &str) -> Export {
        let plain = self.check.replace('_', "-");
        let target = Iqn::parse(&format!("iqn.2026-11.com.example:{plain}.{server}")).unwrap();
        let volume = self.bench.volume(&format!("{plain}-{server}"), LENGTH);
        Export {
            volume,
            initiator: Iqn::parse(&format!("iqn.2026-11.com.example.host:{server}")).unwrap(),
            chap: Some(Chap::new(&format!("{plain}.{server}"), "secret-of-web").unwrap()),
            mutual: None,
            disk: DiskId::parse(&format!("disk-{server}")).unwrap(),
            target,
        }
    }

    /// Publishes, and checks that every portal serves.
    #[track_caller]
    fn publish(&self, export: &Export) {
        let published = self
            .exporter()
            .publish(export)
            .unwrap_or_else(|error| panic!("{error}"));
        assert_eq!(published.target, export.target);
        assert_eq!(published.portals, self.exporter().portals());
    }

    /// There is this target, and no other.
    #[track_caller]
    fn is_alone(&self, target: &Iqn) {
        let all = self.exporter().list().unwrap();
        assert_eq!(all.as_slice(), std::slice::from_ref(target));
    }

    fn first_portal(&self) -> Portal {
        self.exporter().portals()[0]
    }

    #[track_caller]
    fn log_in(&self, login: &Login) -> Box<dyn Disk> {
        let disk = self.bench.log_in(self.first_portal(), login);
        disk.unwrap_or_else(|why| panic!("{} is not let in: {why}", login.initiator))
    }

    /// No portal lets this login in.
    #[track_caller]
    fn refused(&self, login: &Login) {
        for portal in self.exporter().portals() {
            let disk = self.bench.log_in(portal, login);
            assert!(disk.is_err(), "{portal} lets {} in", login.initiator);
        }
    }

    /// Waits until the target has `count` sessions.
    #[track_caller]
    fn wait_for_sessions(&self, target: &Iqn, count: usize) {
        let end = Instant::now() + PATIENCE;
        loop {
            let sessions = self.exporter().sessions(target).unwrap();
            if sessions.len() == count {
                return;
            }
            assert!(
                Instant::now() < end,
                "{count} sessions wanted: {sessions:?}"
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    /// Removes the target when its sessions have ended.
    #[track_caller]
    fn unpublish(&self, export: &Export) {
        self.wait_for_sessions(&export.target, 0);
        let done = self.exporter().unpublish(&export.target, Force::No);
        done.unwrap_or_else(|error| panic!("{error}"));
        self.refused(&Login::of(export));
    }
}
