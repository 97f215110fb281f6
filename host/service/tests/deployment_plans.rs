//! Deployment plans, and the OS deployment plans that come of them.

use crate::support::{Service, names, request};
use axum::http::Method;
use mintage_records::model::{GoldenImage, State};
use mintage_records::{Author, Kind};
use serde_json::{Value as Json, json};

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

fn build_plan(service: &Service, attributes: Json) -> Json {
    let plan = json!({"name": "b", "oeBuildPlanType": "capture", "customAttributes": attributes});
    service.post("/rest/build-plans", &plan).json(201)
}

/// The URI of a golden image of 10 GiB.
fn golden_image(service: &Service) -> String {
    let image = GoldenImage {
        name: "golden".to_owned(),
        state: State::Ok,
        size: 10 << 30,
        ..serde_json::from_value(json!({"name": "", "state": "OK", "size": 0, "used": 0,
            "imageCapture": false, "importedFromBundle": false, "readOnly": false}))
        .unwrap()
    };
    let stored = service
        .state
        .records
        .change(&Author::service(), |change| change.insert(image));
    Kind::GoldenImages.uri(&stored.unwrap().id)
}

/// The literal example, with URIs of artifacts that exist.
fn literal(build_plan: &str, golden_image: &str) -> Json {
    let text = r#"{"type":"OEDeploymentPlanV5","name":"Demo","description":"","hpProvided":"false",
 "oeBuildPlanURI":"BUILD","goldenImageURI":"GOLDEN",
 "customAttributes":[
  {"id":"ab0aa2b0-6b4f-433c-a6a6-abcb949ac286","name":"RemoteDesktop","type":"option","value":"Disallow","editable":true,"visible":true,
   "constraints":"{\"options\":[\"Disallow\",\"Allow (Network Level Authentication)\",\"Allow\"]}"},
  {"id":"ec1d95d0-690a-482b-8efd-53bec6e9bfce","name":"ManagementNIC1","type":"nic","editable":true,"visible":true,
   "constraints":"{\"ipv4static\":true,\"ipv4dhcp\":true,\"ipv4disable\":false,\"parameters\":[\"dhcp\",\"dns1\",\"dns2\",\"gateway\",\"ipaddress\",\"mac\",\"netmask\"]}"},
  {"id":"a881b1af-9034-4c69-a890-5e8c83a13d25","name":"Password","type":"password","editable":true,"visible":true,"constraints":"{\"maxlen\":\"20\"}"}]}"#;
    serde_json::from_str(
        &text
            .replace("BUILD", build_plan)
            .replace("GOLDEN", golden_image),
    )
    .unwrap()
}

#[test]
fn the_literal_example_is_taken() {
    let service = Service::start();
    let build_plan = build_plan(&service, json!([]));
    let sent = literal(uri(&build_plan), &golden_image(&service));
    let made = service.post("/rest/deployment-plans", &sent).json(201);
    for member in [
        "type",
        "name",
        "description",
        "oeBuildPlanURI",
        "goldenImageURI",
    ] {
        assert_eq!(made[member], sent[member], "{member}");
    }
    assert_eq!(
        (&made["hpProvided"], &made["category"]),
        (&json!(false), &json!("oe-deployment-plan"))
    );
    for (made, sent) in made["customAttributes"]
        .as_array()
        .unwrap()
        .iter()
        .zip(sent["customAttributes"].as_array().unwrap())
    {
        for (member, value) in sent.as_object().unwrap() {
            assert_eq!(made[member], *value, "{member}");
        }
    }
    assert_eq!(service.get(uri(&made)).json(200), made);
    for user in [uri(&build_plan), sent["goldenImageURI"].as_str().unwrap()] {
        if user.starts_with("/rest/build-plans") {
            assert_eq!(
                service.delete(user).refusal(409),
                "IN_USE: build plan `b` is used by deployment plan `Demo`"
            );
        }
    }
    let mut old = request(Method::GET, uri(&made), "");
    old.headers_mut()
        .insert("x-api-version", "300".parse().unwrap());
    assert_eq!(service.send(old).json(200)["type"], "OEDeploymentPlan");
}

#[test]
fn a_client_changes_and_deletes_one() {
    let service = Service::start();
    let plan = build_plan(&service, json!([]));
    let sent = json!({"name": "Demo", "hpProvided": "false", "oeBuildPlanURI": uri(&plan)});
    let mut made = service.post("/rest/deployment-plans", &sent).json(201);
    assert_eq!(made["goldenImageURI"], Json::Null);
    made["name"] = json!("Demo 2");
    made["goldenImageURI"] = json!(golden_image(&service));
    let mut put = service.put(uri(&made), &made).json(200);
    assert_eq!(
        (&put["name"], &put["goldenImageURI"], &put["eTag"]),
        (&json!("Demo 2"), &made["goldenImageURI"], &json!("2"))
    );
    service.put(uri(&made), &made).refusal(412);
    for none in [json!(""), Json::Null] {
        put["goldenImageURI"] = none;
        put = service.put(uri(&put), &put).json(200);
        assert_eq!(put["goldenImageURI"], Json::Null);
    }
    assert_eq!(
        service.get(&format!("{}/usedby/", uri(&put))).json(200),
        json!([])
    );
    let found =
        service.get("/rest/deployment-plans?start=0&count=-1&filter=%22name%3D%27demo%202%27%22");
    assert_eq!(names(&found.json(200)), ["Demo 2"]);
    service.delete(uri(&put)).empty(204);
    service.get(&format!("{}/usedby", uri(&put))).refusal(404);
}

