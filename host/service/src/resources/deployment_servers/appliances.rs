//! What deployment servers are made of: networks, and appliances. There is one appliance: this service.

use super::wire::CATEGORY;
use crate::error::{ApiError, Envelope};
use crate::resources::artifact::{NamedUri, OK};
use crate::resources::os_deployment_plans::Appliance;
use crate::state::AppState;
use crate::wire::{Collection, Json, ListQuery, PathId, page_of};
use axum::extract::State;
use mintage_records::Kind;
use mintage_records::model::{DeploymentGroup, EthernetNetwork};
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

const BASE: &str = "/rest/deployment-servers/image-streamer-appliances";

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(networks))
        .routes(routes!(list))
        .routes(routes!(get))
}

/// The networks that a deployment server can be managed on.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = DeploymentNetworks)]
struct Networks {
    members: Vec<NamedUri>,
}

/// An appliance. What it has not is null.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ImageStreamerAppliance)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    status: &'static str,
    is_active: bool,
    is_primary: bool,
    #[serde(rename = "claimedByOV")]
    claimed_by_ov: bool,
    #[serde(rename = "applianceUUID")]
    appliance_uuid: String,
    appliance_uri: String,
    appliance_serial_number: Option<String>,
    appliance_ipv6_address: Option<String>,
    /// Under which address this service was asked.
    cluster_ipv4_address: Option<String>,
    one_view_ipv4_address: Option<String>,
    image_streamer_version: &'static str,
    cim_bay: Option<u32>,
    cim_enclosure_name: Option<String>,
    cim_enclosure_uri: Option<String>,
}

impl Wire {
    /// The id is that of the deployment group, which is made with the service.
    fn new(id: String, appliance: &Appliance) -> Self {
        let uri = format!("{BASE}/{id}");
        Self {
            type_name: "ImageStreamerAppliance",
            category: CATEGORY,
            uri: uri.clone(),
            name: appliance.address().unwrap_or("mintage").to_owned(),
            status: OK,
            is_active: true,
            is_primary: true,
            claimed_by_ov: true,
            appliance_uuid: id.clone(),
            appliance_uri: uri,
            appliance_serial_number: None,
            appliance_ipv6_address: None,
            cluster_ipv4_address: appliance.ipv4().map(str::to_owned),
            one_view_ipv4_address: appliance.ipv4().map(str::to_owned),
            image_streamer_version: env!("CARGO_PKG_VERSION"),
            cim_bay: None,
            cim_enclosure_name: None,
            cim_enclosure_uri: None,
            id,
        }
    }
}

/// The appliances that there are.
async fn all(state: &AppState, appliance: &Appliance) -> Result<Vec<Wire>, ApiError> {
    let groups = state.read(|view| Ok(view.all::<DeploymentGroup>()?));
    let groups = groups.await?.into_iter().take(1);
    Ok(groups
        .map(|group| Wire::new(group.id.to_string(), appliance))
        .collect())
}

/// The networks that a deployment server can be managed on: all.
#[utoipa::path(
    get,
    path = "/rest/deployment-servers/network",
    tag = "deployment-servers",
    operation_id = "listDeploymentNetworks",
    security(("session" = ["read"]), ("token" = ["read"])),
    responses(
        (status = 200, description = "They.", body = Networks),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn networks(State(state): State<AppState>) -> Result<Json<Networks>, ApiError> {
    let networks = state.read(|view| Ok(view.all::<EthernetNetwork>()?));
    let networks = networks.await?.into_iter();
    let members = networks.map(|stored| {
        let uri = Kind::EthernetNetworks.uri(&stored.id);
        NamedUri::new(stored.body.name, uri)
    });
    Ok(Json(Networks {
        members: members.collect(),
    }))
}

/// The appliances that deployment servers are made of: this service.
#[utoipa::path(
    get,
    path = "/rest/deployment-servers/image-streamer-appliances",
    tag = "deployment-servers",
    operation_id = "listImageStreamerAppliances",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(ListQuery),
    responses(
        (status = 200, description = "It.", body = Collection<Wire>),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(
    State(state): State<AppState>,
    appliance: Appliance,
    query: ListQuery,
) -> Result<Json<Collection<Wire>>, ApiError> {
    let members = all(&state, &appliance).await?;
    let total = members.len() as u64;
    Ok(Json(page_of(
        "ImageStreamerApplianceList",
        CATEGORY,
        BASE,
        &query,
        members,
        total,
    )))
}

/// One appliance.
#[utoipa::path(
    get,
    path = "/rest/deployment-servers/image-streamer-appliances/{id}",
    tag = "deployment-servers",
    operation_id = "getImageStreamerAppliance",
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
) -> Result<Json<Wire>, ApiError> {
    let mut all = all(&state, &appliance).await?.into_iter();
    let found = all.find(|one| one.id == id.as_str());
    found
        .map(Json)
        .ok_or_else(|| ApiError::not_found(format!("there is no appliance `{id}`")))
}
