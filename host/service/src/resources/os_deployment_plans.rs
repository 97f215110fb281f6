//! `/rest/os-deployment-plans`: deployment plans as servers see them. Read-only.

use super::artifact::OK;
use super::attributes::SettableWire;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, Tagged, page_of};
use axum::extract::{FromRequestParts, State};
use axum::http::header;
use axum::http::request::Parts;
use mintage_records::model::{DeploymentPlan, GoldenImage};
use mintage_records::{Id, Kind, Stored, View};
use serde::Serialize;
use std::collections::BTreeMap;
use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddrV4};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The wire's category, and the last part of the collection's URI.
const CATEGORY: &str = "os-deployment-plans";
const TYPE: &str = "Osdp";
const DEPLOYMENT_TYPE: &str = "I3S";
/// What golden images are for: Mintage edits no other.
const OS_TYPE: &str = "Linux";
const ARCHITECTURE: &str = "x86_64";

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list))
        .routes(routes!(get))
}

/// Under which address the client reached this service.
#[derive(Debug, Clone, Default)]
pub(super) struct Appliance {
    address: Option<String>,
    ipv4: Option<String>,
}

impl Appliance {
    /// `HOST:PORT`, as the client wrote it.
    pub(super) fn address(&self) -> Option<&str> {
        self.address.as_deref()
    }

    /// The host, where it is an IPv4 address.
    pub(super) fn ipv4(&self) -> Option<&str> {
        self.ipv4.as_deref()
    }
}

impl<S: Sync> FromRequestParts<S> for Appliance {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let host = parts
            .headers
            .get(header::HOST)
            .and_then(|host| host.to_str().ok());
        let host = host.or_else(|| parts.uri.authority().map(|authority| authority.as_str()));
        let ipv4 = host.and_then(|host| {
            let with_port = host.parse::<SocketAddrV4>().map(|address| *address.ip());
            with_port.or_else(|_| host.parse::<Ipv4Addr>()).ok()
        });
        Ok(Self {
            ipv4: ipv4.map(|address| address.to_string()),
            address: host.map(str::to_owned),
        })
    }
}

/// An OS deployment plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsDeploymentPlan)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    os_type: &'static str,
    architecture: &'static str,
    /// The size of its OS volumes: `10GB`.
    osdp_size: String,
    deployment_type: &'static str,
    /// The deployment plan.
    native_plan_uri: String,
    /// Under which address this service was asked.
    deployment_appliance: Option<String>,
    deployment_appliance_ipv4: Option<String>,
    additional_parameters: Vec<Parameter>,
}

/// A custom attribute, as servers see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsDeploymentPlanParameter)]
struct Parameter {
    name: String,
    value: String,
    description: String,
    ca_id: String,
    ca_type: String,
    /// A text with a JSON object.
    ca_constraints: String,
    ca_editable: bool,
    ca_visible: bool,
}

impl From<SettableWire> for Parameter {
    fn from(attribute: SettableWire) -> Self {
        let [name, ca_type, value, description, constraints] = attribute.attribute.into_texts();
        Self {
            name,
            value,
            description,
            ca_id: attribute.id,
            ca_type,
            ca_constraints: match constraints.is_empty() {
                true => "{}".to_owned(),
                false => constraints,
            },
            ca_editable: attribute.editable,
            ca_visible: attribute.visible,
        }
    }
}

impl Wire {
    /// `size` is that of the golden image, in bytes.
    fn new(stored: Stored<DeploymentPlan>, appliance: &Appliance, size: u64) -> Self {
        let plan = stored.body;
        let parameters = plan.custom_attributes.into_iter();
        Self {
            type_name: TYPE,
            category: CATEGORY,
            uri: format!("/rest/{CATEGORY}/{}", stored.id),
            id: stored.id.to_string(),
            name: plan.name,
            description: plan.description,
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            os_type: OS_TYPE,
            architecture: ARCHITECTURE,
            osdp_size: format!("{}GB", size.div_ceil(1 << 30)),
            deployment_type: DEPLOYMENT_TYPE,
            native_plan_uri: Kind::DeploymentPlans.uri(&stored.id),
            deployment_appliance: appliance.address.clone(),
            deployment_appliance_ipv4: appliance.ipv4.clone(),
            additional_parameters: parameters
                .map(|attribute| SettableWire::from(attribute).into())
                .collect(),
        }
    }
}

/// The sizes of the golden images that plans name, in bytes.
fn sizes(
    view: &mut View<'_>,
    plans: &[Stored<DeploymentPlan>],
) -> Result<BTreeMap<Id, u64>, ApiError> {
    let mut sizes = BTreeMap::new();
    for id in plans
        .iter()
        .filter_map(|plan| plan.body.golden_image.as_ref())
    {
        if !sizes.contains_key(id) {
            let image = view.find::<GoldenImage>(id)?;
            sizes.insert(id.clone(), image.map_or(0, |image| image.body.size));
        }
    }
    Ok(sizes)
}

fn shown(
    view: &mut View<'_>,
    appliance: &Appliance,
    plans: Vec<Stored<DeploymentPlan>>,
) -> Result<Vec<Wire>, ApiError> {
    let sizes = sizes(view, &plans)?;
    let plans = plans.into_iter().map(|plan| {
        let size = plan.body.golden_image.as_ref().and_then(|id| sizes.get(id));
        let size = size.copied().unwrap_or_default();
        Wire::new(plan, appliance, size)
    });
    Ok(plans.collect())
}

/// The OS deployment plan of a deployment plan.
pub(super) async fn one(
    state: AppState,
    appliance: Appliance,
    id: Id,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let found = state.read(move |view| {
        let plan = view.get::<DeploymentPlan>(&id)?;
        let version = plan.version;
        let size = sizes(view, std::slice::from_ref(&plan))?
            .into_values()
            .next();
        let wire = Wire::new(plan, &appliance, size.unwrap_or_default());
        Ok(Tagged(version, Json(wire)))
    });
    found.await
}

/// All OS deployment plans.
#[utoipa::path(
    get,
    path = "/rest/os-deployment-plans",
    tag = "os-deployment-plans",
    operation_id = "listOsDeploymentPlans",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "Those that fit.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    appliance: Appliance,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let wanted = query.to_query_with(&[
        ("type", TYPE),
        ("category", CATEGORY),
        ("state", OK),
        ("status", OK),
        ("osType", OS_TYPE),
        ("architecture", ARCHITECTURE),
        ("deploymentType", DEPLOYMENT_TYPE),
        (
            "deploymentAppliance",
            appliance.address.as_deref().unwrap_or_default(),
        ),
        (
            "deploymentApplianceIpv4",
            appliance.ipv4.as_deref().unwrap_or_default(),
        ),
    ])?;
    let listed = state.read(move |view| {
        let found = view.list::<DeploymentPlan>(&wanted)?;
        Ok((shown(view, &appliance, found.members)?, found.total))
    });
    let (members, total) = listed.await?;
    let base = format!("/rest/{CATEGORY}");
    Ok(Json(page_of(
        "OsdpList", CATEGORY, &base, &query, members, total,
    )))
}

/// One OS deployment plan.
#[utoipa::path(
    get,
    path = "/rest/os-deployment-plans/{id}",
    tag = "os-deployment-plans",
    operation_id = "getOsDeploymentPlan",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 200, description = "It.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    appliance: Appliance,
    PathId(id): PathId,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    one(state, appliance, id).await
}
