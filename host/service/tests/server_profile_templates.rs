//! Templates of server profiles: kept as they come, and what is made from one.

use crate::support::{Service, names};
use mintage_deploy::task::Verbs;
use mintage_records::RecordsError;
use mintage_records::model::{AttributeValue, ServerProfile, Task};
use serde_json::{Value as Json, json};

const TEMPLATES: &str = "/rest/server-profile-templates";

fn uri(body: &Json) -> &str {
    body["uri"].as_str().unwrap()
}

/// A deployment plan with a host name and a password, as servers see it.
fn plan(service: &Service) -> String {
    let plan = crate::server_profiles::plan(service);
    uri(&plan).replace("deployment-plans", "os-deployment-plans")
}

fn template(plan: &str) -> Json {
    json!({"type": "ServerProfileTemplateV8", "name": "web servers", "description": "all of them",
        "serverHardwareTypeUri": "/rest/server-hardware-types/a", "connectionSettings": {"connections": [
            {"id": 1, "networkUri": "/rest/ethernet-networks/n", "chapSecret": "hush-hush-hush"}]},
        "osDeploymentSettings": {"osDeploymentPlanUri": plan, "osCustomAttributes": [
            {"name": "HostName", "value": "web01"}, {"name": "Password", "value": "s3cret-word"}]}})
}

#[test]
fn a_template_from_its_making_to_its_end() {
    let service = Service::start();
    let sent = template(&plan(&service));
    let reply = service.post(TEMPLATES, &sent);
    let text = String::from_utf8_lossy(&reply.bytes).into_owned();
    assert!(
        !text.contains("s3cret-word") && !text.contains("hush-hush"),
        "{text}"
    );
    let made = reply.json(201);
    for member in ["type", "name", "description", "serverHardwareTypeUri"] {
        assert_eq!(made[member], sent[member], "{member}");
    }
    let settings = &made["osDeploymentSettings"];
    assert_eq!(
        settings["osDeploymentPlanUri"],
        sent["osDeploymentSettings"]["osDeploymentPlanUri"]
    );
    assert_eq!(
        settings["osCustomAttributes"][0],
        json!({"name": "HostName", "value": "web01"})
    );
    assert_eq!(settings["osCustomAttributes"][1]["value"], "********");

    // All of it is sent back with one change.
    let mut changed = made.clone();
    changed["description"] = json!("changed");
    let changed = service.put(uri(&made), &changed).json(200);
    assert_eq!(changed["description"], "changed");
    assert_eq!(
        changed["osDeploymentSettings"],
        made["osDeploymentSettings"]
    );
    assert_eq!(changed["connectionSettings"], made["connectionSettings"]);
    assert_eq!(names(&service.get(TEMPLATES).json(200)), ["web servers"]);
    assert!(
        service
            .post(TEMPLATES, &sent)
            .refusal(409)
            .starts_with("DUPLICATE_NAME")
    );
    let other = format!(
        "{}/transformation/?serverHardwareTypeUri=/rest/server-hardware-types/b\
                         &enclosureGroupUri=",
        uri(&made)
    );
    let other = service.get(&other).json(200);
    assert_eq!(
        other["serverHardwareTypeUri"],
        "/rest/server-hardware-types/b"
    );
    assert_eq!(service.get(uri(&made)).json(200), changed);

    let none = service
        .put(uri(&made), &json!({"osDeploymentSettings": null}))
        .json(200);
    assert_eq!(none["osDeploymentSettings"], Json::Null);
    service.delete(uri(&made)).empty(204);
    service.get(uri(&made)).refusal(404);
}

#[test]
fn what_a_template_needs_exists_and_stays() {
    let service = Service::start();
    let unknown = template("/rest/os-deployment-plans/none");
    let refused = service.post(TEMPLATES, &unknown).refusal(400);
    assert!(refused.starts_with("REFERENCE_NOT_FOUND"), "{refused}");
    let plan = plan(&service);
    service.post(TEMPLATES, &template(&plan)).json(201);
    let plan = plan.replace("os-deployment-plans", "deployment-plans");
    let in_use = service.delete(&plan).refusal(409);
    let text =
        "IN_USE: deployment plan `web servers` is used by server profile template `web servers`";
    assert_eq!(in_use, text);
}

#[test]
fn a_new_profile_is_a_profile_of_the_template() {
    let service = Service::start();
    let made = service
        .post(TEMPLATES, &template(&plan(&service)))
        .json(201);
    let profile = service
        .get(&format!("{}/new-profile", uri(&made)))
        .json(200);
    for (member, expected) in [
        ("type", json!("ServerProfileV12")),
        ("category", json!("server-profiles")),
        ("name", Json::Null),
        ("serverProfileTemplateUri", made["uri"].clone()),
        (
            "serverHardwareTypeUri",
            made["serverHardwareTypeUri"].clone(),
        ),
        ("osDeploymentSettings", made["osDeploymentSettings"].clone()),
        ("uri", Json::Null),
        ("eTag", Json::Null),
    ] {
        assert_eq!(
            profile.get(member).unwrap_or(&Json::Null),
            &expected,
            "{member}"
        );
    }
}

#[test]
fn a_profile_has_the_secrets_of_its_template_behind_the_masks() {
    let service = Service::start_with_verbs(|_| Verbs::new());
    let made = service
        .post(TEMPLATES, &template(&plan(&service)))
        .json(201);
    let mut profile = service
        .get(&format!("{}/new-profile", uri(&made)))
        .json(200);
    profile["name"] = json!("web01");
    let task = service.post("/rest/server-profiles", &profile).json(202);
    let tasks = service.state.records.read(|view| view.all::<Task>());
    let tasks = tasks.map_err(|error: RecordsError| error).unwrap();
    let wanted = tasks
        .iter()
        .find(|one| uri(&task).ends_with(one.id.as_str()))
        .unwrap();
    let wanted: ServerProfile = serde_json::from_value(wanted.body.input["after"].clone()).unwrap();
    let password = wanted
        .deployment
        .as_ref()
        .and_then(|values| values.given("Password"));
    let Some(AttributeValue::Sealed(sealed)) = password else {
        panic!("{password:?}");
    };
    assert_eq!(
        service.state.sealer.open(sealed).unwrap().as_str(),
        "s3cret-word"
    );
    assert!(
        service
            .delete(uri(&made))
            .refusal(409)
            .starts_with("IN_USE")
    );
}
