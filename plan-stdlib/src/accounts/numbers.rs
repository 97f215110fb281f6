//! Which number a new account gets: the one that useradd(8) and groupadd(8) would give it.

use super::table::Table;
use mintage_engine::{Code, PlanError};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// The numbers in the third field of a file of users or groups.
pub(crate) fn used(table: &Table<'_>) -> BTreeSet<u32> {
    let number = |row: Vec<&[u8]>| std::str::from_utf8(row.get(2)?).ok()?.parse().ok();
    table.rows().filter_map(number).collect()
}

/// The number for a new account: behind the highest that is used, and for the system's own
/// accounts before the lowest; where there is no room, the first gap.
///
/// # Errors
/// `P2013` when no number is free.
pub(crate) fn free(
    used: &BTreeSet<u32>,
    range: RangeInclusive<u32>,
    is_system: bool,
) -> Result<u32, PlanError> {
    let (first, last) = (*range.start(), *range.end());
    let is_free = |number: &u32| range.contains(number) && !used.contains(number);
    if first > last {
        return Err(none_free(first, last));
    }
    let within = used.range(range.clone());
    let found = if is_system {
        let lowest = within.into_iter().next();
        let next = lowest.map_or(Some(last), |lowest| lowest.checked_sub(1));
        next.filter(is_free)
            .or_else(|| range.clone().rev().find(|n| is_free(n)))
    } else {
        let next = within
            .last()
            .map_or(Some(first), |highest| highest.checked_add(1));
        next.filter(is_free)
            .or_else(|| range.clone().find(|n| is_free(n)))
    };
    found.ok_or_else(|| none_free(first, last))
}

/// Where a new user's subordinate numbers start: behind all that others have.
pub(crate) fn subordinate(
    table: &Table<'_>,
    range: RangeInclusive<u32>,
    count: u32,
) -> Option<u32> {
    let number =
        |field: Option<&&[u8]>| -> Option<u32> { std::str::from_utf8(field?).ok()?.parse().ok() };
    let ends = table
        .rows()
        .filter_map(|row| number(row.get(1))?.checked_add(number(row.get(2))?));
    let start = ends.max().unwrap_or(0).max(*range.start());
    let last = start.checked_add(count.checked_sub(1)?)?;
    (last <= *range.end()).then_some(start)
}

fn none_free(first: u32, last: u32) -> PlanError {
    let message = format!("no number is free from {first} to {last}");
    PlanError::new(Code::P2013, message).help("the range is set in `/etc/login.defs`")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_those_of_shadow_utils() {
        for (used, range, is_system, expected) in [
            (
                &[0, 1000, 1004, 65534][..],
                1000..=60_000,
                false,
                Some(1005),
            ),
            (&[0], 1000..=60_000, false, Some(1000)),
            (&[10, 12], 10..=12, false, Some(11)),
            (&[10, 11], 10..=11, false, None),
            (&[0, 101, 998, 999], 101..=999, true, Some(997)),
            (&[0, 990], 101..=999, true, Some(989)),
            (&[0], 101..=999, true, Some(999)),
            (&[10, 12], 10..=12, true, Some(11)),
            (&[u32::MAX], 5..=u32::MAX, false, Some(5)),
            // A file may say so.
            (&[], RangeInclusive::new(7, 6), false, None),
        ] {
            let used: BTreeSet<u32> = used.iter().copied().collect();
            let message = format!("{used:?} {range:?}");
            assert_eq!(free(&used, range, is_system).ok(), expected, "{message}");
        }
    }

    #[test]
    fn subordinate_numbers_do_not_overlap() {
        for (content, expected) in [
            ("", Some(100_000)),
            ("a:100000:65536\n", Some(165_536)),
            ("a:5:5\nb:100000:10\nbroken\nc:x:y\n", Some(100_010)),
            ("a:4294967295:65536\n", Some(100_000)),
            ("a:600000000:65536\n", None),
        ] {
            let table = Table::parse(content.as_bytes());
            let start = subordinate(&table, 100_000..=600_100_000, 65_536);
            assert_eq!(start, expected, "{content}");
        }
    }
}
