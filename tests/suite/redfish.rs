//! Power by Redfish, before the emulator of OpenStack's sushy-tools: over TLS, with a password.

use crate::deployments::{ended, stored};
use crate::export::bench::free_portals;
use crate::export::service::{Daemons, flags, os_deployment_plan};
use mintage_boot::power::conformance::{self, Tells};
use mintage_boot::power::{BootKind, PowerControl as _, PowerError, PowerState};
use mintage_boot::redfish::{Bmc, BmcPassword, Redfish, SystemChoice, Trust};
use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Need, Server, lane};
use serde_json::{Value as Json, json};
use std::fs;
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const EMULATOR: &str = "sushy-tools/bin/sushy-emulator";
const NEEDS: [Need; 2] = [Need::Cached(EMULATOR), Need::Program("openssl")];
/// bcrypt of `password`, by `htpasswd -nbB`; the emulator takes no other.
const ACCOUNTS: &str = "admin:$2b$04$OC8.0F/9apVvcleAuWwW8uxzNEiLLLJl/9ktEddZ0CPiHgOO5Kkhi";

/// A running emulator with one system.
struct Emulator {
    child: Child,
    bmc: Bmc,
}

impl Drop for Emulator {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Emulator {
    fn start(environment: &Environment) -> Self {
        let port = TcpListener::bind("127.0.0.1:0")
            .unwrap()
            .local_addr()
            .unwrap()
            .port();
        succeed(environment.program("openssl").args([
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "key.pem",
            "-out",
            "bmc.pem",
            "-days",
            "30",
            "-subj",
            "/CN=BMC",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
            "-addext",
            "basicConstraints=critical,CA:FALSE",
        ]));
        let fingerprint = succeed(environment.program("openssl").args([
            "x509",
            "-in",
            "bmc.pem",
            "-noout",
            "-fingerprint",
            "-sha256",
        ]));
        let fingerprint = fingerprint.trim().rsplit('=').next().unwrap().to_owned();
        fs::write(environment.path("accounts"), ACCOUNTS).unwrap();
        let settings = format!(
            "SUSHY_EMULATOR_AUTH_FILE = {:?}\n",
            environment.path("accounts")
        );
        fs::write(environment.path("settings.py"), settings).unwrap();
        let mut command = environment.program(lane::cache(EMULATOR));
        command
            .args(["--fake", "-i", "127.0.0.1", "-p", &port.to_string()])
            .args(["--ssl-certificate", "bmc.pem", "--ssl-key", "key.pem"])
            .arg("--config")
            .arg(environment.path("settings.py"))
            .stdout(Stdio::null())
            .stderr(fs::File::create(environment.path("emulator.log")).unwrap());
        let child = command.spawn().unwrap();
        let bmc = Bmc {
            url: format!("https://127.0.0.1:{port}"),
            user: "admin".into(),
            password: BmcPassword::new("password"),
            trust: Trust::Pinned(fingerprint),
            system: SystemChoice::Only,
        };
        let start = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(environment.path("emulator.log"));
            assert!(start.elapsed() < Duration::from_secs(60), "{:?}", log());
            thread::sleep(Duration::from_millis(50));
        }
        Self { child, bmc }
    }

    /// What the emulator itself says, by the client.
    fn state(&self) -> &'static str {
        match Redfish::new(&self.bmc).unwrap().state().unwrap() {
            PowerState::On => "On",
            PowerState::Off => "Off",
            PowerState::PoweringOn | PowerState::PoweringOff => "on its way",
        }
    }

    /// It takes its time.
    fn wait_for(&self, state: &str) {
        let start = Instant::now();
        while self.state() != state {
            assert!(start.elapsed() < Duration::from_secs(20), "not {state}");
            thread::sleep(Duration::from_millis(100));
        }
    }
}

