//! Deployment servers: this service, as clients of OneView see it.

use crate::ethernet_networks::NETWORKS;
use crate::support::{Service, names, request};
use axum::http::{Method, header};
use serde_json::json;

const SERVERS: &str = "/rest/deployment-servers";

#[test]
fn a_deployment_server_from_its_making_to_its_end() {
    let service = Service::start();
    let network = service
        .post(NETWORKS, &json!({"name": "mgmt", "vlanId": 3}))
        .json(201);
    let networks = service.get(&format!("{SERVERS}/network")).json(200);
    assert_eq!(
        networks["members"],
        json!([{"name": "mgmt", "uri": network["uri"]}])
    );
    let appliances = service
        .get(&format!("{SERVERS}/image-streamer-appliances/"))
        .json(200);
    let appliance = &appliances["members"][0];
    assert_eq!(
        service.get(appliance["uri"].as_str().unwrap()).json(200)["id"],
        appliance["id"]
    );
    service
        .get(&format!("{SERVERS}/image-streamer-appliances/none"))
        .refusal(404);

    let sent = json!({"name": "I3S", "description": "the streamer", "type": "Image streamer",
        "mgmtNetworkUri": network["uri"], "applianceUri": appliance["applianceUri"]});
    let made = service.post(SERVERS, &sent).json(201);
    let uri = made["uri"].as_str().unwrap();
    for (member, expected) in [
        ("category", json!("deployment-managers")),
        ("state", json!("Connected")),
        ("mgmtNetworkUri", network["uri"].clone()),
        ("applianceUri", appliance["applianceUri"].clone()),
    ] {
        assert_eq!(made[member], expected, "{member}");
    }
    // The address of the service, as scripts look for it.
    let mut asked = request(Method::GET, SERVERS, "");
    asked
        .headers_mut()
        .insert(header::HOST, "10.0.0.5:443".parse().unwrap());
    assert_eq!(
        service.send(asked).json(200)["members"][0]["primaryIPv4"],
        "10.0.0.5"
    );
    let filtered = format!("{SERVERS}?filter=%22state='Connected'%22&filter=%22name='i3s'%22");
    assert_eq!(names(&service.get(&filtered).json(200)), ["I3S"]);

    let in_use = service
        .delete(network["uri"].as_str().unwrap())
        .refusal(409);
    assert_eq!(
        in_use,
        "IN_USE: network `mgmt` is used by deployment server `I3S`"
    );
    let mut changed = made.clone();
    changed["description"] = json!("changed");
    let changed = service
        .put(&format!("{uri}?force=false"), &changed)
        .json(200);
    assert_eq!(
        (&changed["description"], &changed["eTag"]),
        (&json!("changed"), &json!("2"))
    );
    let unknown = json!({"name": "x", "mgmtNetworkUri": "/rest/ethernet-networks/none"});
    let unknown = service.post(SERVERS, &unknown).refusal(400);
    assert!(unknown.starts_with("REFERENCE_NOT_FOUND"), "{unknown}");
    service.delete(&format!("{uri}?force=true")).empty(204);
    service.get(uri).refusal(404);
}
