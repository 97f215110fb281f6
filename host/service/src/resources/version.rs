//! `/rest/version`: which API versions clients may ask for.

use crate::state::AppState;
use crate::wire::Json;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The lowest version that is taken.
pub const MINIMUM_VERSION: u32 = 120;
/// The highest: that of OneView 8.0, the last with Image Streamer.
pub const CURRENT_VERSION: u32 = 4600;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(get))
}

/// The API versions that `X-API-Version` may name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Versions {
    minimum_version: u32,
    current_version: u32,
}

/// Which API versions there are.
#[utoipa::path(
    get,
    path = "/rest/version",
    tag = "version",
    security(()),
    responses((status = 200, description = "The range.", body = Versions))
)]
async fn get() -> Json<Versions> {
    Json(Versions {
        minimum_version: MINIMUM_VERSION,
        current_version: CURRENT_VERSION,
    })
}
