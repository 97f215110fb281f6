//! `/rest/id-pools/ipv4/ranges`: the addresses of a subnet that are given to servers.

mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_deploy::networks::{Pool, check_range, fullness, judge, rehome};
use mintage_records::model::Ipv4Range;
use mintage_records::{Change, Kind, Stored, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
pub(super) use wire::Fragment;
use wire::{CONSTANTS, Input, Wire};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
}

/// A stored range as the wire has it.
fn shown(view: &mut View<'_>, stored: Stored<Ipv4Range>) -> Result<Wire, ApiError> {
    let pool = Pool::of_range(view, &stored.id)?;
    let fullness = fullness(view, &pool, &stored)?;
    Ok(Wire::new(stored, fullness))
}

/// What follows from a range that was made or changed.
fn settled(change: &mut Change<'_>, stored: Stored<Ipv4Range>) -> Result<Wire, ApiError> {
    rehome(change, &stored)?;
    let pool = Pool::of_subnet(change, &stored.body.subnet)?;
    judge(change, &pool)?;
    shown(change, stored)
}

/// All ranges.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/ranges",
    tag = "id-pools",
    operation_id = "listRanges",
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
        let found = view.list::<Ipv4Range>(&wanted)?;
        let members = found.members.into_iter().map(|stored| shown(view, stored));
        Ok((members.collect::<Result<Vec<_>, _>>()?, found.total))
    });
    let (members, total) = listed.await?;
    Ok(Json(page(
        "RangeCollection",
        Kind::Ipv4Ranges,
        &query,
        members,
        total,
    )))
}

/// Makes a range of a subnet.
#[utoipa::path(
    post,
    path = "/rest/id-pools/ipv4/ranges",
    tag = "id-pools",
    operation_id = "createRange",
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
    let made = state.change(caller.author(), move |change| {
        let range = input.range(change, None)?;
        check_range(change, None, &range)?;
        let stored = change.insert(range)?;
        Ok(Created {
            uri: Kind::Ipv4Ranges.uri(&stored.id),
            version: stored.version,
            body: Json(settled(change, stored)?),
        })
    });
    made.await
}

/// One range.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/ranges/{id}",
    tag = "id-pools",
    operation_id = "getRange",
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
        let stored = view.get::<Ipv4Range>(&id)?;
        Ok(Tagged(stored.version, Json(shown(view, stored)?)))
    });
    found.await
}

/// Changes a range, enables or disables it; members that are missing stay as they are. Addresses that
/// were given stay given.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/ranges/{id}",
    tag = "id-pools",
    operation_id = "updateRange",
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
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<Ipv4Range>(&id)?;
        let range = input.range(change, Some(&old.body))?;
        check_range(change, Some(&id), &range)?;
        let stored = change.update(&id, &expected, range)?;
        Ok(Tagged(stored.version, Json(settled(change, stored)?)))
    });
    changed.await
}

/// Deletes a range of which no address is given.
#[utoipa::path(
    delete,
    path = "/rest/id-pools/ipv4/ranges/{id}",
    tag = "id-pools",
    operation_id = "deleteRange",
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
        let gone = change.delete::<Ipv4Range>(&id, &expected)?;
        let pool = Pool::of_subnet(change, &gone.body.subnet)?;
        judge(change, &pool)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}
