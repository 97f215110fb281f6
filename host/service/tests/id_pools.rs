//! Subnets, ranges, and addresses that clients take themselves.

use crate::ethernet_networks::NETWORKS;
use crate::support::{Service, names};
use mintage_deploy::networks::{self, Owner};
use mintage_deploy::os_volumes::DeployError;
use mintage_records::{Author, Id, Kind};
use serde_json::{Value as Json, json};

const SUBNETS: &str = "/rest/id-pools/ipv4/subnets";
const RANGES: &str = "/rest/id-pools/ipv4/ranges";

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

/// A subnet with a range of ten addresses.
fn pool(service: &Service) -> (Json, Json) {
    let subnet = json!({"type": "Subnet", "name": "blue", "networkId": "10.10.0.0",
        "subnetmask": "255.255.255.0", "gateway": "10.10.0.1", "domain": "example.com",
        "dnsServers": ["10.10.0.215", null, ""]});
    let subnet = service.post(SUBNETS, &subnet).json(201);
    let range = json!({"type": "Range", "name": "IPv4", "subnetUri": subnet["uri"],
        "rangeCategory": "Custom",
        "startStopFragments": [{"startAddress": "10.10.0.10", "endAddress": "10.10.0.19"}]});
    let range = service.post(RANGES, &range).json(201);
    (subnet, range)
}

fn put(service: &Service, resource: &Json, what: &str, body: Json) -> crate::support::Reply {
    service.put(&format!("{}/{what}", uri(resource)), &body)
}

#[test]
fn a_subnet_and_a_range_as_clients_send_them() {
    let service = Service::start();
    let (subnet, range) = pool(&service);
    assert_eq!(subnet["type"], "Subnet");
    assert_eq!(subnet["dnsServers"], json!(["10.10.0.215"]));
    let seen = service.get(uri(&subnet)).json(200);
    assert_eq!(seen["rangeUris"], json!([range["uri"]]));
    let counts = |range: &Json| {
        ["totalCount", "freeIdCount", "allocatedIdCount"]
            .map(|member| range[member].as_u64().unwrap())
    };
    assert_eq!(counts(&range), [10, 10, 0]);
    assert_eq!(
        (&range["startAddress"], &range["endAddress"]),
        (&json!("10.10.0.10"), &json!("10.10.0.19"))
    );
    assert_eq!(
        (&range["enabled"], &range["eTag"]),
        (&json!(true), &json!("1"))
    );

    // All of it is sent back with one change; the other members of it change nothing.
    let mut changed = range.clone();
    changed["name"] = json!("renamed");
    changed["startAddress"] = json!("1.2.3.4");
    let changed = service.put(uri(&range), &changed).json(200);
    assert_eq!(changed["name"], "renamed");
    assert_eq!(changed["startStopFragments"], range["startStopFragments"]);
    let disabled = service.put(uri(&range), &json!({"type": "Range", "enabled": false}));
    assert_eq!(disabled.json(200)["enabled"], false);
    let refused = put(&service, &range, "allocator", json!({"count": 1})).refusal(409);
    let text = "NO_RANGE: the subnet `blue` (10.10.0.0/24) has no range that is enabled";
    assert_eq!(refused, text);
    assert_eq!(names(&service.get(RANGES).json(200)), ["renamed"]);
    assert_eq!(
        names(
            &service
                .get(&format!("{SUBNETS}?filter=name='blue'"))
                .json(200)
        ),
        ["blue"]
    );

    let in_use = service.delete(uri(&subnet)).refusal(409);
    assert_eq!(
        in_use,
        "IN_USE: subnet `blue` is used by range of addresses `renamed`"
    );
    service.delete(uri(&range)).empty(204);
    let network = json!({"name": "n", "vlanId": 4, "subnetUri": subnet["uri"]});
    let network = service.post(NETWORKS, &network).json(201);
    let seen = service.get(uri(&subnet)).json(200);
    assert_eq!(
        seen["associatedResources"],
        json!([{"name": "n", "uri": network["uri"]}])
    );
    service
        .put(uri(&network), &json!({"subnetUri": null}))
        .json(200);
    service.delete(uri(&subnet)).empty(204);
}

