//! Networks: every member and verb of the wire, one at a time and many at once.

use crate::support::{Service, names};
use serde_json::{Value as Json, json};

pub const NETWORKS: &str = "/rest/ethernet-networks";

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

#[test]
fn a_network_as_clients_send_it_is_taken_and_changed() {
    let service = Service::start();
    // The example of HPE's SDK.
    let sent = json!({"name": "OneViewSDK Test Ethernet Network", "vlanId": 200,
        "ethernetNetworkType": "Tagged", "purpose": "General", "smartLink": false,
        "privateNetwork": false, "connectionTemplateUri": null, "type": "ethernet-networkV300",
        "bandwidth": {"typicalBandwidth": 2500, "maximumBandwidth": 10000}});
    let reply = service.post(NETWORKS, &sent);
    let made = reply.json(201);
    assert_eq!(reply.headers["location"], uri(&made));
    for member in [
        "name",
        "vlanId",
        "ethernetNetworkType",
        "purpose",
        "smartLink",
        "type",
    ] {
        assert_eq!(made[member], sent[member], "{member}");
    }
    assert_eq!(
        (&made["category"], &made["eTag"]),
        (&json!("ethernet-networks"), &json!("1"))
    );

    // Clients send all of it back with one change.
    let mut changed = made.clone();
    changed["name"] = json!("renamed");
    changed["smartLink"] = json!("true");
    let changed = service.put(uri(&made), &changed).json(200);
    assert_eq!(
        (&changed["name"], &changed["smartLink"]),
        (&json!("renamed"), &json!(true))
    );
    assert_eq!(service.get(uri(&made)).json(200), changed);
    let stale = service.put(uri(&made), &json!({"name": "x", "eTag": "1"}));
    assert!(stale.refusal(412).starts_with("CHANGED_MEANWHILE"));
    let profiles = service.get(&format!("{}/associatedProfiles", uri(&made)));
    assert_eq!(profiles.json(200), json!([]));
    let uplinks = service.get(&format!("{}/associatedUplinkGroups", uri(&made)));
    assert_eq!(uplinks.json(200), json!([]));
    service.delete(uri(&made)).empty(204);
    assert!(
        service
            .get(uri(&made))
            .refusal(404)
            .contains("there is no network")
    );
}

#[test]
fn what_is_missing_has_a_meaning_and_what_is_wrong_is_told() {
    let service = Service::start();
    for (sent, expected) in [
        (json!({"name": "a"}), Ok((0, "Untagged"))),
        (json!({"name": "b", "vlanId": "7"}), Ok((7, "Tagged"))),
        (
            json!({"name": "c", "vlanId": 0, "ethernetNetworkType": "tunnel"}),
            Ok((0, "Tunnel")),
        ),
        (
            json!({"name": "d", "ethernetNetworkType": "Tagged"}),
            Err("INVALID_VLAN: a tagged network needs a VLAN"),
        ),
        (
            json!({"name": "e", "vlanId": 4095}),
            Err("INVALID_VLAN: a VLAN has a number from 1 to 4094, not `4095`"),
        ),
        (
            json!({"name": "f", "ethernetNetworkType": "x"}),
            Err("INVALID_NETWORK_TYPE: `ethernetNetworkType` is one of Tagged, Untagged, Tunnel"),
        ),
        (json!({}), Err("MISSING_MEMBER: `name` must be given")),
        (
            json!({"name": "g", "subnetUri": "/rest/id-pools/ipv4/subnets/none"}),
            Err("REFERENCE_NOT_FOUND: `subnetUri` names a subnet that does not exist: `none`"),
        ),
    ] {
        let reply = service.post(NETWORKS, &sent);
        match expected {
            Err(text) => assert_eq!(reply.refusal(400), text, "{sent}"),
            Ok((vlan, kind)) => {
                let made = reply.json(201);
                assert_eq!(made["vlanId"], vlan, "{sent}");
                assert_eq!(made["ethernetNetworkType"], kind, "{sent}");
            }
        }
    }
    let taken = service.post(NETWORKS, &json!({"name": "A"})).refusal(409);
    assert_eq!(
        taken,
        "DUPLICATE_NAME: there is a network with the name `A` already"
    );
    let listed = service
        .get("/rest/ethernet-networks?filter=%22vlanId=7%22")
        .json(200);
    assert_eq!(names(&listed), ["b"]);
}

#[test]
fn many_networks_are_made_and_deleted_together() {
    let service = Service::start();
    let bulk = format!("{NETWORKS}/bulk");
    let sent = json!({"namePrefix": "blue", "vlanIdRange": "2,5-7", "purpose": "General",
        "smartLink": false, "privateNetwork": false, "bandwidth": {}, "type": "bulk-ethernet-networkV1"});
    assert_eq!(
        names(&service.post(&bulk, &sent).json(201)),
        ["blue_2", "blue_5", "blue_6", "blue_7"]
    );
    // As the SDK looks for them.
    let query = "?start=0&count=-1&filter=%22%27name%27%20matches%20%27blue%5C_%25%27%22\
                 &sort=vlanId:ascending";
    let all = service.get(&format!("{NETWORKS}{query}")).json(200);
    assert_eq!(names(&all), ["blue_2", "blue_5", "blue_6", "blue_7"]);
    // One that is there: none is made.
    let overlap = json!({"namePrefix": "blue", "vlanIdRange": "1-2"});
    assert!(
        service
            .post(&bulk, &overlap)
            .refusal(409)
            .starts_with("DUPLICATE_NAME")
    );
    assert_eq!(service.get(NETWORKS).json(200)["total"], 4);
    let uris: Vec<&Json> = all["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["uri"])
        .collect();
    let some = json!({"networkUris": [uris[0], "/rest/ethernet-networks/none"]});
    let delete = format!("{NETWORKS}/bulk-delete");
    service.post(&delete, &some).refusal(404);
    assert_eq!(service.get(NETWORKS).json(200)["total"], 4);
    service
        .post(&delete, &json!({ "networkUris": uris }))
        .empty(204);
    assert_eq!(service.get(NETWORKS).json(200)["total"], 0);
}
