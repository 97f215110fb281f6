//! Server profiles: what the wire shows of them, what is refused, and that a profile that is got and sent
//! back is the same. Tasks wait here: that servers are deployed is tested with real workers.

use crate::access::{session, user};
use crate::support::{Service, names, request};
use axum::http::Method;
use mintage_deploy::task::Verbs;
use mintage_records::access::Role;
use mintage_records::model::{
    GoldenImage, OsVolume, PowerState, ProfileState, ServerHardware, ServerProfile, Task,
    VolumeExport,
};
use mintage_records::{Author, Change, Id, Kind, Match, RecordsError};
use serde_json::{Value as Json, json};
use std::time::{Duration, Instant};

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

fn id(uri: &str) -> Id {
    Id::parse(uri.rsplit('/').next().unwrap()).unwrap()
}

fn change<T>(service: &Service, act: impl FnOnce(&mut Change<'_>) -> Result<T, RecordsError>) -> T {
    service
        .state
        .records
        .change(&Author::service(), act)
        .unwrap()
}

/// A deployment plan whose script asks for `HostName`, a `Password` and a nic.
pub fn plan(service: &Service) -> Json {
    let golden = json!({"name": "debian", "state": "OK", "size": 1 << 20, "used": 0,
        "imageCapture": false, "importedFromBundle": false, "readOnly": false});
    let golden: GoldenImage = serde_json::from_value(golden).unwrap();
    let golden = change(service, |change| change.insert(golden));
    let script = json!({"name": "set name", "planType": "deploy", "language": "rhai",
        "content": "hostname::set(attribute(\"HostName\"));\nattribute(\"Password\");\n\
                    attribute(\"NIC1\", ());\n"});
    let script = service.post("/rest/plan-scripts", &script).json(201);
    let attributes = json!([
        {"name": "HostName", "type": "hostname", "value": "", "constraints": "{}"},
        {"name": "NIC1", "type": "nic", "value": "", "constraints":
            "{\"ipv4static\":true,\"ipv4dhcp\":true,\"ipv4disable\":true,\"parameters\":[]}"},
        {"name": "Password", "type": "password", "value": "", "constraints": "{}"}]);
    let build_plan = json!({"name": "web", "oeBuildPlanType": "deploy",
        "buildStep": [{"serialNumber": "1", "planScriptUri": uri(&script)}],
        "customAttributes": attributes});
    let build_plan = service.post("/rest/build-plans", &build_plan).json(201);
    let plan = json!({"name": "web servers", "oeBuildPlanURI": uri(&build_plan),
        "goldenImageURI": Kind::GoldenImages.uri(&golden.id), "customAttributes": []});
    service.post("/rest/deployment-plans", &plan).json(201)
}

/// A profile as HPE's SDKs send it.
fn body(plan: &Json) -> Json {
    let plan = uri(plan).replace("deployment-plans", "os-deployment-plans");
    json!({
        "type": "ServerProfileV9", "name": "web01", "description": "the first",
        "serverHardwareUri": null, "enclosureBay": null, "affinity": "Bay",
        "bootMode": {"manageMode": true, "mode": "UEFIOptimized"},
        "connectionSettings": {"connections": [
            {"id": 1, "name": "Deployment A", "networkUri": "/rest/ethernet-networks/a", "mac":
                "52:54:00:00:00:01", "boot": {"priority": "Primary", "initiatorNameSource":
                "ProfileInitiatorName", "iscsi": {"chapSecret": "connection secret"}}}]},
        "osDeploymentSettings": {
            "osDeploymentPlanUri": plan, "osVolumeUri": null, "forceOsDeployment": false,
            "osCustomAttributes": [
                {"name": "HostName", "value": "web01"},
                {"name": "Password", "value": "plan secret"},
                {"name": "NIC1.connectionid", "value": "1"},
                {"name": "NIC1.dhcp", "value": "False"},
                {"name": "NIC1.constraint", "value": "userspecified"},
                {"name": "NIC1.ipaddress", "value": "192.0.2.10"},
                {"name": "NIC1.netmask", "value": "255.255.255.0"}]}})
}

/// A profile that is deployed: its task has made its volume.
fn deployed(service: &Service, body: &Json) -> String {
    let task = service.post("/rest/server-profiles", body).json(202);
    let profile = task["associatedResource"]["resourceUri"].as_str().unwrap();
    settle(service, &id(profile));
    profile.to_owned()
}

/// What the task of a profile comes to.
fn settle(service: &Service, id: &Id) {
    let records = &service.state.records;
    let end = Instant::now() + Duration::from_secs(30);
    let task = loop {
        let tasks = records.read(|view| view.all::<Task>()).unwrap();
        let newest = tasks.into_iter().max_by_key(|task| task.created).unwrap();
        // Nobody here carries it out; until that is noted, it holds the profile.
        if newest.body.task_state.is_final() {
            break newest.body;
        }
        assert!(Instant::now() < end, "{newest:?}");
        std::thread::sleep(Duration::from_millis(5));
    };
    change(service, |change| {
        let after: ServerProfile = serde_json::from_value(task.input["after"].clone()).unwrap();
        change.update(id, &Match::Any, after)
    });
}

#[test]
fn a_profile_is_made_by_a_task_and_shown_without_secrets() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let reply = service.post("/rest/server-profiles", &body(&plan));
    let task = reply.json(202);
    assert_eq!(reply.headers["location"].to_str().unwrap(), uri(&task));
    assert_eq!(
        (
            &task["name"],
            &task["associatedResource"]["resourceCategory"]
        ),
        (&json!("Create"), &json!("server-profiles"))
    );
    let profile = task["associatedResource"]["resourceUri"].as_str().unwrap();
    let shown = service.get(profile).json(200);
    assert_eq!(
        (
            &shown["state"],
            &shown["inProgress"],
            &shown["osDeploymentSettings"]["osVolumeUri"]
        ),
        (&json!("Creating"), &json!(true), &Json::Null)
    );
    settle(&service, &id(profile));

    let shown = service.get(profile).json(200);
    assert_eq!(
        (&shown["state"], &shown["status"]),
        (&json!("Normal"), &json!("OK"))
    );
    assert_eq!(
        (&shown["type"], &shown["affinity"]),
        (&json!("ServerProfileV9"), &json!("Bay"))
    );
    let iscsi = "/connectionSettings/connections/0/boot/iscsi/chapSecret";
    assert_eq!(shown.pointer(iscsi), Some(&json!("********")));
    let settings = &shown["osDeploymentSettings"];
    assert_eq!(settings["forceOsDeployment"], false);
    let values = settings["osCustomAttributes"].as_array().unwrap();
    let value = |name: &str| {
        let found = values.iter().find(|value| value["name"] == name);
        found.map(|value| value["value"].as_str().unwrap())
    };
    assert_eq!(value("Password"), Some("********"));
    assert_eq!(value("HostName"), Some("web01"));
    assert_eq!(value("NIC1.mac"), Some("52:54:00:00:00:01"));
    let volume = settings["osVolumeUri"].as_str().unwrap();
    let volume = service.get(volume).json(200);
    assert_eq!(volume["oeVolumeIQN"], shown["bootTarget"]["targetName"]);
    assert_eq!(volume["oeVolumeIp"], "192.0.2.1");
    let storage = format!("{}/storage", volume["uri"].as_str().unwrap());
    let storage = service.get(&storage).json(200);
    assert_eq!(storage["oeVolumeIQN"], volume["oeVolumeIQN"]);
    assert_eq!(storage["portals"], json!(["192.0.2.1:3260"]));
    assert_eq!(storage["sessions"], json!([]));
    assert_eq!(volume["statelessServerUri"], profile);
    assert_eq!(volume["dependentArtifacts"][0]["uri"], profile);
    assert_eq!(shown["bootTarget"]["portals"], json!(["192.0.2.1:3260"]));

    // Secrets are with those only who may deploy.
    user(&service, "reader", Role::ReadOnly);
    let reader = session(&service, "reader");
    let boot = format!("{profile}/boot");
    let mut asked = request(Method::GET, &boot, "");
    asked.headers_mut().insert("auth", reader.parse().unwrap());
    service.send(asked).refusal(403);
    let reply = service.get(&boot);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let boot = reply.json(200);
    assert_eq!(boot["chap"]["secret"].as_str().unwrap().len(), 16);
    assert_eq!(boot["targetName"], shown["bootTarget"]["targetName"]);
    let script = boot["ipxeScript"].as_str().unwrap();
    firmware_gets_its_script(&service, script, &boot);
    let list = service
        .get("/rest/server-profiles?filter=%22name=%27WEB01%27%22")
        .json(200);
    assert_eq!(names(&list), ["web01"]);
    let kept = service
        .state
        .records
        .read(|view| view.all::<Task>())
        .unwrap();
    let tasks = service.get("/rest/tasks").json(200);
    for text in [
        list.to_string(),
        shown.to_string(),
        tasks.to_string(),
        format!("{kept:?}"),
    ] {
        for secret in [
            "plan secret",
            "connection secret",
            boot["chap"]["secret"].as_str().unwrap(),
            script.rsplit('/').next().unwrap(),
        ] {
            assert!(!text.contains(secret), "{text}");
        }
    }

    // What it uses stays.
    let refusal = service.delete(uri(&plan)).refusal(409);
    assert!(refusal.contains("web01"), "{refusal}");
    let users = service.get(&format!("{}/usedby", uri(&plan))).json(200);
    assert!(
        users
            .as_array()
            .unwrap()
            .iter()
            .any(|user| user["uri"] == profile),
        "{users}"
    );
    service.delete(uri(&volume)).refusal(409);
}

