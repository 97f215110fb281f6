//! The entry of a file in its directory: 32 bytes with short name, attributes, times, first
//! cluster and length.

use super::geometry::Width;
use crate::date::{SECONDS_A_DAY, date_of, days_of};
use crate::filesystem::Timestamp;

/// Length of an entry.
pub(super) const SLOT: usize = 32;

const READ_ONLY: u8 = 0x01;
const VOLUME: u8 = 0x08;
const DIRECTORY: u8 = 0x10;
const ARCHIVE: u8 = 0x20;

/// 1980-01-01T00:00:00Z, the first time that can be stored.
const FIRST_SECOND: i64 = 315_532_800;
/// 2108-01-01T00:00:00Z, the first that cannot.
const END_SECOND: i64 = 4_354_819_200;

/// One entry, as stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry(pub(super) [u8; SLOT]);

impl Entry {
    /// A new file or directory, all times `now`.
    pub(super) fn new(is_directory: bool, now: FatTime) -> Self {
        let mut entry = Self([0; SLOT]);
        entry.0[11] = if is_directory { DIRECTORY } else { ARCHIVE };
        entry.0[13] = now.hundredths;
        entry.put(14, now.time.to_le_bytes());
        entry.put(16, now.date.to_le_bytes());
        entry.set_accessed(now);
        entry.set_modified(now);
        entry
    }

    fn put<const N: usize>(&mut self, at: usize, bytes: [u8; N]) {
        self.0[at..at + N].copy_from_slice(&bytes);
    }

    fn u16(&self, at: usize) -> u16 {
        u16::from_le_bytes([self.0[at], self.0[at + 1]])
    }

    pub(super) fn short_name(&self) -> [u8; 11] {
        let mut name = [0; 11];
        name.copy_from_slice(&self.0[..11]);
        name
    }

    pub(super) fn set_short_name(&mut self, name: [u8; 11]) {
        self.put(0, name);
        // The flags for lower case are of the old name.
        self.0[12] = 0;
    }

    /// The two flags that show base and extension of a short name in lower case.
    pub(super) fn lower_case(&self) -> (bool, bool) {
        (self.0[12] & 0x08 != 0, self.0[12] & 0x10 != 0)
    }

    pub(super) fn is_directory(&self) -> bool {
        self.0[11] & DIRECTORY != 0
    }

    pub(super) fn is_label(&self) -> bool {
        self.0[11] & VOLUME != 0
    }

    pub(super) fn is_read_only(&self) -> bool {
        self.0[11] & READ_ONLY != 0
    }

    pub(super) fn first_cluster(&self, width: Width) -> u32 {
        let high = if width == Width::Fat32 {
            self.u16(20)
        } else {
            0
        };
        u32::from(high) << 16 | u32::from(self.u16(26))
    }

    pub(super) fn set_first_cluster(&mut self, cluster: u32) {
        let [b0, b1, b2, b3] = cluster.to_le_bytes();
        self.put(20, [b2, b3]);
        self.put(26, [b0, b1]);
    }

    pub(super) fn len(&self) -> u32 {
        u32::from_le_bytes([self.0[28], self.0[29], self.0[30], self.0[31]])
    }

    pub(super) fn set_len(&mut self, len: u32) {
        self.put(28, len.to_le_bytes());
    }

    pub(super) fn accessed(&self) -> Timestamp {
        timestamp(self.u16(18), 0)
    }

    pub(super) fn modified(&self) -> Timestamp {
        timestamp(self.u16(24), self.u16(22))
    }

    pub(super) fn set_accessed(&mut self, time: FatTime) {
        self.put(18, time.date.to_le_bytes());
    }

    pub(super) fn set_modified(&mut self, time: FatTime) {
        self.put(22, time.time.to_le_bytes());
        self.put(24, time.date.to_le_bytes());
    }
}

/// A point in time as FAT stores it, in UTC and in steps of two seconds.
#[derive(Debug, Clone, Copy)]
pub(super) struct FatTime {
    date: u16,
    time: u16,
    /// What the steps leave over, 0 to 199.
    hundredths: u8,
}

impl FatTime {
    /// None before 1980 and after 2107.
    pub(super) fn new(at: Timestamp) -> Option<Self> {
        if !(FIRST_SECOND..END_SECOND).contains(&at.seconds) {
            return None;
        }
        let (year, month, day) = date_of(at.seconds.div_euclid(SECONDS_A_DAY));
        let second = at.seconds.rem_euclid(SECONDS_A_DAY);
        let date = (year - 1980) << 9 | month << 5 | day;
        let (hour, minute) = (second / 3600, second / 60 % 60);
        let time = (hour << 11) | (minute << 5) | (second % 60 / 2);
        let hundredths = second % 2 * 100 + i64::from(at.nanoseconds / 10_000_000);
        Some(Self {
            date: u16::try_from(date).ok()?,
            time: u16::try_from(time).ok()?,
            hundredths: u8::try_from(hundredths).ok()?,
        })
    }
}

/// The time that date and time mean; parts that are out of range count as the nearest in range.
fn timestamp(date: u16, time: u16) -> Timestamp {
    let (date, time) = (i64::from(date), i64::from(time));
    let (year, month, day) = (
        1980 + (date >> 9),
        (date >> 5 & 0xf).clamp(1, 12),
        (date & 0x1f).max(1),
    );
    let second = (time >> 11).min(23) * 3600 + (time >> 5 & 0x3f).min(59) * 60;
    Timestamp {
        seconds: days_of(year, month, day) * SECONDS_A_DAY + second + (time & 0x1f).min(29) * 2,
        nanoseconds: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_come_back_in_steps_of_two_seconds() {
        for (seconds, stored) in [
            (315_532_800, 315_532_800),
            (951_782_401, 951_782_400),
            (1_709_251_199, 1_709_251_198),
            (4_354_819_199, 4_354_819_198),
        ] {
            let at = Timestamp {
                seconds,
                nanoseconds: 999_999_999,
            };
            let entry = Entry::new(false, FatTime::new(at).unwrap());
            assert_eq!(entry.modified().seconds, stored);
            assert_eq!(
                entry.accessed().seconds,
                seconds / SECONDS_A_DAY * SECONDS_A_DAY
            );
        }
    }

    #[test]
    fn times_out_of_range_are_none_and_stored_nonsense_is_some_time() {
        for seconds in [i64::MIN, -1, 0, 315_532_799, 4_354_819_200, i64::MAX] {
            let nanoseconds = 0;
            let at = Timestamp {
                seconds,
                nanoseconds,
            };
            assert!(FatTime::new(at).is_none(), "{seconds}");
        }
        let [none, all] = [0, u16::MAX].map(|word| timestamp(word, word).seconds);
        assert_eq!((none, all), (315_532_800, 4_354_819_198));
    }
}
