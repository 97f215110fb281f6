//! The whole chain with real parts: a tiny Linux is uploaded, deployed to a server, exported by tgtd, and
//! booted over iSCSI; captured, deployed to a second server; redeployed and rolled back. Each time the
//! console says who the system is.

mod daily;
mod ipxe;
pub mod machine;
mod paths;
pub mod site;

pub(crate) use site::GENERALIZE;

use crate::deployments::{DEPLOY, build_plan, deployment_plan};
use mintage_test_support::{Environment, Need, lane};
use serde_json::json;
use sha2::{Digest as _, Sha256};
use site::{IMAGE, Site, volume};
use std::fs;
use std::path::PathBuf;

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

fn sum(path: &PathBuf) -> Vec<u8> {
    Sha256::digest(fs::read(path).unwrap()).to_vec()
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    memchr::memmem::find(bytes, wanted).is_some()
}
