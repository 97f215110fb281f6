//! `/rest/openapi.json` and `/api`: the API described, for programs and for people.

use crate::documentation::{STYLE, page};
use crate::error::ApiError;
use crate::state::AppState;
use axum::http::header;
use axum::response::IntoResponse;
use serde_json::Value as Json;
use std::sync::OnceLock;
use tower_http::compression::CompressionLayer;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a browser may load for the page: its style, and nothing else from anywhere.
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; \
                      form-action 'none'; frame-ancestors 'none'";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(openapi))
        .routes(routes!(reference))
        .routes(routes!(style))
        // They are long, and hold nothing of anybody.
        .layer(CompressionLayer::new())
}

/// The document, made once.
fn document() -> Result<&'static Json, ApiError> {
    static DOCUMENT: OnceLock<Json> = OnceLock::new();
    if let Some(document) = DOCUMENT.get() {
        return Ok(document);
    }
    let made = serde_json::to_value(crate::document());
    let made = made.map_err(|error| ApiError::internal(&error))?;
    Ok(DOCUMENT.get_or_init(|| made))
}

/// The whole API as an OpenAPI 3.1 document.
#[utoipa::path(
    get,
    path = "/rest/openapi.json",
    tag = "documentation",
    security(()),
    responses((status = 200, description = "The document.", body = Object))
)]
async fn openapi() -> Result<impl IntoResponse, ApiError> {
    Ok(axum::Json(document()?))
}

/// The whole API as a page for people.
#[utoipa::path(
    get,
    path = "/api",
    tag = "documentation",
    security(()),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"))
)]
async fn reference() -> Result<impl IntoResponse, ApiError> {
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    Ok((headers, page(document()?)))
}

/// How the page looks.
#[utoipa::path(
    get,
    path = "/api/style.css",
    tag = "documentation",
    security(()),
    responses((status = 200, description = "The style.", body = String, content_type = "text/css"))
)]
async fn style() -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, "text/css; charset=utf-8"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, STYLE)
}
