//! `Farm`: servers and a service that deploys them, and what is asked of it.

use super::checker::Checker;
use super::times::Times;
use crate::deployments::{CAPTURE, DEPLOY, build_plan, golden_image, stored, upload};
use crate::kill::compare::running_tasks;
use crate::kill::{stored::Place, workers};
use mintage_records::{Id, Records};
use mintage_storage::export::tgt::retire;
use mintage_test_support::{Answer, Environment, Server};
use serde_json::{Value as Json, json};
use std::collections::BTreeSet;
use std::net::TcpListener;
use std::thread;
use std::time::{Duration, Instant};
use ureq::Error;
use ureq::http::Method;

/// How many own daemons there are, each with a path to every volume.
pub const DAEMONS: u16 = 2;
/// How many send requests at the same time.
const CLIENTS: usize = 8;
/// How long tasks may take to end.
const PATIENCE: Duration = Duration::from_secs(120);

/// A request: method, path, body.
pub type Request = (Method, String, Json);

/// A service, the hardware of its servers, and what they are deployed with.
pub struct Farm<'e> {
    pub environment: &'e Environment,
    pub server: Server<'e>,
    pub kills: usize,
    pub capture_plan: Json,
    servers: usize,
    hardware: Vec<Json>,
    plan: String,
    network: Json,
    /// Tasks that a kill cut off.
    cut_off: BTreeSet<Id>,
    /// Processes that worked for the service when it was killed.
    pub workers: Vec<u32>,
}

impl<'e> Farm<'e> {
    pub fn new(environment: &'e Environment, servers: usize) -> Self {
        let portals = free_portals();
        let args = ["--export-daemons", "own", "--export-portals", &portals];
        let server = Server::start(environment, &args);
        let golden = upload(&server, &golden_image());
        let capture_plan = build_plan(&server, "generalize", "capture", CAPTURE);
        let plan = json!({"name": "web servers", "oeBuildPlanURI": deploy_plan(&server)["uri"],
            "goldenImageURI": golden["uri"], "customAttributes": []});
        let plan = stored(&server, "/rest/deployment-plans", &plan);
        let plan = plan["uri"].as_str().unwrap();
        let network = network(&server);
        let hardware = (0..servers).map(|number| hardware(&server, number));
        Self {
            environment,
            kills: 0,
            capture_plan,
            servers,
            hardware: hardware.collect(),
            plan: plan.replace("/deployment-plans/", "/os-deployment-plans/"),
            network,
            cut_off: BTreeSet::new(),
            workers: Vec::new(),
            server,
        }
    }

    /// The profile that server `number` is to have.
    pub fn wanted(&self, number: usize) -> Json {
        let name = format!("web{number:03}");
        json!({"name": name, "type": "ServerProfileV12",
            "serverHardwareUri": self.hardware[number]["uri"],
            "osDeploymentSettings": {"osDeploymentPlanUri": self.plan, "osCustomAttributes": [
                {"name": "HostName", "value": name},
                {"name": "NIC1.networkuri", "value": self.network["uri"]}]}})
    }

    /// Posts the profiles of all servers at once, and waits until they are deployed.
    pub fn post_all(&mut self, times: &mut Times) {
        let begin = Instant::now();
        let server = &self.server;
        let post = |number: usize| {
            let wanted = self.wanted(number);
            move || {
                let begin = Instant::now();
                let answer = server.post("/rest/server-profiles", &wanted);
                assert_eq!(answer.status, 202, "{}", answer.json());
                (answer.json(), begin.elapsed())
            }
        };
        let answers: Vec<(Json, Duration)> = thread::scope(|scope| {
            let posts: Vec<_> = (0..self.servers)
                .map(|number| scope.spawn(post(number)))
                .collect();
            let posts = posts.into_iter().map(|post| post.join().unwrap());
            posts.collect()
        });
        self.settle();
        times.whole = begin.elapsed();
        for (task, took) in answers {
            let task = self.server.get(task["uri"].as_str().unwrap()).json();
            assert_eq!(task["taskState"], "Completed", "{task:#}");
            times.add("resolve", took);
            times.task(&task);
        }
        self.down(|place| times.runs(&place.volumes()));
    }