/// The script at `address` is for whoever has the address, and nobody else; the audit log knows who had it.
fn firmware_gets_its_script(service: &Service, address: &str, boot: &Json) {
    let ask = |uri: &str| service.send_as_it_is(request(Method::GET, uri, ""));
    let reply = ask(address);
    assert_eq!(reply.status, 200);
    assert_eq!(reply.headers["cache-control"], "no-store");
    let text = String::from_utf8_lossy(&reply.bytes);
    assert!(text.starts_with("#!ipxe\n"), "{text}");
    for value in [
        &boot["chap"]["name"],
        &boot["chap"]["secret"],
        &boot["targetName"],
    ] {
        assert!(text.contains(value.as_str().unwrap()), "{value}");
    }
    // All that is wrong is wrong in the same way.
    let (start, token) = address.rsplit_once('/').unwrap();
    assert_eq!(token.len(), 32);
    let other = if token.starts_with('0') { "1" } else { "0" };
    let refused = [
        format!("{start}/{other}{}", &token[1..]),
        format!("{start}/{}", &token[..31]),
        format!(
            "{start}/{}",
            token
                .to_uppercase()
                .replace(|c: char| c.is_ascii_digit(), "A")
        ),
        format!("{start}/%00"),
        format!("{start}/%ff"),
        format!("/ipxe/nobody/{token}"),
        format!("/ipxe/%20/{token}"),
    ];
    let refused = refused.map(|uri| ask(&uri).refusal(404));
    assert!(
        refused.iter().all(|refusal| *refusal == refused[0]),
        "{refused:?}"
    );

    let log = service.get("/rest/audit-logs").json(200);
    let given = log["members"].as_array().unwrap().iter();
    let given: Vec<_> = given.filter(|entry| entry["method"] == "GET").collect();
    assert_eq!(given.len(), 1, "{log}");
    assert!(given[0]["path"].as_str().unwrap().ends_with("/ipxe"));
    assert!(!log.to_string().contains(token));
}

