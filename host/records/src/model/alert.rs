//! `Alert`: something that needs attention.

use crate::id::Id;
use crate::resource::{Field, Kind, Resource};
use crate::time::Time;
use serde::{Deserialize, Serialize};

/// An alert.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Alert {
    /// One sentence: what is wrong.
    pub description: String,
    /// How bad it is.
    pub severity: Severity,
    /// What to do.
    pub corrective_action: String,
    /// `Active` or `Cleared`.
    pub alert_state: String,
    /// The resource that it is about.
    pub resource: Option<(Kind, Id)>,
    /// When it went away.
    pub cleared: Option<Time>,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Severity {
    /// All is well.
    #[serde(rename = "OK")]
    Ok,
    /// Somebody should look.
    Warning,
    /// Something does not work.
    Critical,
}

impl Resource for Alert {
    const KIND: Kind = Kind::Alerts;
    const FIELDS: &'static [Field] = &[
        Field::text("description"),
        Field::text("severity"),
        Field::text("alertState"),
    ];

    fn name(&self) -> &str {
        &self.description
    }
}
