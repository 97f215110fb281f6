//! `/rest/server-profiles`: what each server is to be. Every change is a task, as the wire's clients
//! expect it.

mod available;
pub(super) mod members;
mod wire;

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::resources::tasks::TaskWire;
use crate::state::{AppState, blocking};
use crate::wire::{Accepted, Collection, Json, ListQuery, PathId, Query, Tagged, expected, page};
use axum::extract::State;
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use mintage_deploy::os_volumes::DeployError;
use mintage_deploy::server_profiles::{Begun, Profiles, chap_name, mutual_name};
use mintage_records::model::{OsVolume, ServerProfile};
use mintage_records::{Change, Id, Kind, Sealed, Stored, View};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
pub(super) use wire::{DeploymentInput, deployment_wire};
use wire::{Input, Target, Wire};

/// The type of a collection.
const LIST: &str = "ServerProfileListV8";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(boot))
        .routes(routes!(redeploy))
        .routes(routes!(roll_back))
        .merge(available::routes())
}

/// All server profiles.
#[utoipa::path(
    get,
    path = "/rest/server-profiles",
    tag = "server-profiles",
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
    let wanted = query.to_query_with(&[("category", Kind::ServerProfiles.as_str())])?;
    let found = state.read(move |view| Ok(view.list::<ServerProfile>(&wanted)?));
    let found = found.await?;
    let members = found.members.into_iter().map(Wire::new).collect();
    Ok(Json(page(
        LIST,
        Kind::ServerProfiles,
        &query,
        members,
        found.total,
    )))
}

/// Makes a server profile, and deploys it where it has a deployment plan.
#[utoipa::path(
    post,
    path = "/rest/server-profiles",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    request_body = Input,
    responses(
        (status = 202, description = "The task that makes it.", body = TaskWire),
        (status = "4XX", description = "Refused, with everything that is wrong.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(input): Json<Input>,
) -> Result<Accepted, ApiError> {
    let wanted = input.wanted(None, &state.sealer)?;
    begin(state, caller, move |profiles, change| {
        Ok(profiles.create(change, wanted)?)
    })
    .await
}

/// One server profile.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/{id}",
    tag = "server-profiles",
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
    let profiles = Arc::clone(&state.profiles);
    let found = state.read(move |view| {
        let stored = view.get::<ServerProfile>(&id)?;
        let volume = volume(view, &stored.body)?;
        let target = volume.and_then(|volume| Target::of(&volume.body, &profiles));
        Ok(Tagged(stored.version, Json(Wire::new(stored).at(target))))
    });
    found.await
}

/// Changes a server profile; the server is deployed anew only where its deployment plan or the value of an
/// attribute is another one.
#[utoipa::path(
    put,
    path = "/rest/server-profiles/{id}",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(
        ("id" = String, Path, description = "Its id."),
        ("force" = Option<bool>, Query, description = "Cut the server off its disk where it is running.")
    ),
    request_body = Input,
    responses(
        (status = 202, description = "The task that changes it.", body = TaskWire),
        (status = "4XX", description = "Refused, with everything that is wrong.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Query(Forced { force }): Query<Forced>,
    headers: HeaderMap,
    Json(input): Json<Input>,
) -> Result<Accepted, ApiError> {
    let expected = expected(&headers, input.e_tag())?;
    let force = is_forced(force.as_deref());
    let (sealer, profiles, of) = (
        Arc::clone(&state.sealer),
        Arc::clone(&state.profiles),
        id.clone(),
    );
    let decided = state.read(move |view| {
        let old = view.get::<ServerProfile>(&of)?.body;
        let wanted = input.wanted(Some(&old), &sealer)?;
        let (before, decision) = profiles.decision(view, &of, &wanted)?;
        Ok((wanted, before, decision))
    });
    let (wanted, before, decision) = decided.await?;
    if decision.takes_disk() && !force {
        check_idle(&state, before.os_volume).await?;
    }
    let begin_it = move |profiles: &Profiles, change: &mut Change<'_>| {
        Ok(profiles.update(change, &id, &expected, wanted, force)?)
    };
    begin(state, caller, begin_it).await
}

/// Deletes a server profile with its volumes.
#[utoipa::path(
    delete,
    path = "/rest/server-profiles/{id}",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(
        ("id" = String, Path, description = "Its id."),
        ("force" = Option<bool>, Query, description = "Cut the server off its disk where it is running.")
    ),
    responses(
        (status = 202, description = "The task that deletes it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Query(Forced { force }): Query<Forced>,
    headers: HeaderMap,
) -> Result<Accepted, ApiError> {
    let expected = expected(&headers, None)?;
    let force = is_forced(force.as_deref());
    check_profile_idle(&state, &id, force).await?;
    let begin_it = move |profiles: &Profiles, change: &mut Change<'_>| {
        Ok(profiles.delete(change, &id, &expected, force)?)
    };
    begin(state, caller, begin_it).await
}

/// How a server is to be deployed anew, or to go back.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", default)]
#[schema(as = ServerProfileAction)]
struct Action {
    /// Redeploy only: the server becomes another host, with another machine-id, other host keys, and
    /// another initiator.
    new_identity: bool,
    /// Cut the server off its disk where it is running.
    force: bool,
}

