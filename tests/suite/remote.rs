//! The remote commands, as people and programs use them, against a running service.

use mintage_test_support::environment::{fail, succeed};
use mintage_test_support::{Environment, Remote, Server};
use serde_json::json;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

/// The permission bits of a file.
fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_login_that_is_refused_keeps_nothing() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let (url, print) = (server.url().to_owned(), server.fingerprint().to_owned());
    fs::write(environment.path("wrong"), "Korrekt-Pferd.Batterie_7x\n").unwrap();
    fs::write(environment.path("password"), server.password().unwrap()).unwrap();
    fs::write(environment.path("empty.pem"), "").unwrap();
    let other = print.replace(|c: char| c.is_ascii_hexdigit(), "0");
    let http = url.replace("https", "http");
    for (args, code, told) in [
        (
            vec![&*url, "--fingerprint", &print, "--password-file", "wrong"],
            6,
            "P8004",
        ),
        (
            vec![&*url, "--fingerprint", &print, "--password-file", "absent"],
            3,
            "P8008",
        ),
        (vec![&*url, "--fingerprint", &print], 2, "--password-file"),
        (
            vec![
                &*url,
                "--fingerprint",
                &other,
                "--password-file",
                "password",
            ],
            6,
            "P8002",
        ),
        (vec![&*url, "--password-file", "password"], 6, &*print),
        (
            vec![&*url, "--ca", "empty.pem", "--password-file", "password"],
            6,
            "P8002",
        ),
        (
            vec![&*url, "--ca", "absent.pem", "--password-file", "password"],
            3,
            "P8008",
        ),
        (
            vec![&*http, "--password-file", "password"],
            2,
            "https://HOST",
        ),
        (
            vec!["https://127.0.0.1:1", "--password-file", "password"],
            6,
            "P8001",
        ),
        (
            vec![
                &*url,
                "--user",
                "nobody",
                "--fingerprint",
                &print,
                "--password-file",
                "password",
            ],
            6,
            "P8004",
        ),
    ] {
        let mut login = environment.mintage(["login"]);
        let (out, err) = fail(login.args(&args).stdin(Stdio::null()), code);
        assert_eq!(out, "", "{args:?}");
        assert!(err.contains(told), "{args:?}: {err}");
        assert!(!err.contains("Batterie"), "{err}");
        assert!(!environment.path(".config").exists(), "{args:?}");
    }
}

#[test]
fn a_session_is_its_owners_alone_and_ends_with_the_logout() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let file = remote.session_file();
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(file.parent().unwrap()), 0o700);
    let kept = fs::read_to_string(&file).unwrap();
    assert!(!kept.contains(server.password().unwrap()));
    let kept_json: serde_json::Value = serde_json::from_str(&kept).unwrap();
    let session = kept_json["token"]["session"].as_str().unwrap().to_owned();
    let listed = remote.succeed(["list", "plan-scripts"]);
    assert_eq!(listed, "name  planType  language  modified  uri\n");

    let out = remote.succeed(["logout"]);
    assert_eq!(out, format!("logged out of {}\n", server.url()));
    assert!(!file.exists());
    let told = remote.fail(["list", "plan-scripts"], 6);
    assert!(
        told.contains("P8003") && told.contains("mintage login"),
        "{told}"
    );
    remote.fail(["logout"], 6);

    // The service ended it too.
    fs::write(&file, &kept).unwrap();
    let told = remote.fail(["list", "plan-scripts"], 6);
    assert!(
        told.contains("P8004") && told.contains("log in again"),
        "{told}"
    );
    assert!(!told.contains(&session), "{told}");
    // And one that ended is forgotten.
    remote.succeed(["logout"]);

    fs::write(&file, kept.replace("session", "s3cr-et")).unwrap();
    let told = remote.fail(["list", "plan-scripts"], 3);
    assert!(
        told.contains("login.json") && !told.contains(&session),
        "{told}"
    );
}

#[test]
fn a_token_of_the_environment_needs_no_login() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    fs::write(
        environment.path("token.json"),
        json!({"name": "ci", "role": "Read only"}).to_string(),
    )
    .unwrap();
    let made = remote.json(["create", "api-token", "token.json"]);
    let token = made["token"].as_str().unwrap().to_owned();
    remote.succeed(["logout"]);

    let ca = server.certificate();
    let with = |token: &str, ca: Option<&Path>, args: &[&str]| {
        let mut command = environment.mintage(args);
        command
            .env("MINTAGE_URL", server.url())
            .env("MINTAGE_TOKEN", token);
        if let Some(ca) = ca {
            command.env("MINTAGE_CA", ca);
        }
        command
    };
    let out = succeed(&mut with(
        &token,
        Some(&ca),
        &["list", "api-tokens", "--json"],
    ));
    assert!(out.contains("\"ci\"") && !out.contains(&token), "{out}");
    fs::write(
        environment.path("plan.json"),
        json!({"name": "x", "planType": "deploy"}).to_string(),
    )
    .unwrap();
    for (token, ca, args, code, told) in [
        (
            &*token,
            Some(&*ca),
            vec!["create", "plan-script", "plan.json"],
            6,
            "P8004",
        ),
        (&token, None, vec!["list", "tasks"], 2, "MINTAGE_CA"),
        (
            &token,
            Some(Path::new("absent.pem")),
            vec!["list", "tasks"],
            3,
            "P8008",
        ),
        ("mint_wrong", Some(&*ca), vec!["list", "tasks"], 6, "P8004"),
    ] {
        let (out, err) = fail(&mut with(token, ca, &args), code);
        assert_eq!(out, "");
        assert!(err.contains(told) && !err.contains(token), "{err}");
    }
    assert!(!remote.session_file().exists());
}

