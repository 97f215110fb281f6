//! `/rest/build-plans`: make, read, change and delete build plans.

mod missing;
mod wire;

use super::artifact::{self, dependents, writable};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{
    ApiVersion, Collection, Created, Json, ListQuery, PathId, Tagged, expected, page,
};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::model::BuildPlan;
use mintage_records::{Id, Kind, Stored, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
pub(super) use wire::Wire;
use wire::{CONSTANTS, Input};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
}

/// Stored build plans as the wire has them.
pub(super) fn shown(
    view: &mut View<'_>,
    version: ApiVersion,
    plans: Vec<Stored<BuildPlan>>,
) -> Result<Vec<Wire>, ApiError> {
    let ids: Vec<Id> = plans.iter().map(|plan| plan.id.clone()).collect();
    let mut users = view.uses_of(Kind::BuildPlans, &ids)?;
    let steps = plans.iter().flat_map(|plan| &plan.body.steps);
    let scripts = steps.map(|step| &step.plan_script).collect();
    let names = view.names(Kind::PlanScripts, &scripts)?;
    let plans = plans.into_iter().map(|plan| {
        let users = users.remove(&plan.id).unwrap_or_default();
        Wire::new(plan, version, &names, dependents(users))
    });
    Ok(plans.collect())
}

/// A stored build plan as the wire has it, with what is worth a look.
fn looked_at(
    view: &mut View<'_>,
    version: ApiVersion,
    plan: Stored<BuildPlan>,
) -> Result<Wire, ApiError> {
    let warnings = missing::warnings(view, &plan.body)?;
    let users = view.used_by(Kind::BuildPlans, &plan.id)?;
    let scripts = plan.body.steps.iter().map(|step| &step.plan_script);
    let names = view.names(Kind::PlanScripts, &scripts.collect())?;
    Ok(Wire::new(plan, version, &names, dependents(users)).with_warnings(warnings))
}

/// All build plans.
#[utoipa::path(
    get,
    path = "/rest/build-plans",
    tag = "build-plans",
    operation_id = "listBuildPlans",
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
        let found = view.list::<BuildPlan>(&wanted)?;
        Ok((shown(view, version, found.members)?, found.total))
    });
    let (members, total) = listed.await?;
    Ok(Json(page(
        "OeBuildPlanList",
        Kind::BuildPlans,
        &query,
        members,
        total,
    )))
}

/// Makes a build plan.
#[utoipa::path(
    post,
    path = "/rest/build-plans",
    tag = "build-plans",
    operation_id = "createBuildPlan",
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
            uri: Kind::BuildPlans.uri(&stored.id),
            version: stored.version,
            body: Json(looked_at(change, version, stored)?),
        })
    });
    made.await
}

/// One build plan.
#[utoipa::path(
    get,
    path = "/rest/build-plans/{id}",
    tag = "build-plans",
    operation_id = "getBuildPlan",
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
    let found = state.read(move |view| {
        let stored = view.get::<BuildPlan>(&id)?;
        Ok(Tagged(
            stored.version,
            Json(looked_at(view, version, stored)?),
        ))
    });
    found.await
}

/// Changes a build plan; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/build-plans/{id}",
    tag = "build-plans",
    operation_id = "updateBuildPlan",
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
        let old = change.get::<BuildPlan>(&id)?;
        writable(&old.body)?;
        let plan = input.plan(change, Some(&old.body), &sealer)?;
        let stored = change.update(&id, &expected, plan)?;
        Ok(Tagged(
            stored.version,
            Json(looked_at(change, version, stored)?),
        ))
    });
    changed.await
}

/// Deletes a build plan that no deployment plan uses.
#[utoipa::path(
    delete,
    path = "/rest/build-plans/{id}",
    tag = "build-plans",
    operation_id = "deleteBuildPlan",
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
    artifact::delete::<BuildPlan>(&state, &caller, id, &headers).await
}
