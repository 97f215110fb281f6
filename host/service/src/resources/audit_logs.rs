//! `/rest/audit-logs`: who did what.

use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, ListQuery};
use axum::extract::State;
use mintage_records::access::{AuditEntry, AuditQuery};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most entries of a page, also where all are asked for.
const LONGEST_PAGE: u64 = 1000;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// An entry on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AuditEntry)]
struct Wire {
    sequence: u64,
    at: String,
    user_name: String,
    address: String,
    method: String,
    path: String,
    /// The status of the reply.
    outcome: u16,
    /// The error's code, when it was refused.
    detail: String,
    request_id: String,
}

impl From<AuditEntry> for Wire {
    fn from(entry: AuditEntry) -> Self {
        Self {
            sequence: entry.sequence,
            at: entry.at.to_string(),
            user_name: entry.user_name,
            address: entry.address,
            method: entry.method,
            path: entry.path,
            outcome: entry.outcome,
            detail: entry.detail,
            request_id: entry.request_id,
        }
    }
}

/// A part of the log.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AuditLog {
    category: &'static str,
    members: Vec<Wire>,
    total: u64,
    count: u64,
    start: u64,
    next_page_uri: Option<String>,
}

/// The requests that changed something, or tried to, newest first; at most 1000 at once.
#[utoipa::path(
    get,
    path = "/rest/audit-logs",
    tag = "audit-logs",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(
        ("start" = Option<i64>, Query, description = "The place of the first one wanted."),
        ("count" = Option<i64>, Query, description = "The most that are wanted."),
        ("user" = Option<String>, Query, description = "Only of this user.")
    ),
    responses(
        (status = 200, description = "A part of the log.", body = AuditLog),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(State(state): State<AppState>, query: ListQuery) -> Result<Json<AuditLog>, ApiError> {
    let count = query.count.unwrap_or(LONGEST_PAGE).min(LONGEST_PAGE);
    let user = query.rest.iter().find(|(name, _)| name == "user");
    let wanted = AuditQuery {
        user_name: user.map(|(_, value)| value.clone()),
        start: query.start,
        count,
    };
    let found = state.read(move |view| Ok(view.audit_log(&wanted)?)).await?;
    let members: Vec<Wire> = found.members.into_iter().map(Wire::from).collect();
    let end = query.start.saturating_add(members.len() as u64);
    let more = end < found.total && !members.is_empty();
    Ok(Json(AuditLog {
        category: "audit-logs",
        count: members.len() as u64,
        members,
        total: found.total,
        start: query.start,
        next_page_uri: more.then(|| query.uri("/rest/audit-logs", end, Some(count))),
    }))
}
