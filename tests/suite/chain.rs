//! The whole chain with real parts: a tiny Linux is uploaded, deployed to a server, exported by tgtd, and
//! booted over iSCSI; captured, deployed to a second server; redeployed and rolled back. Each time the
//! console says who the system is.

mod machine;

use crate::deployments::{DEPLOY, build_plan, deployment_plan, ended, finished};
use machine::{BOOTED, Disk, Machine};
use mintage_storage::export::tgt::retire;
use mintage_test_support::lane::{self, cache};
use mintage_test_support::{Environment, Need, Server};
use serde_json::{Value as Json, json};
use sha2::{Digest as _, Sha256};
use std::fs;
use std::net::TcpListener;
use std::path::PathBuf;
use ureq::http::Method;

/// What takes out what must not travel.
const GENERALIZE: &str = "hosts::remove(\"127.0.1.1\");\ngeneralize::standard();\n";
/// The golden image; `tests/run` makes it.
const IMAGE: &str = "tiny-linux/tiny-linux.img";

#[test]
fn a_profile_becomes_a_machine_that_boots_and_a_golden_image_again() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let site = Site::new(&environment);
    let golden = site.upload("tiny");
    let deploy = build_plan(&site.server, "deploy", "deploy", DEPLOY);
    let plan = deployment_plan(&site.server, "tiny", &deploy, &golden);

    let first = site.profile("web01", &plan, "web01");
    let who = site.boot(&first);
    assert_eq!(who.host_name, "web01");
    assert_eq!(who.machine_id.len(), 32, "{who:?}");
    site.strangers_are_refused(&first);

    // The same again changes nothing; another value is another volume of the same host.
    let again = site.put(&first, &site.get(&first));
    assert_eq!(volume(&again), volume(&site.get(&first)));
    let mut changed = site.get(&first);
    changed["osDeploymentSettings"]["osCustomAttributes"] =
        json!([{"name": "HostName", "value": "shop01"}]);
    let redeployed = site.put(&first, &changed);
    assert_ne!(volume(&redeployed), volume(&again));
    let shop = site.boot(&first);
    assert_eq!(
        (shop.host_name.as_str(), &shop.machine_id),
        ("shop01", &who.machine_id)
    );
    let back = site.act(&first, "roll-back");
    assert_eq!(volume(&back), volume(&again));
    assert_eq!(site.boot(&first), who);

    // What is captured is nobody any more, and the source stays as it is.
    let source = site.file(&volume(&back));
    let before = sum(&source);
    let captured = site.capture(&volume(&back), "captured");
    assert_eq!(sum(&source), before);
    let plan = deployment_plan(&site.server, "captured", &deploy, &captured);
    let second = site.profile("web02", &plan, "web02");
    let other = site.boot(&second);
    assert_eq!(other.host_name, "web02");
    assert_ne!(other.machine_id, who.machine_id);
    let bytes = fs::read(site.file(&volume(&site.get(&second)))).unwrap();
    for trace in [who.machine_id.as_str(), "web01", "shop01"] {
        assert!(!contains(&bytes, trace.as_bytes()), "{trace} came along");
    }

    for profile in [&first, &second] {
        site.delete(profile);
    }
    site.nothing_is_left();
}

fn is_ready() -> bool {
    lane::can_run(
        "chain",
        &[
            Need::Program("tgtd"),
            Need::Program("qemu-system-x86_64"),
            Need::Program("iscsi-inq"),
            Need::Cached(IMAGE),
        ],
    )
}

/// A service that exports by daemons of its own.
struct Site<'e> {
    environment: &'e Environment,
    server: Server<'e>,
}

impl<'e> Site<'e> {
    fn new(environment: &'e Environment) -> Self {
        let portals = free_portals();
        let args = ["--export-daemons", "own", "--export-portals", &portals];
        Self {
            environment,
            server: Server::start(environment, &args),
        }
    }

    fn upload(&self, name: &str) -> Json {
        let image = fs::read(cache(IMAGE)).unwrap();
        let part =
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.raw\"\r\n\r\n";
        let form = [part.as_bytes(), &image, b"\r\n--edge--\r\n"].concat();
        let headers = [("content-type", "multipart/form-data; boundary=edge")];
        let uri = format!("/rest/golden-images?name={name}&format=raw");
        let answer = self.server.send(Method::POST, &uri, &headers, form);
        finished(&self.server, &answer.json())
    }

    /// A new server profile, deployed; its URI.
    fn profile(&self, name: &str, plan: &Json, host_name: &str) -> String {
        let plan = plan["uri"].as_str().unwrap();
        let plan = plan.replace("/deployment-plans/", "/os-deployment-plans/");
        let wanted = json!({"name": name, "type": "ServerProfileV12", "osDeploymentSettings": {
            "osDeploymentPlanUri": plan,
            "osCustomAttributes": [{"name": "HostName", "value": host_name}]}});
        let answer = self.server.post("/rest/server-profiles", &wanted);
        assert_eq!(answer.status, 202, "{}", answer.json());
        let profile = finished(&self.server, &answer.json());
        profile["uri"].as_str().unwrap().to_owned()
    }

