//! `/rest/ethernet-networks`: the networks that servers are connected to.

mod bulk;
mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::Kind;
use mintage_records::model::EthernetNetwork;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CONSTANTS, Input, Wire};

/// The type of a list of them.
const LIST: &str = "NetworkCollectionV4GA";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(associated_profiles))
        .routes(routes!(associated_uplink_groups))
        .merge(bulk::routes())
}

/// All networks.
#[utoipa::path(
    get,
    path = "/rest/ethernet-networks",
    tag = "ethernet-networks",
    operation_id = "listEthernetNetworks",
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
    let found = state.read(move |view| Ok(view.list::<EthernetNetwork>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    let (kind, total) = (Kind::EthernetNetworks, found.total);
    Ok(Json(page(LIST, kind, &query, members, total)))
}

/// Makes a network.
#[utoipa::path(
    post,
    path = "/rest/ethernet-networks",
    tag = "ethernet-networks",
    operation_id = "createEthernetNetwork",
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
        let network = input.network(change, None)?;
        let stored = change.insert(network)?;
        Ok(Created {
            uri: Kind::EthernetNetworks.uri(&stored.id),
            version: stored.version,
            body: Json(stored.into()),
        })
    });
    made.await
}

/// One network.
#[utoipa::path(
    get,
    path = "/rest/ethernet-networks/{id}",
    tag = "ethernet-networks",
    operation_id = "getEthernetNetwork",
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
    let stored = state.read(move |view| Ok(view.get::<EthernetNetwork>(&id)?));
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}

/// Changes a network; members that are missing stay as they are.
#[utoipa::path(
    put,
    path = "/rest/ethernet-networks/{id}",
    tag = "ethernet-networks",
    operation_id = "updateEthernetNetwork",
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
        let old = change.get::<EthernetNetwork>(&id)?;
        let network = input.network(change, Some(&old.body))?;
        let stored = change.update(&id, &expected, network)?;
        Ok(Tagged(stored.version, Json(stored.into())))
    });
    changed.await
}

/// Deletes a network that nothing uses.
#[utoipa::path(
    delete,
    path = "/rest/ethernet-networks/{id}",
    tag = "ethernet-networks",
    operation_id = "deleteEthernetNetwork",
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
        change.delete::<EthernetNetwork>(&id, &expected)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}

/// The URIs of the server profiles that use a network.
#[utoipa::path(
    get,
    path = "/rest/ethernet-networks/{id}/associatedProfiles",
    tag = "ethernet-networks",
    operation_id = "getProfilesOfEthernetNetwork",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "Their URIs.", body = Vec<String>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn associated_profiles(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Vec<String>>, ApiError> {
    let users = state.read(move |view| {
        view.get::<EthernetNetwork>(&id)?;
        Ok(view.used_by(Kind::EthernetNetworks, &id)?)
    });
    let mut profiles = users.await?;
    profiles.retain(|user| user.kind == Kind::ServerProfiles);
    profiles.dedup_by(|a, b| a.id == b.id);
    let uris = profiles.iter().map(|user| user.kind.uri(&user.id));
    Ok(Json(uris.collect()))
}

/// The uplink sets that use a network: none, the switches are not managed here.
#[utoipa::path(
    get,
    path = "/rest/ethernet-networks/{id}/associatedUplinkGroups",
    tag = "ethernet-networks",
    operation_id = "getUplinkGroupsOfEthernetNetwork",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "An empty list.", body = Vec<String>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn associated_uplink_groups(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Vec<String>>, ApiError> {
    let network = state.read(move |view| Ok(view.get::<EthernetNetwork>(&id)?));
    network.await?;
    Ok(Json(Vec::new()))
}
