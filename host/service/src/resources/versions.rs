//! `/rest/{kind}/{id}/versions`: what an artifact was before; an extension of the wire.

mod differences;

use super::artifact::{Artifact, writable};
use super::{build_plans, deployment_plans, plan_scripts};
use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::{AppState, in_turn};
use crate::wire::{
    ApiVersion, Collection, Json, ListQuery, Path, Query, Tagged, expected, page_of,
};
use axum::extract::State;
use axum::http::HeaderMap;
use differences::{Differences, Side};
use mintage_records::model::{AttributeValue, BuildPlan, DeploymentPlan, PlanScript};
use mintage_records::{Change, Id, Kind, Match, Stored, View};
use serde::{Deserialize, Serialize};
use serde_json::Value as Document;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
        .routes(routes!(restore))
        .routes(routes!(compare))
}

/// An artifact whose versions are kept and shown.
trait Versioned: Artifact {
    /// As the wire has it.
    fn shown(
        view: &mut View<'_>,
        api: ApiVersion,
        stored: Stored<Self>,
    ) -> Result<Document, ApiError>;

    /// The attributes with their values, which the wire masks.
    fn values(&self) -> Vec<(&str, Option<&AttributeValue>)> {
        Vec::new()
    }
}

impl Versioned for PlanScript {
    fn shown(_: &mut View<'_>, _: ApiVersion, stored: Stored<Self>) -> Result<Document, ApiError> {
        document(&plan_scripts::shown(stored))
    }
}

impl Versioned for BuildPlan {
    fn shown(
        view: &mut View<'_>,
        api: ApiVersion,
        stored: Stored<Self>,
    ) -> Result<Document, ApiError> {
        let shown = build_plans::shown(view, api, vec![stored])?;
        shown.first().map_or(Ok(Document::Null), document)
    }

    fn values(&self) -> Vec<(&str, Option<&AttributeValue>)> {
        let all = self.custom_attributes.iter();
        all.map(|one| (one.name.as_str(), one.value.as_ref()))
            .collect()
    }
}

impl Versioned for DeploymentPlan {
    fn shown(
        _: &mut View<'_>,
        api: ApiVersion,
        stored: Stored<Self>,
    ) -> Result<Document, ApiError> {
        document(&deployment_plans::shown(stored, api))
    }

    fn values(&self) -> Vec<(&str, Option<&AttributeValue>)> {
        let all = self.custom_attributes.iter().map(|one| &one.attribute);
        all.map(|one| (one.name.as_str(), one.value.as_ref()))
            .collect()
    }
}

fn document(shown: &impl Serialize) -> Result<Document, ApiError> {
    serde_json::to_value(shown).map_err(|error| ApiError::internal(&error))
}

/// The artifact that a path names.
#[derive(Debug, Clone)]
struct Named {
    kind: Kind,
    id: Id,
}

impl Named {
    fn parse(kind: &str, id: &str) -> Result<Self, ApiError> {
        let not_found =
            || ApiError::not_found(format!("`{kind}` keeps no versions that are shown"));
        let kind = Kind::parse(kind).ok_or_else(not_found)?;
        match kind {
            Kind::PlanScripts | Kind::BuildPlans | Kind::DeploymentPlans => {}
            _ => return Err(not_found()),
        }
        let id = Id::parse(id);
        let id = id.ok_or_else(|| ApiError::not_found("there is nothing with this id"))?;
        Ok(Self { kind, id })
    }

    fn versions_uri(&self) -> String {
        format!("{}/versions", self.kind.uri(&self.id))
    }
}

/// A version of an artifact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Version)]
struct Entry {
    /// Its number, from 1: the ETag of the artifact as it was.
    version: u64,
    /// When it was made.
    modified: String,
    /// By whom.
    changed_by: String,
    uri: String,
}

