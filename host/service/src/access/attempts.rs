//! `Attempts`: failed logins, and how long the next one has to wait.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// So many failures are free.
const FREE: u32 = 5;
/// The first wait; it doubles with every further failure.
const FIRST: Duration = Duration::from_secs(1);
/// The longest wait.
const LONGEST: Duration = Duration::from_secs(5 * 60);
/// After so long without a failure all is forgotten.
const FORGET: Duration = Duration::from_secs(15 * 60);
/// The most names and addresses that are remembered; the oldest go first.
const REMEMBERED: usize = 10_000;

/// Failed logins by user and by address. Kept in memory: a restart forgets them, and a node that takes
/// over begins anew.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<BTreeMap<Key, Failures>>);

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    /// A user at an address: somebody else cannot lock the user out.
    User(String, Option<IpAddr>),
    Address(IpAddr),
}

#[derive(Debug, Clone, Copy)]
struct Failures {
    count: u32,
    last: Instant,
}

impl Failures {
    /// How long after the last failure the next attempt may come.
    fn wait(self, free: u32) -> Duration {
        let Some(over) = self.count.checked_sub(free) else {
            return Duration::ZERO;
        };
        let factor = 2_u32.checked_pow(over).unwrap_or(u32::MAX);
        FIRST.saturating_mul(factor).min(LONGEST)
    }
}

impl Attempts {
    /// How long an attempt has to wait; none when it may be made.
    pub fn wait(&self, user: &str, address: Option<IpAddr>, now: Instant) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = keys(user, address).into_iter().filter_map(|(key, free)| {
            let failures = known.get(&key)?;
            let until = failures.last + failures.wait(free);
            until
                .checked_duration_since(now)
                .filter(|wait| !wait.is_zero())
        });
        waits.max()
    }

    /// An attempt failed.
    pub fn failed(&self, user: &str, address: Option<IpAddr>, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGET);
        for (key, _) in keys(user, address) {
            if known.len() >= REMEMBERED && !known.contains_key(&key) {
                let oldest = known.iter().min_by_key(|(_, failures)| failures.last);
                let oldest = oldest.map(|(key, _)| key.clone());
                oldest.and_then(|oldest| known.remove(&oldest));
            }
            let failures = known.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
        }
    }

    /// An attempt succeeded.
    pub fn succeeded(&self, user: &str, address: Option<IpAddr>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&Key::User(user.to_lowercase(), address));
    }
}

/// Under which keys an attempt counts, and how many failures each has free: many users may share an
/// address.
fn keys(user: &str, address: Option<IpAddr>) -> Vec<(Key, u32)> {
    let user = (Key::User(user.to_lowercase(), address), FREE);
    let address = address.map(|address| (Key::Address(address), FREE * 10));
    [user].into_iter().chain(address).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_double_and_are_forgotten() {
        let attempts = Attempts::default();
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let start = Instant::now();
        for _ in 0..FREE - 1 {
            attempts.failed("Somebody", address, start);
        }
        assert_eq!(attempts.wait("somebody", address, start), None);
        for seconds in [1, 2, 4, 8] {
            attempts.failed("somebody", address, start);
            let wait = attempts.wait("SOMEBODY", address, start);
            assert_eq!(wait, Some(Duration::from_secs(seconds)));
        }
        assert_eq!(
            attempts.wait("somebody", address, start + Duration::from_secs(8)),
            None
        );
        let elsewhere = Some(IpAddr::from([192, 0, 2, 2]));
        assert_eq!(attempts.wait("somebody", elsewhere, start), None);
        attempts.succeeded("somebody", address);
        assert_eq!(attempts.wait("somebody", address, start), None);
    }

    #[test]
    fn one_address_cannot_try_all_users() {
        let attempts = Attempts::default();
        let address = Some(IpAddr::from([192, 0, 2, 1]));
        let start = Instant::now();
        for number in 0..=FREE * 10 {
            attempts.failed(&format!("user-{number}"), address, start);
        }
        assert!(attempts.wait("somebody", address, start).is_some());
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        let start = Instant::now();
        for number in 0..REMEMBERED + 10 {
            attempts.failed(&number.to_string(), None, start);
        }
        assert!(attempts.0.lock().unwrap().len() <= REMEMBERED);
    }
}
