//! `/rest/id-pools/ipv4`: subnets, the ranges of them that are given to servers, and who has which
//! address.

mod addresses;
mod allocation;
mod fragments;
mod ranges;
mod subnets;

use crate::state::AppState;
use utoipa_axum::router::OpenApiRouter;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .merge(subnets::routes())
        .merge(ranges::routes())
        .merge(fragments::routes())
        .merge(allocation::routes())
        .merge(addresses::routes())
}
