//! Networks, and the pool of addresses that servers on one get.

use super::edit;
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/ethernet-networks";
const DELETED: [&str; 1] = ["The network is removed; its pool of addresses stays."];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/ethernet-networks/new", get(new).post(create))
        .route("/ui/ethernet-networks/{id}", get(detail))
        .route("/ui/ethernet-networks/{id}/pool", get(pool).post(make_pool))
        .route(
            "/ui/ethernet-networks/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/ethernet-networks/{id}")
}

async fn detail(api: Api, id: Segment) -> Page {
    let network = api.get(&uri(&id)).await?;
    let mut subnet = Json::Null;
    let mut ranges = Vec::new();
    if let Some(uri) = network["subnetUri"].as_str() {
        subnet = api.get(uri).await?;
        let uris = subnet["rangeUris"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        for uri in uris.iter().filter_map(Json::as_str) {
            ranges.push(api.get(uri).await?);
        }
    }
    let content = json!({
        "title": network["name"], "network": network, "subnet": subnet, "ranges": ranges,
    });
    api.page("ethernet-network.html", content)
}

async fn new(api: Api) -> Page {
    form(&api, StatusCode::OK, &Fields::default(), Json::Null)
}

fn form(api: &Api, status: StatusCode, fields: &Fields, refused: Json) -> Page {
    let content = json!({
        "title": "New network", "fields": fields.object(&["name", "vlanId"]), "refused": refused,
    });
    api.page_with(status, "ethernet-network-new.html", content)
}

async fn create(api: Api, fields: Fields) -> Page {
    let mut body = json!({
        "type": "ethernet-networkV4", "name": fields.get("name"), "purpose": "General",
        "ethernetNetworkType": "Untagged",
    });
    if let Some(vlan) = fields.given("vlanId") {
        body["ethernetNetworkType"] = json!("Tagged");
        body["vlanId"] = json!(vlan);
    }
    let done = api.post("/rest/ethernet-networks", &body).await;
    edit::finish(done, async |status, refused| {
        form(&api, status, &fields, refused)
    })
    .await
}

async fn pool(api: Api, id: Segment) -> Page {
    pool_form(&api, &id, StatusCode::OK, &Fields::default(), Json::Null).await
}

async fn pool_form(
    api: &Api,
    id: &Segment,
    status: StatusCode,
    fields: &Fields,
    refused: Json,
) -> Page {
    let network = api.get(&uri(id)).await?;
    let names = [
        "networkId",
        "subnetmask",
        "gateway",
        "domain",
        "dns",
        "first",
        "last",
    ];
    let content = json!({
        "title": "A pool of addresses", "network": network, "fields": fields.object(&names),
        "refused": refused,
    });
    api.page_with(status, "address-pool.html", content)
}

async fn make_pool(api: Api, id: Segment, fields: Fields) -> Page {
    match made_pool(&api, &id, &fields).await {
        Ok(()) => Ok(Redirect::to(&format!("{LIST}/{id}")).into_response()),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            pool_form(&api, &id, status, &fields, refused).await
        }
    }
}

/// Makes a subnet, its range, and says that the network is on it. What cannot be completed is removed.
async fn made_pool(api: &Api, id: &Segment, fields: &Fields) -> Result<(), Refusal> {
    let dns = fields
        .get("dns")
        .split([' ', ','])
        .filter(|text| !text.is_empty());
    let subnet = json!({
        "type": "Subnet", "networkId": fields.get("networkId"), "subnetmask": fields.get("subnetmask"),
        "gateway": fields.get("gateway"), "domain": fields.get("domain"),
        "dnsServers": dns.collect::<Vec<_>>(),
    });
    let subnet = api.post("/rest/id-pools/ipv4/subnets", &subnet).await?.body;
    let subnet = subnet["uri"].as_str().unwrap_or_default().to_owned();
    let done = async {
        let range = json!({
            "type": "Range", "name": format!("{} of {}", fields.get("first"), fields.get("networkId")),
            "subnetUri": subnet,
            "startStopFragments": [
                {"startAddress": fields.get("first"), "endAddress": fields.get("last")},
            ],
        });
        api.post("/rest/id-pools/ipv4/ranges", &range).await?;
        let mut network = api.get(&uri(id)).await?;
        network["subnetUri"] = json!(subnet);
        api.put(&uri(id), &network).await
    };
    match done.await {
        Ok(_) => Ok(()),
        Err(refusal) => {
            api.delete(&subnet).await?;
            Err(refusal)
        }
    }
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
