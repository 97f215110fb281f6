//! Entries of fstab as scripts edit them.

use super::*;
use crate::test_world::TestWorld;

#[test]
fn hostile_values_stay_in_their_fields() {
    let mut tree = TestWorld::debian().tree;
    for (key, value) in [
        ("device", "a\nb"),
        ("device", ""),
        ("type", "x\ty"),
        ("options", "ro\n/dev/x / ext4"),
        ("pass", "two"),
        ("dump", "-1"),
    ] {
        let options = Map::from([("device".into(), "d".into()), (key.into(), value.into())]);
        assert_eq!(
            ensure(&mut tree, "/mnt", options).unwrap_err().code,
            Code::P2013,
            "{value:?}"
        );
    }
    for point in ["", "mnt", "/a\nb"] {
        let options = Map::from([("device".into(), "d".into())]);
        assert_eq!(
            ensure(&mut tree, point, options).unwrap_err().code,
            Code::P2013
        );
    }
    assert_eq!(
        ensure(&mut tree, "/mnt", Map::new()).unwrap_err().code,
        Code::P2013
    );
    assert!(!tree.exists(FSTAB).unwrap());
}

#[test]
fn options_are_added_changed_and_removed() {
    let mut tree = TestWorld::debian()
        .with_file(FSTAB, "tmpfs /tmp tmpfs size=1G 0 0\n")
        .tree;
    assert!(add_option(&mut tree, "/tmp", "size=2G").unwrap());
    assert!(add_option(&mut tree, "/tmp", "nosuid").unwrap());
    assert!(!add_option(&mut tree, "/tmp", "nosuid").unwrap());
    assert_eq!(
        tree.read(FSTAB, 1000).unwrap(),
        b"tmpfs /tmp tmpfs size=2G,nosuid 0 0\n"
    );
    assert!(remove_option(&mut tree, "/tmp", "size").unwrap());
    assert!(!remove_option(&mut tree, "/tmp", "size").unwrap());
    assert!(remove_option(&mut tree, "/tmp", "nosuid").unwrap());
    assert_eq!(
        tree.read(FSTAB, 1000).unwrap(),
        b"tmpfs /tmp tmpfs defaults 0 0\n"
    );
    assert_eq!(
        add_option(&mut tree, "/x", "a").unwrap_err().code,
        Code::P2008
    );
    assert_eq!(
        add_option(&mut tree, "/tmp", "a,b").unwrap_err().code,
        Code::P2013
    );
}