    /// All profiles.
    pub fn profiles(&self) -> Vec<Json> {
        let list = self.server.get("/rest/server-profiles").json();
        list["members"].as_array().unwrap().clone()
    }

    /// The requests for the profiles of all servers.
    pub fn all_wanted(&self) -> Vec<Request> {
        let post = |number| {
            let wanted = self.wanted(number);
            (Method::POST, "/rest/server-profiles".to_owned(), wanted)
        };
        (0..self.servers).map(post).collect()
    }

    /// The ids of all tasks.
    pub fn tasks(&self) -> BTreeSet<String> {
        let list = self.server.get("/rest/tasks").json();
        let uris = list["members"].as_array().unwrap().iter();
        let ids = uris.map(|task| task["uri"].as_str().unwrap().rsplit('/').next().unwrap());
        ids.map(str::to_owned).collect()
    }

    /// Sends requests, a few at a time, to a service that may be killed before it answers.
    pub fn send(&self, requests: &[Request]) {
        let send = |(method, uri, body): &Request| -> Result<Answer, Error> {
            let (headers, bytes) = match body {
                Json::Null => (Vec::new(), Vec::new()),
                body => (
                    vec![("content-type", "application/json")],
                    body.to_string().into_bytes(),
                ),
            };
            self.server.try_send(method.clone(), uri, &headers, bytes)
        };
        thread::scope(|scope| {
            let size = requests.len().div_ceil(CLIENTS).max(1);
            for part in requests.chunks(size) {
                scope.spawn(move || {
                    for request in part {
                        // Without an answer it was killed: nobody knows whether it had begun.
                        let Ok(answer) = send(request) else { return };
                        assert_eq!(answer.status, 202, "{request:?}: {}", answer.json());
                    }
                });
            }
        });
    }

    /// Kills the service as `kill -9` does; the moment is the caller's.
    pub fn kill_now(&self) -> Vec<u32> {
        let workers = workers::of(self.server.pid());
        self.server.kill_now();
        workers
    }

