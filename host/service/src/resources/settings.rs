//! `/rest/settings`: how the service was started.

use crate::error::{ApiError, Envelope};
use crate::settings::Value;
use crate::state::AppState;
use crate::wire::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(list))
}

/// A setting on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Setting)]
struct Wire {
    name: String,
    /// As `mintage config show` prints it, without secrets; null when it is not set.
    value: Option<String>,
    /// By what it was said: a flag, a variable, a line of the file, or `default`.
    origin: String,
    description: String,
}

/// All settings.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Settings {
    members: Vec<Wire>,
    total: usize,
    count: usize,
}

impl From<&Value> for Wire {
    fn from(value: &Value) -> Self {
        Self {
            name: value.setting.name.clone(),
            value: value.shown(),
            origin: value.origin.to_string(),
            description: value.setting.help.clone(),
        }
    }
}

/// Every setting of the service, its value, and where that was said.
#[utoipa::path(
    get,
    path = "/rest/settings",
    tag = "settings",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    responses(
        (status = 200, description = "All settings.", body = Settings),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(State(state): State<AppState>) -> Result<Json<Settings>, ApiError> {
    let members: Vec<Wire> = state.configuration.iter().map(Wire::from).collect();
    Ok(Json(Settings {
        total: members.len(),
        count: members.len(),
        members,
    }))
}
