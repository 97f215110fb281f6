//! Points in time as texts of RFC 3339, in UTC: `2026-01-01T00:00:00Z`.

use mintage_volume::date::{SECONDS_A_DAY, date_of, days_of};
use mintage_volume::filesystem::Timestamp;

/// A point in time as text. Nanoseconds are shown where there are any.
pub fn format_time(time: Timestamp) -> String {
    let (days, second) = (
        time.seconds.div_euclid(SECONDS_A_DAY),
        time.seconds.rem_euclid(SECONDS_A_DAY),
    );
    let (year, month, day) = date_of(days);
    let fraction = match time.nanoseconds {
        0 => String::new(),
        nanoseconds => format!(".{nanoseconds:09}"),
    };
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}{fraction}Z")
}

/// The point in time that a text of the form `2026-01-01T00:00:00Z` means, years 0001 to 9999.
/// `None` when it is not such a text.
pub fn parse_time(text: &str) -> Option<Timestamp> {
    let (date, time) = text.strip_suffix('Z')?.split_once('T')?;
    let [year, month, day] = numbers(date, '-', [4, 2, 2])?;
    let (time, fraction) = time.split_once('.').unwrap_or((time, "0"));
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2])?;
    let days = days_of(year, month, day);
    let is_date = year >= 1 && date_of(days) == (year, month, day);
    if !is_date || hour > 23 || minute > 59 || second > 59 || fraction.len() > 9 {
        return None;
    }
    let [fraction] = numbers(&format!("{fraction:0<9}"), '.', [9])?;
    Some(Timestamp {
        seconds: days * SECONDS_A_DAY + hour * 3600 + minute * 60 + second,
        nanoseconds: u32::try_from(fraction).ok()?,
    })
}

/// Numbers of exactly so many digits each.
fn numbers<const N: usize>(text: &str, between: char, digits: [usize; N]) -> Option<[i64; N]> {
    let mut parts = text.split(between);
    let mut numbers = [0; N];
    for (number, digits) in numbers.iter_mut().zip(digits) {
        let part = parts.next()?;
        let good = part.len() == digits && part.bytes().all(|b| b.is_ascii_digit());
        *number = good.then(|| part.parse().ok()).flatten()?;
    }
    parts.next().is_none().then_some(numbers)
}

/// For fields of serialized structures that may have no time.
pub(crate) mod optional {
    use super::{Timestamp, format_time, parse_time};
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub(crate) fn serialize<S: Serializer>(
        time: &Option<Timestamp>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time.map(format_time).serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<Timestamp>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        let Some(text) = text else { return Ok(None) };
        let refused = || serde::de::Error::custom(format!("`{text}` is not a time"));
        parse_time(&text).map(Some).ok_or_else(refused)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64, nanoseconds: u32) -> Timestamp {
        Timestamp {
            seconds,
            nanoseconds,
        }
    }

    #[test]
    fn times_as_text_and_back() {
        for (text, time) in [
            ("1970-01-01T00:00:00Z", at(0, 0)),
            ("2026-01-01T00:00:00Z", at(1_767_225_600, 0)),
            ("2000-02-29T23:59:59Z", at(951_868_799, 0)),
            ("1969-12-31T23:59:59Z", at(-1, 0)),
            ("2038-01-19T03:14:08.000000001Z", at(2_147_483_648, 1)),
            ("0001-01-01T00:00:00Z", at(-62_135_596_800, 0)),
            ("9999-12-31T23:59:59Z", at(253_402_300_799, 0)),
        ] {
            assert_eq!(parse_time(text), Some(time), "{text}");
            assert_eq!(format_time(time), text);
        }
        assert_eq!(
            parse_time("2026-01-01T00:00:00.5Z"),
            Some(at(1_767_225_600, 500_000_000))
        );
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in [
            "",
            "2026-01-01",
            "2026-01-01T00:00:00",
            "2026-02-29T00:00:00Z",
            "2026-13-01T00:00:00Z",
            "2026-01-00T00:00:00Z",
            "2026-01-01T24:00:00Z",
            "2026-01-01T00:00:60Z",
            "2026-1-01T00:00:00Z",
            "+026-01-01T00:00:00Z",
            "2026-01-01T00:00:00.1234567890Z",
            "2026-01-01T00:00:00+01:00Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }
}
