//! What a server profile can be given: hardware and networks; and what clients ask of one besides.

use super::wire::Wire;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, PathId};
use axum::extract::State;
use mintage_records::model::{EthernetNetwork, PowerState, ServerHardware, ServerProfile};
use mintage_records::{Kind, Stored};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(servers))
        .routes(routes!(targets))
        .routes(routes!(networks))
        .routes(routes!(transformation))
        .routes(routes!(new_profile_template))
}

/// Hardware that no profile is assigned to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AvailableServer)]
struct Server {
    name: String,
    server_hardware_uri: String,
    server_hardware_name: String,
    power_state: &'static str,
}

impl From<Stored<ServerHardware>> for Server {
    fn from(stored: Stored<ServerHardware>) -> Self {
        Self {
            server_hardware_uri: Kind::ServerHardware.uri(&stored.id),
            server_hardware_name: stored.body.name.clone(),
            name: stored.body.name,
            power_state: match stored.body.power_state {
                PowerState::On => "On",
                PowerState::Off => "Off",
                PowerState::Unknown => "Unknown",
            },
        }
    }
}

/// All hardware that no profile is assigned to.
async fn free(state: &AppState) -> Result<Vec<Server>, ApiError> {
    let found = state.read(|view| {
        let all = view.all::<ServerHardware>()?;
        let ids: Vec<_> = all.iter().map(|hardware| hardware.id.clone()).collect();
        let uses = view.uses_of(Kind::ServerHardware, &ids)?;
        let is_free = |hardware: &Stored<ServerHardware>| {
            let users = uses.get(&hardware.id);
            !users.is_some_and(|users| users.iter().any(|user| user.kind == Kind::ServerProfiles))
        };
        Ok(all.into_iter().filter(is_free).map(Server::from).collect())
    });
    found.await
}

/// Hardware that a profile can be assigned to.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/available-servers",
    tag = "server-profiles",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "All of it.", body = Vec<Server>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn servers(State(state): State<AppState>) -> Result<Json<Vec<Server>>, ApiError> {
    Ok(Json(free(&state).await?))
}

/// Where profiles can go.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AvailableTargets)]
struct Targets {
    #[serde(rename = "type")]
    type_name: &'static str,
    targets: Vec<Server>,
}

/// Hardware that a profile can be assigned to, as newer clients ask for it.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/available-targets",
    tag = "server-profiles",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "All of it.", body = Targets),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn targets(State(state): State<AppState>) -> Result<Json<Targets>, ApiError> {
    Ok(Json(Targets {
        type_name: "AvailableTargets",
        targets: free(&state).await?,
    }))
}

/// Networks that connections can be to.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = AvailableNetworks)]
struct Networks {
    #[serde(rename = "type")]
    type_name: &'static str,
    ethernet_networks: Vec<Network>,
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    fc_networks: [(); 0],
    /// Always empty.
    #[schema(value_type = Vec<Object>)]
    network_sets: [(); 0],
}

/// A network.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = AvailableNetwork)]
struct Network {
    name: String,
    uri: String,
    vlan: String,
}

/// Networks that a profile's connections can be to.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/available-networks",
    tag = "server-profiles",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "All of them.", body = Networks),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn networks(State(state): State<AppState>) -> Result<Json<Networks>, ApiError> {
    let found = state
        .read(|view| Ok(view.all::<EthernetNetwork>()?))
        .await?;
    let networks = found.into_iter().map(|stored| Network {
        uri: Kind::EthernetNetworks.uri(&stored.id),
        vlan: stored.body.vlan_id.to_string(),
        name: stored.body.name,
    });
    Ok(Json(Networks {
        type_name: "available-networks",
        ethernet_networks: networks.collect(),
        fc_networks: [],
        network_sets: [],
    }))
}

/// A profile as it would be on other hardware: the same, since no member depends on the hardware's type.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/{id}/transformation",
    tag = "server-profiles",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn transformation(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Wire>, ApiError> {
    let found = state.read(move |view| Ok(view.get::<ServerProfile>(&id)?));
    Ok(Json(Wire::new(found.await?)))
}

/// A template that would make profiles like this one: for a client to look at and to post.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/{id}/new-profile-template",
    tag = "server-profiles",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The template.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn new_profile_template(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<serde_json::Value>, ApiError> {
    let found = state.read(move |view| Ok(view.get::<ServerProfile>(&id)?));
    Ok(Json(Wire::new(found.await?).into_template()?))
}