    /// After [`Self::kill_now`]: its workers end with it. `look` sees what is stored; then it starts again.
    pub fn recover(&mut self, workers: &[u32], look: impl FnOnce(&Checker<'_>)) {
        self.server.kill();
        self.kills += 1;
        workers::end(workers, &format!("kill {}", self.kills));
        self.workers.extend(workers);
        let (data, database) = (self.server.data(), self.database());
        let cut_off = Place {
            database: &database,
            data: &data,
        }
        .cut_off();
        self.cut_off.extend(cut_off);
        look(&self.checker(&database));
        self.server.resume();
    }

    /// Waits until no task is under way.
    pub fn settle(&self) {
        let end = Instant::now() + PATIENCE;
        loop {
            let running = running_tasks(&self.server);
            if running.is_empty() {
                return;
            }
            let log = || self.server.logged();
            assert!(Instant::now() < end, "no end: {running:#?}\n{}", log());
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Waits until nothing is under way, stops the service, and lets the checker look at everything.
    pub fn rest(&mut self) {
        self.settle();
        let mut findings = Vec::new();
        self.down(|checker| findings = checker.findings());
        let log = self.server.logged();
        assert!(findings.is_empty(), "{findings:#?}\n{log}");
    }

    /// What the checker finds; the service does not run.
    pub fn findings(&self) -> Vec<String> {
        self.checker(&self.database()).findings()
    }

    /// What the checker finds of profiles only.
    pub fn findings_of_profiles(&self) -> Vec<String> {
        self.checker(&self.database()).of_profiles()
    }

    /// The store; the service does not run.
    pub fn records(&self) -> Records {
        self.checker(&self.database()).records()
    }

    /// Stops the service for a look at what is stored.
    pub fn down(&mut self, look: impl FnOnce(&Checker<'_>)) {
        assert!(self.server.stop().success());
        look(&self.checker(&self.database()));
        self.server.resume();
    }

    fn database(&self) -> String {
        format!("sqlite:{}", self.server.data().join("records.db").display())
    }

    fn checker<'a>(&'a self, database: &'a str) -> Checker<'a> {
        Checker {
            environment: self.environment,
            database,
            data: self.server.data(),
            cut_off: &self.cut_off,
            workers: &self.workers,
        }
    }

    /// Deletes every profile, all at once.
    pub fn delete_all(&mut self) {
        let profiles = self.profiles();
        let delete = |profile: &Json| {
            let uri = profile["uri"].as_str().unwrap().to_owned();
            (Method::DELETE, uri, Json::Null)
        };
        let requests: Vec<_> = profiles.iter().map(delete).collect();
        self.send(&requests);
        self.settle();
    }

    /// When all profiles are deleted, nothing of them is there.
    pub fn nothing_is_left(&self) {
        let members = |uri: &str| self.server.get(uri).json()["total"].clone();
        for what in ["server-profiles", "os-volumes", "id-pools/ipv4/addresses"] {
            assert_eq!(members(&format!("/rest/{what}")), 0, "{what}");
        }
    }
}

impl Drop for Farm<'_> {
    fn drop(&mut self) {
        // They would outlive the service, for the servers' sake.
        let _ = self.server.stop();
        let _ = retire(&self.server.data().join("tgt"), 0);
    }
}

/// A plan that names a server, and writes down its address.
fn deploy_plan(server: &Server<'_>) -> Json {
    let content = format!("{DEPLOY}file::write(\"/etc/address\", attribute(\"NIC1\").address);\n");
    let script = json!({"name": "deploy", "planType": "deploy", "language": "rhai",
        "content": content});
    let script = stored(server, "/rest/plan-scripts", &script);
    let plan = json!({"name": "deploy", "oeBuildPlanType": "deploy", "customAttributes": [
            {"name": "HostName", "type": "hostname", "value": "", "constraints": "{}"},
            {"name": "NIC1", "type": "nic", "value": "", "constraints": "{}"}],
        "buildStep": [{"serialNumber": "1", "planScriptUri": script["uri"]}]});
    stored(server, "/rest/build-plans", &plan)
}

/// A network with more addresses than servers.
fn network(server: &Server<'_>) -> Json {
    let subnet = json!({"type": "Subnet", "name": "production", "networkId": "10.10.0.0",
        "subnetmask": "255.255.252.0", "gateway": "10.10.0.1"});
    let subnet = stored(server, "/rest/id-pools/ipv4/subnets", &subnet);
    let range = json!({"type": "Range", "name": "servers", "subnetUri": subnet["uri"],
        "startStopFragments": [{"startAddress": "10.10.0.10", "endAddress": "10.10.2.200"}]});
    stored(server, "/rest/id-pools/ipv4/ranges", &range);
    let network = json!({"name": "production", "vlanId": 7, "subnetUri": subnet["uri"]});
    stored(server, "/rest/ethernet-networks", &network)
}

fn hardware(server: &Server<'_>, number: usize) -> Json {
    let mac = format!("52:54:00:00:{:02x}:{:02x}", number / 256, number % 256);
    let hardware =
        json!({"name": format!("rack-{number}"), "ports": [{"id": "port-1", "mac": mac}]});
    stored(server, "/rest/server-hardware", &hardware)
}

/// Addresses that nobody listens at.
fn free_portals() -> String {
    let free = |address: &str| TcpListener::bind((address, 0)).unwrap();
    let listeners = [free("127.0.0.1"), free("127.0.0.2")];
    listeners
        .map(|listener| listener.local_addr().unwrap().to_string())
        .join(",")
}
