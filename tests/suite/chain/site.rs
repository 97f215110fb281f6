//! `Site`: a service that exports by daemons of its own, and what is asked of it.

use super::machine::{BOOTED, Disk, Machine};
use crate::deployments::{build_plan, ended, finished};
use mintage_storage::export::tgt::retire;
use mintage_test_support::lane::cache;
use mintage_test_support::{Environment, Server};
use serde_json::{Value as Json, json};
use std::fs;
use std::net::{IpAddr, Ipv4Addr, TcpListener, UdpSocket};
use std::path::PathBuf;
use ureq::http::Method;

/// The golden image; `tests/run` makes it.
pub const IMAGE: &str = "tiny-linux/tiny-linux.img";
/// What takes out what must not travel.
pub const GENERALIZE: &str = "hosts::remove(\"127.0.1.1\");\ngeneralize::standard();\n";

/// A service that exports by daemons of its own.
pub struct Site<'e> {
    pub environment: &'e Environment,
    pub server: Server<'e>,
}

impl<'e> Site<'e> {
    pub fn new(environment: &'e Environment) -> Self {
        Self::with(environment, &[])
    }

    /// One with more settings, as arguments.
    pub fn with(environment: &'e Environment, more: &[&str]) -> Self {
        let portals = free([Ipv4Addr::LOCALHOST, Ipv4Addr::new(127, 0, 0, 2)]);
        Self::exporting(environment, &portals.join(","), more)
    }

    /// One that machines reach by a network: by two paths, and for scripts by plain HTTP.
    pub fn on_a_network(environment: &'e Environment) -> Self {
        let here = address();
        let [one, two, scripts] = free([here; 3]);
        let portals = format!("{one},{two}");
        Self::exporting(environment, &portals, &["--boot-listen", &scripts])
    }

    fn exporting(environment: &'e Environment, portals: &str, more: &[&str]) -> Self {
        let own = ["--export-daemons", "own", "--export-portals", portals];
        let args = [&own, more].concat();
        Self {
            environment,
            server: Server::start(environment, &args),
        }
    }

    /// A golden image of the tiny Linux.
    pub fn upload(&self, name: &str) -> Json {
        self.upload_image(name, IMAGE, "raw")
    }

    /// A golden image of a file of the tests' cache.
    pub fn upload_image(&self, name: &str, image: &str, format: &str) -> Json {
        let image = fs::read(cache(image)).unwrap();
        let part =
            "--edge\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.raw\"\r\n\r\n";
        let form = [part.as_bytes(), &image, b"\r\n--edge--\r\n"].concat();
        let headers = [("content-type", "multipart/form-data; boundary=edge")];
        let uri = format!("/rest/golden-images?name={name}&format={format}");
        let answer = self.server.send(Method::POST, &uri, &headers, form);
        finished(&self.server, &answer.json())
    }

    /// A new server profile, deployed; its URI.
    pub fn profile(&self, name: &str, plan: &Json, host_name: &str) -> String {
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

    pub fn get(&self, uri: &str) -> Json {
        let answer = self.server.get(uri);
        assert_eq!(answer.status, 200, "{uri}: {}", answer.json());
        answer.json()
    }

    pub fn put(&self, uri: &str, body: &Json) -> Json {
        let answer = self.server.put(uri, body);
        assert!(matches!(answer.status, 200 | 202), "{}", answer.json());
        match answer.json()["category"] == "tasks" {
            true => finished(&self.server, &answer.json()),
            false => answer.json(),
        }
    }

    pub fn act(&self, uri: &str, action: &str) -> Json {
        let answer = self.server.post(&format!("{uri}/{action}"), &json!({}));
        assert_eq!(answer.status, 202, "{}", answer.json());
        finished(&self.server, &answer.json())
    }

    pub fn delete(&self, uri: &str) {
        let answer = self.server.delete(uri);
        assert_eq!(answer.status, 202, "{}", answer.json());
        let task = ended(&self.server, &answer.json());
        assert_eq!(task["taskState"], "Completed", "{task:#}");
    }

    pub fn capture(&self, volume: &str, name: &str) -> Json {
        let plan = build_plan(&self.server, "generalize", "capture", GENERALIZE);
        let wanted = json!({"type": "GoldenImage", "name": name, "imageCapture": true,
            "osVolumeURI": volume, "buildPlanUri": plan["uri"]});
        let answer = self.server.post("/rest/golden-images", &wanted);
        assert_eq!(answer.status, 202, "{}", answer.json());
        finished(&self.server, &answer.json())
    }

    /// Boots the server over iSCSI, by its first path, and hears who it is.
    pub fn boot(&self, profile: &str) -> Who {
        let mut machine = Machine::start(self.environment, &self.disk(profile));
        Who::parse(&machine.wait_for(BOOTED))
    }

    /// How a server reaches its disk.
    pub fn disk(&self, profile: &str) -> Disk {
        disk(&self.get(&format!("{profile}/boot")))
    }

    /// Neither another initiator nor another secret gets to the volume.
    pub fn strangers_are_refused(&self, profile: &str) {
        let disk = self.disk(profile);
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
    pub fn file(&self, uri: &str) -> PathBuf {
        let id = uri.rsplit('/').next().unwrap();
        self.server
            .data()
            .join("os-volumes")
            .join(format!("{id}.img"))
    }

    pub fn nothing_is_left(&self) {
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
pub struct Who {
    pub host_name: String,
    pub machine_id: String,
}

impl Who {
    pub fn parse(line: &str) -> Self {
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

fn disk(boot: &Json) -> Disk {
    let text = |value: &Json| {
        value
            .as_str()
            .unwrap_or_else(|| panic!("{boot:#}"))
            .to_owned()
    };
    Disk {
        portals: boot["portals"]
            .as_array()
            .unwrap()
            .iter()
            .map(text)
            .collect(),
        target: text(&boot["targetName"]),
        lun: boot["lun"].as_u64().unwrap(),
        initiator: text(&boot["initiatorName"]),
        user: text(&boot["chap"]["name"]),
        secret: text(&boot["chap"]["secret"]),
    }
}

/// The volume that a profile has.
pub fn volume(profile: &Json) -> String {
    let uri = profile["osDeploymentSettings"]["osVolumeUri"].as_str();
    uri.unwrap_or_else(|| panic!("{profile:#}")).to_owned()
}

/// Ports at these addresses that nobody listens at.
/// Addresses where nobody listens.
pub fn free<const N: usize>(addresses: [Ipv4Addr; N]) -> [String; N] {
    let listeners = addresses.map(|address| TcpListener::bind((address, 0)).unwrap());
    listeners.map(|listener| listener.local_addr().unwrap().to_string())
}

/// An address of this machine that machines in QEMU reach, which is none of the loopback.
fn address() -> Ipv4Addr {
    let socket = UdpSocket::bind("0.0.0.0:0").unwrap();
    // Nothing is sent: this only asks for the way.
    let way = socket.connect("198.51.100.1:9");
    way.expect("a network with a way to elsewhere");
    match socket.local_addr().unwrap().ip() {
        IpAddr::V4(address) => address,
        IpAddr::V6(address) => panic!("{address} is no IPv4"),
    }
}