#[test]
fn firmware_without_tls_is_told_the_address_that_serves_it() {
    let service = Service::start_idle(|state| {
        state.boot = Some("192.0.2.1:8080".parse().unwrap());
    });
    let profile = deployed(&service, &body(&plan(&service)));
    let boot = service.get(&format!("{profile}/boot")).json(200);
    let address = boot["ipxeScript"].as_str().unwrap();
    let path = address.strip_prefix("http://192.0.2.1:8080").unwrap();
    firmware_gets_its_script(&service, path, &boot);
    // The longest that an IPv4 address can make it fits into what DHCP has for the name of a boot file.
    let longest = "http://255.255.255.255:65535".len() + path.len();
    assert!(longest < 128, "{longest}");
}

#[test]
fn what_is_got_and_sent_back_is_the_same() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let profile = deployed(&service, &body(&plan));
    let before = service.get(&profile).json(200);
    let mut reversed = before.clone();
    reversed["osDeploymentSettings"]["osCustomAttributes"]
        .as_array_mut()
        .unwrap()
        .reverse();
    let nothing: Json = json!({});
    for sent in [&before, &reversed, &body(&plan), &nothing] {
        let mut sent = sent.clone();
        sent.as_object_mut().unwrap().remove("eTag");
        let task = service.put(&profile, &sent).json(202);
        let told = ["name", "taskState", "percentComplete"].map(|member| task[member].clone());
        assert_eq!(
            told,
            [json!("Update"), json!("Completed"), json!(100)],
            "{sent}"
        );
        assert_eq!(task["associatedResource"]["resourceUri"], json!(profile));
        // Not even another version.
        assert_eq!(service.get(&profile).json(200), before);
    }
    let mut changed = before.clone();
    changed.as_object_mut().unwrap().remove("eTag");
    changed["osDeploymentSettings"]["osCustomAttributes"][0]["value"] = "web02".into();
    service.put(&profile, &changed).json(202);
    let stored = newest(&service);
    assert_eq!(stored.verb, "server-profile.deploy");
    assert_ne!(
        stored.input["before"]["osVolume"],
        stored.input["after"]["osVolume"]
    );
    // An old version is refused, even one that says nothing new.
    settle(&service, &id(&profile));
    service.put(&profile, &before).refusal(412);
    let mut now = service.get(&profile).json(200);
    now["eTag"] = before["eTag"].clone();
    service.put(&profile, &now).refusal(412);
}

