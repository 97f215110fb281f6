//! `/health/live`, `/health/ready` and `/metrics`: what watches the service asks.

use crate::error::{ApiError, Envelope};
use crate::metrics::scrape;
use crate::state::{AppState, blocking};
use crate::wire::Json;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse;
use mintage_records::{Author, RecordsError};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The content type of metrics: the text form of OpenMetrics.
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(live))
        .routes(routes!(ready))
        .routes(routes!(metrics))
}

/// Whether the service can do its work.
#[derive(Debug, Serialize, ToSchema)]
struct Health {
    /// Whether all checks went well.
    ready: bool,
    /// The checks.
    checks: Vec<Check>,
}

/// One thing that the service needs.
#[derive(Debug, Serialize, ToSchema)]
struct Check {
    /// `database`, `lease`, `disk` or `running`.
    name: &'static str,
    /// Whether it is there.
    good: bool,
    /// Why not.
    reason: Option<String>,
}

impl Check {
    fn new(name: &'static str, result: Result<(), String>) -> Self {
        Self {
            name,
            good: result.is_ok(),
            reason: result.err(),
        }
    }
}

/// Whether the process answers.
#[utoipa::path(
    get,
    path = "/health/live",
    tag = "operation",
    security(()),
    responses((status = 200, description = "It does.", body = Health))
)]
async fn live() -> Json<Health> {
    Json(Health {
        ready: true,
        checks: Vec::new(),
    })
}

/// Whether the service can do its work.
///
/// It writes to the database as the node that has the lease, and a file to the data folder.
#[utoipa::path(
    get,
    path = "/health/ready",
    tag = "operation",
    security(()),
    responses(
        (status = 200, description = "It can.", body = Health),
        (status = 503, description = "It cannot, and why.", body = Health)
    )
)]
async fn ready(State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    let checks = blocking(move || Ok(checks(&state))).await?;
    let ready = checks.iter().all(|check| check.good);
    let status = match ready {
        true => StatusCode::OK,
        false => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((status, Json(Health { ready, checks })))
}

/// Metrics for Prometheus.
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "operation",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (
            status = 200,
            description = "All metrics.",
            body = String,
            content_type = "application/openmetrics-text"
        ),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
pub(crate) async fn metrics(State(state): State<AppState>) -> Result<impl IntoResponse, ApiError> {
    let text = blocking(move || scrape(&state)).await?;
    Ok(([(header::CONTENT_TYPE, OPEN_METRICS)], text))
}

/// What the service needs. The reasons are for everybody: no path, no address is in them.
fn checks(state: &AppState) -> Vec<Check> {
    // Nothing is changed, but the transaction is one that writes, and checks the lease.
    let written = state
        .records
        .change::<_, RecordsError>(&Author::service(), |_| Ok(()));
    let fenced = matches!(written, Err(RecordsError::Fenced { .. }));
    let database = match &written {
        Err(error) if !fenced => {
            tracing::error!(%error, "the database");
            Err("it cannot be written".to_owned())
        }
        _ => Ok(()),
    };
    let lease = match fenced {
        true => Err("another node has it".to_owned()),
        false => Ok(()),
    };
    let running = match state.stop.is_asked() {
        true => Err("the service stops".to_owned()),
        false => Ok(()),
    };
    vec![
        Check::new("database", database),
        Check::new("lease", lease),
        Check::new("disk", disk(state)),
        Check::new("running", running),
    ]
}

fn disk(state: &AppState) -> Result<(), String> {
    let failed = |error: std::io::Error| {
        tracing::error!(%error, "the data folder");
        format!("the data folder cannot be written: {}", error.kind())
    };
    state.folder.try_write().map_err(failed)?;
    let free = state.folder.free_bytes().map_err(failed)?;
    match free < state.free_space {
        true => Err(format!(
            "{free} bytes are free, less than `health.free-space`"
        )),
        false => Ok(()),
    }
}
