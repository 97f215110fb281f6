//! `Fixture`: what the clients need, made before the first kill, and there to the end.

use super::model::text;
use super::request::Request;
use crate::deployments::{CAPTURE, DEPLOY, golden_image};
use mintage_test_support::Server;
use serde_json::{Value as Json, json};

/// What is there from the beginning, and stays.
#[derive(Debug, Clone)]
pub struct Fixture {
    pub golden_image: String,
    pub build_plan: String,
    pub capture_plan: String,
    pub deployment_plan: String,
    pub os_volume: String,
    script: String,
    capture_script: String,
    /// For each client a bundle with artifacts of its own.
    pub bundles: Vec<Vec<u8>>,
}

impl Fixture {
    pub fn make(server: &Server<'_>, clients: usize) -> Self {
        let golden_image = upload(server, "fixture", golden_image());
        let (script, build_plan) = plan(server, "fixture", "deploy", DEPLOY);
        let (capture_script, capture_plan) = plan(server, "capturing", "capture", CAPTURE);
        let deployment_plan = deployment_plan(server, "fixture", &build_plan, &golden_image);
        let body = json!({"name": "fixture", "deploymentPlanUri": deployment_plan, "seed": "fixture",
            "osCustomAttributes": [{"name": "HostName", "value": "web01"}]});
        let os_volume = made(server, &Request::post("/rest/os-volumes", body));
        let bundles = (0..clients).map(|number| bundle(server, &format!("client-{number}-")));
        Self {
            bundles: bundles.collect(),
            golden_image,
            build_plan,
            capture_plan,
            deployment_plan,
            os_volume,
            script,
            capture_script,
        }
    }

    /// Whether it has this.
    pub fn has(&self, uri: &str) -> bool {
        let own = [
            &self.golden_image,
            &self.build_plan,
            &self.capture_plan,
            &self.deployment_plan,
            &self.os_volume,
            &self.script,
            &self.capture_script,
        ];
        own.iter().any(|own| own.as_str() == uri)
    }
}

/// A bundle with one of each artifact; these are gone afterwards.
fn bundle(server: &Server<'_>, prefix: &str) -> Vec<u8> {
    let name = format!("{prefix}extracted");
    let image = upload(server, &name, vec![7; 64 << 10]);
    let (script, build_plan) = plan(server, &name, "deploy", DEPLOY);
    let plan = deployment_plan(server, &name, &build_plan, &image);
    let body =
        json!({"name": "bundle", "deploymentPlans": [{"resourceUri": plan, "readOnly": false}]});
    let bundle = made(server, &Request::post("/rest/artifact-bundles", body));
    let place = bundle.replace("bundles/", "bundles/download/");
    let bytes = server.get(&place).bytes;
    for uri in [plan, build_plan, script, image, bundle] {
        assert_eq!(server.delete(&uri).status, 204, "{uri}");
    }
    bytes
}

fn upload(server: &Server<'_>, name: &str, bytes: Vec<u8>) -> String {
    let path = format!("/rest/golden-images?name={name}&description=bundled&format=raw");
    made(server, &Request::upload(path, bytes))
}

/// A build plan with one script.
fn plan(server: &Server<'_>, name: &str, kind: &str, content: &str) -> (String, String) {
    let script = json!({"name": name, "description": "bundled", "planType": kind,
        "language": "rhai", "content": content});
    let script = made(server, &Request::post("/rest/plan-scripts", script));
    let attributes = match kind {
        "deploy" => {
            json!([{"name": "HostName", "type": "hostname", "value": "", "constraints": "{}"}])
        }
        _ => json!([]),
    };
    let plan = json!({"name": name, "description": "bundled", "oeBuildPlanType": kind,
        "customAttributes": attributes,
        "buildStep": [{"serialNumber": "1", "planScriptUri": script}]});
    let plan = made(server, &Request::post("/rest/build-plans", plan));
    (script, plan)
}

fn deployment_plan(server: &Server<'_>, name: &str, build_plan: &str, image: &str) -> String {
    let plan = json!({"name": name, "description": "bundled", "oeBuildPlanURI": build_plan,
        "goldenImageURI": image, "customAttributes": []});
    made(server, &Request::post("/rest/deployment-plans", plan))
}

/// Makes something that must come to be: its URI.
fn made(server: &Server<'_>, request: &Request) -> String {
    let answer = request.send(server).expect("the service runs");
    let body: Json = answer.json();
    if answer.status == 201 {
        return text(&body, "/uri");
    }
    assert_eq!(answer.status, 202, "{body:#}");
    let task = server.get(&format!("{}?wait=60", text(&body, "/uri")));
    let task = task.json();
    assert_eq!(task["taskState"], "Completed", "{task:#}");
    text(&task, "/associatedResource/resourceUri")
}
