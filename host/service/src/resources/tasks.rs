//! `/rest/tasks`: what long work does, and how to stop it.

mod wire;

pub use wire::TaskWire;

use crate::access::{Caller, Permission};
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, blocking};
use crate::wire::{Collection, Json, ListQuery, PathId, Tagged, page};
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use mintage_deploy::bundles::{CreateBackup, RestoreBackup};
use mintage_deploy::os_volumes::Deploy;
use mintage_deploy::server_profiles::{ChangeProfile, DeployProfile};
use mintage_deploy::task::{CancelError, Verb as _};
use mintage_records::model::Task;
use mintage_records::{Id, Kind, Stored};
use std::sync::Arc;
use std::time::Duration;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest time that a request is held, in seconds.
const MAX_WAIT: u64 = 60;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get, patch))
        .routes(routes!(cancel))
}

/// All tasks.
#[utoipa::path(
    get,
    path = "/rest/tasks",
    tag = "tasks",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<TaskWire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<TaskWire>>, ApiError> {
    let wanted = query.to_query()?;
    let found = state.read(move |view| Ok(view.list::<Task>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(TaskWire::from).collect();
    Ok(Json(page(
        "TaskResourceCollection",
        Kind::Tasks,
        &query,
        members,
        found.total,
    )))
}

/// One task. With `wait`, the reply comes when the task has ended, or has another version than
/// `sinceVersion`, or the time is over.
#[utoipa::path(
    get,
    path = "/rest/tasks/{id}",
    tag = "tasks",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(
        ("id" = String, Path, description = "Its id."),
        ("wait" = Option<u64>, Query, description = "For how long the request may be held, in seconds, at most 60."),
        ("sinceVersion" = Option<u64>, Query, description = "The `eTag` that is known already."),
    ),
    responses(
        (status = 200, description = "It.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    PathId(id): PathId,
    RawQuery(query): RawQuery,
) -> Result<Tagged<Json<TaskWire>>, ApiError> {
    let poll = Poll::parse(query.as_deref().unwrap_or_default())?;
    let patience = Duration::from_secs(poll.wait.min(MAX_WAIT));
    let waited = tokio::select! {
        biased;
        task = state.tasks.wait(&id, poll.since_version, patience) => Some(task),
        // The next request finds the service that starts next.
        () = state.stop.wait() => None,
    };
    let task = match waited {
        Some(task) => task?,
        None => state.read(move |view| Ok(view.get::<Task>(&id)?)).await?,
    };
    Ok(Tagged(task.version, Json(task.into())))
}

/// Stops a task: what it has done is undone, then it is `Terminated`. To stop one that is being stopped
/// changes nothing.
#[utoipa::path(
    post,
    path = "/rest/tasks/{id}/cancel",
    tag = "tasks",
    security(("session" = ["stop"]), ("token" = ["stop"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It, as it stops.", body = TaskWire),
        (status = 409, description = "It has ended already.", body = Envelope),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn cancel(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Tagged<Json<TaskWire>>, ApiError> {
    let task = stop(&state, &caller, id).await?;
    Ok(Tagged(task.version, Json(task.into())))
}

/// Cancels a task, as clients of OneView ask for it; the body does not count.
#[utoipa::path(
    patch,
    path = "/rest/tasks/{id}",
    tag = "tasks",
    security(("session" = ["stop"]), ("token" = ["stop"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It, as it stops.", body = TaskWire),
        (status = 409, description = "It has ended already.", body = Envelope),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn patch(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<Tagged<Json<TaskWire>>, ApiError> {
    let task = stop(&state, &caller, id).await?;
    Ok(Tagged(task.version, Json(task.into())))
}

async fn stop(state: &AppState, caller: &Caller, id: Id) -> Result<Stored<Task>, ApiError> {
    let of = id.clone();
    let task = state.read(move |view| Ok(view.get::<Task>(&of)?)).await?;
    if !to_begin(&task.body.verb).is_granted_to(caller.role) {
        let (name, role) = (&caller.name, caller.role);
        let message = format!("`{name}` has the role `{role}`, which may not begin such tasks");
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
            .action("Ask who may begin it, or an infrastructure administrator."));
    }
    let (tasks, author) = (Arc::clone(&state.tasks), caller.author());
    blocking(move || Ok(tasks.cancel(&id, &author)?)).await
}

/// What somebody needs to begin a task with this verb, and to stop one.
fn to_begin(verb: &str) -> Permission {
    match verb {
        Deploy::NAME | DeployProfile::NAME | ChangeProfile::NAME => Permission::Deploy,
        CreateBackup::NAME | RestoreBackup::NAME => Permission::Administer,
        _ => Permission::Artifacts,
    }
}

impl From<CancelError> for ApiError {
    fn from(error: CancelError) -> Self {
        match error {
            CancelError::Records(error) => error.into(),
            CancelError::Ended(_) => {
                Self::new(StatusCode::CONFLICT, "TASK_ENDED", error.to_string())
                    .action("Undo it by hand: delete what it made.")
            }
        }
    }
}

/// What of a query is about waiting.
#[derive(Debug, Default, PartialEq, Eq)]
struct Poll {
    wait: u64,
    since_version: Option<u64>,
}

impl Poll {
    fn parse(query: &str) -> Result<Self, ApiError> {
        let mut poll = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let number = || {
                value.trim().parse::<u64>().map_err(|_| {
                    let message = format!("`{name}` must be a whole number, 0 or more");
                    ApiError::bad_request("INVALID_QUERY", message).source(name.as_ref())
                })
            };
            match name.as_ref() {
                "wait" => poll.wait = number()?,
                "sinceVersion" => poll.since_version = Some(number()?),
                _ => {}
            }
        }
        Ok(poll)
    }
}
