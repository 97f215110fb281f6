//! Plan scripts: every member and verb of the wire, and the language as an extension.

use crate::support::{Service, request};
use axum::http::Method;
use mintage_records::Author;
use mintage_records::model::PlanScript;
use serde_json::{Value as Json, json};

/// The literal example of a real appliance.
const LITERAL: &str = r#"{"type":"PlanScript","dependentArtifacts":null,"hpProvided":true,"eTag":null,"created":null,"modified":null,"customAttributes":null,
 "planType":"deploy","description":"Add a example messages to the Image Streamer OS deployment log.","category":null,"status":null,"uri":null,
 "name":"HPE - Developer 1.0 - add example messages to log - 2017-08-28","id":"0810dd42-492f-4914-bc3d-49ef183102b7","state":null,
 "content":"..."}"#;

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

fn rhai(name: &str, content: &str) -> Json {
    json!({ "name": name, "planType": "general", "language": "rhai", "content": content })
}

#[test]
fn the_literal_example_is_taken_and_comes_back() {
    let service = Service::start();
    let sent: Json = serde_json::from_str(LITERAL).unwrap();
    let made = service.post("/rest/plan-scripts", &sent);
    assert_eq!(made.headers["etag"], "\"1\"");
    let location = made.headers["location"].to_str().unwrap().to_owned();
    let made = made.json(201);
    assert_eq!(uri(&made), location);
    for member in ["type", "planType", "description", "name", "content"] {
        assert_eq!(made[member], sent[member], "{member}");
    }
    for (member, value) in [
        ("category", json!("plan-scripts")),
        ("state", json!("OK")),
        ("status", json!("OK")),
        ("eTag", json!("1")),
        ("hpProvided", json!(false)),
        ("customAttributes", json!("[]")),
        ("dependentArtifacts", json!([])),
        ("language", json!("guestfish")),
        ("templates", json!({})),
    ] {
        assert_eq!(made[member], value, "{member}");
    }
    assert_eq!(made["created"], made["modified"]);
    assert_eq!(service.get(&location).json(200), made);
}

#[test]
fn a_client_gets_changes_and_puts_all_of_it_back() {
    let service = Service::start();
    let mut script = service
        .post(
            "/rest/plan-scripts",
            &json!({"type": "PlanScript", "name": "Demo", "description": "d", "hpProvided": "false",
                "planType": "Capture", "content": "esxcli system hostname set --domain \"@DomainName@\""}),
        )
        .json(201);
    assert_eq!(script["planType"], "capture");
    assert_eq!(
        script["customAttributes"],
        r#"[{"name":"DomainName","value":""}]"#
    );
    script["name"] = json!("Demo 2");
    script["whatever"] = json!({"a": 1});
    let put = service.put(uri(&script), &script);
    assert_eq!(put.headers["etag"], "\"2\"");
    let put = put.json(200);
    assert_eq!(
        (&put["name"], &put["eTag"], &put["content"]),
        (&json!("Demo 2"), &json!("2"), &script["content"])
    );
    let refused = service.put(uri(&script), &script).refusal(412);
    assert!(
        refused.starts_with("CHANGED_MEANWHILE: plan script"),
        "{refused}"
    );
    // Only what is given changes.
    let short = service
        .put(uri(&script), &json!({"description": "short"}))
        .json(200);
    assert_eq!(
        (&short["name"], &short["description"]),
        (&json!("Demo 2"), &json!("short"))
    );
    service.delete(uri(&script)).empty(204);
    service.get(uri(&script)).refusal(404);
    service.delete(uri(&script)).refusal(404);
}

#[test]
fn what_a_script_asks_for_is_listed() {
    let service = Service::start();
    let guestfish = "!echo @Host:web 01@ root@@x\nwrite /a \"@NIC1.ipaddress@ @NIC1.netmask:255.0.0.0@ @_Initiator1.ip@ @Host@\"";
    let script = "let a = attribute(\"Host\", \"web\"); attribute(\"Port\", 80); attribute(\"Flag\", false);\n\
        attribute(\"NIC1\"); attribute(\"List\", [1, \"a\"]); attribute(\"Host\");";
    for (body, expected) in [
        (
            json!({"name": "g", "planType": "deploy", "content": guestfish}),
            json!([{"name": "Host", "value": "web 01"}, {"name": "NIC1.ipaddress", "value": ""},
                {"name": "NIC1.netmask", "value": "255.0.0.0"}]),
        ),
        (
            rhai("r", script),
            json!([{"name": "Host", "value": "web"}, {"name": "Port", "value": "80"},
                {"name": "Flag", "value": "false"}, {"name": "NIC1", "value": ""},
                {"name": "List", "value": "[1,\"a\"]"}]),
        ),
    ] {
        let made = service.post("/rest/plan-scripts", &body).json(201);
        let listed = made["customAttributes"].as_str().unwrap();
        assert_eq!(serde_json::from_str::<Json>(listed).unwrap(), expected);
    }
}

