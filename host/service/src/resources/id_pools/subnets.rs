//! `/rest/id-pools/ipv4/subnets`: addresses that reach each other, and what a server on them must know.

mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_deploy::alerts;
use mintage_deploy::networks::{Pool, check_subnet, judge};
use mintage_records::model::Ipv4Subnet;
use mintage_records::{Kind, Stored, View};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
pub(super) use wire::address;
use wire::{CONSTANTS, Input, Wire};

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
}

/// A stored subnet as the wire has it.
fn shown(view: &mut View<'_>, stored: Stored<Ipv4Subnet>) -> Result<Wire, ApiError> {
    let pool = Pool::of_subnet(view, &stored.id)?;
    let users = view.used_by(Kind::Ipv4Subnets, &stored.id)?;
    Ok(Wire::new(stored, &pool, users))
}

/// All subnets.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/subnets",
    tag = "id-pools",
    operation_id = "listSubnets",
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
        let found = view.list::<Ipv4Subnet>(&wanted)?;
        let members = found.members.into_iter().map(|stored| shown(view, stored));
        Ok((members.collect::<Result<Vec<_>, _>>()?, found.total))
    });
    let (members, total) = listed.await?;
    Ok(Json(page(
        "SubnetCollection",
        Kind::Ipv4Subnets,
        &query,
        members,
        total,
    )))
}

/// Makes a subnet.
#[utoipa::path(
    post,
    path = "/rest/id-pools/ipv4/subnets",
    tag = "id-pools",
    operation_id = "createSubnet",
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
    let subnet = input.subnet(None)?;
    let made = state.change(caller.author(), move |change| {
        check_subnet(change, None, &subnet)?;
        let stored = change.insert(subnet)?;
        Ok(Created {
            uri: Kind::Ipv4Subnets.uri(&stored.id),
            version: stored.version,
            body: Json(shown(change, stored)?),
        })
    });
    made.await
}

/// One subnet.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/subnets/{id}",
    tag = "id-pools",
    operation_id = "getSubnet",
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
        let stored = view.get::<Ipv4Subnet>(&id)?;
        Ok(Tagged(stored.version, Json(shown(view, stored)?)))
    });
    found.await
}

/// Changes a subnet; members that are missing stay as they are. Ranges and addresses that are given
/// must fit still.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/subnets/{id}",
    tag = "id-pools",
    operation_id = "updateSubnet",
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
        let old = change.get::<Ipv4Subnet>(&id)?;
        let subnet = input.subnet(Some(&old.body))?;
        check_subnet(change, Some(&id), &subnet)?;
        let stored = change.update(&id, &expected, subnet)?;
        // Its name may be in an alert.
        let pool = Pool::of_subnet(change, &id)?;
        judge(change, &pool)?;
        Ok(Tagged(stored.version, Json(shown(change, stored)?)))
    });
    changed.await
}

/// Deletes a subnet that nothing uses.
#[utoipa::path(
    delete,
    path = "/rest/id-pools/ipv4/subnets/{id}",
    tag = "id-pools",
    operation_id = "deleteSubnet",
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
        change.delete::<Ipv4Subnet>(&id, &expected)?;
        alerts::clear(change, &(Kind::Ipv4Subnets, id))?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}
