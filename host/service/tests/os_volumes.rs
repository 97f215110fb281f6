//! OS volumes: what a deployment is refused for, what its task is, and what is shown of a volume. That
//! a volume comes of it is tested with the whole program.

use crate::support::{Service, names};
use mintage_deploy::os_volume;
use mintage_deploy::task::Verbs;
use mintage_records::model::{GoldenImage, OsVolume, State, Task};
use mintage_records::{Author, Id, Kind, Match};
use mintage_storage::store::conformance::file_of;
use serde_json::{Value as Json, json};
use std::fs;

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

/// A deployment plan whose script asks for `HostName`, and for a `Password` of 8 characters.
fn plan(service: &Service) -> Json {
    let golden = json!({"name": "debian", "state": "OK", "size": 1 << 20, "used": 0,
        "imageCapture": false, "importedFromBundle": false, "readOnly": false});
    let golden: GoldenImage = serde_json::from_value(golden).unwrap();
    let change = |golden| service.state.records.change(&Author::service(), golden);
    let golden = change(|change: &mut mintage_records::Change<'_>| change.insert(golden)).unwrap();
    let script = json!({"name": "set name", "planType": "deploy", "language": "rhai",
        "content": "hostname::set(attribute(\"HostName\"));\nattribute(\"Password\");\n"});
    let script = service.post("/rest/plan-scripts", &script).json(201);
    let attributes = json!([
        {"name": "HostName", "type": "hostname", "value": "", "constraints": "{}"},
        {"name": "Password", "type": "password", "value": "", "constraints": "{\"minlen\":\"8\"}"}]);
    let build_plan = json!({"name": "web", "oeBuildPlanType": "deploy",
        "buildStep": [{"serialNumber": "1", "planScriptUri": uri(&script)}],
        "customAttributes": attributes});
    let build_plan = service.post("/rest/build-plans", &build_plan).json(201);
    let plan = json!({"name": "web servers", "oeBuildPlanURI": uri(&build_plan),
        "goldenImageURI": Kind::GoldenImages.uri(&golden.id), "customAttributes": []});
    service.post("/rest/deployment-plans", &plan).json(201)
}

fn deployment(plan: &Json, values: Json) -> Json {
    json!({"name": "web01", "deploymentPlanUri": uri(plan), "osCustomAttributes": values})
}

#[test]
fn a_deployment_is_refused_for_all_that_is_wrong_and_nothing_is_made() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    for (values, expected) in [
        (
            json!([{"name": "HostName", "value": "a.b"}, {"name": "Password", "value": "s3cret"}]),
            "DEPLOYMENT_REFUSED: there are 2 problems | attribute `HostName` cannot be `a.b`: it \
             must be a host name without a domain\nattribute `Password` has a value that is \
             refused: it must have at least 8 characters",
        ),
        (
            json!([{"name": "Password", "value": "long enough"}]),
            "P4001: attribute `HostName` has no value",
        ),
    ] {
        for uri in ["/rest/os-volumes", "/rest/os-volumes/preview"] {
            let reply = service.post(uri, &deployment(&plan, values.clone()));
            let text = String::from_utf8_lossy(&reply.bytes).into_owned();
            assert!(!text.contains("s3cret"), "{text}");
            assert_eq!(reply.refusal(400), expected);
        }
    }
    for (body, expected) in [
        (json!({}), "INVALID_JSON"),
        (
            json!({"deploymentPlanUri": "/rest/build-plans/x"}),
            "INVALID_URI",
        ),
        (
            json!({"deploymentPlanUri": uri(&plan), "name": ""}),
            "INVALID_NAME",
        ),
    ] {
        let refusal = service.post("/rest/os-volumes", &body).refusal(400);
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    let none = json!({"deploymentPlanUri": "/rest/deployment-plans/none"});
    service.post("/rest/os-volumes", &none).refusal(404);
    assert_eq!(service.get("/rest/os-volumes").json(200)["total"], 0);
    let tasks = service.state.records.read(|view| view.all::<Task>());
    assert_eq!(tasks.unwrap().len(), 0);
}

#[test]
fn a_deployment_is_a_task_about_its_volume() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let values = json!([{"name": "HostName", "value": "web01"},
        {"name": "Password", "value": "a secret password"}]);
    let reply = service.post("/rest/os-volumes", &deployment(&plan, values));
    let task = reply.json(202);
    let location = reply.headers["location"].to_str().unwrap();
    assert_eq!(location, uri(&task));
    assert_eq!(
        (&task["name"], &task["taskState"]),
        (&json!("Create"), &json!("New"))
    );
    assert_eq!(task["associatedResource"]["resourceName"], "web01");
    // What the task keeps has no secret in it.
    let kept = service
        .state
        .records
        .read(|view| view.all::<Task>())
        .unwrap();
    assert!(!kept[0].body.input.to_string().contains("secret password"));

    let volume = service.get(task["associatedResource"]["resourceUri"].as_str().unwrap());
    let volume = volume.json(200);
    assert_eq!(
        (&volume["name"], &volume["state"]),
        (&json!("web01"), &json!("CREATING"))
    );
    assert_eq!(volume["deploymentPlanUri"], plan["uri"]);
    let used = volume["artifacts"].as_array().unwrap();
    let used: Vec<&str> = used
        .iter()
        .map(|used| used["name"].as_str().unwrap())
        .collect();
    assert_eq!(used, ["web servers", "debian", "web", "set name"]);
    // Until it is complete it has no diff, and cannot be deleted.
    service.get(&format!("{}/diff", uri(&volume))).refusal(404);
    let refusal = service.delete(uri(&volume)).refusal(409);
    assert_eq!(refusal, "IN_USE: OS volume `web01` is being made");
    let again = json!({"name": "WEB01", "deploymentPlanUri": uri(&plan), "osCustomAttributes": [
        {"name": "HostName", "value": "a"}, {"name": "Password", "value": "long enough"}]});
    service.post("/rest/os-volumes", &again).refusal(409);
    service.delete(uri(&plan)).refusal(409);
}

