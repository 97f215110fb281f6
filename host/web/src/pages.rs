//! The pages: a file per resource, with its handlers. They read fields, call the API, and fill templates.

mod alerts;
mod appliances;
mod artifact_bundles;
mod attributes;
mod build_plans;
mod confirm;
mod dashboard;
mod deployment_plans;
mod downloads;
mod edit;
mod ethernet_networks;
mod events;
mod files;
mod golden_images;
mod login;
mod os_volumes;
mod plan_scripts;
mod profile_form;
mod server_hardware;
mod server_profiles;
mod settings;
mod tasks;
mod upload;
mod users;
mod versions;

use crate::api::Backend;
use crate::refusal::Refusal;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::response::Redirect;
use axum::routing::get;

/// The most that a form may hold, in bytes; files that are uploaded are streamed, and not counted.
const FORM: usize = 8 << 20;

pub(crate) fn routes() -> Router<Backend> {
    Router::new()
        .route("/", get(async || Redirect::temporary("/ui")))
        .merge(login::routes())
        .merge(dashboard::routes())
        .merge(events::routes())
        .merge(golden_images::routes())
        .merge(plan_scripts::routes())
        .merge(build_plans::routes())
        .merge(deployment_plans::routes())
        .merge(artifact_bundles::routes())
        .merge(versions::routes())
        .merge(files::routes())
        .merge(server_profiles::routes())
        .merge(os_volumes::routes())
        .merge(server_hardware::routes())
        .merge(ethernet_networks::routes())
        .merge(tasks::routes())
        .merge(alerts::routes())
        .merge(appliances::routes())
        .merge(users::routes())
        .merge(settings::routes())
        .route("/ui/{*nothing}", get(async || Refusal::no_page()))
        .layer(DefaultBodyLimit::max(FORM))
}
