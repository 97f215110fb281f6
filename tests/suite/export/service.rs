//! The service with own daemons: from a server profile to a disk that its server alone can use, and what is
//! left of it after a restart of either.

use super::bench::free_portals;
use super::is_ready;
use crate::deployments::{DEPLOY, build_plan, deployment_plan, finished, golden_image, upload};
use mintage_storage::export::tgt::retire;
use mintage_storage::export::{Iqn, Portal};
use mintage_test_support::{Environment, Initiator, IscsiSession, Remote, Server, environment};
use serde_json::{Value as Json, json};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long something may take to be as it shall.
const PATIENCE: Duration = Duration::from_secs(30);
/// The user `nobody`.
const NOBODY: u32 = 65534;

/// Ends the daemons of a service, which outlive it, whatever comes of the test.
pub struct Daemons(pub PathBuf);

impl Drop for Daemons {
    fn drop(&mut self) {
        for number in 1..=2 {
            let pid = std::fs::read_to_string(self.0.join(format!("tgtd-{number}.pid")));
            let pid = pid.ok().and_then(|pid| pid.trim().parse().ok());
            if let Some(pid) = pid.and_then(rustix::process::Pid::from_raw) {
                // It may have ended by itself.
                let _ = rustix::process::kill_process(pid, rustix::process::Signal::KILL);
            }
        }
    }
}

/// Flags of a service that exports by these portals.
pub fn flags(portals: &[Portal]) -> [String; 6] {
    let list: Vec<String> = portals.iter().map(ToString::to_string).collect();
    let all = [
        "--export-daemons",
        "own",
        "--export-portals",
        &list.join(","),
        "--export-mutual-chap",
        "yes",
    ];
    all.map(str::to_owned)
}

/// The URI of a deployment plan that names servers, as profiles have it.
pub fn os_deployment_plan(server: &Server<'_>) -> String {
    let golden = upload(server, &golden_image());
    let build_plan = build_plan(server, "web", "deploy", DEPLOY);
    let plan = deployment_plan(server, "web servers", &build_plan, &golden);
    let uri = plan["uri"].as_str().unwrap();
    uri.replace("deployment-plans", "os-deployment-plans")
}

/// A deployed profile, as it is shown for a boot by hand.
fn boot(server: &Server<'_>, name: &str) -> Json {
    let plan = os_deployment_plan(server);
    let profile = json!({"type": "ServerProfileV9", "name": name, "osDeploymentSettings": {
        "osDeploymentPlanUri": plan, "osCustomAttributes": [{"name": "HostName", "value": name}]}});
    let task = server.post("/rest/server-profiles", &profile);
    let profile = finished(server, &task.json());
    let boot = server.get(&format!("{}/boot", profile["uri"].as_str().unwrap()));
    assert_eq!(boot.status, 200, "{}", boot.json());
    boot.json()
}

fn log_in(boot: &Json, portal: Portal) -> Result<IscsiSession, String> {
    let text = |pointer: &str| {
        boot.pointer(pointer)
            .and_then(Json::as_str)
            .unwrap_or_default()
    };
    let initiator = Initiator {
        name: text("/initiatorName"),
        alias: None,
        chap: Some((text("/chap/name"), text("/chap/secret"))),
        mutual: Some((text("/mutualChap/name"), text("/mutualChap/secret"))),
    };
    initiator.log_in(portal.0, text("/targetName"))
}

