//! Build plans: every member and verb of the wire, steps, attributes, and what is warned of.

use crate::support::{Service, names, request};
use axum::http::Method;
use serde_json::{Value as Json, json};

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

fn script(service: &Service, name: &str, content: &str) -> Json {
    let script = json!({"name": name, "planType": "deploy", "content": content});
    service.post("/rest/plan-scripts", &script).json(201)
}

#[test]
fn the_literal_example_is_taken() {
    let service = Service::start();
    let script = script(
        &service,
        "HPE - Developer 1.0 - example UEFI generalization script - 2017-03-24",
        "",
    );
    let literal = r#"{"type":"OeBuildPlan","dependentArtifacts":null,"customAttributes":[],
 "buildStep":[{"planScriptName":"HPE - Developer 1.0 - example UEFI generalization script - 2017-03-24",
   "planScriptUri":"URI","serialNumber":"1","parameters":null}],
 "eTag":null,"created":null,"modified":null,"hpProvided":true,"buildPlanid":"5613d15b-1e56-4938-845d-a5b2efcfa1a9",
 "oeBuildPlanType":"capture","description":"...","category":null,"status":null,"uri":null,
 "name":"HPE - Developer 1.0 - example UEFI capture - 2017-03-24"}"#;
    let sent: Json = serde_json::from_str(&literal.replace("URI", uri(&script))).unwrap();
    let made = service.post("/rest/build-plans", &sent).json(201);
    for member in [
        "name",
        "description",
        "buildStep",
        "customAttributes",
        "oeBuildPlanType",
    ] {
        assert_eq!(made[member], sent[member], "{member}");
    }
    assert_eq!((&made["eTag"], &made["etag"]), (&json!("1"), &json!("1")));
    assert_eq!(made["type"], "OeBuildPlanV5");
    assert!(made.get("id").is_none() && made.get("state").is_none());
    assert_eq!(
        uri(&made),
        format!(
            "/rest/build-plans/{}",
            made["buildPlanid"].as_str().unwrap()
        )
    );
    assert_eq!(
        made["warnings"],
        json!([
            "plan script `HPE - Developer 1.0 - example UEFI generalization script - 2017-03-24` is meant for deploy plans"
        ])
    );
    let mut old = request(Method::GET, uri(&made), "");
    old.headers_mut()
        .insert("x-api-version", "300".parse().unwrap());
    assert_eq!(service.send(old).json(200)["type"], "OeBuildPlan");
}

#[test]
fn the_least_is_enough_and_the_type_is_found_in_any_case() {
    let service = Service::start();
    for (name, kind) in [("a", "deploy"), ("b", "Capture"), ("c", "capture")] {
        let made = json!({"name": name, "oeBuildPlanType": kind});
        let made = service.post("/rest/build-plans", &made).json(201);
        assert_eq!(
            (&made["oeBuildPlanType"], &made["buildStep"]),
            (&json!(kind), &json!([]))
        );
    }
    let found = service
        .get("/rest/build-plans?start=0&count=-1&filter=oeBuildPlanType=capture&sort=name:asc");
    assert_eq!(names(&found.json(200)), ["b", "c"]);
}

#[test]
fn steps_are_ordered_by_their_numbers() {
    let service = Service::start();
    for name in ["one", "two", "three"] {
        script(&service, name, "");
    }
    let order = |steps: Json| {
        let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "buildStep": steps});
        let plan = service.post("/rest/build-plans", &plan).json(201);
        service.delete(uri(&plan)).empty(204);
        let steps = plan["buildStep"].as_array().unwrap().iter();
        let steps = steps.map(|step| {
            format!(
                "{} {}",
                step["serialNumber"].as_str().unwrap(),
                step["planScriptName"].as_str().unwrap()
            )
        });
        steps.collect::<Vec<_>>().join(", ")
    };
    let step = |name: &str, number: Json| json!({"planScriptName": name, "serialNumber": number});
    assert_eq!(
        order(json!([step("two", json!("20")), step("one", json!(3))])),
        "1 one, 2 two"
    );
    assert_eq!(
        order(json!([step("two", json!("2")), step("one", Json::Null)])),
        "1 two, 2 one"
    );
    assert_eq!(
        order(json!([step("one", json!("1")), step("one", json!("2"))])),
        "1 one, 2 one"
    );
}