fn newest(service: &Service) -> Task {
    let tasks = service
        .state
        .records
        .read(|view| view.all::<Task>())
        .unwrap();
    tasks
        .into_iter()
        .max_by_key(|task| task.created)
        .unwrap()
        .body
}

#[test]
fn what_cannot_be_is_refused_and_makes_nothing() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let with = |pointer: &str, value: Json| {
        let mut body = body(&plan);
        *body.pointer_mut(pointer).unwrap() = value;
        body
    };
    let settings = "/osDeploymentSettings";
    let attributes = "/osDeploymentSettings/osCustomAttributes";
    for (sent, status, expected) in [
        (with("/name", json!("")), 400, "INVALID_NAME"),
        (
            with("/serverHardwareUri", json!("/rest/x/1")),
            400,
            "INVALID_URI",
        ),
        (
            with("/serverHardwareUri", json!("/rest/server-hardware/none")),
            400,
            "REFERENCE_NOT_FOUND",
        ),
        (
            with(
                settings,
                json!({"osDeploymentPlanUri": "/rest/build-plans/1"}),
            ),
            400,
            "INVALID_URI",
        ),
        (
            with(
                settings,
                json!({"osDeploymentPlanUri": "/rest/os-deployment-plans/none"}),
            ),
            400,
            "REFERENCE_NOT_FOUND",
        ),
        (
            with(
                settings,
                json!({"osCustomAttributes": [{"name": "a", "value": "b"}]}),
            ),
            400,
            "MISSING_MEMBER",
        ),
        (
            with(attributes, json!([{"name": "HostName", "value": "a.b"}])),
            400,
            "DEPLOYMENT_REFUSED",
        ),
        (
            with(
                attributes,
                json!([{"name": "HostName", "value": "a"}, {"name": "HostName", "value": "b"}]),
            ),
            400,
            "ATTRIBUTE_TWICE",
        ),
    ] {
        let refusal = service.post("/rest/server-profiles", &sent).refusal(status);
        assert!(refusal.starts_with(expected), "{refusal}");
        assert!(!refusal.contains("plan secret"), "{refusal}");
    }
    assert_eq!(service.get("/rest/server-profiles").json(200)["total"], 0);
    let tasks = service.state.records.read(|view| view.all::<Task>());
    assert_eq!(tasks.unwrap().len(), 0);
    let bare = with(settings, Json::Null);
    let profile = deployed(&service, &bare);
    let action = |what: &str| {
        service
            .post(&format!("{profile}/{what}"), &json!({}))
            .refusal(400)
    };
    assert!(action("redeploy").starts_with("NO_DEPLOYMENT_PLAN"));
    assert!(action("roll-back").starts_with("NO_EARLIER_VOLUME"));
    service.get(&format!("{profile}/boot")).refusal(404);
    service.post("/rest/server-profiles", &bare).refusal(409);
}

