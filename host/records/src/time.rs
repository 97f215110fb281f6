//! `Time`: when something was made or changed, in milliseconds, as the wire writes it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::time::Duration;

/// A point in time, in milliseconds since 1970, UTC.
#[derive(
    Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Time(i64);

impl Time {
    /// Now, by this machine's clock.
    pub fn now() -> Self {
        Self(Timestamp::now().as_millisecond())
    }

    /// From milliseconds since 1970.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From the form of the wire, with or without parts of a second, with `Z` or an offset.
    pub fn parse(text: &str) -> Option<Self> {
        let timestamp = text.parse::<Timestamp>().ok()?;
        Some(Self(timestamp.as_millisecond()))
    }

    /// Milliseconds since 1970.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// How long after `earlier` this is; zero when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// This time and `more`.
    #[must_use]
    pub fn plus(self, more: Duration) -> Self {
        Self(
            self.0
                .saturating_add(i64::try_from(more.as_millis()).unwrap_or(i64::MAX)),
        )
    }
}

/// `2017-01-06T12:40:07.161Z`, the form of the wire.
impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match Timestamp::from_millisecond(self.0) {
            Ok(timestamp) => write!(f, "{timestamp:.3}"),
            // Outside of years -9999 to 9999: no clock says that.
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_as_the_wire_does() {
        let table = [
            (0, "1970-01-01T00:00:00.000Z"),
            (1_483_706_407_161, "2017-01-06T12:40:07.161Z"),
        ];
        for (millis, text) in table {
            assert_eq!(Time::from_millis(millis).to_string(), text);
            assert_eq!(Time::parse(text), Some(Time::from_millis(millis)));
        }
    }
}