#[test]
fn attributes_are_kept_as_they_came() {
    let service = Service::start();
    let attributes = json!([
        {"name": "Host", "type": "Hostname", "value": "web01", "description": "the name", "constraints": "{\"helpText\":\"\"}"},
        {"name": "Size", "type": "number", "value": "20", "description": "", "constraints": "{\"minimum\":\"10\",\"maximum\":\"40\",\"unit\":\"GiB\"}"},
        {"name": "NIC1", "type": "nic", "value": "", "description": null, "constraints": "{\"ipv4static\":true,\"ipv4dhcp\":true,\"ipv4disable\":false,\"parameters\":[\"dns1\",\"ipaddress\"]}"},
        {"name": "Six", "type": "ipv6", "value": "2001:db8::1", "description": null, "constraints": null},
        {"name": "Flag", "type": "boolean", "value": "true", "description": null, "constraints": null}
    ]);
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "customAttributes": attributes});
    let made = service.post("/rest/build-plans", &plan).json(201);
    assert_eq!(made["customAttributes"], attributes);
}

#[test]
fn attributes_that_cannot_be_are_all_told() {
    let service = Service::start();
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "customAttributes": [
        {"name": "A", "type": "string", "value": "x", "constraints": "{\"regex\":\"(\"}"},
        {"name": "B", "type": "hostnam"},
        {"name": "C", "type": "number", "value": "5", "constraints": {"minimum": "10"}},
        {"name": "D", "type": "password", "value": "geheim", "constraints": "{\"minlen\":\"20\"}"},
        {"name": "D", "type": "option", "constraints": "[]"},
    ]});
    let refused = service.post("/rest/build-plans", &plan).json(400);
    assert!(!refused.to_string().contains("geheim"), "{refused}");
    let nested = refused["nestedErrors"].as_array().unwrap().iter();
    let told: Vec<String> = nested
        .map(|one| {
            format!(
                "{} {}",
                one["errorSource"].as_str().unwrap(),
                one["message"].as_str().unwrap()
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            "customAttributes[0] attribute `A`: `regex` is no regular expression: unclosed group",
            "customAttributes[1] attribute `B`: there is no attribute type `hostnam`",
            "customAttributes[2] attribute `C` cannot be `5`: it must be at least 10",
            "customAttributes[3] attribute `D` has a value that is refused: it must have at least 20 characters",
            "customAttributes[4] there are two attributes with the name `D`",
            "customAttributes[4] attribute `D`: its constraints are not a JSON object",
            "customAttributes[4] attribute `D`: `options` must list at least one text",
        ]
    );
}

#[test]
fn passwords_are_sealed_masked_and_kept() {
    let service = Service::start();
    let password = |value: &str| json!([{"name": "P", "type": "Password", "value": value, "constraints": "{\"maxlen\":\"20\"}"}]);
    let plan =
        json!({"name": "p", "oeBuildPlanType": "deploy", "customAttributes": password("hunter2")});
    let made = service.post("/rest/build-plans", &plan);
    assert!(!String::from_utf8_lossy(&made.bytes).contains("hunter2"));
    let mut made = made.json(201);
    assert_eq!(made["customAttributes"][0]["value"], "********");

    let stored = |of: &Json| {
        let id = mintage_records::Id::parse(of["buildPlanid"].as_str().unwrap()).unwrap();
        let read = service
            .state
            .records
            .read(|view| view.get::<mintage_records::model::BuildPlan>(&id))
            .unwrap();
        let text = serde_json::to_string(&read.body).unwrap();
        assert!(!text.contains("hunter"), "{text}");
        match &read.body.custom_attributes[0].value {
            Some(mintage_records::model::AttributeValue::Sealed(sealed)) => (
                sealed.clone(),
                service.state.sealer.open(sealed).unwrap().to_string(),
            ),
            other => panic!("{other:?}"),
        }
    };
    let first = stored(&made);
    assert_eq!(first.1, "hunter2");
    // The mask, and the same password again, change nothing.
    for value in ["********", "hunter2"] {
        made["customAttributes"] = password(value);
        made = service.put(uri(&made), &made).json(200);
        assert_eq!(stored(&made), first, "{value}");
    }
    made["customAttributes"] = password("hunter3");
    made = service.put(uri(&made), &made).json(200);
    assert_eq!(stored(&made).1, "hunter3");
    // A mask where there is nothing behind it is no password.
    let plan =
        json!({"name": "q", "oeBuildPlanType": "deploy", "customAttributes": password("********")});
    let made = service.post("/rest/build-plans", &plan).json(201);
    assert_eq!(made["customAttributes"][0]["value"], Json::Null);
}

