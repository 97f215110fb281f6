//! `/rest/deployment-groups`: read-only.

use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, Tagged, page};
use axum::extract::State;
use mintage_records::model::DeploymentGroup;
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

/// A deployment group on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeploymentGroup)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    #[serde(rename = "managementNetworkname")]
    management_network_name: Option<String>,
    #[serde(rename = "managementNetworkuri")]
    management_network_uri: Option<String>,
}

impl From<Stored<DeploymentGroup>> for Wire {
    fn from(stored: Stored<DeploymentGroup>) -> Self {
        Self {
            type_name: "DeploymentGroup",
            category: Kind::DeploymentGroups.as_str(),
            uri: Kind::DeploymentGroups.uri(&stored.id),
            id: stored.id.to_string(),
            name: stored.body.name,
            description: stored.body.description,
            state: "OK",
            status: "OK",
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            management_network_name: None,
            management_network_uri: None,
        }
    }
}

/// All deployment groups.
#[utoipa::path(
    get,
    path = "/rest/deployment-groups",
    tag = "deployment-groups",
    operation_id = "listDeploymentGroups",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&[("state", "OK"), ("status", "OK")])?;
    let found = state.read(move |view| Ok(view.list::<DeploymentGroup>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    Ok(Json(page(
        "DeploymentGroupList",
        Kind::DeploymentGroups,
        &query,
        members,
        found.total,
    )))
}

/// One deployment group.
#[utoipa::path(
    get,
    path = "/rest/deployment-groups/{id}",
    tag = "deployment-groups",
    operation_id = "getDeploymentGroup",
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
    let stored = state
        .read(move |view| Ok(view.get::<DeploymentGroup>(&id)?))
        .await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}
