//! `/rest/server-profile-templates`: what server profiles are made from.

mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Created, Json, ListQuery, PathId, Query, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::Kind;
use mintage_records::model::ServerProfileTemplate;
use serde::Deserialize;
use serde_json::Value as Document;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use wire::{CONSTANTS, Input, Wire};

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(new_profile))
        .routes(routes!(transformation))
}

/// All templates.
#[utoipa::path(
    get,
    path = "/rest/server-profile-templates",
    tag = "server-profile-templates",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&CONSTANTS)?;
    let found = state.read(move |view| Ok(view.list::<ServerProfileTemplate>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::new).collect();
    let (kind, total) = (Kind::ServerProfileTemplates, found.total);
    Ok(Json(page(
        "ServerProfileTemplateList",
        kind,
        &query,
        members,
        total,
    )))
}

/// Makes a template.
#[utoipa::path(
    post,
    path = "/rest/server-profile-templates",
    tag = "server-profile-templates",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Input,
    responses(
        (status = 201, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<Created<Json<Wire>>, ApiError> {
    let sealer = state.sealer.clone();
    let made = state.change(caller.author(), move |change| {
        let template = input.template(change, None, &sealer)?;
        let stored = change.insert(template)?;
        Ok(Created {
            uri: Kind::ServerProfileTemplates.uri(&stored.id),
            version: stored.version,
            body: Json(Wire::new(stored)),
        })
    });
    made.await
}

/// One template.
#[utoipa::path(
    get,
    path = "/rest/server-profile-templates/{id}",
    tag = "server-profile-templates",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerProfileTemplate>(&id)?));
    let stored = stored.await?;
    Ok(Tagged(stored.version, Json(Wire::new(stored))))
}

/// Changes a template; members that are missing stay as they are. Profiles that were made from it do
/// not change.
#[utoipa::path(
    put,
    path = "/rest/server-profile-templates/{id}",
    tag = "server-profile-templates",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Input,
    responses(
        (status = 200, description = "It, as it is now.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let sealer = state.sealer.clone();
    let changed = state.change(caller.author(), move |change| {
        let old = change.get::<ServerProfileTemplate>(&id)?;
        let template = input.template(change, Some(&old.body), &sealer)?;
        let stored = change.update(&id, &expected, template)?;
        Ok(Tagged(stored.version, Json(Wire::new(stored))))
    });
    changed.await
}

/// Deletes a template that no profile names.
#[utoipa::path(
    delete,
    path = "/rest/server-profile-templates/{id}",
    tag = "server-profile-templates",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "It is gone."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let expected = expected(&headers, None)?;
    let deleted = state.change(caller.author(), move |change| {
        change.delete::<ServerProfileTemplate>(&id, &expected)?;
        Ok(StatusCode::NO_CONTENT)
    });
    deleted.await
}

/// A profile as the template would make it: for a client to complete and to post. Secrets in it are
/// masked; a new profile that names the template has those of the template behind the masks.
#[utoipa::path(
    get,
    path = "/rest/server-profile-templates/{id}/new-profile",
    tag = "server-profile-templates",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "The profile; nothing is stored.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn new_profile(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<Json<Document>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerProfileTemplate>(&id)?));
    Ok(Json(Wire::new(stored.await?).into_profile()))
}

/// For what a template is wanted.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[serde(rename_all = "camelCase")]
#[into_params(rename_all = "camelCase", parameter_in = Query)]
struct For {
    /// Another type of server hardware.
    server_hardware_type_uri: Option<String>,
    /// Another enclosure group.
    enclosure_group_uri: Option<String>,
}

/// The template as it would be for another type of server hardware or enclosure group: nothing is
/// stored.
#[utoipa::path(
    get,
    path = "/rest/server-profile-templates/{id}/transformation",
    tag = "server-profile-templates",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id."), For),
    responses(
        (status = 200, description = "The template.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn transformation(
    State(state): State<AppState>,
    PathId(id): PathId,
    Query(wanted): Query<For>,
) -> Result<Json<Wire>, ApiError> {
    let stored = state.read(move |view| Ok(view.get::<ServerProfileTemplate>(&id)?));
    let template = Wire::new(stored.await?);
    let template = template.with("serverHardwareTypeUri", wanted.server_hardware_type_uri);
    Ok(Json(
        template.with("enclosureGroupUri", wanted.enclosure_group_uri),
    ))
}
