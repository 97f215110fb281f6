//! HPE's own client libraries, unmodified, drive the service over TLS: every Image Streamer resource,
//! every verb (tests/fixtures/sdk/every_resource.py).

use mintage_test_support::environment::{project, succeed};
use mintage_test_support::lane::{cache, can_run};
use mintage_test_support::{Environment, Need, Server, disk};
use serde_json::{Value as Json, json};
use std::path::{Path, PathBuf};

#[test]
fn the_last_python_sdk_of_the_old_name() {
    drive("hpOneView", "sdk/hpOneView-5.3.0/bin/python", 300);
}

#[test]
fn a_python_sdk_in_between() {
    drive("hpeOneView", "sdk/hpeOneView-6.6.0/bin/python", 600);
}

#[test]
fn the_last_python_sdk_with_image_streamer() {
    drive("hpeOneView", "sdk/hpeOneView-8.0.0/bin/python", 4600);
}

/// Runs the program with the library of a virtual environment against two services.
fn drive(package: &str, python: &'static str, api_version: u32) {
    let needs = [
        Need::Cached(python),
        Need::Program("mke2fs"),
        Need::Program("zip"),
    ];
    if !can_run("sdk", &needs) {
        return;
    }
    let [environment, other] = [Environment::new(), Environment::new()];
    // A task that waits for another one can be stopped in time; and a damaged image fails its task.
    let service = Server::start(
        &environment,
        &["--limits-tasks-at-once", "1", "--limits-rehearsal", "0"],
    );
    let second = Server::start(&other, &[]);
    let settings = json!({
        "package": package,
        "apiVersion": api_version,
        "image": golden_image(&environment),
        "services": [access(&service), access(&second)],
    });
    let file = environment.path("settings.json");
    std::fs::write(&file, settings.to_string()).unwrap();
    let mut command = environment.program(cache(python));
    command.env("PYTHONDONTWRITEBYTECODE", "1");
    command.arg(project().join("tests/fixtures/sdk/every_resource.py"));
    let seen = succeed(command.arg(file));
    assert!(seen.ends_with("\nevery resource\n"), "{seen}");
}

/// A small golden image in the wire's form: a zip with one raw disk.
fn golden_image(environment: &Environment) -> PathBuf {
    let image = disk::small(environment, "small", |_: &Path| {});
    let zip = environment.path("small.zip");
    let mut command = environment.program("zip");
    succeed(command.arg("-qj").arg(&zip).arg(image));
    zip
}

/// How a service is reached.
fn access(service: &Server<'_>) -> Json {
    json!({
        "address": service.url().trim_start_matches("https://"),
        "ca": service.certificate(),
        "password": service.password(),
    })
}