    fn get(&self, uri: &str) -> Json {
        let answer = self.server.get(uri);
        assert_eq!(answer.status, 200, "{uri}: {}", answer.json());
        answer.json()
    }

    fn put(&self, uri: &str, body: &Json) -> Json {
        let answer = self.server.put(uri, body);
        assert!(matches!(answer.status, 200 | 202), "{}", answer.json());
        match answer.json()["category"] == "tasks" {
            true => finished(&self.server, &answer.json()),
            false => answer.json(),
        }
    }

    fn act(&self, uri: &str, action: &str) -> Json {
        let answer = self.server.post(&format!("{uri}/{action}"), &json!({}));
        assert_eq!(answer.status, 202, "{}", answer.json());
        finished(&self.server, &answer.json())
    }

    fn delete(&self, uri: &str) {
        let answer = self.server.delete(uri);
        assert_eq!(answer.status, 202, "{}", answer.json());
        let task = ended(&self.server, &answer.json());
        assert_eq!(task["taskState"], "Completed", "{task:#}");
    }

    fn capture(&self, volume: &str, name: &str) -> Json {
        let plan = build_plan(&self.server, "generalize", "capture", GENERALIZE);
        let wanted = json!({"type": "GoldenImage", "name": name, "imageCapture": true,
            "osVolumeURI": volume, "buildPlanUri": plan["uri"]});
        let answer = self.server.post("/rest/golden-images", &wanted);
        assert_eq!(answer.status, 202, "{}", answer.json());
        finished(&self.server, &answer.json())
    }

    /// Boots the server over iSCSI, by its first path, and hears who it is.
    fn boot(&self, profile: &str) -> Who {
        let boot = self.get(&format!("{profile}/boot"));
        let mut machine = Machine::start(self.environment, &disk(&boot));
        Who::parse(&machine.wait_for(BOOTED))
    }

    /// Neither another initiator nor another secret gets to the volume.
    fn strangers_are_refused(&self, profile: &str) {
        let boot = self.get(&format!("{profile}/boot"));
        let disk = disk(&boot);
        let stranger = Disk {
            initiator: format!("{}-2", disk.initiator),
            ..disk.clone()
        };
        let guesser = Disk {
            secret: "not-the-secret".to_owned(),
            ..disk.clone()
        };
        assert!(self.can_log_in(&disk));
        assert!(!self.can_log_in(&stranger), "another initiator is let in");
        assert!(!self.can_log_in(&guesser), "another secret is taken");
    }

    fn can_log_in(&self, disk: &Disk) -> bool {
        let mut inquiry = self.environment.program("iscsi-inq");
        inquiry.args(["-i", &disk.initiator, &disk.url()]);
        inquiry.output().unwrap().status.success()
    }

    /// The file of an OS volume.
    fn file(&self, uri: &str) -> PathBuf {
        let id = uri.rsplit('/').next().unwrap();
        self.server
            .data()
            .join("os-volumes")
            .join(format!("{id}.img"))
    }

    fn nothing_is_left(&self) {
        for collection in ["server-profiles", "os-volumes"] {
            assert_eq!(
                self.get(&format!("/rest/{collection}"))["total"],
                0,
                "{collection}"
            );
        }
        let files = fs::read_dir(self.server.data().join("os-volumes")).unwrap();
        assert_eq!(files.count(), 0);
    }
}

impl Drop for Site<'_> {
    fn drop(&mut self) {
        // They would outlive the service, for the servers' sake.
        let _ = self.server.stop();
        let _ = retire(&self.server.data().join("tgt"), 0);
    }
}

/// Who a system says to be.
#[derive(Debug, Clone, PartialEq)]
struct Who {
    host_name: String,
    machine_id: String,
}

impl Who {
    fn parse(line: &str) -> Self {
        let value = |name: &str| {
            let mut words = line.split_whitespace();
            let found = words.find_map(|word| word.strip_prefix(name));
            found
                .unwrap_or_else(|| panic!("no {name} in {line}"))
                .to_owned()
        };
        Self {
            host_name: value("hostname="),
            machine_id: value("machine-id="),
        }
    }
}

/// How the server reaches its disk.
fn disk(boot: &Json) -> Disk {
    let text = |value: &Json| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("{boot:#}"))
            .to_owned()
    };
    Disk {
        portal: text(&boot["portals"][0]),
        target: text(&boot["targetName"]),
        lun: boot["lun"].as_u64().unwrap(),
        initiator: text(&boot["initiatorName"]),
        user: text(&boot["chap"]["name"]),
        secret: text(&boot["chap"]["secret"]),
    }
}

fn volume(profile: &Json) -> String {
    let uri = profile["osDeploymentSettings"]["osVolumeUri"].as_str();
    uri.unwrap_or_else(|| panic!("{profile:#}")).to_owned()
}

/// Two addresses that nobody listens at.
fn free_portals() -> String {
    let free = |address: &str| TcpListener::bind((address, 0)).unwrap();
    let listeners = [free("127.0.0.1"), free("127.0.0.2")];
    listeners
        .map(|listener| listener.local_addr().unwrap().to_string())
        .join(",")
}

fn sum(path: &PathBuf) -> Vec<u8> {
    Sha256::digest(fs::read(path).unwrap()).to_vec()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}
