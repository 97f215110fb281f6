//! Schemathesis: every operation of the OpenAPI document, with examples that fit it and examples that
//! do not, against the real service over TLS. Nothing may end in a 5xx, and no reply may be one that
//! the document does not describe. Most of what is asked for by its id is there.

use mintage_test_support::lane::{cache, can_run};
use mintage_test_support::{Environment, Need, Server};
use serde_json::{Value as Json, json};
use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;

/// Where `tests/run` puts it.
const PROGRAM: &str = "schemathesis/bin/schemathesis";
/// What every reply must be.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// How many examples an operation gets in the phase that invents them.
const EXAMPLES: &str = "40";
/// How many resources of each kind there are at the start: some are deleted on the way.
const RESOURCES: usize = 12;
/// Operations that end the session with which the others are tried, or never end themselves.
const NOT_TRIED: &[&str] = &["/rest/login-sessions", "/rest/events"];

#[test]
fn every_reply_is_one_that_the_document_describes() {
    if !can_run("schemathesis", &[Need::Cached(PROGRAM)]) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let mut configuration = String::new();
    let resources = resources(&server);
    for (kind, ids) in &resources {
        let parameter = if *kind == "users" { "name" } else { "id" };
        configuration += &known(kind, parameter, ids);
    }
    configuration += &versions(&resources[0].1);
    let file = environment.path("schemathesis.toml");
    std::fs::write(&file, configuration).unwrap();
    let output = schemathesis(&environment, &server, &file).output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{told}\n{problems}\nthe log:\n{}",
        server.logged()
    );
    assert_eq!(server.get("/health/ready").status, 200);
}

fn schemathesis(environment: &Environment, server: &Server<'_>, file: &Path) -> Command {
    let mut command = environment.program(cache(PROGRAM));
    command.arg("--config-file").arg(file);
    command
        .arg("run")
        .arg(format!("{}/rest/openapi.json", server.url()));
    command.arg("--tls-verify").arg(server.certificate());
    if let Some(session) = &server.session {
        command.arg("--header").arg(format!("auth:{session}"));
    }
    for path in NOT_TRIED {
        command.args(["--exclude-path", path]);
    }
    command.args(["--checks", CHECKS, "--max-examples", EXAMPLES]);
    command.args(["--phases", "examples,coverage,fuzzing", "--mode", "all"]);
    // The same examples in every run.
    command.arg("--generation-deterministic");
    command.args(["--suppress-health-check", "all", "--warnings", "off"]);
    command.args(["--request-timeout", "30", "--continue-on-failure"]);
    command.arg("--no-color");
    command
}

/// The settings that have operations about one resource of a kind mostly take one that is there:
/// what deletes gets the last half of them, so that the others keep theirs.
fn known(kind: &str, parameter: &str, ids: &[String]) -> String {
    let (kept, deleted) = ids.split_at(ids.len() / 2);
    let mut text = String::new();
    for (methods, ids) in [
        (&["GET", "PUT", "POST"][..], kept),
        (&["DELETE"][..], deleted),
    ] {
        let name = format!("{kind}-{}", methods.concat().to_lowercase());
        writeln!(text, "[dictionaries.{name}]\nvalues = {}", json!(ids)).unwrap();
        let bound = format!("{{ dictionary = \"{name}\", probability = 0.8 }}");
        writeln!(
            text,
            "[[operations]]\ninclude-path-regex = \"^/rest/{kind}/.*[{{]{parameter}[}}]\"\n\
             include-method = {}\nparameters = {{ \"path.{parameter}\" = {bound} }}",
            json!(methods)
        )
        .unwrap();
    }
    text
}

/// The settings for versions, whose paths name the kind.
fn versions(scripts: &[String]) -> String {
    format!(
        "[dictionaries.kinds]\nvalues = [\"plan-scripts\"]\n\
         [dictionaries.versions]\nvalues = [1, 2]\n\
         [dictionaries.versioned]\nvalues = {}\n\
         [[operations]]\ninclude-path-regex = \"^/rest/[{{]kind[}}]/\"\n\
         [operations.parameters]\n\
         \"path.kind\" = {{ dictionary = \"kinds\", probability = 0.8 }}\n\
         \"path.id\" = {{ dictionary = \"versioned\", probability = 0.8 }}\n\
         \"path.version\" = {{ dictionary = \"versions\", probability = 0.8 }}\n",
        json!(scripts[..RESOURCES / 2])
    )
}

/// Makes some of every kind: the ids by kind.
fn resources(server: &Server<'_>) -> Vec<(&'static str, Vec<String>)> {
    let make = |kind: &'static str, body: &dyn Fn(usize) -> Json| -> (&'static str, Vec<String>) {
        let made = (0..RESOURCES).map(|number| {
            let answer = server.post(&format!("/rest/{kind}"), &body(number));
            let made = answer.json();
            assert!(answer.status < 300, "{kind}: {made}");
            let uri = made["uri"].as_str().unwrap();
            uri.rsplit('/').next().unwrap().to_owned()
        });
        (kind, made.collect())
    };
    let scripts = make(
        "plan-scripts",
        &|number| json!({"name": format!("script {number}"), "content": "log::info(\"hi\");", "planType": "deploy"}),
    );
    let build_plans = make("build-plans", &|number| {
        let script = format!("/rest/plan-scripts/{}", scripts.1[number]);
        json!({
            "name": format!("build plan {number}"), "oeBuildPlanType": "deploy",
            "buildStep": [{"serialNumber": "1", "parameters": "", "planScriptUri": script}],
            "customAttributes": [
                {"name": "Host", "type": "hostname", "value": "web", "constraints": "{}"},
                {"name": "Secret", "type": "password", "value": "hunter2", "constraints": null},
            ],
        })
    });
    let plans = make("deployment-plans", &|number| {
        let plan = format!("/rest/build-plans/{}", build_plans.1[number]);
        json!({"name": format!("plan {number}"), "oeBuildPlanURI": plan})
    });
    let users = make(
        "users",
        &|number| json!({"userName": format!("user{number}"), "password": "correct horse battery", "permissions": [{"roleName": "Read only"}]}),
    );
    vec![scripts, build_plans, plans, users]
}
