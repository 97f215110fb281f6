//! `Attempts`: failed passwords, and how long the next one has to wait.

use crate::error::ApiError;
use axum::http::StatusCode;
use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
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
/// How much of a name is remembered, in characters: no user has a longer one.
const NAME: usize = 64;

/// Failed passwords by user and by address. Kept in memory: a restart forgets them, and a node that
/// takes over begins anew.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<BTreeMap<Key, Failures>>);

/// Whose password somebody tries, and from where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    user: String,
    address: Option<IpAddr>,
}

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

impl Attempt {
    /// Of a user's password, from an address where that is known.
    pub fn new(user: &str, address: Option<IpAddr>) -> Self {
        let user: String = user.chars().take(NAME).collect();
        Self {
            user: user.to_lowercase(),
            address: address.map(origin),
        }
    }

    /// Under which keys it counts, and how many failures each has free: many users may share an
    /// address.
    fn keys(&self) -> impl Iterator<Item = (Key, u32)> {
        let address = self
            .address
            .map(|address| (Key::Address(address), FREE * 10));
        [(self.user_key(), FREE)].into_iter().chain(address)
    }

    fn user_key(&self) -> Key {
        Key::User(self.user.clone(), self.address)
    }
}

/// What stands for all addresses that one can choose from: a whole network of IPv6 is one machine's.
fn origin(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => {
            let network = address.to_bits() & (u128::MAX << 64);
            IpAddr::V6(Ipv6Addr::from_bits(network))
        }
        address => address,
    }
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
    /// Refuses an attempt that has to wait.
    ///
    /// # Errors
    /// 429 with `Retry-After`.
    pub fn check(&self, attempt: &Attempt) -> Result<(), ApiError> {
        match self.wait(attempt, Instant::now()) {
            None => Ok(()),
            Some(wait) => Err(too_many(wait)),
        }
    }

    /// Takes down what came of an attempt.
    pub fn note(&self, attempt: &Attempt, is_right: bool) {
        match is_right {
            true => self.succeeded(attempt),
            false => self.failed(attempt, Instant::now()),
        }
    }

    /// How long an attempt has to wait; none when it may be made.
    fn wait(&self, attempt: &Attempt, now: Instant) -> Option<Duration> {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let waits = attempt.keys().filter_map(|(key, free)| {
            let failures = known.get(&key)?;
            let until = failures.last + failures.wait(free);
            until
                .checked_duration_since(now)
                .filter(|wait| !wait.is_zero())
        });
        waits.max()
    }

    fn failed(&self, attempt: &Attempt, now: Instant) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for (key, _) in attempt.keys() {
            if !known.contains_key(&key) {
                make_room(&mut known, now);
            }
            let failures = known.entry(key).or_insert(Failures {
                count: 0,
                last: now,
            });
            if now.saturating_duration_since(failures.last) >= FORGET {
                failures.count = 0;
            }
            failures.count = failures.count.saturating_add(1);
            failures.last = now;
        }
    }

    fn succeeded(&self, attempt: &Attempt) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.remove(&attempt.user_key());
    }
}

/// Forgets what is over, and the oldest where that is not enough.
fn make_room(known: &mut BTreeMap<Key, Failures>, now: Instant) {
    if known.len() < REMEMBERED {
        return;
    }
    known.retain(|_, failures| now.saturating_duration_since(failures.last) < FORGET);
    if known.len() >= REMEMBERED {
        let oldest = known.iter().min_by_key(|(_, failures)| failures.last);
        let oldest = oldest.map(|(key, _)| key.clone());
        oldest.and_then(|oldest| known.remove(&oldest));
    }
}

fn too_many(wait: Duration) -> ApiError {
    let seconds = wait.as_secs() + 1;
    let message = format!("too many logins have failed; the next can be tried in {seconds} s");
    ApiError::new(StatusCode::TOO_MANY_REQUESTS, "TOO_MANY_LOGINS", message)
        .action("Wait, and try again with the right password.")
        .retry_after(seconds)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn from(user: &str, address: &str) -> Attempt {
        Attempt::new(user, Some(address.parse().unwrap()))
    }

    #[test]
    fn waits_double_and_are_forgotten() {
        let attempts = Attempts::default();
        let here = from("Somebody", "192.0.2.1");
        let start = Instant::now();
        for _ in 0..FREE - 1 {
            attempts.failed(&here, start);
        }
        assert_eq!(attempts.wait(&here, start), None);
        for seconds in [1, 2, 4, 8] {
            attempts.failed(&here, start);
            let wait = attempts.wait(&from("SOMEBODY", "192.0.2.1"), start);
            assert_eq!(wait, Some(Duration::from_secs(seconds)));
        }
        assert_eq!(attempts.wait(&here, start + Duration::from_secs(8)), None);
        assert_eq!(attempts.wait(&from("somebody", "192.0.2.2"), start), None);
        for _ in 0..40 {
            attempts.failed(&here, start);
        }
        assert_eq!(attempts.wait(&here, start), Some(LONGEST));
        // Long after that a failure is the first one again.
        attempts.failed(&here, start + FORGET);
        assert_eq!(attempts.wait(&here, start + FORGET), None);
        attempts.failed(&here, start);
        attempts.succeeded(&here);
        assert_eq!(attempts.wait(&here, start), None);
    }

    #[test]
    fn one_machine_cannot_try_all_users() {
        for address in [
            |_: u32| "192.0.2.1".to_owned(),
            |_: u32| "::ffff:192.0.2.1".to_owned(),
            |number: u32| format!("2001:db8::{number:x}"),
        ] {
            let attempts = Attempts::default();
            let start = Instant::now();
            for number in 0..=FREE * 10 {
                let attempt = from(&format!("user-{number}"), &address(number));
                attempts.failed(&attempt, start);
            }
            let next = from("somebody", &address(4711));
            assert!(attempts.wait(&next, start).is_some(), "{next:?}");
        }
        let other = from("somebody", "2001:db8:0:1::1");
        assert_eq!(Attempts::default().wait(&other, Instant::now()), None);
    }

    #[test]
    fn memory_is_bounded() {
        let attempts = Attempts::default();
        let start = Instant::now();
        for number in 0..REMEMBERED + 10 {
            attempts.failed(&Attempt::new(&number.to_string(), None), start);
        }
        assert_eq!(attempts.0.lock().unwrap().len(), REMEMBERED);
        let long = Attempt::new(&"n".repeat(1 << 20), None);
        assert_eq!(long.user.len(), NAME);
    }
}
