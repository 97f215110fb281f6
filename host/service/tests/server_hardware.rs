//! Servers: every member and verb of the wire, their BMC, and what makes two of them the same.

use crate::support::{Service, names};
use mintage_records::Id;
use mintage_records::model::{Bmc, BmcTrust, ServerHardware};
use serde_json::{Value as Json, json};

pub const SERVERS: &str = "/rest/server-hardware";

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

fn stored(service: &Service, server: &Json) -> ServerHardware {
    let id = Id::parse(server["id"].as_str().unwrap()).unwrap();
    let stored = service.state.records.read(|view| view.get(&id));
    stored
        .map_err(|error: mintage_records::RecordsError| error)
        .unwrap()
        .body
}

fn bmc(service: &Service, server: &Json) -> Bmc {
    stored(service, server).bmc.unwrap()
}

fn password(service: &Service, server: &Json) -> String {
    let sealed = bmc(service, server).password;
    service.state.sealer.open(&sealed).unwrap().to_string()
}

#[test]
fn a_rack_server_as_the_sdk_adds_it() {
    let service = Service::start();
    let sent = json!({"hostname": "172.18.6.5", "username": "dcs", "password": "dcs-secret",
        "force": false, "licensingIntent": "OneView", "configurationState": "Managed"});
    let reply = service.post(SERVERS, &sent);
    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
    assert!(!text.contains("dcs-secret"), "{text}");
    let made = reply.json(201);
    for (member, expected) in [
        ("name", json!("172.18.6.5")),
        ("hostname", json!("https://172.18.6.5")),
        ("password", json!("********")),
        ("state", json!("NoProfileApplied")),
        ("powerState", json!("Unknown")),
        ("serverProfileUri", Json::Null),
        ("bmcTrust", json!("system")),
        ("category", json!("server-hardware")),
    ] {
        assert_eq!(made[member], expected, "{member}");
    }
    assert_eq!(made["mpHostInfo"]["mpHostName"], "172.18.6.5");
    assert_eq!(password(&service, &made), "dcs-secret");

    // All of it is sent back with one change: the masked password stays as it is.
    let mut changed = made.clone();
    changed["position"] = json!("rack 1, unit 7");
    let changed = service.put(uri(&made), &changed).json(200);
    assert_eq!(changed["position"], "rack 1, unit 7");
    assert_eq!(password(&service, &made), "dcs-secret");
    let set = json!({"password": "another", "bmcTrust": "insecure", "systemPath": "/redfish/v1/Systems/1"});
    service.put(uri(&made), &set).json(200);
    assert_eq!(password(&service, &made), "another");
    assert_eq!(bmc(&service, &made).trust, BmcTrust::Insecure);
    // It is not sent to another BMC.
    let elsewhere = service.put(uri(&made), &json!({"hostname": "evil.example"}));
    assert_eq!(
        elsewhere.refusal(400),
        "MISSING_MEMBER: `password` must be given"
    );
    let none = service
        .put(uri(&made), &json!({"hostname": null}))
        .json(200);
    assert_eq!(
        (&none["hostname"], &none["password"]),
        (&Json::Null, &Json::Null)
    );
    service
        .delete(&format!("{}?force=true", uri(&made)))
        .empty(204);
    assert_eq!(
        service.get(uri(&made)).refusal(404).split(':').next(),
        Some("RESOURCE_NOT_FOUND")
    );
}

