//! The chain as servers go it that have no more than a network card with iPXE: DHCP names the address of the
//! script, iPXE gets it from the service by plain HTTP, logs in to the disk with CHAP, and starts it; Linux finds
//! the disk by what iPXE leaves (iBFT).

use super::is_ready;
use super::machine::{BOOTED, Machine};
use super::site::{Site, Who, volume};
use crate::deployments::{DEPLOY, build_plan, deployment_plan, read};
use mintage_test_support::lane::can_run;
use mintage_test_support::{Environment, Need};
use serde_json::json;
use std::fs;

/// iPXE for the network card of the machines.
pub(super) const ROM: &str = "/usr/lib/ipxe/qemu/pxe-virtio.rom";
/// What the script says when iPXE does not get to the disk.
const NO_DISK: &str = "The disk of this server does not answer";

#[test]
fn a_server_boots_by_ipxe_and_finds_its_root_by_ibft() {
    if !is_ready() || !can_run("ipxe", &[Need::File(ROM)]) {
        return;
    }
    let environment = Environment::new();
    let site = Site::on_a_network(&environment);
    let golden = site.upload("tiny");
    let deploy = build_plan(&site.server, "deploy", "deploy", DEPLOY);
    let plan = deployment_plan(&site.server, "tiny", &deploy, &golden);
    let profile = site.profile("web01", &plan, "web01");
    let boot = site.get(&format!("{profile}/boot"));
    let address = boot["ipxeScript"].as_str().unwrap();

    let who = boot_by(&site, address, &profile);
    assert_eq!(who.host_name, "web01");
    assert_eq!(who.machine_id, machine_id(&site, &profile));

    // The address stays, and leads to the volume that the server has now.
    let mut changed = site.get(&profile);
    changed["osDeploymentSettings"]["osCustomAttributes"] =
        json!([{"name": "HostName", "value": "shop01"}]);
    site.put(&profile, &changed);
    let shop = boot_by(&site, address, &profile);
    assert_eq!(
        (shop.host_name.as_str(), &shop.machine_id),
        ("shop01", &who.machine_id)
    );
    who_had_it_is_known(&site, &profile, 2);

    a_wrong_secret_is_refused(&site, address, &profile);
    let (start, _) = address.rsplit_once('/').unwrap();
    let nowhere = format!("{start}/{}", "0".repeat(32));
    let mut machine = Machine::start_by_ipxe(&environment, &nowhere, "");
    machine.wait_for("No bootable device");
    assert!(machine.console().contains("No such file or directory"));

    site.delete(&profile);
    site.nothing_is_left();
}

/// Boots a machine that gets the script at `address`, and hears who it is.
fn boot_by(site: &Site<'_>, address: &str, profile: &str) -> Who {
    let disk = site.disk(profile);
    let mut machine = Machine::start_by_ipxe(site.environment, address, "");
    let booted = machine.wait_for(BOOTED);
    assert!(booted.contains("root=/dev/sda1,ext4"), "{booted}");
    machine.wait_for(&format!(
        "IBFT initiator={} target={} ",
        disk.initiator, disk.target
    ));
    Who::parse(&booted)
}

pub(super) fn machine_id(site: &Site<'_>, profile: &str) -> String {
    let file = site.file(&volume(&site.get(profile)));
    read(&file, "/etc/machine-id").trim().to_owned()
}

/// The audit log has each time that the script was given out.
fn who_had_it_is_known(site: &Site<'_>, profile: &str, times: usize) {
    let log = site.get("/rest/audit-logs");
    let path = format!("{profile}/ipxe");
    let given = log["members"].as_array().unwrap().iter();
    let given = given.filter(|entry| entry["method"] == "GET" && entry["path"] == path.as_str());
    assert_eq!(given.count(), times, "{log:#}");
}

/// With the same script but for the secret, from a server of files, iPXE gets no disk.
fn a_wrong_secret_is_refused(site: &Site<'_>, address: &str, profile: &str) {
    let (environment, secret) = (site.environment, &site.disk(profile).secret);
    let script = ureq::get(address)
        .call()
        .unwrap()
        .body_mut()
        .read_to_string();
    let script = script.unwrap();
    assert!(script.contains(secret.as_str()), "no secret in the script");
    fs::write(
        environment.path("wrong.ipxe"),
        script.replace(secret.as_str(), "not-the-secret"),
    )
    .unwrap();
    let files = format!(",tftp={}", environment.path(".").display());
    let mut machine = Machine::start_by_ipxe(environment, "wrong.ipxe", &files);
    machine.wait_for(NO_DISK);
    let console = machine.console();
    assert!(console.contains("Operation not permitted"), "{console}");
    assert!(!console.contains("GRUB"), "{console}");
}
