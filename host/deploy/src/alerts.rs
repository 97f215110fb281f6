//! Alerts: raised and cleared by what the service notices.

use mintage_records::model::{Alert, Severity};
use mintage_records::{Change, Filter, Id, Kind, Match, Query, RecordsError, Stored};

/// The state of an alert that holds.
pub const ACTIVE: &str = "Active";
/// The state of an alert whose reason went away.
pub const CLEARED: &str = "Cleared";

/// Something that needs attention.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewAlert {
    /// How bad it is.
    pub severity: Severity,
    /// One sentence: what is wrong.
    pub description: String,
    /// What to do.
    pub corrective_action: String,
    /// What it is about.
    pub resource: Option<(Kind, Id)>,
}

/// Raises an alert; one that is there already, with the same description about the same resource, stays
/// as it is.
///
/// # Errors
/// `Database`.
pub fn raise(change: &mut Change<'_>, alert: NewAlert) -> Result<Stored<Alert>, RecordsError> {
    for there in active(change)? {
        let same = there.body.description == alert.description;
        if same && there.body.resource == alert.resource {
            return Ok(there);
        }
    }
    tracing::warn!(severity = ?alert.severity, description = alert.description, "alert");
    change.insert(Alert {
        description: alert.description,
        severity: alert.severity,
        corrective_action: alert.corrective_action,
        alert_state: ACTIVE.to_owned(),
        resource: alert.resource,
        cleared: None,
    })
}

/// Clears all alerts about a resource; returns how many.
///
/// # Errors
/// `Database`.
pub fn clear(change: &mut Change<'_>, resource: &(Kind, Id)) -> Result<usize, RecordsError> {
    clear_those(change, |alert| alert.resource.as_ref() == Some(resource))
}

/// Clears the alert about no resource that has this description; returns how many.
///
/// # Errors
/// `Database`.
pub fn clear_described(change: &mut Change<'_>, description: &str) -> Result<usize, RecordsError> {
    clear_those(change, |alert| {
        alert.resource.is_none() && alert.description == description
    })
}

fn clear_those(
    change: &mut Change<'_>,
    is_over: impl Fn(&Alert) -> bool,
) -> Result<usize, RecordsError> {
    let mut cleared = 0;
    for alert in active(change)? {
        if !is_over(&alert.body) {
            continue;
        }
        let body = Alert {
            alert_state: CLEARED.to_owned(),
            cleared: Some(change.at()),
            ..alert.body
        };
        change.update(&alert.id, &Match::Any, body)?;
        cleared += 1;
    }
    Ok(cleared)
}

/// What holds about a resource from now on: clears its other alerts, and raises this one unless it is
/// there.
///
/// # Errors
/// `Database`.
pub fn replace(
    change: &mut Change<'_>,
    resource: &(Kind, Id),
    now: Option<NewAlert>,
) -> Result<(), RecordsError> {
    let mut there = active(change)?;
    there.retain(|alert| alert.body.resource.as_ref() == Some(resource));
    let holds = |alert: &Stored<Alert>| {
        let now = now.as_ref().map(|now| now.description.as_str());
        now == Some(alert.body.description.as_str())
    };
    if !there.iter().all(holds) {
        clear(change, resource)?;
    }
    match now {
        Some(now) => raise(change, now).map(drop),
        None => Ok(()),
    }
}

fn active(change: &mut Change<'_>) -> Result<Vec<Stored<Alert>>, RecordsError> {
    let query = Query {
        filters: vec![Filter::equal("alertState", ACTIVE)],
        ..Query::default()
    };
    Ok(change.list::<Alert>(&query)?.members)
}
