//! `mintage serve` starts with nothing, stops when asked, and says what it does.

use mintage_test_support::environment::{fail, succeed};
use mintage_test_support::lane::can_run;
use mintage_test_support::{Environment, Need, Server};
use std::time::{Duration, Instant};

#[test]
fn it_starts_with_nothing_and_starts_again_with_what_it_made() {
    let environment = Environment::new();
    let mut server = Server::start(&environment, &[]);
    let version = server.get("/rest/version/");
    assert_eq!(version.status, 200);
    assert_eq!(version.json()["minimumVersion"], 120);
    let print = server.fingerprint().to_owned();
    assert!(server.stop().success(), "{}", server.logged());

    server.restart();
    assert_eq!(server.get("/rest/deployment-groups").status, 200);
    assert_eq!(server.fingerprint(), print);
    server.kill();
    server.restart();
    assert_eq!(server.get("/rest/deployment-groups").status, 200);
}

#[test]
fn old_and_new_tls_are_spoken_and_nothing_older() {
    if !can_run("tls", &[Need::Program("openssl")]) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let address = server.url().trim_start_matches("https://");
    let certificate = server.certificate();
    for (version, works) in [("-tls1_2", true), ("-tls1_3", true), ("-tls1_1", false)] {
        let mut client = environment.program("openssl");
        client.args([
            "s_client",
            "-connect",
            address,
            version,
            "-verify_return_error",
        ]);
        client.arg("-CAfile").arg(&certificate);
        client
            .args(["-verify_ip", "127.0.0.1"])
            .stdin(std::process::Stdio::null());
        let output = client.output().unwrap();
        assert_eq!(output.status.success(), works, "{version}: {output:?}");
    }
}

#[test]
fn one_process_for_one_data_folder_and_one_port() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let address = server.url().trim_start_matches("https://");
    let second = |listen: &str, data: &str| {
        let args = [
            "serve",
            "--config",
            "/dev/null",
            "--listen",
            listen,
            "--data",
            data,
        ];
        fail(&mut environment.mintage(args), 1).1
    };
    let told = second("127.0.0.1:0", "data");
    let expected = format!("is in use by process {}", server.pid());
    assert!(told.contains(&expected), "{told}");
    let told = second(address, "other");
    assert!(told.contains("cannot listen on"), "{told}");
}

#[test]
fn requests_and_their_log_lines_have_the_same_id() {
    let environment = Environment::new();
    let server = Server::start(&environment, &["--log-format", "json"]);
    let given = [("x-request-id", "mine-1"), ("auth", "s3cret")];
    let path = "/rest/deployment-groups/nothing?token=s3cret";
    let answer = server.send(ureq::http::Method::GET, path, &given, Vec::new());
    assert_eq!(answer.header("x-request-id"), Some("mine-1"));
    let mut seen = String::new();
    let end = Instant::now() + Duration::from_secs(10);
    while !seen.contains("mine-1") && Instant::now() < end {
        seen += &server.logged();
    }
    let line = seen.lines().find(|line| line.contains("mine-1")).unwrap();
    let line: serde_json::Value = serde_json::from_str(line).unwrap();
    assert_eq!(line["path"], "/rest/deployment-groups/{id}");
    assert_eq!(line["span"]["id"], "mine-1");
    assert!(!seen.contains("s3cret"), "{seen}");
}

#[test]
fn the_configuration_is_shown_and_checked() {
    let environment = Environment::new();
    let file = environment.path("mintage.toml");
    std::fs::write(
        &file,
        "database = \"postgres://u:s3cret@h/d\"\n[log]\nlevel = \"warn\"\n",
    )
    .unwrap();
    let args = [
        "config",
        "show",
        "--config",
        "mintage.toml",
        "--http-grace",
        "5 s",
    ];
    let mut command = environment.mintage(args);
    let shown = succeed(command.env("MINTAGE_LISTEN", "127.0.0.1:9"));
    let line = |name: &str| {
        let mut lines = shown
            .lines()
            .map(|line| line.split_whitespace().collect::<Vec<_>>());
        lines.find(|line| line[0] == name).unwrap().join(" ")
    };
    assert_eq!(line("listen"), "listen 127.0.0.1:9 MINTAGE_LISTEN");
    assert_eq!(line("http.grace"), "http.grace 5 s --http-grace");
    assert_eq!(line("log.level"), "log.level warn mintage.toml:3");
    assert_eq!(line("database"), "database ******** mintage.toml:1");

    std::fs::write(&file, "[log]\nlevle = \"warn\"\n").unwrap();
    for command in [
        ["config", "show"].as_slice(),
        &["config", "check"],
        &["serve"],
    ] {
        let mut command = environment.mintage(command);
        let (_, told) = fail(command.args(["--config", "mintage.toml"]), 3);
        assert!(told.contains("mintage.toml:2:1"), "{told}");
        assert!(told.contains("did you mean `level`?"), "{told}");
    }
}
