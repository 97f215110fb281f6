//! `Fullness`: how much of a pool is given, and the alert before it is all.

use super::pool::Pool;
use crate::alerts::{self, NewAlert};
use mintage_records::model::{Ipv4Range, Severity};
use mintage_records::{Change, Kind, RecordsError, Stored, View};

/// A pool is nearly used up when less than one part in this many is free.
const NEARLY: u64 = 10;

/// How much of a range is given.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Fullness {
    /// How many addresses servers can have.
    pub total: u64,
    /// How many of them are given.
    pub given: u64,
}

impl Fullness {
    /// How many are free.
    pub fn free(self) -> u64 {
        self.total.saturating_sub(self.given)
    }
}

/// How much of a range of `pool` is given.
///
/// # Errors
/// `Records`.
pub fn fullness(
    view: &mut View<'_>,
    pool: &Pool,
    range: &Stored<Ipv4Range>,
) -> Result<Fullness, RecordsError> {
    Ok(Fullness {
        total: pool.size(&range.body),
        given: view.count_uses(Kind::Ipv4Ranges, &range.id)?,
    })
}

/// Raises the alert that a subnet has few addresses left or none, or clears it.
///
/// # Errors
/// `Records`.
pub fn judge(change: &mut Change<'_>, pool: &Pool) -> Result<(), RecordsError> {
    let mut all = Fullness::default();
    for range in pool.enabled() {
        let one = fullness(change, pool, range)?;
        all.total += one.total;
        all.given += one.given;
    }
    let about = (Kind::Ipv4Subnets, pool.subnet.id.clone());
    let (name, block) = (&pool.subnet.body.name, pool.block());
    let alert = |severity, what: &str| NewAlert {
        severity,
        description: format!("the subnet `{name}` ({block}) has {what}"),
        corrective_action: "Add a range to the subnet or enlarge one, or delete server profiles \
                            that nobody needs."
            .to_owned(),
        resource: Some(about.clone()),
    };
    let now = match all.free() {
        _ if all.total == 0 => None,
        0 => Some(alert(Severity::Critical, "no free address left")),
        free if free * NEARLY < all.total => Some(alert(
            Severity::Warning,
            "less than a tenth of its addresses left",
        )),
        _ => None,
    };
    alerts::replace(change, &about, now)
}
