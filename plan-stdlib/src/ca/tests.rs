//! Certificates in the layouts of real distributions.

use super::*;
use crate::test_world::TestWorld;

/// Made by OpenSSL, with its `-subject_hash`.
const UNICODE: (&str, &str) = (include_str!("tests/unicode.pem"), "6ed7f275");
const SEVERAL_NAMES: (&str, &str) = (include_str!("tests/several-names.pem"), "82e6cca9");

#[test]
fn hashes_are_those_of_openssl() {
    for (pem, hash) in [UNICODE, SEVERAL_NAMES] {
        let surrounded = format!("subject=x\r\n{}", pem.trim_end());
        for text in [pem, &surrounded] {
            let certificate = Certificate::parse(text).unwrap();
            assert_eq!(certificate.subject_hash, hash);
            assert_eq!(certificate.pem, pem);
        }
    }
}

#[test]
fn what_is_no_certificate_is_refused() {
    let both = format!("{}{}", UNICODE.0, SEVERAL_NAMES.0);
    let cut = &UNICODE.0[..200];
    let key = UNICODE.0.replace("CERTIFICATE", "PRIVATE KEY");
    let damaged = UNICODE.0.replacen("MII", "AAA", 1);
    for text in ["", "x", &both, cut, &key, &damaged] {
        assert_eq!(
            Certificate::parse(text).unwrap_err().code,
            Code::P2013,
            "{text}"
        );
    }
    let mut tree = TestWorld::layout("debian-12").tree;
    for name in ["", "../x", "a b", ".x"] {
        assert_eq!(
            add(&mut tree, name, UNICODE.0).unwrap_err().code,
            Code::P2013,
            "{name}"
        );
    }
}

#[test]
fn every_layout_trusts_it_and_forgets_it() {
    for (layout, anchor, bundle) in [
        (
            "debian-12",
            "/usr/local/share/ca-certificates/a.crt",
            "/etc/ssl/certs/ca-certificates.crt",
        ),
        (
            "ubuntu-24.04",
            "/usr/local/share/ca-certificates/a.crt",
            "/etc/ssl/certs/ca-certificates.crt",
        ),
        (
            "rhel-9",
            "/etc/pki/ca-trust/source/anchors/a.pem",
            "/etc/pki/tls/certs/ca-bundle.crt",
        ),
        (
            "sles-15",
            "/etc/pki/trust/anchors/a.pem",
            "/etc/ssl/ca-bundle.pem",
        ),
    ] {
        let mut tree = TestWorld::layout(layout).tree;
        let before = tree.read(bundle, 1 << 20).unwrap();
        assert!(add(&mut tree, "a", UNICODE.0).unwrap(), "{layout}");
        assert!(!add(&mut tree, "a", UNICODE.0).unwrap(), "{layout}");
        assert_eq!(tree.read(anchor, 10_000).unwrap(), UNICODE.0.as_bytes());
        assert!(
            tree.read(bundle, 1 << 20)
                .unwrap()
                .ends_with(UNICODE.0.as_bytes()),
            "{layout}"
        );
        assert!(add(&mut tree, "a", SEVERAL_NAMES.0).unwrap(), "{layout}");
        let replaced = String::from_utf8(tree.read(bundle, 1 << 20).unwrap()).unwrap();
        assert!(
            replaced.contains(SEVERAL_NAMES.0) && !replaced.contains(UNICODE.0),
            "{layout}"
        );
        assert!(remove(&mut tree, "a").unwrap());
        assert!(!remove(&mut tree, "a").unwrap());
        assert_eq!(tree.read(bundle, 1 << 20).unwrap(), before, "{layout}");
    }
}

#[test]
fn links_by_hash_have_no_gaps() {
    let mut tree = TestWorld::layout("debian-12").tree;
    for name in ["a", "b", "c"] {
        add(&mut tree, name, UNICODE.0).unwrap();
    }
    let link = |index: u8| format!("/etc/ssl/certs/{}.{index}", UNICODE.1);
    assert_eq!(tree.read_link(link(2)).unwrap(), b"c.pem");
    remove(&mut tree, "a").unwrap();
    assert_eq!(tree.read_link(link(0)).unwrap(), b"c.pem");
    assert_eq!(tree.read_link(link(1)).unwrap(), b"b.pem");
    assert!(tree.symlink_metadata(link(2)).is_err());
}