#[test]
fn artifacts_are_made_listed_shown_and_deleted() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let write = |name: &str, body: serde_json::Value| {
        fs::write(environment.path(name), body.to_string()).unwrap();
    };
    write(
        "a.json",
        json!({"name": "A", "planType": "deploy", "language": "rhai", "content": "let a = 1;\nlet b = 2;\n"}),
    );
    write(
        "b.json",
        json!({"name": "B", "planType": "capture", "language": "rhai", "content": ""}),
    );
    write(
        "plan.json",
        json!({"name": "Plan", "oeBuildPlanType": "deploy", "buildStep": [{"planScriptName": "A"}]}),
    );
    let a = remote.json(["create", "plan-script", "a.json"]);
    let (uri, id) = (a["uri"].as_str().unwrap(), a["id"].as_str().unwrap());
    let text = fs::read(environment.path("b.json")).unwrap();
    let mut from_stdin = remote.command(["create", "plan-script", "-"]);
    fs::write(environment.path("stdin"), text).unwrap();
    from_stdin.stdin(fs::File::open(environment.path("stdin")).unwrap());
    let shown = succeed(&mut from_stdin);
    assert!(
        shown.contains("planType") && shown.contains("capture"),
        "{shown}"
    );
    remote.succeed(["create", "build-plan", "plan.json"]);
    write("change.json", json!({"description": "of the shop"}));
    let updated = remote.json(["update", "build-plan", "Plan", "change.json"]);
    let members = ["name", "description", "eTag"].map(|name| updated[name].as_str().unwrap());
    assert_eq!(members, ["Plan", "of the shop", "2"]);
    assert_eq!(updated["buildStep"][0]["planScriptName"], "A");
    write("old.json", json!({"description": "late", "eTag": "1"}));
    let told = remote.fail(["update", "build-plan", "Plan", "old.json"], 6);
    assert!(
        told.contains("changed meanwhile") || told.contains("CHANGED_MEANWHILE"),
        "{told}"
    );
    write("list.json", json!([1]));
    remote.fail(["update", "build-plan", "Plan", "list.json"], 2);

    let names = |args: &[&str]| -> Vec<String> {
        let listed = remote.json(["list", "plan-scripts"].iter().chain(args));
        let members = listed.as_array().unwrap();
        members
            .iter()
            .map(|one| one["name"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(names(&["--sort", "name:descending"]), ["B", "A"]);
    assert_eq!(names(&["--filter", "planType=capture"]), ["B"]);
    assert_eq!(names(&["--count", "1"]), ["A"]);
    let table = remote.succeed(["list", "plan-scripts"]);
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(
        table
            .lines()
            .any(|line| line.starts_with("A ") && line.ends_with(uri)),
        "{table}"
    );
    for name in ["A", "a", id, uri] {
        assert_eq!(
            remote.json(["get", "plan-script", name])["uri"],
            uri,
            "{name}"
        );
    }
    let shown = remote.succeed(["get", "plan-script", "A"]);
    assert!(
        shown.contains("let a = 1;\n") && shown.contains("  let b = 2;\n"),
        "{shown}"
    );

    write("broken.json", json!({"name": "C"}));
    fs::write(environment.path("no.json"), "{").unwrap();
    for (args, code, told) in [
        (vec!["get", "plan-script", "no such"], 6, "P8007"),
        (vec!["get", "plan-script", "nosuch"], 6, "P8004"),
        (vec!["delete", "plan-script", "no such"], 6, "P8007"),
        (vec!["get", "volume", "A"], 2, "golden-images"),
        (vec!["list", "scripts"], 2, "plan-scripts"),
        (vec!["create", "plan-script", "absent.json"], 3, "P8008"),
        (vec!["create", "plan-script", "no.json"], 3, "line 1"),
        (vec!["create", "plan-script", "broken.json"], 6, "planType"),
        (vec!["create", "plan-script", "a.json"], 6, "A"),
        (vec!["delete", "plan-script", "A"], 6, "Plan"),
        (vec!["list", "plan-scripts", "--filter", "x"], 6, "P8004"),
    ] {
        let err = remote.fail(&args, code);
        assert!(err.contains(told), "{args:?}: {err}");
    }
    remote.succeed(["delete", "build-plan", "Plan"]);
    assert_eq!(remote.succeed(["delete", "plan-script", "A"]), "");
    assert_eq!(names(&[]), ["B"]);
}

#[test]
fn golden_images_and_bundles_go_there_and_back() {
    let environment = Environment::new();
    let mut server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let disk: Vec<u8> = (0..1_u32 << 18)
        .flat_map(|n| n.wrapping_mul(2_654_435_761).to_le_bytes())
        .collect();
    fs::write(environment.path("disk.raw"), &disk).unwrap();
    let upload = [
        "upload",
        "golden-image",
        "disk.raw",
        "--format",
        "raw",
        "--name",
        "Disk",
    ];
    let made = remote.json(upload);
    assert_eq!(
        (&made["state"], &made["size"]),
        (&json!("OK"), &json!(disk.len()))
    );
    for (args, code, told) in [
        (
            vec!["upload", "golden-image", "absent.raw", "--name", "X"],
            3,
            "P8008",
        ),
        (
            vec!["upload", "golden-image", "disk.raw", "--name", "X"],
            6,
            "P800",
        ),
        (
            vec![
                "upload",
                "golden-image",
                "disk.raw",
                "--name",
                "X",
                "--format",
                "raw",
                "--sha256",
                "00",
            ],
            6,
            "P800",
        ),
        (vec!["upload", "artifact-bundle", "disk.raw"], 6, "P800"),
        (
            vec!["download", "golden-image", "no such", "--out", "x.zip"],
            6,
            "P8007",
        ),
        (
            vec!["download", "golden-image", "Disk", "--out", "no/x.zip"],
            3,
            "P8008",
        ),
        (
            vec!["download", "disk", "Disk", "--out", "x.zip"],
            2,
            "golden-image",
        ),
    ] {
        let err = remote.fail(&args, code);
        assert!(err.contains(told), "{args:?}: {err}");
    }
    assert_eq!(
        remote
            .json(["list", "golden-images"])
            .as_array()
            .unwrap()
            .len(),
        1
    );

    // A task that is not waited for can be watched later, by its URI or id.
    let task = remote.json([
        "upload",
        "golden-image",
        "disk.raw",
        "--format",
        "raw",
        "--name",
        "Two",
        "--no-wait",
    ]);
    let task = task["uri"].as_str().unwrap();
    let ended = remote.json(["watch", task]);
    assert_eq!(ended["taskState"], "Completed", "{ended}");
    let told = remote.succeed(["watch", task.rsplit('/').next().unwrap()]);
    assert!(told.starts_with("Completed: "), "{told}");
    remote.fail(["watch", "/rest/tasks/none"], 6);
    // Many tasks have one name: they are named by their ids alone.
    let name = remote.json(["get", "task", task])["name"]
        .as_str()
        .unwrap()
        .to_owned();
    let told = remote.fail(["get", "task", &name], 6);
    assert!(told.contains("P800"), "{told}");

    let out = remote.succeed(["download", "golden-image", "Disk", "--out", "disk.zip"]);
    assert!(out.starts_with("disk.zip: "), "{out}");
    let told = remote.fail(["download", "golden-image", "Disk", "--out", "disk.zip"], 3);
    assert!(told.contains("disk.zip"), "{told}");
    let mut back = environment.program("unzip");
    assert!(back.args(["-p", "disk.zip"]).output().unwrap().stdout == disk);
    broken_off(&environment, &mut server, &remote);
}

/// A download that breaks off leaves no file, not even a part of one.
fn broken_off(environment: &Environment, server: &mut Server<'_>, remote: &Remote<'_>) {
    fs::create_dir(environment.path("downloads")).unwrap();
    let files = || fs::read_dir(environment.path("downloads")).unwrap().count();
    let big: Vec<u8> = (0..1_u32 << 24)
        .flat_map(|n| {
            n.wrapping_mul(2_654_435_761)
                .rotate_left(n % 31)
                .to_le_bytes()
        })
        .collect();
    fs::write(environment.path("big.raw"), big).unwrap();
    remote.succeed([
        "upload",
        "golden-image",
        "big.raw",
        "--format",
        "raw",
        "--name",
        "Big",
    ]);
    let mut download = remote.command([
        "download",
        "golden-image",
        "Big",
        "--out",
        "downloads/big.zip",
    ]);
    let mut child = download
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let end = Instant::now() + Duration::from_secs(60);
    while files() == 0 && Instant::now() < end {
        std::thread::sleep(Duration::from_millis(1));
    }
    assert_eq!(
        (files(), child.try_wait().unwrap()),
        (1, None),
        "the download goes on"
    );
    server.kill();
    let output = child.wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(6), "{told}");
    assert!(told.contains("P8001"), "{told}");
    assert_eq!(files(), 0);

    // And a service that is gone is told of, whatever is asked.
    fs::write(environment.path("x.json"), "{}").unwrap();
    for args in [
        vec!["list", "tasks"],
        vec!["get", "task", "x"],
        vec!["create", "plan-script", "x.json"],
        vec!["delete", "golden-image", "Disk"],
        vec!["upload", "artifact-bundle", "disk.zip"],
        vec!["download", "golden-image", "Disk", "--out", "y.zip"],
    ] {
        let told = remote.fail(&args, 6);
        assert!(
            told.contains("P8001") && told.contains(server.url()),
            "{args:?}: {told}"
        );
    }
    assert!(!environment.path("y.zip").exists());
}
