//! Looking into golden images and OS volumes by the API: directories, texts, differences, and what is
//! refused.

use crate::deployments::{build_plan, deployment_plan, finished, golden_image, upload};
use mintage_test_support::{Environment, Server};
use serde_json::{Value as Json, json};

/// What no reply may hold.
const SECRET: &str = "correct-horse-battery";
/// Writes a secret into one file, and the host name into another.
const SCRIPT: &str = "\
hostname::set(\"web01\");
file::write(\"/etc/app.conf\", attribute(\"Secret\"));
";

#[test]
fn files_are_listed_and_read_and_one_with_a_secret_is_not() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let golden = upload(&server, &golden_image());
    let files = |uri: &Json, what: &str| {
        let answer = server.get(&format!("{}/{what}", uri["uri"].as_str().unwrap()));
        (answer.status, answer.json())
    };

    let (status, root) = files(&golden, "files");
    let names: Vec<&Json> = root["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["name"])
        .collect();
    assert_eq!((status, &root["path"]), (200, &json!("/")));
    assert_eq!(names, ["bin", "etc", "lost+found", "usr"]);
    let (_, hostname) = files(&golden, "files/content?path=/etc/hostname");
    assert_eq!(
        hostname,
        json!({"path": "/etc/hostname", "text": "golden\n", "isCut": false})
    );
    for (what, code) in [
        ("files?path=/no/such", "P3001"),
        ("files/content?path=/etc", "P3004"),
        ("files/content?path=/../../etc/no-such-file", "P3001"),
    ] {
        let (status, refused) = files(&golden, what);
        assert_eq!(
            (status, &refused["errorCode"]),
            (400, &json!(code)),
            "{what}: {refused}"
        );
    }

    let volume = deployed(&server, &golden);
    let (_, hostname) = files(&volume, "files/content?path=/etc/hostname");
    assert_eq!(hostname["text"], "web01\n");
    let (status, list) = files(&volume, "files?path=/etc");
    assert!(
        status == 200 && list.to_string().contains("app.conf"),
        "{list}"
    );
    for path in ["/etc/app.conf", "/etc/../etc//app.conf"] {
        let (status, refused) = files(&volume, &format!("files/content?path={path}"));
        assert_eq!(
            (status, &refused["errorCode"]),
            (403, &json!("SECRET_FILE")),
            "{path}"
        );
        assert!(!refused.to_string().contains(SECRET));
    }

    let other = golden["id"].as_str().unwrap();
    let (status, same) = files(&golden, &format!("compare?with={other}"));
    assert_eq!((status, &same["entries"]), (200, &json!([])), "{same}");
    assert_eq!(files(&golden, "compare?with=nothing").0, 404);
}

/// An OS volume with a secret in it.
fn deployed(server: &Server<'_>, golden: &Json) -> Json {
    let mut build = build_plan(server, "app", "deploy", SCRIPT);
    build["customAttributes"] = json!([{"name": "Secret", "type": "password", "value": ""}]);
    let answer = server.put(build["uri"].as_str().unwrap(), &build);
    assert_eq!(answer.status, 200, "{}", answer.json());
    let plan = deployment_plan(server, "app", &build, golden);
    let wanted = json!({"name": "app", "deploymentPlanUri": plan["uri"],
        "osCustomAttributes": [{"name": "Secret", "value": SECRET}]});
    let task = server.post("/rest/os-volumes", &wanted);
    finished(server, &task.json())
}

#[test]
fn a_script_is_checked_before_it_is_stored() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let check = |content: &str| {
        let asked = json!({"content": content, "language": "rhai"});
        let answer = server.post("/rest/plan-scripts/check", &asked);
        assert_eq!(answer.status, 200, "{}", answer.json());
        answer.json()["diagnostics"].take()
    };
    assert_eq!(check("log::info(\"x\");"), json!([]));
    let found = check("let a = 1;\n  hostname::sett(\"x\");");
    let error = found
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["severity"] == "error");
    let error = error.expect("an error");
    assert_eq!(
        (&error["code"], &error["line"]),
        (&json!("P1002"), &json!(2))
    );
    assert!(error["column"].as_u64().unwrap() > 2, "{error}");
    let none = json!({"content": "x", "language": "cobol"});
    assert_eq!(server.post("/rest/plan-scripts/check", &none).status, 400);
    let empty = server.post("/rest/plan-scripts/check", &json!({"language": "rhai"}));
    assert_eq!(
        (empty.status, empty.json()["errorSource"].take()),
        (400, json!("content"))
    );
    // Nothing of it is stored.
    assert_eq!(server.get("/rest/plan-scripts").json()["total"], 0);
}

#[test]
fn settings_are_told_without_secrets() {
    let environment = Environment::new();
    let server = Server::start(&environment, &["--log-level", "debug"]);
    let all = server.get("/rest/settings").json();
    let level = all["members"]
        .as_array()
        .unwrap()
        .iter()
        .find(|one| one["name"] == "log.level");
    let level = level.expect("the setting");
    assert_eq!(
        (&level["value"], &level["origin"]),
        (&json!("debug"), &json!("--log-level"))
    );
}
