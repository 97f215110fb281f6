//! `/rest/id-pools/ipv4/addresses`: who has which address. Read-only: a deployment takes and releases
//! its own, and the allocators of ranges and subnets those of clients.

use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, Tagged, page};
use axum::extract::State;
use mintage_records::model::AllocatedAddress;
use mintage_records::{Kind, Stored};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// An address that somebody has.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoolAddress)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    created: String,
    modified: String,
    e_tag: String,
    address: String,
    subnet_uri: String,
    /// The range that it is of; null for one outside of all ranges.
    range_uri: Option<String>,
    /// What has it; null for one that a client took.
    owner_uri: Option<String>,
    /// For which nic attribute of its owner it is.
    nic: Option<String>,
}

impl From<Stored<AllocatedAddress>> for Wire {
    fn from(stored: Stored<AllocatedAddress>) -> Self {
        let address = &stored.body;
        Self {
            type_name: "PoolAddress",
            category: Kind::Ipv4Addresses.as_str(),
            uri: Kind::Ipv4Addresses.uri(&stored.id),
            id: stored.id.to_string(),
            name: mintage_records::Resource::name(address).to_owned(),
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            address: address.address().to_string(),
            subnet_uri: Kind::Ipv4Subnets.uri(address.subnet()),
            range_uri: address.range.as_ref().map(|id| Kind::Ipv4Ranges.uri(id)),
            owner_uri: address.owner().map(|(kind, id)| kind.uri(&id)),
            nic: address.nic().map(str::to_owned),
        }
    }
}

/// All addresses that somebody has.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/addresses",
    tag = "id-pools",
    operation_id = "listPoolAddresses",
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
    let wanted = query.to_query()?;
    let found = state.read(move |view| Ok(view.list::<AllocatedAddress>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::from).collect();
    let (kind, total) = (Kind::Ipv4Addresses, found.total);
    Ok(Json(page("PoolAddressList", kind, &query, members, total)))
}

/// One address that somebody has.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/addresses/{id}",
    tag = "id-pools",
    operation_id = "getPoolAddress",
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
    let stored = state.read(move |view| Ok(view.get::<AllocatedAddress>(&id)?));
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(stored.into())))
}
