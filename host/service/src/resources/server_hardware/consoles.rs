//! Where the BMC of a server is opened in a browser. There is no single sign-on: it asks for its own
//! password.

use super::inventory::not_managed;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, PathId};
use axum::extract::State;
use mintage_records::model::ServerHardware;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(ilo))
        .routes(routes!(remote_console))
        .routes(routes!(java_remote_console))
}

/// Where a BMC is opened.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = IloSsoUrl)]
struct Url {
    ilo_sso_url: String,
}

/// Where the BMC of a server is opened in a browser.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/iloSsoUrl",
    tag = "server-hardware",
    operation_id = "getIloUrlOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The URL; it asks for a password.", body = Url),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn ilo(State(state): State<AppState>, PathId(id): PathId) -> Result<Json<Url>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerHardware>(&id)?));
    let server = stored.await?.body;
    match &server.bmc {
        Some(bmc) => Ok(Json(Url {
            ilo_sso_url: bmc.url.clone(),
        })),
        None => {
            let message = format!("server `{}` has no BMC", server.name);
            Err(not_managed(message, &server))
        }
    }
}

/// The console of a server: refused, its BMC has it.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/remoteConsoleUrl",
    tag = "server-hardware",
    operation_id = "getConsoleOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses((status = "4XX", description = "Always.", body = Envelope))
)]
async fn remote_console(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<()>, ApiError> {
    no_console(&state, PathId(id)).await
}

/// The Java console of a server: refused, its BMC has it.
#[utoipa::path(
    get,
    path = "/rest/server-hardware/{id}/javaRemoteConsoleUrl",
    tag = "server-hardware",
    operation_id = "getJavaConsoleOfServerHardware",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses((status = "4XX", description = "Always.", body = Envelope))
)]
async fn java_remote_console(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<()>, ApiError> {
    no_console(&state, PathId(id)).await
}

async fn no_console(state: &AppState, PathId(id): PathId) -> Result<Json<()>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerHardware>(&id)?));
    let server = stored.await?.body;
    let message = format!(
        "the console of server `{}` is not opened from here",
        server.name
    );
    Err(not_managed(message, &server))
}
