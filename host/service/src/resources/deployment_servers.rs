//! `/rest/deployment-servers`: what deploys operating systems, as clients of OneView see it: this
//! service, under the names that they give it.

mod appliances;
mod wire;

use super::os_deployment_plans::Appliance;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Tagged, expected, page_of};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::Kind;
use mintage_records::model::DeploymentServer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CATEGORY, CONSTANTS, Input, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .merge(appliances::routes())
}

/// All deployment servers.
#[utoipa::path(
    get,
    path = "/rest/deployment-servers",
    tag = "deployment-servers",
    operation_id = "listDeploymentServers",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    appliance: Appliance,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&CONSTANTS)?;
    let found = state.read(move |view| Ok(view.list::<DeploymentServer>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter();
    let members = members
        .map(|stored| Wire::new(stored, &appliance))
        .collect();
    let base = Kind::DeploymentServers.collection_uri();
    Ok(Json(page_of(
        "DeploymentManagersList",
        CATEGORY,
        &base,
        &query,
        members,
        found.total,
    )))
}

/// Makes a deployment server.
#[utoipa::path(
    post,
    path = "/rest/deployment-servers",
    tag = "deployment-servers",
    operation_id = "createDeploymentServer",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    request_body = Input,
    responses(
        (status = 201, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    appliance: Appliance,
    Json(input): Json<Input>,
) -> Result<Created<Json<Wire>>, ApiError> {
    let made = state.change(caller.author(), move |change| {
        let server = input.server(change, None)?;
        let stored = change.insert(server)?;
        Ok(Created {
            uri: Kind::DeploymentServers.uri(&stored.id),
            version: stored.version,
            body: Json(Wire::new(stored, &appliance)),
        })
    });
    made.await
}

/// One deployment server.
#[utoipa::path(
    get,
    path = "/rest/deployment-servers/{id}",
    tag = "deployment-servers",
    operation_id = "getDeploymentServer",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    appliance: Appliance,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<DeploymentServer>(&id)?));
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(Wire::new(stored, &appliance))))
}

/// Changes a deployment server; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/deployment-servers/{id}",
    tag = "deployment-servers",
    operation_id = "updateDeploymentServer",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Input,
    responses(
        (status = 200, description = "It, as it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    appliance: Appliance,
    PathId(id): PathId,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<DeploymentServer>(&id)?;
        let server = input.server(change, Some(&old.body))?;
        let stored = change.update(&id, &expected, server)?;
        Ok(Tagged(stored.version, Json(Wire::new(stored, &appliance))))
    });
    changed.await
}

/// Deletes a deployment server: the name, not the service.
#[utoipa::path(
    delete,
    path = "/rest/deployment-servers/{id}",
    tag = "deployment-servers",
    operation_id = "deleteDeploymentServer",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let expected = expected(&headers, None)?;
    let deleted = state.change(caller.author(), move |change| {
        change.delete::<DeploymentServer>(&id, &expected)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}