#[test]
fn a_real_emulator_keeps_the_contract_with_this_client() {
    if !lane::can_run("redfish", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let emulator = Emulator::start(&environment);
    let server = Redfish::new(&emulator.bmc).unwrap();
    conformance::run_suite(&server, Tells::NotHowLong);
}

#[test]
fn whoever_is_not_trusted_or_not_allowed_gets_nothing() {
    if !lane::can_run("redfish", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let emulator = Emulator::start(&environment);
    let state = |change: &dyn Fn(&mut Bmc)| {
        let mut bmc = emulator.bmc.clone();
        change(&mut bmc);
        Redfish::new(&bmc).unwrap().state()
    };
    assert_eq!(state(&|_| ()), Ok(PowerState::Off));
    let wrong = state(&|bmc| bmc.password = BmcPassword::new("another word"));
    assert!(
        matches!(wrong, Err(PowerError::Credentials { .. })),
        "{wrong:?}"
    );
    let pem = fs::read_to_string(environment.path("bmc.pem")).unwrap();
    let own = state(&|bmc| bmc.trust = Trust::Authorities(pem.clone()));
    assert_eq!(own, Ok(PowerState::Off));
    assert_eq!(
        state(&|bmc| bmc.trust = Trust::Insecure),
        Ok(PowerState::Off)
    );
    let other = state(&|bmc| bmc.trust = Trust::Pinned("AB".repeat(32)));
    let error = other.unwrap_err();
    assert!(matches!(error, PowerError::Untrusted { .. }), "{error:?}");
    let Trust::Pinned(fingerprint) = &emulator.bmc.trust else {
        unreachable!()
    };
    assert!(error.to_string().contains(fingerprint), "{error}");
    let away = state(&|bmc| bmc.url = "https://127.0.0.1:1".into());
    assert!(
        matches!(away, Err(PowerError::Unreachable { .. })),
        "{away:?}"
    );
}

#[test]
fn the_service_switches_a_server_and_says_why_it_cannot() {
    if !lane::can_run("redfish", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let emulator = Emulator::start(&environment);
    let server = Server::start(&environment, &[]);
    let Trust::Pinned(fingerprint) = &emulator.bmc.trust else {
        unreachable!()
    };
    let add = |name: &str, change: Json| {
        let mut sent = json!({"name": name, "hostname": emulator.bmc.url, "username": "admin",
            "password": "password", "bmcTrust": format!("sha256:{fingerprint}"), "force": true});
        for (member, value) in change.as_object().unwrap() {
            sent[member] = value.clone();
        }
        stored(&server, "/rest/server-hardware", &sent)["uri"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let switch = |uri: &str, wanted: Json| server.put(&format!("{uri}/powerState"), &wanted);
    let state = |uri: &str| server.get(uri).json()["powerState"].clone();

    let uri = add("bay 1", json!({}));
    assert_eq!(state(&uri), "Unknown");
    for (wanted, now) in [
        (json!({"powerState": "On"}), "On"),
        (json!({"powerState": "On", "powerControl": "Reset"}), "On"),
        (json!({"powerState": "Off"}), "Off"),
        (json!({"powerState": "On"}), "On"),
        (
            json!({"powerState": "Off", "powerControl": "PressAndHold"}),
            "Off",
        ),
    ] {
        let answer = switch(&uri, wanted.clone());
        assert_eq!(answer.status, 200, "{wanted}: {}", answer.json());
        emulator.wait_for(now);
        let refresh = json!({"refreshState": "RefreshPending"});
        let refreshed = server.put(&format!("{uri}/refreshState"), &refresh);
        assert_eq!(refreshed.status, 200, "{}", refreshed.json());
        assert_eq!(state(&uri), now, "{wanted}");
    }

    for (name, change, says) in [
        ("bay 2", json!({"password": "another word"}), "password"),
        (
            "bay 3",
            json!({"bmcTrust": format!("sha256:{}", "0".repeat(64))}),
            "certificate",
        ),
        (
            "bay 4",
            json!({"hostname": "https://127.0.0.1:1"}),
            "127.0.0.1:1",
        ),
        (
            "bay 5",
            json!({"systemPath": "/redfish/v1/Systems/none"}),
            "Systems/none",
        ),
    ] {
        let uri = add(name, change);
        let answer = switch(&uri, json!({"powerState": "On"}));
        assert_eq!(answer.status, 409, "{name}: {}", answer.json());
        let refusal = answer.json();
        let told = refusal.to_string();
        assert_eq!(refusal["errorCode"], "BMC", "{name}: {refusal}");
        assert!(
            told.contains(says) && !told.contains("another word"),
            "{name}: {refusal}"
        );
        assert_ne!(refusal["recommendedActions"], json!([]), "{name}");
        assert_eq!(state(&uri), "Unknown", "{name}");
    }
    assert_eq!(emulator.state(), "Off");
}

#[test]
fn a_deployed_server_is_started_from_what_its_bmc_can_set() {
    let needs = [&NEEDS[..], &[Need::Program("tgtd")]].concat();
    if !lane::can_run("redfish boot", &needs) {
        return;
    }
    let environment = Environment::new();
    let emulator = Emulator::start(&environment);
    let flags = flags(&free_portals());
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let _daemons = Daemons(environment.path("data/tgt"));
    let server = Server::start(&environment, &flags);
    let Trust::Pinned(fingerprint) = &emulator.bmc.trust else {
        unreachable!()
    };
    let hardware = json!({"name": "bay 1", "hostname": emulator.bmc.url, "username": "admin",
        "password": "password", "bmcTrust": format!("sha256:{fingerprint}"), "bootMethod": "pxe"});
    let hardware = stored(&server, "/rest/server-hardware", &hardware);
    let wrong = json!({"bootMethod": "floppy"});
    let refused = server.put(hardware["uri"].as_str().unwrap(), &wrong);
    assert_eq!(refused.json()["errorSource"], "bootMethod");

    let profile = json!({"type": "ServerProfileV9", "name": "web01",
        "serverHardwareUri": hardware["uri"], "osDeploymentSettings": {
        "osDeploymentPlanUri": os_deployment_plan(&server),
        "osCustomAttributes": [{"name": "HostName", "value": "web01"}]}});
    let task = server.post("/rest/server-profiles", &profile);
    let task = ended(&server, &task.json());
    assert_eq!(task["taskState"], "Completed", "{task:#}");
    let bmc = Redfish::new(&emulator.bmc).unwrap();
    assert_eq!(bmc.boot().unwrap().unwrap().kind, BootKind::Pxe);
    emulator.wait_for("On");

    // This emulator has no initiator to set: the server has its volume, and who deployed it is told.
    let iscsi = json!({"bootMethod": "iscsi"});
    let changed = server.put(hardware["uri"].as_str().unwrap(), &iscsi);
    assert_eq!(changed.status, 200, "{}", changed.json());
    let profile = task["associatedResource"]["resourceUri"].as_str().unwrap();
    let volume = |server: &Server<'_>| {
        server.get(profile).json()["osDeploymentSettings"]["osVolumeUri"].take()
    };
    let before = volume(&server);
    let task = server.post(&format!("{profile}/redeploy"), &json!({"force": true}));
    let task = ended(&server, &task.json());
    assert_eq!(task["taskState"], "Warning", "{task:#}");
    assert!(task.to_string().contains("RemoteDrive"), "{task:#}");
    assert_ne!(volume(&server), before);
}