/// The versions of an artifact, the newest first.
#[utoipa::path(
    get,
    path = "/rest/{kind}/{id}/versions",
    tag = "versions",
    operation_id = "listVersions",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(
        ("kind" = String, Path, description = "`plan-scripts`, `build-plans` or `deployment-plans`."),
        ("id" = String, Path, description = "The artifact's id.")
    ),
    responses(
        (status = 200, description = "All versions.", body = Collection<Entry>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
) -> Result<Json<Collection<Entry>>, ApiError> {
    let named = Named::parse(&kind, &id)?;
    let base = named.versions_uri();
    let of = named.clone();
    let versions = state
        .read(move |view| Ok(view.versions(of.kind, &of.id)?))
        .await?;
    if versions.is_empty() {
        let message = format!("there is no {} `{}`", named.kind.singular(), named.id);
        return Err(ApiError::not_found(message));
    }
    let members: Vec<Entry> = versions
        .into_iter()
        .map(|(version, modified, changed_by)| Entry {
            version,
            modified: modified.to_string(),
            changed_by,
            uri: format!("{base}/{version}"),
        })
        .collect();
    let total = members.len() as u64;
    let query = ListQuery::default();
    Ok(Json(page_of(
        "VersionList",
        "versions",
        &base,
        &query,
        members,
        total,
    )))
}

/// An artifact as it was.
#[utoipa::path(
    get,
    path = "/rest/{kind}/{id}/versions/{version}",
    tag = "versions",
    operation_id = "getVersion",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(
        ("kind" = String, Path, description = "`plan-scripts`, `build-plans` or `deployment-plans`."),
        ("id" = String, Path, description = "The artifact's id."),
        ("version" = String, Path, description = "The version's number.")
    ),
    responses(
        (status = 200, description = "It, in the form of its kind.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    api: ApiVersion,
    Path((kind, id, version)): Path<(String, String, String)>,
) -> Result<Tagged<Json<Document>>, ApiError> {
    let named = Named::parse(&kind, &id)?;
    let version = number("version", &version)?;
    let found = state.read(move |view| match named.kind {
        Kind::PlanScripts => at::<PlanScript>(view, api, &named.id, version),
        Kind::BuildPlans => at::<BuildPlan>(view, api, &named.id, version),
        _ => at::<DeploymentPlan>(view, api, &named.id, version),
    });
    Ok(Tagged(version, Json(found.await?)))
}

/// Makes an old version the newest one: a new version with its content.
#[utoipa::path(
    post,
    path = "/rest/{kind}/{id}/versions/{version}/restore",
    tag = "versions",
    operation_id = "restoreVersion",
    security(("session" = ["artifacts"]), ("token" = ["artifacts"])),
    params(
        ("kind" = String, Path, description = "`plan-scripts`, `build-plans` or `deployment-plans`."),
        ("id" = String, Path, description = "The artifact's id."),
        ("version" = String, Path, description = "The version's number.")
    ),
    responses(
        (status = 200, description = "The artifact, as it is now.", body = Object),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn restore(
    State(state): State<AppState>,
    caller: Caller,
    api: ApiVersion,
    headers: HeaderMap,
    Path((kind, id, version)): Path<(String, String, String)>,
) -> Result<Tagged<Json<Document>>, ApiError> {
    let named = Named::parse(&kind, &id)?;
    let version = number("version", &version)?;
    let expected = expected(&headers, None)?;
    let restored = state.change(caller.author(), move |change| match named.kind {
        Kind::PlanScripts => again::<PlanScript>(change, api, &named.id, version, &expected),
        Kind::BuildPlans => again::<BuildPlan>(change, api, &named.id, version, &expected),
        _ => again::<DeploymentPlan>(change, api, &named.id, version, &expected),
    });
    let (version, shown) = restored.await?;
    Ok(Tagged(version, Json(shown)))
}

/// Which versions are compared.
#[derive(Debug, Default, Deserialize, utoipa::IntoParams)]
#[serde(default)]
struct Between {
    /// The older one; the one before `to` when it is missing.
    from: Option<u64>,
    /// The newer one; the newest when it is missing.
    to: Option<u64>,
}

/// How two versions of an artifact differ. Of secrets only that they differ is told.
#[utoipa::path(
    get,
    path = "/rest/{kind}/{id}/differences",
    tag = "versions",
    operation_id = "compareVersions",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(
        ("kind" = String, Path, description = "`plan-scripts`, `build-plans` or `deployment-plans`."),
        ("id" = String, Path, description = "The artifact's id."),
        Between
    ),
    responses(
        (status = 200, description = "What differs.", body = Differences),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn compare(
    State(state): State<AppState>,
    Path((kind, id)): Path<(String, String)>,
    Query(between): Query<Between>,
) -> Result<Json<Differences>, ApiError> {
    let named = Named::parse(&kind, &id)?;
    let found = state.read(move |view| match named.kind {
        Kind::PlanScripts => differ::<PlanScript>(view, &named.id, &between),
        Kind::BuildPlans => differ::<BuildPlan>(view, &named.id, &between),
        _ => differ::<DeploymentPlan>(view, &named.id, &between),
    });
    let (before, after, secrets) = found.await?;
    // Comparing takes long, and is not to hold up who reads.
    let compared = in_turn(&state.workers, move || {
        Ok(Differences::new(before, after, &secrets))
    });
    Ok(Json(compared.await?))
}

fn at<R: Versioned>(
    view: &mut View<'_>,
    api: ApiVersion,
    id: &Id,
    version: u64,
) -> Result<Document, ApiError> {
    let stored = view.version::<R>(id, version)?;
    R::shown(view, api, stored)
}

fn again<R: Versioned>(
    change: &mut Change<'_>,
    api: ApiVersion,
    id: &Id,
    version: u64,
    expected: &Match,
) -> Result<(u64, Document), ApiError> {
    let now = change.get::<R>(id)?;
    writable(&now.body)?;
    let old = change.version::<R>(id, version)?;
    let stored = change.update(id, expected, old.body)?;
    Ok((stored.version, R::shown(change, api, stored)?))
}

fn differ<R: Versioned>(
    view: &mut View<'_>,
    id: &Id,
    between: &Between,
) -> Result<(Side, Side, Vec<String>), ApiError> {
    let newest = view.get::<R>(id)?.version;
    let to = between.to.unwrap_or(newest);
    let from = between.from.unwrap_or_else(|| to.saturating_sub(1).max(1));
    let before = view.version::<R>(id, from)?;
    let after = view.version::<R>(id, to)?;
    let changed = changed_secrets(&before.body, &after.body);
    let before = Side::new(from, R::shown(view, ApiVersion::NEWEST, before)?);
    let after = Side::new(to, R::shown(view, ApiVersion::NEWEST, after)?);
    Ok((before, after, changed))
}

/// The names of attributes that have other secrets, which look alike on the wire.
fn changed_secrets<R: Versioned>(before: &R, after: &R) -> Vec<String> {
    let before = before.values();
    let changed = after.values().into_iter().filter(|(name, value)| {
        let old = before.iter().find(|(old, _)| old == name);
        let old = old.and_then(|(_, old)| *old);
        matches!(
            (old, value),
            (Some(AttributeValue::Sealed(old)), Some(AttributeValue::Sealed(new))) if old != new
        )
    });
    changed.map(|(name, _)| name.to_owned()).collect()
}

fn number(member: &str, text: &str) -> Result<u64, ApiError> {
    let not_found = || ApiError::not_found(format!("`{member}` must be the number of a version"));
    text.parse().map_err(|_| not_found())
}