#[test]
fn a_plan_without_attributes_has_those_of_its_build_plan() {
    let service = Service::start();
    let attributes = json!([
        {"name": "Host", "type": "String", "value": "web", "description": "d", "constraints": "{}"},
        {"name": "P", "type": "password", "value": "hunter2", "description": null, "constraints": null},
    ]);
    let plan = build_plan(&service, attributes);
    let sent = json!({"name": "Demo", "oeBuildPlanURI": uri(&plan)});
    let mut made = service.post("/rest/deployment-plans", &sent).json(201);
    let [host, password] = [0, 1].map(|at| made["customAttributes"][at].clone());
    assert_eq!(
        (&host["type"], &host["value"]),
        (&json!("String"), &json!("web"))
    );
    assert_eq!(
        (&host["editable"], &host["visible"]),
        (&json!(true), &json!(true))
    );
    assert_eq!(password["value"], Json::Null);
    // Ids and flags stay when they are not sent; a password is masked and kept.
    made["customAttributes"] = json!([
        {"name": "Host", "type": "String", "value": "db", "visible": "false"},
        {"name": "P", "type": "password", "value": "hunter3"},
    ]);
    let put = service.put(uri(&made), &made);
    assert!(!String::from_utf8_lossy(&put.bytes).contains("hunter3"));
    let put = put.json(200);
    assert_eq!(put["customAttributes"][0]["id"], host["id"]);
    assert_eq!(put["customAttributes"][0]["visible"], false);
    assert_eq!(put["customAttributes"][1]["value"], "********");
    let again = service.put(uri(&put), &put).json(200);
    assert_eq!(again["customAttributes"], put["customAttributes"]);
    let none = service
        .put(uri(&put), &json!({"customAttributes": []}))
        .json(200);
    assert_eq!(none["customAttributes"], json!([]));
}

#[test]
fn what_cannot_be_is_refused_precisely() {
    let service = Service::start();
    let plan = build_plan(&service, json!([]));
    let base = "/rest/deployment-plans";
    for (body, expected) in [
        (
            json!({"name": "x"}),
            "MISSING_MEMBER: `oeBuildPlanURI` must be given",
        ),
        (
            json!({"oeBuildPlanURI": uri(&plan)}),
            "MISSING_MEMBER: `name` must be given",
        ),
        (
            json!({"name": "x", "oeBuildPlanURI": "b"}),
            "INVALID_URI: `oeBuildPlanURI` must be the URI of a build plan | it is `b`",
        ),
        (
            json!({"name": "x", "oeBuildPlanURI": "/rest/build-plans/none"}),
            "REFERENCE_NOT_FOUND: `oeBuildPlanURI` names a build plan that does not exist: `none`",
        ),
        (
            json!({"name": "x", "oeBuildPlanURI": uri(&plan), "goldenImageURI": "/rest/golden-images/none"}),
            "REFERENCE_NOT_FOUND: `goldenImageURI` names a golden image that does not exist: `none`",
        ),
        (
            json!({"name": "x", "oeBuildPlanURI": uri(&plan), "customAttributes": [{"name": "N", "type": "number", "value": "x"}]}),
            "INVALID_ATTRIBUTE: attribute `N` cannot be `x`: it must be a whole number | P4003",
        ),
        (
            json!({"name": "x", "oeBuildPlanURI": 5}),
            "INVALID_JSON: the body is wrong at `oeBuildPlanURI` | invalid type: integer `5`, expected a string",
        ),
    ] {
        let refused = service.post(base, &body).refusal(400);
        assert_eq!(refused.split(" at line").next(), Some(expected));
    }
}

#[test]
fn servers_see_os_deployment_plans() {
    let service = Service::start();
    let plan = build_plan(&service, json!([]));
    let sent = literal(uri(&plan), &golden_image(&service));
    let made = service.post("/rest/deployment-plans", &sent).json(201);
    let mut asked = request(
        Method::GET,
        "/rest/os-deployment-plans/?start=0&count=-1",
        "",
    );
    asked
        .headers_mut()
        .insert("host", "192.0.2.1:8443".parse().unwrap());
    let listed = service.send(asked).json(200);
    assert_eq!(
        (&listed["category"], &listed["total"]),
        (&json!("os-deployment-plans"), &json!(1))
    );
    let osdp = &listed["members"][0];
    for (member, value) in [
        ("type", json!("Osdp")),
        ("category", json!("os-deployment-plans")),
        ("name", json!("Demo")),
        ("status", json!("OK")),
        ("osdpSize", json!("10GB")),
        ("deploymentType", json!("I3S")),
        ("nativePlanUri", made["uri"].clone()),
        ("deploymentAppliance", json!("192.0.2.1:8443")),
        ("deploymentApplianceIpv4", json!("192.0.2.1")),
    ] {
        assert_eq!(osdp[member], value, "{member}");
    }
    let attribute = &sent["customAttributes"][1];
    assert_eq!(
        osdp["additionalParameters"][1],
        json!({"name": "ManagementNIC1", "value": "", "description": "", "caId": attribute["id"], "caType": "nic",
            "caConstraints": attribute["constraints"], "caEditable": true, "caVisible": true})
    );
    let one = service.get(uri(osdp)).json(200);
    assert_eq!(one["additionalParameters"], osdp["additionalParameters"]);
    assert_eq!(service.get(&format!("{}/osdp/", uri(&made))).json(200), one);
    for (filter, count) in [
        ("name='demo'", 1),
        ("deploymentType=I3S", 1),
        ("name='x'", 0),
        ("osType=Windows", 0),
    ] {
        let found = service
            .get(&format!("/rest/os-deployment-plans?filter={filter}"))
            .json(200);
        assert_eq!(names(&found).len(), count, "{filter}");
    }
    service.get("/rest/os-deployment-plans/none").refusal(404);
}