/// Asks until the answer is right.
fn wait<T>(what: &str, mut ask: impl FnMut() -> Option<T>) -> T {
    let end = Instant::now() + PATIENCE;
    loop {
        if let Some(answer) = ask() {
            return answer;
        }
        assert!(Instant::now() < end, "{what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}

/// Without a login, from the address that `mintage ipxe` tells; the log of the service has no token.
fn firmware_gets_its_script(environment: &Environment, server: &Server<'_>, boot: &Json) {
    let remote = Remote::log_in(environment, server);
    let address = remote.succeed(["ipxe", "web01"]);
    let address = address.trim_end();
    assert_eq!(remote.json(["ipxe", "web01"])["url"], address);
    assert!(address.starts_with(server.url()), "{address}");
    let script = environment::succeed(
        Command::new("curl")
            .args(["--silent", "--show-error", "--fail", "--cacert"])
            .arg(server.certificate())
            .arg(address),
    );
    for pointer in [
        "/targetName",
        "/initiatorName",
        "/chap/secret",
        "/mutualChap/secret",
    ] {
        let value = boot.pointer(pointer).and_then(Json::as_str).unwrap();
        assert!(script.contains(value), "{pointer}");
    }
    let token = address.rsplit('/').next().unwrap();
    let is_its_line = |line: &str| {
        assert!(!line.contains(token), "the token is in the log");
        line.contains("/ipxe/{profile}/{token}")
    };
    assert!(
        server.wait_for_line(PATIENCE, is_its_line),
        "no line of the log"
    );
}

#[test]
fn a_profile_becomes_a_disk_that_outlives_restarts_of_service_and_daemons() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let portals = free_portals();
    let flags = flags(&portals);
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let daemons = Daemons(environment.path("data/tgt"));
    let mut server = Server::start(&environment, &flags);
    let boot = boot(&server, "web01");
    let target = boot["targetName"].as_str().unwrap().to_owned();
    firmware_gets_its_script(&environment, &server, &boot);

    // By both portals it is the volume of the server.
    let mut disks: Vec<_> = portals
        .iter()
        .map(|portal| log_in(&boot, *portal).unwrap())
        .collect();
    let volume = server.get("/rest/os-volumes").json()["members"][0].clone();
    let id = volume["id"].as_str().unwrap();
    let file = server.data().join(format!("os-volumes/{id}.img"));
    let bytes = std::fs::read(&file).unwrap();
    for disk in &mut disks {
        let mut read = vec![0; 1 << 20];
        disk.read(0, &mut read).unwrap();
        assert!(read == bytes[..1 << 20], "other bytes than the volume has");
        assert_eq!(disk.serial().unwrap(), id);
    }
    assert_eq!(volume["oeVolumeIQN"], target);
    assert_eq!(volume["oeVolumeIp"], "127.0.0.1");
    let storage = server.get(&format!("/rest/os-volumes/{id}/storage")).json();
    let shown: Vec<String> = portals.iter().map(ToString::to_string).collect();
    assert_eq!(storage["portals"], json!(shown));
    let sessions = storage["sessions"].as_array().unwrap();
    assert_eq!(sessions.len(), 2, "{storage:#}");
    assert_eq!(sessions[0]["initiatorIqn"], boot["initiatorName"]);

    // A profile in use is not taken away.
    let profile = server.get("/rest/server-profiles").json()["members"][0].clone();
    let profile = profile["uri"].as_str().unwrap();
    assert_eq!(server.delete(profile).json()["errorCode"], "TARGET_IN_USE");

    // The service is killed: its servers go on, and a target that nobody knows is gone after its start.
    server.kill();
    for disk in &mut disks {
        disk.write(8 << 20, &[5; 512]).unwrap();
    }
    let stray = Iqn::parse("iqn.2026-11.internal.mintage:volume-stray").unwrap();
    let mut tgtadm = environment.program("tgtadm");
    tgtadm.args([
        "-C", "2", "--lld", "iscsi", "--mode", "target", "--op", "new", "--tid", "9",
    ]);
    tgtadm
        .args(["-T", stray.as_str()])
        .env("TGT_IPC_SOCKET", "control")
        .current_dir(&daemons.0);
    assert!(tgtadm.status().unwrap().success());
    server.restart();
    for disk in &mut disks {
        disk.write(8 << 20, &[6; 512]).unwrap();
    }
    drop(log_in(&boot, portals[0]).unwrap());
    let mut tgtadm = environment.program("tgtadm");
    tgtadm.args(["-C", "2", "--mode", "target", "--op", "show"]);
    tgtadm
        .env("TGT_IPC_SOCKET", "control")
        .current_dir(&daemons.0);
    let there = String::from_utf8(tgtadm.output().unwrap().stdout).unwrap();
    assert!(
        there.contains(&target) && !there.contains(stray.as_str()),
        "{there}"
    );

    // A daemon is killed: it is there again, and an alert tells of it.
    let pid = std::fs::read_to_string(daemons.0.join("tgtd-1.pid")).unwrap();
    let pid = rustix::process::Pid::from_raw(pid.trim().parse().unwrap()).unwrap();
    rustix::process::kill_process(pid, rustix::process::Signal::KILL).unwrap();
    disks[1].write(8 << 20, &[7; 512]).unwrap();
    drop(wait("the first path is back", || {
        log_in(&boot, portals[0]).ok()
    }));
    let alert = wait("an alert that is over", || {
        let alerts = server.get("/rest/alerts").json();
        let all = alerts["members"].as_array()?.clone();
        all.into_iter()
            .find(|alert| alert["alertState"] == "Cleared")
    });
    let told = alert["description"].as_str().unwrap();
    assert!(
        told.contains(&format!("tgtd 1 at {}", portals[0])),
        "{told}"
    );
    drop(disks);

    // Neither the log nor what is shown has a secret, and arguments have none.
    let log = server.logged();
    for pointer in ["/chap/secret", "/mutualChap/secret"] {
        let secret = boot.pointer(pointer).and_then(Json::as_str).unwrap();
        assert_eq!(secret.len(), 16);
        for shown in [
            &log,
            &server.get("/rest/tasks").json().to_string(),
            &alert.to_string(),
        ] {
            assert!(!shown.contains(secret), "{shown}");
        }
    }

    // The profile goes, and its target with it.
    let gone = wait("nobody is logged in", || {
        let answer = server.delete(profile);
        (answer.status == 202).then(|| answer.json())
    });
    wait("the task of the deletion", || {
        let task = server.get(gone["uri"].as_str().unwrap()).json();
        (task["taskState"] == "Completed").then_some(())
    });
    assert!(log_in(&boot, portals[1]).is_err());
    assert!(server.stop().success());
    assert_eq!(retire(&daemons.0, 0).unwrap(), 0);
}

/// What is said of settings that do not fit together, before anything is started.
#[test]
fn an_export_that_cannot_be_is_told_at_the_start() {
    let environment = Environment::new();
    let told = |flags: &[&str]| {
        let mut command = environment.mintage(["config", "check", "--config", "/dev/null"]);
        let output = command.args(flags).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let own = told(&["--export-daemons", "own"]);
    assert!(own.contains("`export.portals` must be set"), "{own}");
    let text = told(&["--export-portals", "10.0.0.1"]);
    assert!(text.contains("--export-portals"), "{text}");
}

/// A service that is not root starts daemons all the same.
#[test]
fn a_service_without_root_has_daemons_too() {
    if !is_ready() || !rustix::process::geteuid().is_root() {
        return;
    }
    let environment = Environment::new();
    let portals = free_portals();
    let daemons = Daemons(environment.path("data/tgt"));
    let folder = environment.folder();
    std::os::unix::fs::chown(folder, Some(NOBODY), Some(NOBODY)).unwrap();
    let program = environment.path("mintage");
    let built = environment.mintage(["--version"]).get_program().to_owned();
    // Nobody may look into the folder where it was built.
    if std::fs::hard_link(&built, &program).is_err() {
        std::fs::copy(&built, &program).unwrap();
    }
    let mut command = environment.program(&program);
    command.args([
        "serve",
        "--listen",
        "127.0.0.1:0",
        "--config",
        "/dev/null",
        "--data",
    ]);
    command
        .arg(environment.path("data"))
        .args(["--ready-file", "ready.json"]);
    command
        .args(flags(&portals))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut child = command.uid(NOBODY).gid(NOBODY).spawn().unwrap();
    wait("the service is ready", || {
        assert!(child.try_wait().unwrap().is_none(), "it ended");
        environment.path("ready.json").exists().then_some(())
    });
    for (number, portal) in (1..).zip(&portals) {
        let pid = std::fs::read_to_string(daemons.0.join(format!("tgtd-{number}.pid"))).unwrap();
        let status = std::fs::read_to_string(Path::new("/proc").join(pid.trim()).join("status"));
        let status = status.unwrap();
        assert!(status.starts_with("Name:\ttgtd\n"), "{status}");
        assert!(status.contains(&format!("Uid:\t{NOBODY}")), "{status}");
        // It obeys its user.
        let mut tgtadm = environment.program("tgtadm");
        tgtadm.args([
            "-C",
            &number.to_string(),
            "--mode",
            "target",
            "--op",
            "show",
        ]);
        tgtadm
            .env("TGT_IPC_SOCKET", "control")
            .current_dir(&daemons.0);
        let told = tgtadm.uid(NOBODY).gid(NOBODY).output().unwrap();
        assert!(told.status.success(), "{told:?}");
        std::net::TcpStream::connect(portal.0).unwrap();
    }
    child.kill().unwrap();
    child.wait().unwrap();
}
