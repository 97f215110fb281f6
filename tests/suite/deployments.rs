//! The whole way through the running service: upload a golden image, store scripts and plans, deploy,
//! capture, deploy from what was captured; and what a kill in the middle leaves.

use mintage_test_support::{Environment, Server};
use mintage_volume::VolumePath;
use mintage_volume::block::{BlockDevice, FileDevice, MemoryDevice};
use mintage_volume::filesystem::ext4::Ext4;
use mintage_volume::filesystem::{Ownership, Timestamp};
use mintage_volume::volume::{TreeOptions, Volume};
use serde_json::{Value as Json, json};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::sleep;
use std::time::{Duration, Instant};
use ureq::http::Method;

/// How long a task may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(120);
/// Length of the golden image in bytes.
const DISK: usize = 16 << 20;

/// What names a server.
pub(crate) const DEPLOY: &str = "\
hostname::set(attribute(\"HostName\"));
machine_id::set();
log::info(\"named\");
";
/// What takes out what must not travel.
pub(crate) const CAPTURE: &str = "\
hostname::set(\"template\");
machine_id::reset();
";

/// A golden image: a bare ext4 filesystem with what a plan needs.
pub(crate) fn golden_image() -> Vec<u8> {
    let device = Arc::new(MemoryDevice::new(DISK as u64));
    let disk: Arc<dyn BlockDevice> = Arc::clone(&device) as _;
    Ext4::format(Arc::clone(&disk), "root", [7; 16]).unwrap();
    let options = TreeOptions {
        time: Timestamp::default(),
        ..TreeOptions::default()
    };
    let mut tree = Volume::open(disk).unwrap().open_tree(&options).unwrap();
    for (path, text) in [
        ("/etc/os-release", "ID=testing\nPRETTY_NAME=\"Testing 1\"\n"),
        ("/etc/hostname", "golden\n"),
        ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
        ("/bin/sh", "a shell\n"),
        ("/usr/share/doc", "text\n"),
    ] {
        let parent = VolumePath::parse(path).unwrap().parent().unwrap();
        tree.make_dirs(&parent, Ownership::root(0o755)).unwrap();
        let owner = Ownership::root(0o644);
        tree.write(path, text.as_bytes(), owner).unwrap();
    }
    tree.finish().unwrap();
    let mut bytes = vec![0; DISK];
    device.read_at(0, &mut bytes).unwrap();
    bytes
}

/// The content of a file of a volume.
pub(crate) fn read(volume: &Path, path: &str) -> String {
    let device = FileDevice::read_only(File::open(volume).unwrap()).unwrap();
    let options = TreeOptions {
        read_only: true,
        ..TreeOptions::default()
    };
    let volume = Volume::open(Arc::new(device)).unwrap();
    let tree = volume.open_tree(&options).unwrap();
    String::from_utf8(tree.read(path, 1 << 20).unwrap()).unwrap()
}

pub(crate) fn upload(server: &Server<'_>, image: &[u8]) -> Json {
    let mut form =
        b"--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.raw\"\r\n\
        Content-Type: application/octet-stream\r\n\r\n"
            .to_vec();
    form.extend(image);
    form.extend(b"\r\n--edge--\r\n");
    let headers = [("content-type", "multipart/form-data; boundary=edge")];
    let uri = "/rest/golden-images?name=debian&format=raw";
    finished(
        server,
        &server.send(Method::POST, uri, &headers, form).json(),
    )
}

/// Waits for the end of a task that must succeed, and gets what it is about.
#[track_caller]
pub(crate) fn finished(server: &Server<'_>, task: &Json) -> Json {
    let task = ended(server, task);
    assert_eq!(task["taskState"], "Completed", "{task:#}");
    let uri = task["associatedResource"]["resourceUri"].as_str().unwrap();
    let resource = server.get(uri);
    assert_eq!(resource.status, 200, "{}", resource.json());
    resource.json()
}

/// Waits for the end of a task.
#[track_caller]
pub(crate) fn ended(server: &Server<'_>, task: &Json) -> Json {
    let uri = task["uri"]
        .as_str()
        .unwrap_or_else(|| panic!("no task: {task:#}"));
    let started = Instant::now();
    loop {
        let task = server.get(uri).json();
        let state = task["taskState"].as_str().unwrap_or_default();
        if ["Completed", "Warning", "Error", "Terminated"].contains(&state) {
            return task;
        }
        assert!(
            started.elapsed() < PATIENCE,
            "{task:#}\n{}",
            server.logged()
        );
        sleep(Duration::from_millis(100));
    }
}

/// Stores something, and gives it as it is stored.
#[track_caller]
pub(crate) fn stored(server: &Server<'_>, collection: &str, body: &Json) -> Json {
    let answer = server.post(collection, body);
    assert_eq!(answer.status, 201, "{}", answer.json());
    answer.json()
}

pub(crate) fn build_plan(server: &Server<'_>, name: &str, kind: &str, content: &str) -> Json {
    let script = json!({"name": format!("script of {name}"), "planType": kind, "language": "rhai",
        "content": content});
    let script = stored(server, "/rest/plan-scripts", &script);
    let attributes = match content.contains("HostName") {
        true => json!([{"name": "HostName", "type": "hostname", "value": "", "constraints": "{}"}]),
        false => json!([]),
    };
    let plan = json!({"name": name, "oeBuildPlanType": kind, "customAttributes": attributes,
        "buildStep": [{"serialNumber": "1", "planScriptUri": script["uri"]}]});
    stored(server, "/rest/build-plans", &plan)
}

pub(crate) fn deployment_plan(
    server: &Server<'_>,
    name: &str,
    build_plan: &Json,
    golden: &Json,
) -> Json {
    let plan = json!({"name": name, "oeBuildPlanURI": build_plan["uri"],
        "goldenImageURI": golden["uri"], "customAttributes": []});
    stored(server, "/rest/deployment-plans", &plan)
}

fn deployment(plan: &Json, name: &str, seed: &str) -> Json {
    json!({"name": name, "deploymentPlanUri": plan["uri"], "seed": seed,
        "osCustomAttributes": [{"name": "HostName", "value": "web01"}]})
}

/// The files of OS volumes or of golden images.
fn files(server: &Server<'_>, folder: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(server.data().join(folder)).unwrap();
    let mut files: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

fn file(server: &Server<'_>, folder: &str, resource: &Json) -> PathBuf {
    let id = resource["id"].as_str().unwrap();
    server.data().join(folder).join(format!("{id}.img"))
}

#[test]
fn an_image_is_deployed_captured_and_deployed_again() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let golden = upload(&server, &golden_image());
    let build_plan = build_plan(&server, "web", "deploy", DEPLOY);
    let plan = deployment_plan(&server, "web servers", &build_plan, &golden);

    let preview = server.post(
        "/rest/os-volumes/preview",
        &deployment(&plan, "p", "seed 1"),
    );
    assert_eq!(preview.status, 200, "{}", preview.json());
    assert!(files(&server, "os-volumes").is_empty());

    let deploy = |name: &str, seed: &str| {
        let task = server.post("/rest/os-volumes", &deployment(&plan, name, seed));
        finished(&server, &task.json())
    };
    let (one, two) = (deploy("one", "seed 1"), deploy("two", "seed 1"));
    let other = deploy("other", "seed 2");
    let bytes = |volume: &Json| fs::read(file(&server, "os-volumes", volume)).unwrap();
    assert!(
        bytes(&one) == bytes(&two),
        "the same seed gives the same bytes"
    );
    assert!(bytes(&one) != bytes(&other), "another seed gives others");
    assert_eq!(
        read(&file(&server, "os-volumes", &one), "/etc/hostname"),
        "web01\n"
    );
    let diff = server
        .get(&format!("{}/diff", one["uri"].as_str().unwrap()))
        .json();
    assert_eq!(diff, preview.json()["outcome"]["diff"]);
    assert!(diff.to_string().contains("/etc/machine-id"), "{diff}");
    let log = server.get("/rest/os-volumes/archive/one");
    let log = String::from_utf8(log.bytes).unwrap();
    assert!(log.contains("named") && log.contains("succeeded"), "{log}");

    let capture_plan = self::build_plan(&server, "generalize", "capture", CAPTURE);
    let capture = json!({"type": "GoldenImage", "name": "template", "imageCapture": "true",
        "osVolumeURI": one["uri"], "buildPlanUri": capture_plan["uri"]});
    let before = bytes(&one);
    let task = server.post("/rest/golden-images", &capture);
    let captured = finished(&server, &task.json());
    assert!(bytes(&one) == before, "a capture only reads");
    let volume = file(&server, "golden-volumes", &captured);
    assert_eq!(read(&volume, "/etc/hostname"), "template\n");

    let plan = deployment_plan(&server, "from captured", &build_plan, &captured);
    let task = server.post("/rest/os-volumes", &deployment(&plan, "again", "seed 1"));
    let again = finished(&server, &task.json());
    assert_eq!(
        read(&file(&server, "os-volumes", &again), "/etc/hostname"),
        "web01\n"
    );
}

#[test]
fn a_failed_or_cancelled_deployment_leaves_nothing() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let golden = upload(&server, &golden_image());
    for (name, script, state, says) in [
        (
            "fails",
            "attribute(\"HostName\");\nlog::info(\"so far\");\nfail(\"not today\");\n",
            "Error",
            &["not today", "so far", "script of fails.rhai: failed"][..],
        ),
        (
            "loops",
            "attribute(\"HostName\");\nloop {}\n",
            "Terminated",
            &["asked to stop it"],
        ),
    ] {
        let build_plan = build_plan(&server, name, "deploy", script);
        let plan = deployment_plan(&server, name, &build_plan, &golden);
        let task = server.post("/rest/os-volumes", &deployment(&plan, name, "seed"));
        let task = task.json();
        if state == "Terminated" {
            let cancel = format!("{}/cancel", task["uri"].as_str().unwrap());
            let answer = server.post(&cancel, &json!({}));
            assert!(answer.status < 300, "{}", answer.json());
        }
        let task = ended(&server, &task);
        assert_eq!(task["taskState"], state, "{task:#}");
        let told = task.to_string();
        assert!(says.iter().all(|text| told.contains(text)), "{task:#}");
        assert!(files(&server, "os-volumes").is_empty());
        assert_eq!(server.get("/rest/os-volumes").json()["total"], 0);
    }
}

#[test]
fn a_deployment_goes_on_after_a_kill_and_gives_the_same() {
    let environment = Environment::new();
    let mut server = Server::start(&environment, &[]);
    let golden = upload(&server, &golden_image());
    let build_plan = build_plan(&server, "web", "deploy", DEPLOY);
    let plan = deployment_plan(&server, "web servers", &build_plan, &golden);
    let task = server.post("/rest/os-volumes", &deployment(&plan, "whole", "seed"));
    let whole = finished(&server, &task.json());
    let whole = fs::read(file(&server, "os-volumes", &whole)).unwrap();
    for pause in [0, 20, 60, 120, 250] {
        let name = format!("killed after {pause} ms");
        let task = server
            .post("/rest/os-volumes", &deployment(&plan, &name, "seed"))
            .json();
        sleep(Duration::from_millis(pause));
        server.kill();
        server.restart();
        let volume = finished(&server, &task);
        let bytes = fs::read(file(&server, "os-volumes", &volume)).unwrap();
        assert!(bytes == whole, "{name}");
    }
    let volumes = server.get("/rest/os-volumes").json();
    assert_eq!(volumes["total"], 6);
    assert_eq!(files(&server, "os-volumes").len(), 6);
}