/// Makes a server's volume anew, with the settings that it has.
#[utoipa::path(
    post,
    path = "/rest/server-profiles/{id}/redeploy",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Action,
    responses(
        (status = 202, description = "The task that does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn redeploy(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(action): Json<Action>,
) -> Result<Accepted, ApiError> {
    check_profile_idle(&state, &id, action.force).await?;
    let begin_it = move |profiles: &Profiles, change: &mut Change<'_>| {
        Ok(profiles.redeploy(change, &id, action.new_identity, action.force)?)
    };
    begin(state, caller, begin_it).await
}

/// Gives a server the newest volume that it had before, with the settings of that time.
#[utoipa::path(
    post,
    path = "/rest/server-profiles/{id}/roll-back",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    request_body = Action,
    responses(
        (status = 202, description = "The task that does it.", body = TaskWire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn roll_back(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    Json(action): Json<Action>,
) -> Result<Accepted, ApiError> {
    check_profile_idle(&state, &id, action.force).await?;
    let begin_it = move |profiles: &Profiles, change: &mut Change<'_>| {
        Ok(profiles.roll_back(change, &id, action.force)?)
    };
    begin(state, caller, begin_it).await
}

/// What somebody needs who boots a server by hand, secrets too.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ServerProfileBoot)]
struct Boot {
    #[serde(flatten)]
    target: Target,
    /// How the server proves itself.
    chap: Chap,
    /// How the target proves itself in turn, where that is wished.
    mutual_chap: Option<Chap>,
    /// Where the server's firmware gets its iPXE script: a URL where the service has the setting `boot.listen`,
    /// and otherwise what follows the address of the service. It needs no login: who has it has the secrets.
    ipxe_script: String,
}

/// A name with its secret.
#[derive(Debug, Serialize, ToSchema)]
struct Chap {
    name: String,
    secret: String,
}

/// What somebody needs who boots a server by hand: target, initiator, and the secrets of CHAP.
#[utoipa::path(
    get,
    path = "/rest/server-profiles/{id}/boot",
    tag = "server-profiles",
    security(("session" = ["deploy"]), ("token" = ["deploy"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It; not to be kept anywhere.", body = Boot),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn boot(
    State(state): State<AppState>,
    PathId(id): PathId,
) -> Result<impl IntoResponse, ApiError> {
    let (sealer, profiles) = (Arc::clone(&state.sealer), Arc::clone(&state.profiles));
    let plain = state.boot.map(|address| format!("http://{address}"));
    let plain = plain.unwrap_or_default();
    let read = state.read(move |view| {
        let profile = view.get::<ServerProfile>(&id)?.body;
        let volume = volume(view, &profile)?;
        let target = volume
            .as_ref()
            .and_then(|volume| Target::of(&volume.body, &profiles));
        let (Some(volume), Some(target)) = (volume, target) else {
            let message = format!("server profile `{}` has no volume", profile.name);
            return Err(ApiError::not_found(message).action("Deploy it first."));
        };
        let chap = |name: String, secret: &Sealed| {
            let secret = sealer.open(secret)?.to_string();
            Ok::<_, ApiError>(Chap { name, secret })
        };
        let mutual = profile.identity.mutual_secret.as_ref();
        let token = profiles.ipxe_token(&id, &profile.identity)?;
        Ok(Boot {
            ipxe_script: format!("{plain}/ipxe/{id}/{}", *token),
            target,
            chap: chap(chap_name(&volume.id), &profile.identity.chap_secret)?,
            mutual_chap: mutual
                .map(|secret| chap(mutual_name(&volume.id), secret))
                .transpose()?,
        })
    });
    Ok(([(header::CACHE_CONTROL, "no-store")], Json(read.await?)))
}

/// Whether a client wants it in any case; clients send `force=`, too.
#[derive(Debug, Deserialize)]
struct Forced {
    force: Option<String>,
}

fn is_forced(force: Option<&str>) -> bool {
    force.is_some_and(|force| {
        force.eq_ignore_ascii_case("true") || force.eq_ignore_ascii_case("all")
    })
}

/// Begins what `act` says.
async fn begin(
    state: AppState,
    caller: Caller,
    act: impl FnOnce(&Profiles, &mut Change<'_>) -> Result<Begun, ApiError> + Send + 'static,
) -> Result<Accepted, ApiError> {
    let profiles = Arc::clone(&state.profiles);
    let begun = state.change(caller.author(), move |change| act(&profiles, change));
    Ok(Accepted(begun.await?.task))
}

/// Refuses to take a volume from a server that runs.
async fn check_idle(state: &AppState, volume: Option<Id>) -> Result<(), ApiError> {
    let Some(volume) = volume else {
        return Ok(());
    };
    let (profiles, records) = (Arc::clone(&state.profiles), Arc::clone(&state.records));
    blocking(move || Ok(profiles.check_idle(&records, &volume)?)).await
}

async fn check_profile_idle(state: &AppState, id: &Id, force: bool) -> Result<(), ApiError> {
    if force {
        return Ok(());
    }
    let id = id.clone();
    let found = state.read(move |view| Ok(view.get::<ServerProfile>(&id)?));
    let volume = found.await?.body.os_volume;
    check_idle(state, volume).await
}

/// The volume that a server has.
fn volume(
    view: &mut View<'_>,
    profile: &ServerProfile,
) -> Result<Option<Stored<OsVolume>>, DeployError> {
    match &profile.os_volume {
        Some(id) => Ok(Some(view.get::<OsVolume>(id)?)),
        None => Ok(None),
    }
}