#[test]
fn a_complete_volume_is_shown_and_deleted() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let plan = plan(&service);
    let values = json!([{"name": "HostName", "value": "web01"},
        {"name": "Password", "value": "a secret password"}]);
    let task = service
        .post("/rest/os-volumes", &deployment(&plan, values))
        .json(202);
    let uri = task["associatedResource"]["resourceUri"].as_str().unwrap();
    let id = Id::parse(uri.rsplit('/').next().unwrap()).unwrap();
    fs::write(
        file_of(service.state.folder.store(), &os_volume(&id)),
        vec![7; 8192],
    )
    .unwrap();
    let outcome = json!({"outcome": {"status": "succeeded", "diff": {"entries": []},
        "transcript": [{"step": 1, "script": "scripts/set name.rhai", "status": "succeeded",
            "touched": 1}],
        "log": [{"level": "info", "text": "named", "script": "scripts/set name.rhai", "line": 3}],
        "notes": [], "changed_bytes": 4096},
        "volume": {"clone": {"method": "reflink", "bytes": 0}}});
    let complete = service.state.records.change(&Author::service(), |change| {
        let volume = change.get::<OsVolume>(&id)?.body;
        let body = OsVolume {
            state: State::Ok,
            outcome: Some(outcome),
            ..volume
        };
        change.update(&id, &Match::Any, body)
    });
    complete.unwrap();

    for filter in ["", "?start=0&count=-1&filter=%22name%3D%27web01%27%22"] {
        let found = service.get(&format!("/rest/os-volumes{filter}")).json(200);
        assert_eq!(names(&found), ["web01"]);
    }
    assert_eq!(
        service.get(&format!("{uri}/diff")).json(200),
        json!({"entries": []})
    );
    let storage = service.get(&format!("{uri}/storage")).json(200);
    assert_eq!(storage["provisionedCapacity"], 1 << 20);
    assert!(storage["allocatedCapacity"].as_u64().unwrap() >= 8192);
    for name in [id.as_str(), "web01"] {
        let log = service.get(&format!("/rest/os-volumes/archive/{name}"));
        let log = String::from_utf8(log.bytes.to_vec()).unwrap();
        for line in [
            "build plan web, version 1",
            "step 1: scripts/set name.rhai: succeeded, 1 paths touched",
            "info: scripts/set name.rhai:3: named",
            "cloned by reflink, 0 bytes copied",
        ] {
            assert!(log.contains(line), "{log}");
        }
    }
    service.get("/rest/os-volumes/archive/none").refusal(404);
    service.delete(uri).empty(204);
    service.get(uri).refusal(404);
    assert!(!file_of(service.state.folder.store(), &os_volume(&id)).exists());
    service.delete(uri).refusal(404);
}
