//! `/rest/server-hardware`: the machines that server profiles are assigned to.

mod consoles;
mod input;
mod inventory;
mod power;
mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use input::Input;
use mintage_records::model::ServerHardware;
use mintage_records::{Id, Kind, Stored, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CONSTANTS, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .merge(inventory::routes())
        .merge(consoles::routes())
        .merge(power::routes())
}

/// A stored server as the wire has it.
fn shown(view: &mut View<'_>, stored: Stored<ServerHardware>) -> Result<Wire, ApiError> {
    let users = view.used_by(Kind::ServerHardware, &stored.id)?;
    Ok(Wire::new(stored, users))
}

/// All servers.
#[utoipa::path(
    get,
    path = "/rest/server-hardware",
    tag = "server-hardware",
    operation_id = "listServerHardware",
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
        let found = view.list::<ServerHardware>(&wanted)?;
        let ids: Vec<Id> = found.members.iter().map(|one| one.id.clone()).collect();
        let mut users = view.uses_of(Kind::ServerHardware, &ids)?;
        let members = found.members.into_iter().map(|stored| {
            let users = users.remove(&stored.id).unwrap_or_default();
            Wire::new(stored, users)
        });
        Ok((members.collect(), found.total))
    });
    let (members, total) = listed.await?;
    let kind = Kind::ServerHardware;
    Ok(Json(page(
        "server-hardware-list-12",
        kind,
        &query,
        members,
        total,
    )))
}

/// Adds a server: with its BMC, or what is known of it.
#[utoipa::path(
    post,
    path = "/rest/server-hardware",
    tag = "server-hardware",
    operation_id = "addServerHardware",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Input,
    responses(
        (status = 201, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<Created<Json<Wire>>, ApiError> {
    let sealer = state.sealer.clone();
    let made = state.change(caller.author(), move |change| {
        let server = input.server(None, &sealer)?;
        input::refuse_twins(change, None, &server)?;
        let stored = change.insert(server)?;
        Ok(Created {
            uri: Kind::ServerHardware.uri(&stored.id),
            version: stored.version,
            body: Json(shown(change, stored)?),
        })
    });
    made.await
}

/// One server.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}",
    tag = "server-hardware",
    operation_id = "getServerHardware",
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
        let stored = view.get::<ServerHardware>(&id)?;
        Ok(Tagged(stored.version, Json(shown(view, stored)?)))
    });
    found.await
}

/// Changes what is known of a server; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/server-hardware/{id}",
    tag = "server-hardware",
    operation_id = "updateServerHardware",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
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
    PathId(id): PathId,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let sealer = state.sealer.clone();
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<ServerHardware>(&id)?;
        let server = input.server(Some(&old.body), &sealer)?;
        input::refuse_twins(change, Some(&id), &server)?;
        let stored = change.update(&id, &expected, server)?;
        Ok(Tagged(stored.version, Json(shown(change, stored)?)))
    });
    changed.await
}

/// Removes a server that no profile is assigned to.
#[utoipa::path(
    delete,
    path = "/rest/server-hardware/{id}",
    tag = "server-hardware",
    operation_id = "removeServerHardware",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
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
        change.delete::<ServerHardware>(&id, &expected)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}