#[test]
fn a_script_in_rhai_is_checked_when_it_comes() {
    let service = Service::start();
    let bad = rhai("bad", "let a = 1;\nfile::reed(\"/etc/hosts\");\n");
    let refused = service.post("/rest/plan-scripts", &bad).json(400);
    assert_eq!(refused["errorCode"], "INVALID_SCRIPT");
    let details = refused["details"].as_str().unwrap();
    assert!(
        details.contains(":2:")
            && details.contains("file::reed(\"/etc/hosts\")")
            && details.contains('^'),
        "{details}"
    );
    assert_eq!(service.get("/rest/plan-scripts").json(200)["total"], 0);

    let made = service
        .post("/rest/plan-scripts?validate=false", &bad)
        .json(201);
    service
        .put(uri(&made), &json!({"description": "d"}))
        .refusal(400);
    service
        .put(
            &format!("{}?validate=false", uri(&made)),
            &json!({"description": "d"}),
        )
        .json(200);
    assert_eq!(
        service
            .post("/rest/plan-scripts?validate=maybe", &bad)
            .refusal(400),
        "INVALID_QUERY: the query is wrong | validate: provided string was not `true` or `false`"
    );

    let good = rhai("good", "return;\nfile::write(\"/a\", attribute(\"A\"));");
    let made = service.post("/rest/plan-scripts", &good).json(201);
    assert_eq!(
        made["warnings"],
        json!(["P1009, line 2, column 1: this statement is never reached"])
    );
    assert_eq!(service.get(uri(&made)).json(200)["warnings"], Json::Null);

    let mut templates = rhai(
        "templates",
        "file::write(\"/a\", template::render(\"a.j2\", #{}));",
    );
    templates["templates"] = json!({"a.j2": "x{% if %}"});
    let refused = service.post("/rest/plan-scripts", &templates).refusal(400);
    assert!(
        refused.contains("the template `a.j2`, line 1, fails"),
        "{refused}"
    );
    templates["templates"] = json!({"a.j2": "plain"});
    let made = service.post("/rest/plan-scripts", &templates).json(201);
    assert_eq!(made["templates"], json!({"a.j2": "plain"}));
}

#[test]
fn what_cannot_be_is_refused_precisely() {
    let service = Service::start();
    service
        .post(
            "/rest/plan-scripts",
            &json!({"name": "Web", "planType": "deploy"}),
        )
        .json(201);
    for (body, status, expected) in [
        (
            json!({"planType": "deploy"}),
            400,
            "MISSING_MEMBER: `name` must be given",
        ),
        (
            json!({"name": "x"}),
            400,
            "MISSING_MEMBER: `planType` must be given",
        ),
        (
            json!({"name": "WEB", "planType": "deploy"}),
            409,
            "DUPLICATE_NAME: there is a plan script with the name `WEB` already",
        ),
        (
            json!({"name": "x", "planType": "boot"}),
            400,
            "INVALID_PLAN_TYPE: `planType` must be `deploy`, `capture` or `general`",
        ),
        (
            json!({"name": "x", "planType": "deploy", "language": "perl"}),
            400,
            "INVALID_LANGUAGE: `language` must be `rhai` or `guestfish`",
        ),
        (
            json!({"name": "x", "planType": "deploy", "templates": {"a": "b"}}),
            400,
            "INVALID_TEMPLATE: a script in guestfish has no templates",
        ),
        (
            json!({"name": "x", "planType": "deploy", "language": "rhai", "templates": {"../a": "b"}}),
            400,
            "INVALID_TEMPLATE: `../a` is no name of a template, like `hosts.j2`",
        ),
        (
            json!({"name": 5}),
            400,
            "INVALID_JSON: the body is wrong at `name` | invalid type: integer `5`, expected a string",
        ),
        (
            json!({"name": "x", "hpProvided": "maybe"}),
            400,
            "INVALID_JSON: the body is wrong at `hpProvided` | invalid value: string \"maybe\", expected true or false",
        ),
        (
            json!({"name": "x", "templates": {"a": 1}}),
            400,
            "INVALID_JSON: the body is wrong at `templates.a` | invalid type: integer `1`, expected a string",
        ),
        (
            json!("x"),
            400,
            "INVALID_JSON: the body is wrong | invalid type: string \"x\", expected an object",
        ),
    ] {
        let refused = service.post("/rest/plan-scripts", &body).refusal(status);
        let refused = refused.split(" at line").next().unwrap();
        assert_eq!(refused, expected);
    }
    for (body, expected) in [
        (
            "",
            "INVALID_JSON: the body is empty, and must be a JSON object",
        ),
        (
            "  ",
            "INVALID_JSON: the body is empty, and must be a JSON object",
        ),
        (
            "{",
            "INVALID_JSON: the body is wrong | EOF while parsing an object",
        ),
        (
            "{} {}",
            "INVALID_JSON: there is more after the JSON body | trailing characters",
        ),
    ] {
        let sent = request(Method::POST, "/rest/plan-scripts", body);
        let refused = service.send(sent).refusal(400);
        assert_eq!(refused.split(" at line").next(), Some(expected), "{body}");
    }
    assert_eq!(service.get("/rest/plan-scripts").json(200)["total"], 1);
}

