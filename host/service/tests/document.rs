//! The API is described completely, for programs and for people.

use crate::support::Service;
use serde_json::Value as Json;

const METHODS: [&str; 5] = ["get", "post", "put", "patch", "delete"];

fn operations(document: &Json) -> Vec<(String, &Json)> {
    let paths = document["paths"].as_object().unwrap();
    let operations = paths.iter().flat_map(|(path, item)| {
        METHODS.iter().filter_map(move |method| {
            let name = format!("{} {path}", method.to_uppercase());
            item.get(method).map(|operation| (name, operation))
        })
    });
    operations.collect()
}

#[test]
fn every_operation_has_a_summary_a_tag_a_permission_and_responses() {
    let service = Service::start();
    let document = service.get("/rest/openapi.json").json(200);
    assert_eq!(document["openapi"], "3.1.0");
    let operations = operations(&document);
    assert!(operations.len() > 5);
    let mut wrong = Vec::new();
    for (name, operation) in operations {
        let mut demand = |what: &str, given: bool| {
            if !given {
                wrong.push(format!("{name} has no {what}"));
            }
        };
        let text = |value: &Json| value.as_str().is_some_and(|text| !text.is_empty());
        demand("summary", text(&operation["summary"]));
        demand("operation id", text(&operation["operationId"]));
        demand("tag", text(&operation["tags"][0]));
        let responses = operation["responses"].as_object();
        demand("responses", responses.is_some_and(|all| !all.is_empty()));
        let described = |all: &serde_json::Map<String, Json>| {
            all.values().all(|response| text(&response["description"]))
        };
        demand(
            "descriptions of responses",
            responses.is_some_and(described),
        );
        let permission = operation["security"][0].as_object();
        let named = |scopes: &Json| {
            let known = ["read", "artifacts", "deploy", "administer", "stop", "self"];
            scopes[0]
                .as_str()
                .is_some_and(|scope| known.contains(&scope))
        };
        let valid = permission.is_some_and(|first| first.values().all(named));
        demand("permission", valid);
        let refuses = responses.is_some_and(|all| all.contains_key("4XX"));
        let is_public = permission.is_some_and(serde_json::Map::is_empty);
        demand(
            "response 4XX, though it can be refused",
            is_public || refuses,
        );
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn operation_ids_are_unique() {
    let service = Service::start();
    let document = service.get("/rest/openapi.json").json(200);
    let operations = operations(&document);
    let ids: std::collections::BTreeSet<_> = operations
        .iter()
        .map(|(_, operation)| operation["operationId"].as_str())
        .collect();
    assert_eq!(ids.len(), operations.len());
}

#[test]
fn the_page_shows_all_of_it_and_loads_nothing_from_elsewhere() {
    let service = Service::start();
    let document = service.get("/rest/openapi.json").json(200);
    let reply = service.get("/api");
    let policy = reply.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'self';"),
        "{policy}"
    );
    let page = String::from_utf8(reply.bytes.to_vec()).unwrap();
    for (name, operation) in operations(&document) {
        let summary = operation["summary"]
            .as_str()
            .unwrap()
            .replace('\'', "&#39;");
        let path = name.split_once(' ').unwrap().1;
        assert!(page.contains(&summary), "{name}");
        assert!(page.contains(&format!("<code>{path}</code>")), "{name}");
    }
    assert!(!page.contains("<script"));
    // No address of elsewhere at all, not even as an example.
    let elsewhere = page
        .find("://")
        .map(|at| &page[at.saturating_sub(80)..at + 3]);
    assert_eq!(elsewhere, None);
    let style = service.get("/api/style.css");
    assert_eq!(style.headers["content-type"], "text/css; charset=utf-8");
}

#[test]
fn what_cannot_be_read_of_a_request_is_told_in_the_wires_form() {
    let service = Service::start();
    let refusal = |path: &str, status| service.get(path).refusal(status);
    assert_eq!(
        refusal("/rest/users/%ff", 404),
        "RESOURCE_NOT_FOUND: there is nothing at /rest/users/%ff"
    );
    assert_eq!(
        refusal("/rest/plan-scripts/x/differences?from=first", 400),
        "INVALID_QUERY: the query is wrong | from: invalid digit found in string"
    );
    let extracted = "/rest/artifact-bundles/x?extract=null";
    assert_eq!(
        service.put(extracted, &serde_json::json!({})).refusal(400),
        "INVALID_QUERY: the query is wrong | extract: provided string was not `true` or `false`"
    );
}