/// What is known of the power of hardware.
fn power(service: &Service, hardware: &str, state: PowerState) {
    change(service, |change| {
        let mut body = change.get::<ServerHardware>(&id(hardware))?.body;
        body.power_state = state;
        change.update(&id(hardware), &Match::Any, body)
    });
}

#[test]
fn hardware_is_one_server() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let hardware = json!({"name": "bay 1", "ports": [], "powerState": "Off", "status": "OK"});
    let hardware: ServerHardware = serde_json::from_value(hardware).unwrap();
    let hardware = change(&service, |change| change.insert(hardware));
    let hardware = Kind::ServerHardware.uri(&hardware.id);
    let free = |uri: &str| service.get(uri).json(200).to_string().contains("bay 1");
    for uri in [
        "/rest/server-profiles/available-servers",
        "/rest/server-profiles/available-targets",
    ] {
        assert!(free(uri), "{uri}");
    }
    let mut first = body(&plan);
    first["serverHardwareUri"] = hardware.clone().into();
    let profile = deployed(&service, &first);
    assert_eq!(
        service.get(&profile).json(200)["serverHardwareUri"],
        hardware
    );
    assert!(!free("/rest/server-profiles/available-servers"));
    let mut second = first.clone();
    second["name"] = "web02".into();
    let refusal = service.post("/rest/server-profiles", &second).refusal(409);
    assert_eq!(
        refusal,
        "HARDWARE_IN_USE: server hardware `bay 1` is assigned to server profile `web01`"
    );
    // A server that runs keeps its disk, unless somebody insists.
    power(&service, &hardware, PowerState::On);
    let unassigned = json!({"serverHardwareUri": null});
    let action = |what: &str| service.post(&format!("{profile}/{what}"), &json!({}));
    for refused in [
        service.put(&profile, &unassigned),
        action("redeploy"),
        action("roll-back"),
        service.delete(&profile),
    ] {
        let expected = "SERVER_RUNNING: server hardware `bay 1` is powered on";
        assert_eq!(refused.refusal(409), expected);
    }
    service
        .put(&profile, &json!({"description": "renamed"}))
        .json(202);
    settle(&service, &id(&profile));
    service
        .put(&format!("{profile}?force=true"), &unassigned)
        .json(202);
    assert_eq!(newest(&service).verb, "server-profile.change");
    settle(&service, &id(&profile));
    assert!(free("/rest/server-profiles/available-servers"));
    let template = service
        .get(&format!("{profile}/new-profile-template"))
        .json(200);
    assert_eq!(template["name"], "web01 template");
    assert_eq!(template["osDeploymentSettings"]["osVolumeUri"], Json::Null);
    assert!(template.get("uri").is_none() && template.get("serverHardwareUri").is_none());
}

#[test]
fn a_deletion_is_a_task_that_is_called_delete() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let profile = deployed(&service, &body(&plan));
    let task = service.delete(&format!("{profile}?force=")).json(202);
    assert_eq!(task["name"], "Delete");
    let busy = service.get(&profile).json(200);
    assert_eq!(busy["state"], "Deleting");
    let stored = service
        .state
        .records
        .read(|view| view.get::<ServerProfile>(&id(&profile)));
    let stored = stored.unwrap().body;
    assert_eq!(stored.state, ProfileState::Deleting);
    let volume = service
        .state
        .records
        .read(|view| view.get::<OsVolume>(&stored.os_volume.unwrap()));
    let VolumeExport { server_profile, .. } = volume.unwrap().body.export.unwrap();
    assert_eq!(server_profile, id(&profile));
}
