//! Repositories in the layouts of real distributions.

use super::*;
use crate::test_world::TestWorld;

const KEY: &str =
    "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQ==\n-----END PGP PUBLIC KEY BLOCK-----\n";

fn options(more: &[(&str, Dynamic)]) -> Map {
    let mut map = Map::from([("url".into(), "https://packages.example.com/x".into())]);
    map.extend(
        more.iter()
            .map(|(key, value)| ((*key).into(), value.clone())),
    );
    map
}

fn words(words: &[&str]) -> Dynamic {
    Dynamic::from_array(
        words
            .iter()
            .map(|word| Dynamic::from((*word).to_owned()))
            .collect(),
    )
}

#[test]
fn each_distribution_has_its_file() {
    for (layout, path, expected) in [
        (
            "debian-12",
            "/etc/apt/sources.list.d/a.sources",
            "Types: deb\nURIs: https://packages.example.com/x\nSuites: bookworm\nComponents: main\nSigned-By: /etc/apt/keyrings/a.asc\n",
        ),
        (
            "ubuntu-24.04",
            "/etc/apt/sources.list.d/a.sources",
            "Types: deb\nURIs: https://packages.example.com/x\nSuites: noble\nComponents: main\nSigned-By: /etc/apt/keyrings/a.asc\n",
        ),
        (
            "rhel-9",
            "/etc/yum.repos.d/a.repo",
            "[a]\nname=a\nbaseurl=https://packages.example.com/x\nenabled=1\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-a\n",
        ),
        (
            "sles-15",
            "/etc/zypp/repos.d/a.repo",
            "[a]\nname=a\nbaseurl=https://packages.example.com/x\nenabled=1\nautorefresh=1\ntype=rpm-md\ngpgcheck=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-a\n",
        ),
    ] {
        let mut tree = TestWorld::layout(layout).tree;
        let described = options(&[("key", KEY.into())]);
        assert!(ensure(&mut tree, "a", described.clone()).unwrap());
        assert!(!ensure(&mut tree, "a", described).unwrap());
        assert_eq!(
            String::from_utf8(tree.read(path, 10_000).unwrap()).unwrap(),
            expected
        );
        assert!(switch(&mut tree, "a", false).unwrap(), "{layout}");
        assert!(!switch(&mut tree, "a", false).unwrap(), "{layout}");
        assert!(switch(&mut tree, "a", true).unwrap(), "{layout}");
        assert_eq!(
            String::from_utf8(tree.read(path, 10_000).unwrap()).unwrap(),
            expected
        );
        assert!(remove(&mut tree, "a").unwrap());
        assert!(!remove(&mut tree, "a").unwrap());
        assert_eq!(switch(&mut tree, "a", true).unwrap_err().code, Code::P3001);
    }
}

#[test]
fn stanzas_of_apt_are_switched_each() {
    let two = "# c\nTypes: deb\nSuites: a\n\nTypes: deb\nenabled: yes\nSuites: b\n\n# end\n";
    let off =
        "# c\nTypes: deb\nSuites: a\nEnabled: no\n\nTypes: deb\nSuites: b\nEnabled: no\n\n# end\n";
    let switched = apt::switched(two.as_bytes(), false).unwrap().unwrap();
    assert_eq!(String::from_utf8(switched).unwrap(), off);
    assert_eq!(apt::switched(two.as_bytes(), true).unwrap(), None);
    assert_eq!(apt::switched(off.as_bytes(), false).unwrap(), None);
}

#[test]
fn nothing_breaks_out_of_its_line() {
    for layout in ["debian-12", "rhel-9"] {
        let mut tree = TestWorld::layout(layout).tree;
        for (name, more) in [
            ("../x", options(&[])),
            ("a]\n[b", options(&[])),
            ("a", options(&[("url", "no address".into())])),
            ("a", options(&[("url", "https://x\nTrusted: yes".into())])),
            ("a", options(&[("description", "x\ngpgcheck=0".into())])),
            ("a", options(&[("key", "x".into())])),
            ("a", options(&[("suites", words(&["a\nTrusted: yes"]))])),
            ("a", options(&[("components", words(&["a b"]))])),
        ] {
            assert_eq!(
                ensure(&mut tree, name, more).unwrap_err().code,
                Code::P2013,
                "{name}"
            );
        }
    }
    let mut tree = TestWorld::layout("rhel-9").tree;
    let apt_only = options(&[("suites", words(&["x"]))]);
    assert_eq!(
        ensure(&mut tree, "a", apt_only).unwrap_err().code,
        Code::P2013
    );
}
