//! `/rest/alerts`: what somebody must look at. The service raises and clears them by itself.

use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, Tagged, page};
use axum::extract::State;
use mintage_records::model::{Alert, Severity};
use mintage_records::{Kind, Stored};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// An alert on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Alert)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    /// One sentence: what is wrong.
    description: String,
    /// `OK`, `Warning` or `Critical`.
    severity: &'static str,
    /// What to do.
    corrective_action: String,
    /// `Active` or `Cleared`.
    alert_state: String,
    associated_resource: AlertResource,
    created: String,
    modified: String,
    /// When its reason went away.
    cleared: Option<String>,
    e_tag: String,
}

/// What an alert is about.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct AlertResource {
    resource_uri: Option<String>,
    resource_category: Option<&'static str>,
}

impl From<Stored<Alert>> for Wire {
    fn from(stored: Stored<Alert>) -> Self {
        let resource = stored.body.resource.as_ref();
        Self {
            type_name: "AlertResourceV3",
            category: Kind::Alerts.as_str(),
            uri: Kind::Alerts.uri(&stored.id),
            id: stored.id.to_string(),
            severity: match stored.body.severity {
                Severity::Ok => "OK",
                Severity::Warning => "Warning",
                Severity::Critical => "Critical",
            },
            associated_resource: AlertResource {
                resource_uri: resource.map(|(kind, id)| kind.uri(id)),
                resource_category: resource.map(|(kind, _)| kind.as_str()),
            },
            description: stored.body.description,
            corrective_action: stored.body.corrective_action,
            alert_state: stored.body.alert_state,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            cleared: stored.body.cleared.map(|time| time.to_string()),
            e_tag: stored.version.to_string(),
        }
    }
}

/// All alerts.
#[utoipa::path(
    get,
    path = "/rest/alerts",
    tag = "alerts",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query()?;
    let found = state.read(move |view| Ok(view.list::<Alert>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    Ok(Json(page(
        "AlertResourceCollectionV3",
        Kind::Alerts,
        &query,
        members,
        found.total,
    )))
}

/// One alert.
#[utoipa::path(
    get,
    path = "/rest/alerts/{id}",
    tag = "alerts",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<Alert>(&id)?)).await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}
