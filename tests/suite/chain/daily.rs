//! A whole Debian goes the way of servers: uploaded, deployed, started by iPXE, found by its own initial file system
//! over iSCSI. `tests/daily` runs it.

use super::ipxe::{ROM, machine_id};
use super::is_ready;
use super::machine::{BOOTED, Machine};
use super::site::{Site, Who};
use crate::deployments::{DEPLOY, build_plan, deployment_plan};
use mintage_test_support::lane::can_run;
use mintage_test_support::{Environment, Need};

/// The golden image; `tests/daily` makes it.
const IMAGE: &str = "debian-12-iscsi/debian-12-iscsi.qcow2";

#[test]
#[ignore = "takes minutes; tests/daily runs it"]
fn a_debian_boots_by_ipxe_and_finds_its_root_by_ibft() {
    if !is_ready() || !can_run("daily", &[Need::File(ROM), Need::Cached(IMAGE)]) {
        return;
    }
    let environment = Environment::new();
    let site = Site::on_a_network(&environment);
    let golden = site.upload_image("debian", IMAGE, "qcow2");
    let deploy = build_plan(&site.server, "deploy", "deploy", DEPLOY);
    let plan = deployment_plan(&site.server, "debian", &deploy, &golden);
    let profile = site.profile("web01", &plan, "web01");
    let boot = site.get(&format!("{profile}/boot"));
    let address = boot["ipxeScript"].as_str().unwrap();

    let mut machine = Machine::start_by_ipxe(&environment, address, "");
    let booted = machine.wait_for(BOOTED);
    let who = Who::parse(&booted);
    assert_eq!(who.host_name, "web01");
    assert_eq!(who.machine_id, machine_id(&site, &profile));
    assert!(booted.contains("root=/dev/sda1,ext4"), "{booted}");
    machine.wait_for(&format!(
        "iscsistart: Logging into {} ",
        site.disk(&profile).target
    ));
    machine.wait_for("web01 login:");
    drop(machine);

    site.delete(&profile);
    site.nothing_is_left();
}
