//! `Capacity`: how much a store holds.

use serde::Serialize;

/// How much a store holds, and how much more it takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Capacity {
    /// All of it, in bytes.
    pub total: u64,
    /// What this service can still write, in bytes.
    pub free: u64,
    /// Whether a clone shares blocks with its source: then it takes no space until it is written to.
    pub clones_share: bool,
}

impl Capacity {
    /// The free part of all, in percent, rounded down.
    pub fn free_percent(&self) -> u64 {
        let free = u128::from(self.free) * 100;
        // A store of nothing has nothing free.
        let percent = free.checked_div(u128::from(self.total)).unwrap_or(0);
        u64::try_from(percent).unwrap_or(100)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percents_are_rounded_down_and_never_overflow() {
        for (total, free, percent) in [
            (0, 0, 0),
            (100, 0, 0),
            (1000, 99, 9),
            (1000, 100, 10),
            (u64::MAX, u64::MAX, 100),
        ] {
            let capacity = Capacity {
                total,
                free,
                clones_share: true,
            };
            assert_eq!(capacity.free_percent(), percent, "{free} of {total}");
        }
    }
}
