//! What OneView tells of a server besides its record, as far as it is known here.

use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, PathId};
use axum::extract::State;
use axum::http::StatusCode;
use mintage_records::Id;
use mintage_records::model::ServerHardware;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(bios))
        .routes(routes!(firmware))
        .routes(routes!(environment))
}

/// The environment of a server: what Mintage does not measure is -1 or null, as in OneView.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EnvironmentalConfiguration)]
struct Environment {
    calibrated_max_power: i64,
    idle_max_power: i64,
    height: i64,
    rack_id: Option<String>,
    /// Where it stands, in words.
    rack_name: Option<String>,
    power_history_supported: bool,
    thermal_history_supported: bool,
    utilization_history_supported: bool,
    cap_power_supported: bool,
}

/// The firmware of a server.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerFirmware)]
struct Firmware {
    server_hardware_uri: String,
    server_name: String,
    server_model: Option<String>,
    components: Vec<Component>,
}

/// A piece of firmware.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FirmwareComponent)]
struct Component {
    component_name: &'static str,
    component_version: String,
}

async fn server(state: &AppState, id: Id) -> Result<ServerHardware, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerHardware>(&id)?));
    Ok(stored.await?.body)
}

/// The firmware settings of a server: refused, they are not managed here.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/bios",
    tag = "server-hardware",
    operation_id = "getBiosOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses((status = "4XX", description = "Always.", body = Envelope))
)]
async fn bios(State(state): State<AppState>, PathId(id): PathId) -> Result<Json<()>, ApiError> {
    let server = server(&state, id).await?;
    let message = format!(
        "the firmware settings of server `{}` are not managed here",
        server.name
    );
    Err(not_managed(message, &server))
}

/// That something is to be looked at elsewhere.
pub(super) fn not_managed(message: String, server: &ServerHardware) -> ApiError {
    let refusal = ApiError::new(StatusCode::CONFLICT, "NOT_MANAGED", message);
    match &server.bmc {
        Some(bmc) => refusal.action(format!("Look at its BMC: {}", bmc.url)),
        None => refusal.action("Give the server its BMC (`hostname`), and look there."),
    }
}

/// The firmware of a server, as last known.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/firmware",
    tag = "server-hardware",
    operation_id = "getFirmwareOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Firmware),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn firmware(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Firmware>, ApiError> {
    let uri = mintage_records::Kind::ServerHardware.uri(&id);
    let server = server(&state, id).await?;
    let rom = server.rom_version.map(|component_version| Component {
        component_name: "System ROM",
        component_version,
    });
    Ok(Json(Firmware {
        server_hardware_uri: uri,
        server_name: server.name,
        server_model: server.model,
        components: rom.into_iter().collect(),
    }))
}

/// The environment of a server.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/environmentalConfiguration",
    tag = "server-hardware",
    operation_id = "getEnvironmentOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Environment),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn environment(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Environment>, ApiError> {
    let server = server(&state, id).await?;
    Ok(Json(Environment {
        calibrated_max_power: -1,
        idle_max_power: -1,
        height: -1,
        rack_id: None,
        rack_name: server.position,
        power_history_supported: false,
        thermal_history_supported: false,
        utilization_history_supported: false,
        cap_power_supported: false,
    }))
}
