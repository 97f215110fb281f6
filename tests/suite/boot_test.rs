//! Boot tests through a running service, with a real emulator: golden images and OS volumes by BIOS and by
//! UEFI, what does not boot, a console that would harm a terminal, and that no emulator outlives its test.

mod disks;
mod emulators;

use crate::chain::GENERALIZE;
use crate::deployments::{DEPLOY, build_plan, deployment_plan, ended, finished};
use disks::{TINY, hostile, panics, silent, zeros};
use emulators::{emulators, none_is_left, until_one_runs};
use mintage_test_support::environment::{fail, succeed};
use mintage_test_support::remote::Remote;
use mintage_test_support::{Environment, Need, Server, lane};
use rustix::process::{Pid, Signal};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::path::Path;
use std::process::Stdio;
use ureq::http::Method;

const NEEDS: [Need; 2] = [Need::Program("qemu-system-x86_64"), Need::Cached(TINY)];

fn upload(server: &Server<'_>, name: &str, disk: &[u8]) -> String {
    let part =
        "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.raw\"\r\n\r\n";
    let form = [part.as_bytes(), disk, b"\r\n--edge--\r\n"].concat();
    let headers = [("content-type", "multipart/form-data; boundary=edge")];
    let uri = format!("/rest/golden-images?name={name}&format=raw");
    let answer = server.send(Method::POST, &uri, &headers, form);
    text(&finished(server, &answer.json())["uri"])
}

/// Begins a boot test; its task.
fn begin(server: &Server<'_>, uri: &str, how: &Json) -> Json {
    let answer = server.post(&format!("{uri}/boot-test"), how);
    assert_eq!(answer.status, 202, "{}", answer.json());
    answer.json()
}

/// A whole boot test: its task, and what came of it.
fn test(server: &Server<'_>, uri: &str, how: &Json) -> (Json, Json) {
    let task = ended(server, &begin(server, uri, how));
    (task, server.get(uri).json()["bootTest"].clone())
}

fn console(server: &Server<'_>, uri: &str) -> String {
    let answer = server.get(&format!("{uri}/boot-test/console"));
    assert_eq!(answer.status, 200, "{}", answer.json());
    let kind = answer.header("content-type").unwrap();
    assert_eq!(kind, "text/plain; charset=utf-8");
    String::from_utf8(answer.bytes).unwrap()
}

fn text(value: &Json) -> String {
    value.as_str().unwrap().to_owned()
}

fn digest(folder: &Path) -> Vec<u8> {
    let mut files = fs::read_dir(folder).unwrap();
    let file = files.next().unwrap().unwrap().path();
    Sha256::digest(fs::read(file).unwrap()).to_vec()
}