#[test]
fn a_server_without_a_bmc_has_ports_and_a_type() {
    let service = Service::start();
    let sent = json!({"name": "web01", "model": "ProLiant DL380", "uuid": "30303437-3034-4D32",
        "serialNumber": "CZ1", "initiator": "iqn.2001-05.com.example:web01",
        "ports": [{"id": "nic1", "mac": "52:54:00:00:00:01"}, {"id": "nic2", "mac": "52-54-00-00-00-0a"}]});
    let made = service.post(SERVERS, &sent).json(201);
    assert_eq!(
        made["ports"][1],
        json!({"id": "nic2", "mac": "52:54:00:00:00:0A"})
    );
    let ports = &made["portMap"]["deviceSlots"][0]["physicalPorts"];
    assert_eq!(
        (&ports[1]["portNumber"], &ports[1]["mac"]),
        (&json!(2), &json!("52:54:00:00:00:0A"))
    );
    service
        .post(
            SERVERS,
            &json!({"name": "web02", "model": "proliant dl380"}),
        )
        .json(201);
    service.post(SERVERS, &json!({"name": "web03"})).json(201);
    let types = service.get("/rest/server-hardware-types").json(200);
    assert_eq!(types["total"], 2);
    let kind = service
        .get(made["serverHardwareTypeUri"].as_str().unwrap())
        .json(200);
    assert_eq!(kind["uri"], made["serverHardwareTypeUri"]);
    service.get("/rest/server-hardware-types/none").refusal(404);
    let found = service.get(&format!(
        "{SERVERS}?filter=%22serialNumber='cz1'%22&sort=name:asc"
    ));
    assert_eq!(names(&found.json(200)), ["web01"]);

    let same = json!({"name": "x", "ports": [{"id": "a", "mac": "52:54:00:00:00:01"}]});
    let twin = service.post(SERVERS, &same).refusal(409);
    assert_eq!(
        twin,
        "DUPLICATE_SERVER: server `web01` has the MAC address 52:54:00:00:00:01 already"
    );
    let same = json!({"name": "x", "uuid": "30303437-3034-4d32"});
    let twin = service.post(SERVERS, &same).refusal(409);
    assert_eq!(
        twin,
        "DUPLICATE_SERVER: server `web01` has the UUID already"
    );
    let same = json!({"name": "x", "initiator": "iqn.2001-05.com.example:web01"});
    let twin = service.post(SERVERS, &same).refusal(409);
    assert_eq!(
        twin,
        "DUPLICATE_SERVER: server `web01` has the initiator name already"
    );
    // It is no twin of itself.
    service.put(uri(&made), &made).json(200);
}

#[test]
fn what_is_no_server_is_refused() {
    let service = Service::start();
    let bmc = |more: Json| {
        let mut sent = json!({"hostname": "bmc", "username": "u", "password": "pass-word"});
        sent.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        sent
    };
    for (sent, expected) in [
        (json!({}), "MISSING_MEMBER: `name` must be given"),
        (
            json!({"hostname": "bmc", "username": "u"}),
            "MISSING_MEMBER: `password` must be given",
        ),
        (
            json!({"hostname": "bmc", "password": "p"}),
            "MISSING_MEMBER: `username` must be given",
        ),
        (
            bmc(json!({"hostname": "http://bmc"})),
            "INSECURE_BMC: the password would go over http:// for everyone to read",
        ),
        (
            bmc(json!({"hostname": "https://u:p@bmc"})),
            "INVALID_HOSTNAME: `hostname` must be a host, or like `https://host:port`",
        ),
        (
            bmc(json!({"hostname": "file:///etc/passwd"})),
            "INVALID_HOSTNAME: `hostname` must be a host, or like `https://host:port`",
        ),
        (
            bmc(json!({"hostname": "https://bmc/redfish"})),
            "INVALID_HOSTNAME: `hostname` must be a host, or like `https://host:port`",
        ),
        (
            bmc(json!({"systemPath": "/redfish/v1/../x"})),
            "INVALID_SYSTEM_PATH: `systemPath` must be like `/redfish/v1/Systems/1`",
        ),
        (
            bmc(json!({"bmcTrust": "sha256:12"})),
            "INVALID_TRUST: `bmcTrust` is `system`, `insecure`, `sha256:` with 64 hexadecimal digits, \
             or the PEM of a certificate",
        ),
        (
            json!({"name": "a", "ports": [{"id": "n", "mac": "x"}]}),
            "INVALID_PORT: port `n`: a MAC address is written like 52:54:00:12:34:56",
        ),
        (
            json!({"name": "a", "ports": [{"id": "n", "mac": "FF:FF:FF:FF:FF:FF"}]}),
            "INVALID_PORT: port `n`: FF:FF:FF:FF:FF:FF is no address of a port",
        ),
        (
            json!({"name": "a", "ports": [{"id": "n", "mac": "52:54:00:00:00:01"},
                                          {"id": "m", "mac": "52:54:00:00:00:01"}]}),
            "INVALID_PORT: port `m` is there twice",
        ),
    ] {
        let reply = service.post(SERVERS, &sent);
        assert!(!String::from_utf8_lossy(&reply.bytes).contains("pass-word"));
        assert_eq!(reply.refusal(400), expected, "{sent}");
    }
    let wrong = service
        .post(SERVERS, &json!({"name": "a", "initiator": "web01"}))
        .refusal(400);
    assert!(wrong.starts_with("INVALID_INITIATOR"), "{wrong}");
    let six = service
        .post(SERVERS, &bmc(json!({"hostname": "fd00::7"})))
        .json(201);
    assert_eq!(six["hostname"], "https://[fd00::7]");
    let hash = "AB:".repeat(31) + "AB";
    let pinned = service
        .put(uri(&six), &json!({"bmcTrust": format!("sha256:{hash}")}))
        .json(200);
    assert_eq!(pinned["bmcTrust"], format!("sha256:{}", "ab".repeat(32)));
}

