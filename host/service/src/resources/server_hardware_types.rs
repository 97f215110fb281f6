//! `/rest/server-hardware-types`: the models of the servers. Read-only: there is one for each model
//! that a server has.

use super::artifact::OK;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, page_of};
use axum::extract::State;
use mintage_records::View;
use mintage_records::model::ServerHardware;
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const CATEGORY: &str = "server-hardware-types";
const BASE: &str = "/rest/server-hardware-types";
/// The model of those of which none is known.
const UNKNOWN: &str = "Unknown";
/// Bytes of a hash in an id.
const ID_BYTES: usize = 16;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// Where the type of a model is found.
pub(super) fn uri(model: Option<&str>) -> String {
    format!("{BASE}/{}", id(model.unwrap_or(UNKNOWN)))
}

/// The same for the same model, whatever the letter case.
fn id(model: &str) -> String {
    let hash = Sha256::digest(model.to_lowercase());
    let bytes = hash.iter().take(ID_BYTES);
    bytes.map(|byte| format!("{byte:02x}")).collect()
}

/// A type of server hardware.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerHardwareType)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    model: String,
    state: &'static str,
    status: &'static str,
    adapters: Vec<String>,
    capabilities: Vec<String>,
}

impl Wire {
    fn new(model: &str) -> Self {
        Self {
            type_name: "server-hardware-type-12",
            category: CATEGORY,
            uri: uri(Some(model)),
            id: id(model),
            name: model.to_owned(),
            model: model.to_owned(),
            state: OK,
            status: OK,
            adapters: Vec::new(),
            capabilities: Vec::new(),
        }
    }
}

/// The types of all servers, by name.
fn types(view: &mut View<'_>) -> Result<Vec<Wire>, ApiError> {
    let servers = view.all::<ServerHardware>()?;
    let models = servers.into_iter().map(|stored| {
        let model = stored.body.model.unwrap_or_else(|| UNKNOWN.to_owned());
        (model.to_lowercase(), Wire::new(&model))
    });
    Ok(models.collect::<BTreeMap<_, _>>().into_values().collect())
}

/// All types of server hardware. Filters are left to the client.
#[utoipa::path(
    get,
    path = "/rest/server-hardware-types",
    tag = "server-hardware",
    operation_id = "listServerHardwareTypes",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "They.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let all = state.read(types).await?;
    let start = usize::try_from(query.start).unwrap_or(usize::MAX);
    let count = query.count.and_then(|count| usize::try_from(count).ok());
    let total = all.len() as u64;
    let members = all
        .into_iter()
        .skip(start)
        .take(count.unwrap_or(usize::MAX));
    let members = members.collect();
    Ok(Json(page_of(
        "server-hardware-type-list-12",
        CATEGORY,
        BASE,
        &query,
        members,
        total,
    )))
}

/// One type of server hardware.
#[utoipa::path(
    get,
    path = "/rest/server-hardware-types/{id}",
    tag = "server-hardware",
    operation_id = "getServerHardwareType",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(State(state): State<AppState>, PathId(id): PathId) -> Result<Json<Wire>, ApiError> {
    let mut all = state.read(types).await?.into_iter();
    let found = all.find(|one| one.id == id.as_str());
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found(format!("there is no server hardware type `{id}`")))
}
