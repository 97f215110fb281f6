//! Taking addresses from a range or a subnet, and giving them back, for clients that use some
//! themselves.

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, PathId};
use axum::extract::State;
use mintage_deploy::networks::{self, Pool};
use mintage_records::{Change, Id, RecordsError, View};
use serde::{Deserialize, Serialize};
use std::net::Ipv4Addr;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The most addresses of a request.
const MOST: usize = 1000;

/// How a pool is found.
type Find = fn(&mut View<'_>, &Id) -> Result<Pool, RecordsError>;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(allocate_of_range))
        .routes(routes!(collect_of_range))
        .routes(routes!(allocate_of_subnet))
        .routes(routes!(collect_of_subnet))
}

/// Which addresses are meant.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = PoolAddresses)]
struct Asked {
    /// How many are wanted, where it does not matter which.
    count: Option<usize>,
    /// These.
    #[schema(value_type = Option<Vec<String>>)]
    id_list: Option<Vec<String>>,
}

/// What was taken, or given back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PoolAddressList)]
struct Done {
    count: usize,
    id_list: Vec<String>,
    valid: bool,
}

impl Done {
    fn of(addresses: &[Ipv4Addr]) -> Json<Self> {
        Json(Self {
            count: addresses.len(),
            id_list: addresses.iter().map(Ipv4Addr::to_string).collect(),
            valid: true,
        })
    }
}

impl Asked {
    /// The addresses that are named.
    fn named(&self) -> Result<Vec<Ipv4Addr>, ApiError> {
        let named = self.id_list.as_deref().unwrap_or_default();
        check_count(named.len(), "idList")?;
        let parse = |text: &String| {
            text.trim().parse().map_err(|_| {
                let message = format!("`{}` is no IPv4 address", text.escape_debug());
                ApiError::bad_request("INVALID_ADDRESS", message).source("idList")
            })
        };
        named.iter().map(parse).collect()
    }

    fn take(&self, change: &mut Change<'_>, pool: &Pool) -> Result<Vec<Ipv4Addr>, ApiError> {
        let named = self.named()?;
        let mut taken = Vec::new();
        for address in &named {
            if !pool.has(*address) {
                let message = format!("the address {address} is not of the range");
                return Err(ApiError::bad_request("ADDRESS_OUTSIDE_RANGE", message)
                    .source("idList")
                    .action("Choose one of the range, or take it from the subnet."));
            }
            taken.push(pool.take(change, *address, None)?.body.address());
        }
        let count = match named.is_empty() {
            true => self.count.unwrap_or_default(),
            false => 0,
        };
        check_count(count, "count")?;
        for _ in 0..count {
            taken.push(pool.take_any(change, None)?.body.address());
        }
        Ok(taken)
    }

    fn give_back(&self, change: &mut Change<'_>, pool: &Pool) -> Result<Vec<Ipv4Addr>, ApiError> {
        let mut given_back = Vec::new();
        for address in self.named()? {
            if pool.has(address) && networks::give_back(change, pool, address)? {
                given_back.push(address);
            }
        }
        Ok(given_back)
    }
}

fn check_count(count: usize, member: &str) -> Result<(), ApiError> {
    match count > MOST {
        false => Ok(()),
        true => {
            let message = format!("a request takes at most {MOST} addresses");
            Err(ApiError::bad_request("TOO_MANY_ADDRESSES", message).source(member))
        }
    }
}

/// Does something with a pool, and looks at how full its subnet is then.
async fn with_pool(
    state: &AppState,
    caller: &Caller,
    (find, id): (Find, Id),
    act: impl FnOnce(&mut Change<'_>, &Pool) -> Result<Vec<Ipv4Addr>, ApiError> + Send + 'static,
) -> Result<Json<Done>, ApiError> {
    let done = state.change(caller.author(), move |change| {
        let pool = find(change, &id)?;
        let done = act(change, &pool)?;
        let whole = Pool::of_subnet(change, &pool.subnet.id)?;
        networks::judge(change, &whole)?;
        Ok(done)
    });
    Ok(Done::of(&done.await?))
}

/// Takes addresses of a range.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/ranges/{id}/allocator",
    tag = "id-pools",
    operation_id = "takeAddressesOfRange",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Asked,
    responses(
        (status = 200, description = "What was taken.", body = Done),
        (status = "4XX", description = "Refused, and none was taken.", body = Envelope)
    )
)]
async fn allocate_of_range(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(asked): Json<Asked>,
) -> Result<Json<Done>, ApiError> {
    let pool: (Find, Id) = (Pool::of_range, id);
    with_pool(&state, &caller, pool, move |change, pool| {
        asked.take(change, pool)
    })
    .await
}

/// Gives back addresses of a range that a client took.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/ranges/{id}/collector",
    tag = "id-pools",
    operation_id = "giveBackAddressesOfRange",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Asked,
    responses(
        (status = 200, description = "Those that somebody had.", body = Done),
        (status = "4XX", description = "Refused, and none was given back.", body = Envelope)
    )
)]
async fn collect_of_range(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(asked): Json<Asked>,
) -> Result<Json<Done>, ApiError> {
    let pool: (Find, Id) = (Pool::of_range, id);
    with_pool(&state, &caller, pool, move |change, pool| {
        asked.give_back(change, pool)
    })
    .await
}

/// Takes addresses of a subnet: named ones anywhere in it, others from its ranges.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/subnets/{id}/allocator",
    tag = "id-pools",
    operation_id = "takeAddressesOfSubnet",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Asked,
    responses(
        (status = 200, description = "What was taken.", body = Done),
        (status = "4XX", description = "Refused, and none was taken.", body = Envelope)
    )
)]
async fn allocate_of_subnet(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(asked): Json<Asked>,
) -> Result<Json<Done>, ApiError> {
    let pool: (Find, Id) = (Pool::of_subnet, id);
    with_pool(&state, &caller, pool, move |change, pool| {
        asked.take(change, pool)
    })
    .await
}

/// Gives back addresses of a subnet that a client took.
#[utoipa::path(
    put,
    path = "/rest/id-pools/ipv4/subnets/{id}/collector",
    tag = "id-pools",
    operation_id = "giveBackAddressesOfSubnet",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Asked,
    responses(
        (status = 200, description = "Those that somebody had.", body = Done),
        (status = "4XX", description = "Refused, and none was given back.", body = Envelope)
    )
)]
async fn collect_of_subnet(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(asked): Json<Asked>,
) -> Result<Json<Done>, ApiError> {
    let pool: (Find, Id) = (Pool::of_subnet, id);
    with_pool(&state, &caller, pool, move |change, pool| {
        asked.give_back(change, pool)
    })
    .await
}
