//! `/rest/deployment-plans`: make, read, change and delete deployment plans.

mod wire;

use super::artifact::{self, NamedUri, dependents, writable};
use super::os_deployment_plans::{self, Appliance};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{
    ApiVersion, Collection, Created, Json, ListQuery, PathId, Tagged, expected, page,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::model::DeploymentPlan;
use mintage_records::{Id, Kind, Stored, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CONSTANTS, Input, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(used_by))
        .routes(routes!(osdp))
}

/// A stored deployment plan as the wire has it.
pub(super) fn shown(stored: Stored<DeploymentPlan>, version: ApiVersion) -> impl serde::Serialize {
    Wire::new(stored, version, Vec::new())
}

fn found(
    view: &mut View<'_>,
    version: ApiVersion,
    stored: Stored<DeploymentPlan>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let users = view.used_by(Kind::DeploymentPlans, &stored.id)?;
    let tag = stored.version;
    Ok(Tagged(
        tag,
        Json(Wire::new(stored, version, dependents(users))),
    ))
}

/// All deployment plans.
#[utoipa::path(
    get,
    path = "/rest/deployment-plans",
    tag = "deployment-plans",
    operation_id = "listDeploymentPlans",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    version: ApiVersion,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&CONSTANTS)?;
    let listed = state.read(move |view| {
        let found = view.list::<DeploymentPlan>(&wanted)?;
        let ids: Vec<Id> = found.members.iter().map(|one| one.id.clone()).collect();
        let mut users = view.uses_of(Kind::DeploymentPlans, &ids)?;
        let members = found.members.into_iter().map(|stored| {
            let users = users.remove(&stored.id).unwrap_or_default();
            Wire::new(stored, version, dependents(users))
        });
        Ok((members.collect(), found.total))
    });
    let (members, total) = listed.await?;
    Ok(Json(page(
        "OEDeploymentPlanList",
        Kind::DeploymentPlans,
        &query,
        members,
        total,
    )))
}

/// Makes a deployment plan.
#[utoipa::path(
    post,
    path = "/rest/deployment-plans",
    tag = "deployment-plans",
    operation_id = "createDeploymentPlan",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    request_body = Input,
    responses(
        (status = 201, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    version: ApiVersion,
    Json(input): Json<Input>,
) -> Result<Created<Json<Wire>>, ApiError> {
    let sealer = state.sealer.clone();
    let made = state.change(caller.author(), move |change| {
        let plan = input.plan(change, None, &sealer)?;
        let stored = change.insert(plan)?;
        Ok(Created {
            uri: Kind::DeploymentPlans.uri(&stored.id),
            version: stored.version,
            body: Json(Wire::new(stored, version, Vec::new())),
        })
    });
    made.await
}

/// One deployment plan.
#[utoipa::path(
    get,
    path = "/rest/deployment-plans/{id}",
    tag = "deployment-plans",
    operation_id = "getDeploymentPlan",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    version: ApiVersion,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let read = state.read(move |view| {
        let stored = view.get::<DeploymentPlan>(&id)?;
        found(view, version, stored)
    });
    read.await
}

/// Changes a deployment plan; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/deployment-plans/{id}",
    tag = "deployment-plans",
    operation_id = "updateDeploymentPlan",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
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
    version: ApiVersion,
    PathId(id): PathId,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let sealer = state.sealer.clone();
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<DeploymentPlan>(&id)?;
        writable(&old.body)?;
        let plan = input.plan(change, Some(&old.body), &sealer)?;
        let stored = change.update(&id, &expected, plan)?;
        found(change, version, stored)
    });
    changed.await
}

/// Deletes a deployment plan that nothing uses.
#[utoipa::path(
    delete,
    path = "/rest/deployment-plans/{id}",
    tag = "deployment-plans",
    operation_id = "deleteDeploymentPlan",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
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
    artifact::delete::<DeploymentPlan>(&state, &caller, id, &headers).await
}

/// What uses a deployment plan.
#[utoipa::path(
    get,
    path = "/rest/deployment-plans/{id}/usedby",
    tag = "deployment-plans",
    operation_id = "listUsersOfDeploymentPlan",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Names and URIs.", body = Vec<NamedUri>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn used_by(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Vec<NamedUri>>, ApiError> {
    let read = state.read(move |view| {
        view.get::<DeploymentPlan>(&id)?;
        Ok(Json(dependents(view.used_by(Kind::DeploymentPlans, &id)?)))
    });
    read.await
}

/// The OS deployment plan that servers see of a deployment plan.
#[utoipa::path(
    get,
    path = "/rest/deployment-plans/{id}/osdp",
    tag = "deployment-plans",
    operation_id = "getOsDeploymentPlanOfDeploymentPlan",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = os_deployment_plans::Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn osdp(
    State(state): State<AppState>,
    appliance: Appliance,
    PathId(id): PathId,
) -> Result<Tagged<Json<os_deployment_plans::Wire>>, ApiError> {
    os_deployment_plans::one(state, appliance, id).await
}
