//! Zones of firewalld as scripts change them.

use super::traffic::Traffic;
use super::zone::{add, default_zone, members, remove, set_default_zone};
use super::*;
use crate::test_world::TestWorld;

const DEFAULT: &str = "/usr/lib/firewalld/zones/internal.xml";
const OWN: &str = "/etc/firewalld/zones/internal.xml";

#[test]
fn the_first_change_copies_the_file_of_the_distribution() {
    for layout in ["rhel-9", "sles-15"] {
        let mut world = TestWorld::layout(layout);
        let default = world.text(DEFAULT);
        let tree = &mut world.tree;
        let ssh = Traffic::service("ssh").unwrap();
        let https = Traffic::service("https").unwrap();
        // Nothing to do, and no file made for it.
        assert!(!add(tree, "internal", &ssh).unwrap(), "{layout}");
        assert!(!remove(tree, "internal", &https).unwrap(), "{layout}");
        assert!(!is_file(tree, OWN).unwrap(), "{layout}");
        assert!(add(tree, "internal", &https).unwrap(), "{layout}");
        assert!(!add(tree, "internal", &https).unwrap(), "{layout}");
        let port = Traffic::port("8443/tcp").unwrap();
        assert!(add(tree, "internal", &port).unwrap(), "{layout}");
        assert!(remove(tree, "internal", &ssh).unwrap(), "{layout}");
        assert_eq!(
            members(tree, "internal", "service").unwrap(),
            ["mdns", "https"]
        );
        assert_eq!(members(tree, "internal", "port").unwrap(), ["8443/tcp"]);
        assert_eq!(world.text(DEFAULT), default, "{layout}");
        assert!(world.text(OWN).contains("  <forward/>\n"), "{layout}");
    }
}

#[test]
fn what_is_in_one_zone_leaves_the_other() {
    let mut tree = TestWorld::layout("rhel-9").tree;
    for traffic in [
        Traffic::interface("eth1").unwrap(),
        Traffic::source("192.0.2.0/24").unwrap(),
    ] {
        assert!(add(&mut tree, "public", &traffic).unwrap());
        assert!(add(&mut tree, "internal", &traffic).unwrap());
        assert!(!add(&mut tree, "internal", &traffic).unwrap());
        assert_eq!(members(&tree, "public", traffic.element).unwrap(), [""; 0]);
        assert_eq!(
            members(&tree, "internal", traffic.element).unwrap().len(),
            1
        );
    }
}

#[test]
fn the_default_zone_is_one_that_there_is() {
    let mut tree = TestWorld::layout("sles-15").tree;
    assert_eq!(default_zone(&tree).unwrap(), "public");
    assert!(set_default_zone(&mut tree, "drop").unwrap());
    assert!(!set_default_zone(&mut tree, "drop").unwrap());
    assert_eq!(default_zone(&tree).unwrap(), "drop");
    assert_eq!(
        set_default_zone(&mut tree, "nowhere").unwrap_err().code,
        Code::P3001
    );
    assert_eq!(
        set_default_zone(&mut tree, "../drop").unwrap_err().code,
        Code::P2013
    );
}

#[test]
fn other_firewalls_are_told_of() {
    for layout in ["debian-12", "ubuntu-24.04"] {
        let mut tree = TestWorld::layout(layout).tree;
        let port = Traffic::port("443/tcp").unwrap();
        let error = add(&mut tree, "public", &port).unwrap_err();
        assert_eq!(error.code, Code::P3001, "{layout}");
        assert!(error.message.contains("no firewalld"), "{layout}");
    }
    let mut tree = TestWorld::layout("rhel-9").tree;
    let unknown = Traffic::service("no-such").unwrap();
    assert_eq!(
        add(&mut tree, "public", &unknown).unwrap_err().code,
        Code::P3001
    );
}