#[test]
fn an_etag_is_taken_from_the_header_first() {
    let service = Service::start();
    let script = json!({"name": "a", "planType": "deploy"});
    let script = service.post("/rest/plan-scripts", &script).json(201);
    for (tag, status) in [
        ("*", 200),
        ("\"2\"", 200),
        ("\"2\"", 412),
        ("W/\"3\"", 200),
        ("abc", 400),
    ] {
        let body = json!({"description": tag, "eTag": "99"});
        let mut sent = request(Method::PUT, uri(&script), body.to_string());
        sent.headers_mut().insert("if-match", tag.parse().unwrap());
        assert_eq!(service.send(sent).status.as_u16(), status, "{tag}");
    }
    let mut sent = request(Method::DELETE, uri(&script), "{}");
    sent.headers_mut()
        .insert("if-match", "\"1\"".parse().unwrap());
    service.send(sent).refusal(412);
}

#[test]
fn differences_are_told_in_every_form_of_the_body() {
    let service = Service::start();
    let script = json!({"name": "a", "planType": "deploy", "content": "@A@ @B:1@"});
    let script = service.post("/rest/plan-scripts", &script).json(201);
    let at = format!(
        "/rest/plan-scripts/differences/{}",
        script["id"].as_str().unwrap()
    );
    let none =
        json!({"caAdded": [], "caRemoved": [], "contentChanged": false, "defaultValueChanged": []});
    let all = json!({"caAdded": ["C"], "caRemoved": ["A"], "contentChanged": true, "defaultValueChanged": ["B"]});
    for (body, expected) in [
        ("", &none),
        ("null", &none),
        ("{}", &none),
        (r#""@A@ @B:1@""#, &none),
        (r#""@B:2@ @C@""#, &all),
        (r#"{"type": "PlanScript", "content": "@B:2@ @C@"}"#, &all),
    ] {
        let reply = service.send(request(Method::POST, &at, body));
        assert_eq!(reply.json(200), *expected, "{body}");
    }
    for body in ["5", "{", r#"{"content": 5}"#] {
        let reply = service.send(request(Method::POST, &at, body));
        assert_eq!(
            reply.refusal(400),
            "INVALID_JSON: the body must be a JSON text, an object with `content`, or empty"
        );
    }
}

#[test]
fn read_only_scripts_are_not_changed() {
    let service = Service::start();
    let script = service
        .post(
            "/rest/plan-scripts",
            &json!({"name": "a", "planType": "deploy"}),
        )
        .json(201);
    let id = mintage_records::Id::parse(script["id"].as_str().unwrap()).unwrap();
    service
        .state
        .records
        .change(&Author::service(), |change| {
            let mut body = change.get::<PlanScript>(&id)?.body;
            body.hp_provided = true;
            change.update(&id, &mintage_records::Match::Any, body)
        })
        .unwrap();
    for refused in [
        service.put(uri(&script), &json!({"name": "b"})),
        service.delete(uri(&script)),
    ] {
        assert_eq!(
            refused.refusal(403),
            "READ_ONLY: plan script `a` is read-only: it came with an artifact bundle"
        );
    }
    assert_eq!(service.get(uri(&script)).json(200)["hpProvided"], true);
}

#[test]
fn users_are_listed_and_keep_a_script_from_being_deleted() {
    let service = Service::start();
    let script = service
        .post(
            "/rest/plan-scripts",
            &json!({"name": "a", "planType": "deploy"}),
        )
        .json(201);
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "buildStep": [{"planScriptName": "A"}, {"planScriptUri": uri(&script)}]});
    let plan = service.post("/rest/build-plans", &plan).json(201);
    let users = json!([{"name": "p", "uri": plan["uri"]}]);
    assert_eq!(
        service.get(uri(&script)).json(200)["dependentArtifacts"],
        users
    );
    assert_eq!(
        service.get("/rest/plan-scripts").json(200)["members"][0]["dependentArtifacts"],
        users
    );
    assert_eq!(
        service.delete(uri(&script)).refusal(409),
        "IN_USE: plan script `a` is used by build plan `p`"
    );
    for id in [
        script["id"].as_str().unwrap(),
        "590746df-7354-42aa-8887-e1ea122f7ed6",
        "a%20b",
    ] {
        let users = service.get(&format!("/rest/plan-scripts/{id}/usedby/readonly"));
        assert_eq!(users.json(200), json!([]), "only read-only ones are listed");
    }
}
