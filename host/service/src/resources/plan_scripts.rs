//! `/rest/plan-scripts`: make, read, change and delete plan scripts.

mod checked;
mod compared;
mod diagnosed;
mod wire;

use super::artifact::{self, dependents, writable};
use super::build_plans;
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, in_turn};
use crate::wire::{
    Collection, Created, Json, ListQuery, Path, PathId, Query, Tagged, expected, page, read_whole,
};
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use checked::{check, findings};
use compared::{Differences, Given};
use diagnosed::Diagnosed;
use mintage_records::model::{BuildPlan, PlanScript};
use mintage_records::{Id, Kind, Match, Stored};
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
pub(super) use wire::asked;
use wire::{CONSTANTS, Draft, Input, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(diagnose))
        .routes(routes!(differences))
        .routes(routes!(read_only_users))
}

/// A stored script as the wire has it.
pub(super) fn shown(stored: Stored<PlanScript>) -> impl serde::Serialize {
    Wire::new(stored, Vec::new())
}

/// How a script is taken.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Taking {
    /// `false` stores a script in Rhai even if it has errors.
    validate: bool,
}

impl Default for Taking {
    fn default() -> Self {
        Self { validate: true }
    }
}

/// All plan scripts.
#[utoipa::path(
    get,
    path = "/rest/plan-scripts",
    tag = "plan-scripts",
    operation_id = "listPlanScripts",
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
    let wanted = query.to_query_with(&CONSTANTS)?;
    let listed = state.read(move |view| {
        let found = view.list::<PlanScript>(&wanted)?;
        let ids: Vec<Id> = found.members.iter().map(|one| one.id.clone()).collect();
        let mut users = view.uses_of(Kind::PlanScripts, &ids)?;
        let members = found.members.into_iter().map(|stored| {
            let users = users.remove(&stored.id).unwrap_or_default();
            Wire::new(stored, dependents(users))
        });
        Ok((members.collect(), found.total))
    });
    let (members, total) = listed.await?;
    Ok(Json(page(
        "PlanScriptList",
        Kind::PlanScripts,
        &query,
        members,
        total,
    )))
}

/// Makes a plan script.
#[utoipa::path(
    post,
    path = "/rest/plan-scripts",
    tag = "plan-scripts",
    operation_id = "createPlanScript",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(Taking),
    request_body = Input,
    responses(
        (status = 201, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Query(taking): Query<Taking>,
    Json(input): Json<Input>,
) -> Result<Created<Json<Wire>>, ApiError> {
    let script = input.script(None)?;
    let warnings = checked(&state, &script, taking).await?;
    let stored = state
        .change(caller.author(), move |change| Ok(change.insert(script)?))
        .await?;
    Ok(Created {
        uri: Kind::PlanScripts.uri(&stored.id),
        version: stored.version,
        body: Json(Wire::new(stored, Vec::new()).with_warnings(warnings)),
    })
}

/// One plan script.
#[utoipa::path(
    get,
    path = "/rest/plan-scripts/{id}",
    tag = "plan-scripts",
    operation_id = "getPlanScript",
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
    let found = state.read(move |view| {
        let stored = view.get::<PlanScript>(&id)?;
        let users = view.used_by(Kind::PlanScripts, &id)?;
        Ok(Tagged(
            stored.version,
            Json(Wire::new(stored, dependents(users))),
        ))
    });
    found.await
}