#[test]
fn what_is_not_managed_says_where_to_look() {
    let service = Service::start();
    let with = json!({"hostname": "bmc", "username": "u", "password": "p"});
    let with = service.post(SERVERS, &with).json(201);
    let without = service
        .post(SERVERS, &json!({"name": "bare", "position": "rack 2"}))
        .json(201);
    let get = |server: &Json, what: &str| service.get(&format!("{}/{what}", uri(server)));
    assert_eq!(
        get(&with, "iloSsoUrl").json(200),
        json!({"iloSsoUrl": "https://bmc"})
    );
    assert_eq!(
        get(&without, "iloSsoUrl").refusal(409),
        "NOT_MANAGED: server `bare` has no BMC"
    );
    for what in ["bios", "remoteConsoleUrl", "javaRemoteConsoleUrl"] {
        let reply = get(&with, what);
        assert!(reply.refusal(409).starts_with("NOT_MANAGED"), "{what}");
        assert_eq!(
            reply.json(409)["recommendedActions"],
            json!(["Look at its BMC: https://bmc"])
        );
    }
    assert_eq!(
        get(&without, "environmentalConfiguration").json(200)["rackName"],
        "rack 2"
    );
    assert_eq!(get(&without, "firmware").json(200)["components"], json!([]));
    get(&json!({"uri": "/rest/server-hardware/none"}), "firmware").refusal(404);
}

#[test]
fn power_that_cannot_be_switched_says_why() {
    let service = Service::start();
    let sent = json!({"name": "web01", "hostname": "http://127.0.0.1:1", "username": "u",
        "password": "pass-word", "bmcTrust": "insecure"});
    let server = service.post(SERVERS, &sent).json(201);
    let put = |what: &str, body: Json| service.put(&format!("{}/{what}", uri(&server)), &body);
    for (wanted, text) in [
        (json!({}), "MISSING_MEMBER: `powerState` must be given"),
        (
            json!({"powerState": "Off", "powerControl": "Reset"}),
            "INVALID_POWER: `powerState` is `On` with the `powerControl` `MomentaryPress`, `Reset` or \
             `ColdBoot`, or `Off` with `MomentaryPress` or `PressAndHold`",
        ),
    ] {
        assert_eq!(put("powerState", wanted).refusal(400), text);
    }
    let reply = put("refreshState", json!({}));
    let refused = reply.refusal(409);
    assert!(refused.starts_with("BMC: the BMC at "), "{refused}");
    assert!(!String::from_utf8_lossy(&reply.bytes).contains("pass-word"));
    let bare = service.post(SERVERS, &json!({"name": "bare"})).json(201);
    let none = service.put(&format!("{}/refreshState", uri(&bare)), &json!({}));
    assert_eq!(none.refusal(409), "NO_BMC: server `bare` has no BMC");
}