#[test]
fn a_golden_image_a_volume_and_what_is_captured_of_it_boot() {
    if !lane::can_run("boot test", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let golden = upload(&server, "tiny", &disks::tiny());
    let folder = server.data().join("golden-volumes");
    let before = digest(&folder);
    for (how, firmware) in [
        (json!({"firmware": "bios"}), "bios"),
        (json!({"firmware": "uefi"}), "uefi"),
        (json!({}), "uefi"),
    ] {
        let (task, result) = test(&server, &golden, &how);
        assert_eq!(task["taskState"], "Completed", "{task:#}");
        assert_eq!(
            (&result["result"], &result["firmware"]),
            (&json!("passed"), &json!(firmware)),
            "{result:#}"
        );
        assert_eq!(result["taskUri"], task["uri"]);
        assert!(result["seconds"].as_f64().unwrap() > 0.5, "{result:#}");
        assert!(console(&server, &golden).contains("BOOT-OK hostname=golden"));
    }
    assert_eq!(digest(&folder), before, "the image was written to");

    let deploy = build_plan(&server, "deploy", "deploy", DEPLOY);
    let image = json!({"uri": golden});
    let plan = deployment_plan(&server, "tiny", &deploy, &image);
    let wanted = json!({"name": "web01", "deploymentPlanUri": plan["uri"],
        "osCustomAttributes": [{"name": "HostName", "value": "web01"}]});
    let task = server.post("/rest/os-volumes", &wanted).json();
    let volume = text(&finished(&server, &task)["uri"]);
    let folder = server.data().join("os-volumes");
    let before = digest(&folder);
    let (_, result) = test(&server, &volume, &json!({"firmware": "bios"}));
    assert_eq!(result["result"], "passed", "{result:#}");
    assert!(console(&server, &volume).contains("BOOT-OK hostname=web01"));
    assert_eq!(digest(&folder), before, "the volume was written to");

    let capture = build_plan(&server, "generalize", "capture", GENERALIZE);
    let wanted = json!({"type": "GoldenImage", "name": "captured", "imageCapture": true,
        "osVolumeURI": volume, "buildPlanUri": capture["uri"], "bootTest": true});
    let task = server.post("/rest/golden-images", &wanted).json();
    let captured = text(&finished(&server, &task)["uri"]);
    let tasks = server.get("/rest/tasks?count=-1").json();
    let tasks = tasks["members"].as_array().unwrap();
    let of_captured = |task: &&Json| {
        task["name"] == "Boot test" && task["associatedResource"]["resourceUri"] == captured
    };
    let booted = ended(&server, tasks.iter().find(of_captured).unwrap());
    assert_eq!(booted["taskState"], "Completed", "{booted:#}");
    let said = console(&server, &captured);
    assert!(
        said.contains("BOOT-OK hostname=") && !said.contains("web01"),
        "{said}"
    );
    none_is_left(&server.data());
}

#[test]
fn what_does_not_boot_is_told_with_its_console_and_an_alert() {
    if !lane::can_run("boot test", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let table = [
        (
            "zeros",
            zeros(),
            120,
            "the firmware found nothing to boot from",
        ),
        ("panics", panics(), 120, "the kernel panicked"),
        ("silent", silent(), 4, "what was waited for in 4 seconds"),
    ];
    for (name, disk, seconds, reason) in table {
        let image = upload(&server, name, &disk);
        let how = json!({"firmware": "bios", "timeout": seconds});
        let (task, result) = test(&server, &image, &how);
        assert_eq!(task["taskState"], "Warning", "{task:#}");
        assert_eq!(task["taskErrors"][0]["errorCode"], "BOOT_TEST_FAILED");
        assert_eq!(result["result"], "failed", "{result:#}");
        assert!(text(&result["reason"]).contains(reason), "{result:#}");
        let alerts = server
            .get("/rest/alerts?filter=%22alertState%3D%27Active%27%22")
            .json();
        let alert = &alerts["members"][0];
        assert_eq!(alerts["total"], 1, "{alerts:#}");
        assert!(text(&alert["description"]).contains(reason), "{alert:#}");
        if name == "panics" {
            assert!(console(&server, &image).contains("Kernel panic - not syncing"));
        }
        // What is deleted takes its alert and its console with it.
        assert_eq!(server.delete(&image).status, 204);
    }
    let alerts = server
        .get("/rest/alerts?filter=%22alertState%3D%27Active%27%22")
        .json();
    assert_eq!(alerts["total"], 0, "{alerts:#}");
    none_is_left(&server.data());
}

#[test]
fn a_hostile_console_is_bounded_and_harmless() {
    if !lane::can_run("boot test", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let image = upload(&server, "hostile", &hostile());
    let (_, result) = test(
        &server,
        &image,
        &json!({"firmware": "bios", "timeout": 100}),
    );
    assert_eq!(result["result"], "failed", "{result:#}");
    assert!(text(&result["reason"]).contains("more than"), "{result:#}");
    let shown = console(&server, &image);
    assert!(shown.contains("\\u{1b}]0;owned\\u{7}"), "{:.200}", shown);
    let is_harmless = |c: char| !c.is_control() || c == '\n' || c == '\t';
    assert!(shown.chars().all(is_harmless));
    assert!(shown.len() < 8 << 20, "{}", shown.len());

    // What it says is also in the result, when it is what was waited for.
    let how = json!({"firmware": "bios", "pattern": "\\x1b.0;owned.*", "timeout": 60});
    let (task, result) = test(&server, &image, &how);
    assert_eq!(result["result"], "passed", "{result:#}");
    assert!(text(&result["reason"]).chars().all(|c| !c.is_control()));
    assert!(!task.to_string().contains("\\u001b"), "{task:#}");
    none_is_left(&server.data());
}

#[test]
fn no_emulator_outlives_its_test() {
    if !lane::can_run("boot test", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let mut server = Server::start(&environment, &["--http-grace", "1 s"]);
    let image = upload(&server, "silent", &silent());
    let how = json!({"firmware": "bios", "timeout": 600});

    // Of two, one waits for the other.
    let (first, second) = (begin(&server, &image, &how), begin(&server, &image, &how));
    until_one_runs(&server.data());
    let state = |task: &Json| text(&server.get(task["uri"].as_str().unwrap()).json()["taskState"]);
    assert_eq!(
        (state(&first), state(&second)),
        ("Running".into(), "New".into())
    );
    for task in [&first, &second] {
        let uri = task["uri"].as_str().unwrap();
        server.post(&format!("{uri}/cancel"), &json!({}));
        assert_eq!(ended(&server, task)["taskState"], "Terminated");
    }
    none_is_left(&server.data());
    assert_eq!(server.get(&image).json()["bootTest"], Json::Null);

    // A kill, and the test is made again at the next start, of which the end is no kill.
    let task = begin(&server, &image, &how);
    until_one_runs(&server.data());
    server.kill();
    emulators::until_none_runs(&server.data());
    server.restart();
    until_one_runs(&server.data());
    assert!(server.stop().success());
    none_is_left(&server.data());
    server.restart();
    until_one_runs(&server.data());
    assert_eq!(emulators(&server.data()).len(), 1);
    let uri = task["uri"].as_str().unwrap();
    server.post(&format!("{uri}/cancel"), &json!({}));
    assert_eq!(ended(&server, &task)["taskState"], "Terminated");
    none_is_left(&server.data());
}

#[test]
fn the_command_tests_files_here_and_images_of_a_service() {
    if !lane::can_run("boot test", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let (tiny, quiet) = (lane::cache(TINY), environment.path("silent.img"));
    let out = succeed(
        environment
            .mintage(["boot-test", "--firmware=bios"])
            .arg(&tiny),
    );
    assert!(out.contains("BOOT-OK hostname=golden"), "{out}");
    assert!(out.contains("booted (bios, "), "{out}");

    // A signal ends it, and nothing is left.
    fs::write(&quiet, silent()).unwrap();
    let mut command = environment.mintage(["boot-test".as_ref(), quiet.as_os_str()]);
    let mut child = command.stderr(Stdio::null()).spawn().unwrap();
    emulators::until_one_runs_in(environment.folder());
    let pid = Pid::from_child(&child);
    rustix::process::kill_process(pid, Signal::TERM).unwrap();
    assert_eq!(child.wait().unwrap().code(), Some(4));
    let left = fs::read_dir(environment.folder()).unwrap().flatten();
    let left: Vec<_> = left.map(|file| file.file_name()).collect();
    assert_eq!(left, ["silent.img"]);

    let server = Server::start(&environment, &[]);
    upload(&server, "silent", &silent());
    let remote = Remote::log_in(&environment, &server);
    let args = [
        "boot-test",
        "--golden-image=silent",
        "--timeout=2",
        "--json",
    ];
    let (out, _) = fail(&mut remote.command(args), 1);
    let report: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(
        (&report["booted"], &report["firmware"]),
        (&json!(false), &json!("bios"))
    );
    assert!(
        text(&report["reason"]).contains("what was waited for in 2 seconds"),
        "{report}"
    );
    assert!(
        text(&report["task"]).starts_with("/rest/tasks/"),
        "{report}"
    );
    let told = remote.fail(["boot-test", "--os-volume=none"], 6);
    assert!(told.contains("there is no such OS volume"), "{told}");
}

#[test]
fn without_an_emulator_the_package_is_named() {
    let environment = Environment::new();
    let image = environment.path("disk.img");
    fs::write(&image, vec![0; 1 << 20]).unwrap();
    let mut command = environment.mintage(["boot-test".as_ref(), image.as_os_str()]);
    let (_, told) = fail(command.env("PATH", environment.folder()), 4);
    assert!(told.contains("qemu-system-x86"), "{told}");
}