/// Changes a plan script; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/plan-scripts/{id}",
    tag = "plan-scripts",
    operation_id = "updatePlanScript",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(("id" = String, Path, description = "Its id."), Taking),
    request_body = Input,
    responses(
        (status = 200, description = "It, as it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
    Query(taking): Query<Taking>,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let of = id.clone();
    let old = state
        .read(move |view| Ok(view.get::<PlanScript>(&of)?))
        .await?;
    writable(&old.body)?;
    let script = input.script(Some(&old.body))?;
    let warnings = checked(&state, &script, taking).await?;
    let changed = state.change(caller.author(), move |change| {
        // What was read before the check may have changed since, and was merged with the request.
        let expected = match expected {
            Match::Any => Match::Version(old.version),
            given => given,
        };
        let stored = change.update(&id, &expected, script)?;
        let users = change.used_by(Kind::PlanScripts, &id)?;
        Ok((stored, users))
    });
    let (stored, users) = changed.await?;
    let version = stored.version;
    let wire = Wire::new(stored, dependents(users)).with_warnings(warnings);
    Ok(Tagged(version, Json(wire)))
}

/// Deletes a plan script that no build plan uses.
#[utoipa::path(
    delete,
    path = "/rest/plan-scripts/{id}",
    tag = "plan-scripts",
    operation_id = "deletePlanScript",
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
    artifact::delete::<PlanScript>(&state, &caller, id, &headers).await
}

/// What the checker says of a script that is not stored.
#[utoipa::path(
    post,
    path = "/rest/plan-scripts/check",
    tag = "plan-scripts",
    operation_id = "checkPlanScript",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    request_body = Draft,
    responses(
        (status = 200, description = "All errors and warnings.", body = Diagnosed),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn diagnose(
    State(state): State<AppState>,
    Json(draft): Json<Draft>,
) -> Result<Json<Diagnosed>, ApiError> {
    let script = draft.script()?;
    let checker = state.script_check.clone();
    let found = in_turn(&state.workers, move || findings(checker.as_ref(), &script));
    Ok(Json(found.await?.into()))
}

/// How a content differs from that of a plan script. The body is the content as a JSON text, an
/// object with `content`, or empty, which is no difference.
#[utoipa::path(
    post,
    path = "/rest/plan-scripts/differences/{id}",
    tag = "plan-scripts",
    operation_id = "comparePlanScript",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body(content = Given, description = "The content to compare with."),
    responses(
        (status = 200, description = "What differs.", body = Differences),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn differences(
    State(state): State<AppState>,
    PathId(id): PathId,
    body: Body,
) -> Result<Json<Differences>, ApiError> {
    let given = Given::read(&read_whole(body, state.limits.json_body).await?)?;
    let found = state.read(move |view| {
        let stored = view.get::<PlanScript>(&id)?;
        Ok(Json(Differences::new(&stored.body, given)))
    });
    found.await
}

/// The read-only build plans that use a plan script; none for a script that does not exist.
#[utoipa::path(
    get,
    path = "/rest/plan-scripts/{id}/usedby/readonly",
    tag = "plan-scripts",
    operation_id = "listReadOnlyUsersOfPlanScript",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The build plans.", body = Vec<build_plans::Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn read_only_users(
    State(state): State<AppState>,
    version: crate::wire::ApiVersion,
    Path(id): Path<String>,
) -> Result<Json<Vec<build_plans::Wire>>, ApiError> {
    let Some(id) = Id::parse(&id) else {
        return Ok(Json(Vec::new()));
    };
    let found = state.read(move |view| {
        let mut plans: Vec<Stored<BuildPlan>> = Vec::new();
        let users = view.used_by(Kind::PlanScripts, &id)?;
        for user in users.iter().filter(|user| user.kind == Kind::BuildPlans) {
            plans.extend(view.find(&user.id)?);
        }
        plans.retain(|plan| plan.body.hp_provided);
        plans.dedup_by(|a, b| a.id == b.id);
        Ok(Json(build_plans::shown(view, version, plans)?))
    });
    found.await
}

/// What is to be known of a script that was sent: warnings, when it can be stored.
async fn checked(
    state: &AppState,
    script: &PlanScript,
    taking: Taking,
) -> Result<Vec<String>, ApiError> {
    if !taking.validate {
        return Ok(Vec::new());
    }
    let (checker, script) = (state.script_check.clone(), script.clone());
    in_turn(&state.workers, move || check(checker.as_ref(), &script)).await
}
