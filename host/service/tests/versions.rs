//! Versions of artifacts: listed, read, compared, restored; never a secret.

use crate::support::{Service, names};
use serde_json::{Value as Json, json};

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

/// A plan script with three versions.
fn script(service: &Service) -> Json {
    let script = json!({"name": "a", "planType": "deploy", "content": "one\n@A@ @B:1@\n"});
    let script = service.post("/rest/plan-scripts", &script).json(201);
    service
        .put(uri(&script), &json!({"content": "one\n@A@ @B:2@ @C@\n"}))
        .json(200);
    service
        .put(uri(&script), &json!({"name": "b", "description": "d"}))
        .json(200)
}

#[test]
fn versions_are_listed_and_read() {
    let service = Service::start();
    let script = script(&service);
    let versions = service.get(&format!("{}/versions", uri(&script))).json(200);
    let members = versions["members"].as_array().unwrap();
    let numbers: Vec<u64> = members
        .iter()
        .map(|one| one["version"].as_u64().unwrap())
        .collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert!(
        members
            .iter()
            .all(|one| one["changedBy"].is_string() && one["modified"].is_string())
    );
    let first = service.get(uri(&members[2])).json(200);
    assert_eq!(
        (&first["name"], &first["content"], &first["eTag"]),
        (&json!("a"), &json!("one\n@A@ @B:1@\n"), &json!("1"))
    );
    for (path, status) in [
        (format!("{}/versions/4", uri(&script)), 404),
        (format!("{}/versions/x", uri(&script)), 404),
        ("/rest/plan-scripts/none/versions".to_owned(), 404),
        ("/rest/deployment-groups/x/versions".to_owned(), 404),
        ("/rest/nothing/x/versions".to_owned(), 404),
    ] {
        service.get(&path).refusal(status);
    }
}

#[test]
fn two_versions_are_compared() {
    let service = Service::start();
    let script = script(&service);
    let at = format!("{}/differences", uri(&script));
    let lines = service.get(&format!("{at}?from=1&to=2")).json(200);
    assert_eq!(
        lines["content"],
        "--- version 1\n+++ version 2\n@@ -1,2 +1,2 @@\n one\n-@A@ @B:1@\n+@A@ @B:2@ @C@\n"
    );
    assert_eq!(
        lines["attributes"],
        json!({"added": ["C"], "removed": [], "changed": [{"name": "B", "members": [{"name": "value", "from": "1", "to": "2"}]}]})
    );
    assert_eq!(lines["fields"], json!([]));
    let newest = service.get(&at).json(200);
    assert_eq!(
        (&newest["from"], &newest["to"], &newest["content"]),
        (&json!(2), &json!(3), &json!(""))
    );
    assert_eq!(
        newest["fields"],
        json!([{"name": "name", "from": "a", "to": "b"}, {"name": "description", "from": null, "to": "d"}])
    );
    let same = service.get(&format!("{at}?from=2&to=2")).json(200);
    assert_eq!(
        (&same["fields"], &same["content"]),
        (&json!([]), &json!(""))
    );
    service.get(&format!("{at}?from=9")).refusal(404);
    service.get(&format!("{at}?from=x")).refusal(400);
}

#[test]
fn a_version_is_restored_as_a_new_one() {
    let service = Service::start();
    let script = script(&service);
    let restored = service.post(&format!("{}/versions/1/restore", uri(&script)), &json!({}));
    assert_eq!(restored.headers["etag"], "\"4\"");
    let restored = restored.json(200);
    assert_eq!(
        (&restored["name"], &restored["eTag"]),
        (&json!("a"), &json!("4"))
    );
    let difference = service
        .get(&format!("{}/differences?from=1&to=4", uri(&script)))
        .json(200);
    assert_eq!(
        (&difference["fields"], &difference["content"]),
        (&json!([]), &json!(""))
    );
    service
        .post(
            "/rest/plan-scripts",
            &json!({"name": "b", "planType": "deploy"}),
        )
        .json(201);
    service
        .post(&format!("{}/versions/3/restore", uri(&script)), &json!({}))
        .refusal(409);
}

#[test]
fn of_secrets_only_that_they_differ_is_told() {
    let service = Service::start();
    let plan = |value: &str| {
        json!({"name": "p", "oeBuildPlanType": "deploy", "customAttributes": [
            {"name": "P", "type": "password", "value": value},
            {"name": "Q", "type": "password", "value": "hunter0"},
        ]})
    };
    let made = service
        .post("/rest/build-plans", &plan("hunter1"))
        .json(201);
    service.put(uri(&made), &plan("hunter2")).json(200);
    let deployment = json!({"name": "d", "oeBuildPlanURI": uri(&made)});
    service
        .post("/rest/deployment-plans", &deployment)
        .json(201);
    let at = uri(&made);
    for path in [
        format!("{at}/differences"),
        format!("{at}/versions/1"),
        format!("{at}/versions"),
    ] {
        let reply = service.get(&path);
        let text = String::from_utf8_lossy(&reply.bytes).into_owned();
        assert!(
            !text.contains("hunter") && !text.contains("sealed:"),
            "{text}"
        );
    }
    assert_eq!(
        service.get(&format!("{at}/differences")).json(200)["attributes"]["changed"],
        json!([{"name": "P", "members": [{"name": "value", "from": "********", "to": "********"}]}])
    );
}

#[test]
fn artifacts_in_use_can_be_changed() {
    let service = Service::start();
    let script = script(&service);
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "buildStep": [{"planScriptUri": uri(&script)}]});
    let plan = service.post("/rest/build-plans", &plan).json(201);
    service
        .put(uri(&script), &json!({"name": "renamed"}))
        .json(200);
    let plan = service.get(uri(&plan)).json(200);
    assert_eq!(plan["buildStep"][0]["planScriptName"], "renamed");
    let all = service.get("/rest/plan-scripts").json(200);
    assert_eq!(names(&all), ["renamed"]);
}