#[test]
fn what_scripts_ask_for_and_the_plan_has_not_is_warned_of() {
    let service = Service::start();
    script(
        &service,
        "s",
        "@Host@ @Domain:example.org@ @NIC1.ipaddress@ @NIC2.mac@",
    );
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy",
        "buildStep": [{"planScriptName": "s"}, {"planScriptName": "s"}],
        "customAttributes": [{"name": "NIC1", "type": "nic"}]});
    let made = service.post("/rest/build-plans", &plan).json(201);
    let warnings = json!([
        "plan script `s` asks for attribute `Host`, which is not declared",
        "plan script `s` asks for attribute `NIC2.mac`, which is not declared",
    ]);
    assert_eq!(made["warnings"], warnings);
    assert_eq!(service.get(uri(&made)).json(200)["warnings"], warnings);
}

#[test]
fn what_cannot_be_is_refused_precisely() {
    let service = Service::start();
    let plan = |more: Json| {
        let mut plan = json!({"name": "p", "oeBuildPlanType": "deploy"});
        plan.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        plan
    };
    for (body, expected) in [
        (
            json!({"name": "p"}),
            "MISSING_MEMBER: `oeBuildPlanType` must be given",
        ),
        (
            plan(json!({"oeBuildPlanType": "boot"})),
            "INVALID_PLAN_TYPE: `oeBuildPlanType` must be `deploy` or `capture`",
        ),
        (
            plan(json!({"buildStep": [{}]})),
            "INVALID_STEP: a step needs a `planScriptUri` or a `planScriptName`",
        ),
        (
            plan(json!({"buildStep": [{"planScriptName": "none"}]})),
            "REFERENCE_NOT_FOUND: there is no plan script with the name `none`",
        ),
        (
            plan(json!({"buildStep": [{"planScriptUri": "/rest/plan-scripts/none"}]})),
            "REFERENCE_NOT_FOUND: there is no plan script `none`",
        ),
        (
            plan(json!({"buildStep": [{"planScriptUri": "/rest/build-plans/x"}]})),
            "INVALID_URI: `buildStep[0].planScriptUri` must be the URI of a plan script | it is `/rest/build-plans/x`",
        ),
        (
            plan(json!({"buildStep": [{"serialNumber": "x"}]})),
            "INVALID_STEP: `serialNumber` must be a whole number, as a text",
        ),
        (
            plan(json!({"buildStep": [{"serialNumber": "1"}, {"serialNumber": 1}]})),
            "INVALID_STEP: two steps have the `serialNumber` 1",
        ),
        (
            plan(json!({"buildStep": [{"serialNumber": []}]})),
            "INVALID_JSON: the body is wrong at `buildStep[0].serialNumber` | a text, a number, true or false must stand here",
        ),
        (
            plan(json!({"customAttributes": [{"type": "string"}]})),
            "INVALID_JSON: the body is wrong at `customAttributes[0]` | missing field `name`",
        ),
        (
            plan(json!({"mounts": {"boot": "partition:2"}})),
            "INVALID_MOUNT: `partition:2` cannot be mounted on `boot`",
        ),
        (
            plan(json!({"mounts": {"/boot": "partition:0"}})),
            "INVALID_MOUNT: `partition:0` cannot be mounted on `/boot`",
        ),
        (
            plan(json!({"deadlineSeconds": 86401})),
            "INVALID_DEADLINE: `deadlineSeconds` must be from 1 to 86400, or 0 for none",
        ),
    ] {
        let refused = service.post("/rest/build-plans", &body).refusal(400);
        assert_eq!(refused.split(" at line").next(), Some(expected));
    }
    assert_eq!(service.get("/rest/build-plans").json(200)["total"], 0);
    let taken = plan(
        json!({"mounts": {"/": "label:root", "/boot/efi": "partition:1"}, "deadlineSeconds": 60}),
    );
    let made = service.post("/rest/build-plans", &taken).json(201);
    assert_eq!(
        (&made["mounts"], &made["deadlineSeconds"]),
        (&taken["mounts"], &json!(60))
    );
    // Clients that know nothing of extensions leave them as they are.
    let made = service.put(uri(&made), &json!({"name": "q"})).json(200);
    assert_eq!(
        (&made["mounts"], &made["deadlineSeconds"]),
        (&taken["mounts"], &json!(60))
    );
}