#[test]
fn names_are_made_where_none_are_given() {
    let service = Service::start();
    let subnet = json!({"networkId": "10.0.0.0", "subnetmask": "255.255.0.0", "gateway": ""});
    let subnet = service.post(SUBNETS, &subnet).json(201);
    assert_eq!(
        (&subnet["name"], &subnet["gateway"]),
        (&json!("10.0.0.0/16"), &Json::Null)
    );
    let range =
        json!({"subnetUri": subnet["uri"], "startAddress": "10.0.9.0", "endAddress": "10.0.9.255"});
    let range = service.post(RANGES, &range).json(201);
    assert_eq!(
        (&range["name"], &range["totalCount"]),
        (&json!("10.0.9.0-10.0.9.255"), &json!(256))
    );
}

#[test]
fn addresses_are_taken_and_given_back() {
    let service = Service::start();
    let (subnet, range) = pool(&service);
    let taken = put(&service, &range, "allocator", json!({"count": 2})).json(200);
    assert_eq!(
        taken,
        json!({"count": 2, "idList": ["10.10.0.10", "10.10.0.11"], "valid": true})
    );
    let named = json!({"idList": ["10.10.0.15", "10.10.0.17"]});
    put(&service, &range, "allocator", named.clone()).json(200);
    put(
        &service,
        &subnet,
        "allocator",
        json!({"idList": ["10.10.0.99"]}),
    )
    .json(200);
    let next = put(&service, &subnet, "allocator", json!({"count": 1})).json(200);
    assert_eq!(next["idList"], json!(["10.10.0.12"]));
    let seen = service.get(uri(&range)).json(200);
    assert_eq!(
        (&seen["freeIdCount"], &seen["allocatedIdCount"]),
        (&json!(5), &json!(5))
    );

    let pieces = |what: &str| {
        let reply = service.get(&format!("{}/{what}?start=0&count=-1", uri(&range)));
        let reply = reply.json(200);
        let members = reply["members"].as_array().unwrap().iter().map(|piece| {
            let end = |member: &str| {
                piece[member]
                    .as_str()
                    .unwrap()
                    .rsplit('.')
                    .next()
                    .unwrap()
                    .to_owned()
            };
            format!("{}-{}", end("startAddress"), end("endAddress"))
        });
        members.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(pieces("allocated-fragments"), "10-12 15-15 17-17");
    assert_eq!(pieces("free-fragments"), "13-14 16-16 18-19");
    let one = service
        .get(&format!("{}/free-fragments?start=1&count=1", uri(&range)))
        .json(200);
    assert_eq!((&one["count"], &one["total"]), (&json!(1), &json!(3)));

    // Nothing is taken where one cannot be.
    for (resource, asked, status, text) in [
        (
            &range,
            json!({"idList": ["10.10.0.16", "10.10.0.17"]}),
            409,
            "ADDRESS_TAKEN: the address 10.10.0.17 is given already, to a client of the API",
        ),
        (
            &range,
            json!({"idList": ["10.10.0.30"]}),
            400,
            "ADDRESS_OUTSIDE_RANGE: the address 10.10.0.30 is not of the range",
        ),
        (
            &subnet,
            json!({"idList": ["10.10.0.16", "10.11.0.1"]}),
            400,
            "ADDRESS_OUTSIDE_SUBNET: the address 10.11.0.1 is not of the subnet `blue` (10.10.0.0/24)",
        ),
        (
            &range,
            json!({"count": 6}),
            409,
            "ADDRESSES_EXHAUSTED: no address of the subnet `blue` (10.10.0.0/24) is free: all 10 addresses \
          of its enabled ranges (1) are given",
        ),
        (
            &range,
            json!({"count": 1001}),
            400,
            "TOO_MANY_ADDRESSES: a request takes at most 1000 addresses",
        ),
        (
            &range,
            json!({"idList": ["x"]}),
            400,
            "INVALID_ADDRESS: `x` is no IPv4 address",
        ),
    ] {
        assert_eq!(
            put(&service, resource, "allocator", asked).refusal(status),
            text
        );
    }
    assert_eq!(pieces("free-fragments"), "13-14 16-16 18-19");
    let in_use = service.delete(uri(&range)).refusal(409);
    assert!(
        in_use.starts_with("IN_USE: range of addresses `IPv4` is used by pool address "),
        "{in_use}"
    );

    let back = put(
        &service,
        &range,
        "collector",
        json!({"idList": ["10.10.0.15", "10.10.0.16"]}),
    );
    assert_eq!(back.json(200)["idList"], json!(["10.10.0.15"]));
    let rest =
        json!({"idList": ["10.10.0.10", "10.10.0.11", "10.10.0.12", "10.10.0.17", "10.10.0.99"]});
    assert_eq!(
        put(&service, &subnet, "collector", rest).json(200)["count"],
        5
    );
    assert_eq!(pieces("free-fragments"), "10-19");
    service.delete(uri(&range)).empty(204);
}

#[test]
fn what_a_server_has_is_shown_and_only_released_with_it() {
    let service = Service::start();
    let (subnet, range) = pool(&service);
    let network = json!({"name": "n", "vlanId": 4, "subnetUri": subnet["uri"]});
    let network = service.post(NETWORKS, &network).json(201);
    let network = Id::parse(network["id"].as_str().unwrap()).unwrap();
    let owner = Owner {
        kind: Kind::ServerProfiles,
        id: Id::parse("web01").unwrap(),
        nic: "NIC1".into(),
    };
    let leased = service.state.records.change(&Author::service(), |change| {
        networks::allocate(change, &network, &owner, None)
    });
    leased.map_err(|error: DeployError| error).unwrap();
    let all = service.get("/rest/id-pools/ipv4/addresses").json(200);
    let one = &all["members"][0];
    assert_eq!(service.get(uri(one)).json(200), *one);
    for (member, expected) in [
        ("address", json!("10.10.0.10")),
        ("subnetUri", subnet["uri"].clone()),
        ("rangeUri", range["uri"].clone()),
        ("ownerUri", json!("/rest/server-profiles/web01")),
        ("nic", json!("NIC1")),
    ] {
        assert_eq!(one[member], expected, "{member}");
    }
    let refused = put(
        &service,
        &subnet,
        "collector",
        json!({"idList": ["10.10.0.10"]}),
    )
    .refusal(409);
    assert_eq!(
        refused,
        "ADDRESS_TAKEN: the address 10.10.0.10 is given already, to server profile `web01`"
    );
}

#[test]
fn what_cannot_be_a_subnet_or_a_range_is_refused_with_all_that_is_wrong() {
    let service = Service::start();
    let (subnet, range) = pool(&service);
    let wrong =
        json!({"networkId": "10.10.0.7", "subnetmask": "255.255.255.0", "gateway": "10.9.0.1"});
    let reply = service.post(SUBNETS, &wrong);
    let nested = reply.json(400)["nestedErrors"].as_array().unwrap().len();
    assert_eq!(nested, 3);
    for (path, sent, text) in [
        (
            SUBNETS,
            json!({"networkId": "10.10.0.x"}),
            "INVALID_ADDRESS: `10.10.0.x` is no IPv4 address",
        ),
        (
            SUBNETS,
            json!({"networkId": "10.10.0.0"}),
            "MISSING_MEMBER: `subnetmask` must be given",
        ),
        (
            RANGES,
            json!({"name": "r"}),
            "MISSING_MEMBER: `subnetUri` must be given",
        ),
        (
            RANGES,
            json!({"subnetUri": subnet["uri"]}),
            "MISSING_MEMBER: `startStopFragments` must be given",
        ),
        (
            RANGES,
            json!({"subnetUri": subnet["uri"], "startAddress": "10.10.0.19", "endAddress": "10.10.0.20"}),
            "RANGES_OVERLAP: it has addresses of the range `IPv4`",
        ),
        (
            RANGES,
            json!({"subnetUri": subnet["uri"], "startStopFragments": [
                {"startAddress": "10.10.0.100", "endAddress": "10.10.0.120"},
                {"startAddress": "10.10.0.130", "endAddress": "10.10.0.140"},
                {"startAddress": "10.10.0.115", "endAddress": "10.10.0.118"}]}),
            "RANGES_OVERLAP: two fragments have 10.10.0.115 both",
        ),
    ] {
        assert_eq!(service.post(path, &sent).refusal(400), text, "{sent}");
    }
    let other = json!({"networkId": "10.20.0.0", "subnetmask": "255.255.255.0"});
    let other = service.post(SUBNETS, &other).json(201);
    let fragment = json!([{"startAddress": "10.20.0.10", "endAddress": "10.20.0.19"}]);
    let moved = json!({"subnetUri": other["uri"], "startStopFragments": fragment});
    assert_eq!(
        service.put(uri(&range), &moved).refusal(400),
        "INVALID_RANGE: a range stays in its subnet"
    );
}
