//! Which addresses of a range are given and which are free, in pieces of one after the other.

use super::ranges::Fragment;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, page_of};
use axum::extract::State;
use mintage_deploy::networks::{Pool, free_fragments, given_fragments, given_in};
use mintage_records::model::AddressFragment;
use mintage_records::{Id, Kind};
use std::net::Ipv4Addr;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(allocated))
        .routes(routes!(free))
}

/// Makes pieces of a range, of which these addresses are given.
type Cut = fn(&Pool, &[Ipv4Addr]) -> Vec<AddressFragment>;

async fn pieces(
    state: &AppState,
    id: Id,
    what: &str,
    query: &ListQuery,
    cut: Cut,
) -> Result<Json<Collection<Fragment>>, ApiError> {
    let base = format!("{}/{what}", Kind::Ipv4Ranges.uri(&id));
    let all = state.read(move |view| {
        let pool = Pool::of_range(view, &id)?;
        let given = given_in(view, "range", &id)?;
        let given: Vec<Ipv4Addr> = given.iter().map(|stored| stored.body.address()).collect();
        Ok(cut(&pool, &given))
    });
    let all = all.await?;
    let start = usize::try_from(query.start).unwrap_or(usize::MAX);
    let count = query.count.and_then(|count| usize::try_from(count).ok());
    let members = all.iter().skip(start).take(count.unwrap_or(usize::MAX));
    let members = members.map(Fragment::from).collect();
    let total = all.len() as u64;
    Ok(Json(page_of(
        "Fragments",
        what,
        &base,
        query,
        members,
        total,
    )))
}

/// The addresses of a range that are given.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/ranges/{id}/allocated-fragments",
    tag = "id-pools",
    operation_id = "getGivenFragmentsOfRange",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), ListQuery),
    responses(
        (status = 200, description = "In ascending order.", body = Collection<Fragment>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn allocated(
    State(state): State<AppState>,
    PathId(id): PathId,
    query: ListQuery,
) -> Result<Json<Collection<Fragment>>, ApiError> {
    let cut: Cut = |_, given| given_fragments(given);
    pieces(&state, id, "allocated-fragments", &query, cut).await
}

/// The addresses of a range that servers can have and nobody has.
#[utoipa::path(
    get,
    path = "/rest/id-pools/ipv4/ranges/{id}/free-fragments",
    tag = "id-pools",
    operation_id = "getFreeFragmentsOfRange",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), ListQuery),
    responses(
        (status = 200, description = "In ascending order.", body = Collection<Fragment>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn free(
    State(state): State<AppState>,
    PathId(id): PathId,
    query: ListQuery,
) -> Result<Json<Collection<Fragment>>, ApiError> {
    pieces(&state, id, "free-fragments", &query, free_fragments).await
}
