//! `/rest/capacity`: how much space the store of volumes has.

use crate::error::{ApiError, Envelope};
use crate::state::{AppState, blocking};
use crate::wire::Json;
use axum::extract::State;
use mintage_deploy::os_volumes::DeployError;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The space for volumes, in bytes.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Capacity)]
struct Wire {
    /// Where volumes are.
    store: String,
    total: u64,
    free: u64,
}

/// How much space the store of volumes has.
#[utoipa::path(
    get,
    path = "/rest/capacity",
    tag = "operation",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope),
        (status = 503, description = "The store cannot be asked.", body = Envelope)
    )
)]
async fn get(State(state): State<AppState>) -> Result<Json<Wire>, ApiError> {
    let asked = blocking(move || {
        let store = state.folder.store();
        let capacity = store.capacity().map_err(DeployError::from)?;
        Ok(Wire {
            store: store.label().to_owned(),
            total: capacity.total,
            free: capacity.free,
        })
    });
    Ok(Json(asked.await?))
}
