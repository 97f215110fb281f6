//! Schemathesis: every operation of the OpenAPI document, with examples that fit it and examples that
//! do not, against the real service over TLS. Nothing may end in a 5xx, and no reply may be one that
//! the document does not describe.

use mintage_test_support::lane::{cache, can_run};
use mintage_test_support::{Environment, Need, Server};

/// Where `tests/run` puts it.
const PROGRAM: &str = "schemathesis/bin/schemathesis";
/// What every reply must be.
const CHECKS: &str = "not_a_server_error,status_code_conformance,content_type_conformance,\
                      response_headers_conformance,response_schema_conformance";
/// How many examples an operation gets in the phase that invents them.
const EXAMPLES: &str = "12";
/// The same examples in every run.
const SEED: &str = "20261123";
/// Operations that end the session with which the others are tried.
const NOT_TRIED: &[&str] = &["/rest/login-sessions", "/rest/events"];

#[test]
fn every_reply_is_one_that_the_document_describes() {
    if !can_run("schemathesis", &[Need::Cached(PROGRAM)]) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let mut command = environment.program(cache(PROGRAM));
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
    command.args([
        "--checks",
        CHECKS,
        "--max-examples",
        EXAMPLES,
        "--seed",
        SEED,
    ]);
    command.args(["--phases", "examples,coverage,fuzzing", "--mode", "all"]);
    command.args([
        "--generation-deterministic",
        "--generation-database",
        "none",
    ]);
    command.args(["--suppress-health-check", "all", "--warnings", "off"]);
    command.args([
        "--request-timeout",
        "30",
        "--continue-on-failure",
        "--no-color",
    ]);
    let output = command.output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout);
    let problems = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{told}\n{problems}\nthe log:\n{}",
        server.logged()
    );
    assert_eq!(server.get("/health/ready").status, 200);
}
