//! `router`: all routes with their middleware.

use crate::access;
use crate::document::Frame;
use crate::error::ApiError;
use crate::idempotency::{Once, Running, once};
use crate::resources::{
    alerts, api_tokens, artifact_bundles, audit_logs, boot_tests, build_plans, capacity, contents,
    deployment_groups, deployment_plans, deployment_servers, documentation, ethernet_networks,
    events, golden_images, id_pools, ipxe, login_sessions, operation, os_deployment_plans,
    os_volumes, plan_scripts, roles, server_hardware, server_hardware_types,
    server_profile_templates, server_profiles, settings, tasks, users, version, versions,
};
use crate::state::AppState;
use axum::Router;
use axum::http::{Method, StatusCode, Uri};
use axum::middleware::from_fn_with_state;
use utoipa::OpenApi as _;
use utoipa_axum::router::OpenApiRouter;

/// All routes with their declarations: a line per resource.
pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Frame::openapi())
        .merge(version::routes())
        .merge(documentation::routes())
        .merge(operation::routes())
        .merge(deployment_groups::routes())
        .merge(plan_scripts::routes())
        .merge(build_plans::routes())
        .merge(deployment_plans::routes())
        .merge(os_deployment_plans::routes())
        .merge(versions::routes())
        .merge(os_volumes::routes())
        .merge(server_profiles::routes())
        .merge(ipxe::routes())
        .merge(server_profile_templates::routes())
        .merge(server_hardware::routes())
        .merge(server_hardware_types::routes())
        .merge(deployment_servers::routes())
        .merge(ethernet_networks::routes())
        .merge(id_pools::routes())
        .merge(artifact_bundles::routes())
        .merge(golden_images::routes())
        .merge(boot_tests::routes())
        .merge(capacity::routes())
        .merge(contents::routes())
        .merge(tasks::routes())
        .merge(events::routes())
        .merge(alerts::routes())
        .merge(login_sessions::routes())
        .merge(users::routes())
        .merge(roles::routes())
        .merge(api_tokens::routes())
        .merge(audit_logs::routes())
        .merge(settings::routes())
}

/// The service's routes over `state`.
///
/// Wrap it in `tower_http::normalize_path::NormalizePathLayer`: clients append a slash to many paths.
pub fn router(state: AppState) -> Router {
    let once_only = Once {
        routes: guarded(routes(), &state).with_state(state.clone()),
        state: state.clone(),
        running: Running::default(),
    };
    let all = routes().route_layer(from_fn_with_state(once_only, once));
    guarded(all, &state)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(no_route)
        .with_state(state)
}

/// What firmware without TLS gets: iPXE scripts, and a 404 for all else.
pub(crate) fn scripts(state: AppState) -> Router {
    let routes = OpenApiRouter::with_openapi(Frame::openapi()).merge(ipxe::routes());
    guarded(routes, &state)
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(|| async { ipxe::nothing() })
        .with_state(state)
}

/// The routes, each for those only who may call it.
fn guarded(routes: OpenApiRouter<AppState>, state: &AppState) -> Router<AppState> {
    let (router, document) = routes.split_for_parts();
    let guard = access::Guard {
        state: state.clone(),
        enforcement: access::Enforcement::new(&document),
    };
    router.route_layer(from_fn_with_state(guard, access::enforce))
}

async fn no_route(uri: Uri) -> ApiError {
    ApiError::not_found(format!("there is nothing at {}", uri.path()))
        .action("GET /rest/openapi.json lists all paths.")
}

async fn method_not_allowed(method: Method, uri: Uri) -> ApiError {
    let message = format!("{} does not take {method}", uri.path());
    ApiError::new(
        StatusCode::METHOD_NOT_ALLOWED,
        "METHOD_NOT_ALLOWED",
        message,
    )
}
