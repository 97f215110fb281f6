//! Identities of guests, read from the files of every network stack.

use super::*;
use mintage_volume::digits::hex;
use mintage_volume::filesystem::Timestamp;
use mintage_volume::text;

/// What is collected from a guest with these files, by kind; hardware addresses in hexadecimal.
fn collected(files: &[(&str, &str)]) -> Vec<(Kind, String)> {
    let mut text = String::new();
    for (path, content) in files {
        text += &format!("{path}\n");
        for line in content.lines() {
            text += &format!("  | {line}\n");
        }
    }
    let tree = text::read(&text, Timestamp::default()).unwrap();
    let found = collect(&tree).unwrap();
    let shown = |(kind, value): (Kind, &[u8])| match kind {
        Kind::MacAddress => (kind, hex(value)),
        _ => (kind, String::from_utf8_lossy(value).into_owned()),
    };
    found.iter().map(shown).collect()
}

#[test]
fn names_come_from_every_place_that_has_them() {
    for (path, content) in [
        ("/etc/hostname", "# made by hand\nweb01.example.org"),
        ("/etc/HOSTNAME", "web01.example.org"),
        (
            "/etc/sysconfig/network",
            "NETWORKING=yes\nHOSTNAME=\"web01.example.org\"",
        ),
        (
            "/etc/hosts",
            "127.0.0.1 localhost\n::1 ip6-localhost\n127.0.1.1 web01.example.org web01 # me",
        ),
    ] {
        assert_eq!(
            collected(&[(path, content)]),
            [
                (Kind::HostName, "web01".to_owned()),
                (Kind::HostName, "web01.example.org".to_owned())
            ],
            "{path}"
        );
    }
}

#[test]
fn addresses_come_from_every_network_stack() {
    for (path, content) in [
        (
            "/etc/sysconfig/network-scripts/ifcfg-eth0",
            "HWADDR=52:54:00:12:34:56\nIPADDR=10.1.2.3\nNETMASK=255.255.255.0",
        ),
        (
            "/etc/NetworkManager/system-connections/eth0.nmconnection",
            "[ethernet]\nmac-address=52:54:00:12:34:56\n[ipv4]\naddress1=10.1.2.3/24",
        ),
        (
            "/etc/netplan/50-cloud-init.yaml",
            "macaddress: \"52:54:00:12:34:56\"\naddresses: [10.1.2.3/24]",
        ),
        (
            "/etc/systemd/network/10-eth0.network",
            "[Match]\nMACAddress=52-54-00-12-34-56\n[Network]\nAddress=10.1.2.3/24\nDNS=192.0.2.1",
        ),
        (
            "/etc/sysconfig/network/ifcfg-eth0",
            "LLADDR='52:54:00:12:34:56'\nIPADDR='10.1.2.3/24'",
        ),
        (
            "/etc/network/interfaces",
            "iface eth0 inet static\n  address 10.1.2.3/24\n  hwaddress ether 52:54:00:12:34:56\n# old 10.9.9.9",
        ),
        (
            "/var/lib/dhcp/dhclient.eth0.leases",
            "fixed-address 10.1.2.3;\n  option dhcp-client-identifier 1:52:54:0:12:34:56;\n  hw 52:54:00:12:34:56;",
        ),
    ] {
        assert_eq!(
            collected(&[(path, content)]),
            [
                (Kind::IpAddress, "10.1.2.3".to_owned()),
                (Kind::MacAddress, "525400123456".to_owned())
            ],
            "{path}"
        );
    }
}

#[test]
fn machine_initiator_and_client_have_identifiers() {
    assert_eq!(
        collected(&[
            ("/etc/machine-id", "0123456789abcdef0123456789abcdef"),
            (
                "/etc/iscsi/initiatorname.iscsi",
                "InitiatorName=iqn.2020-01.org:web01"
            ),
            (
                "/etc/dhcpcd.duid",
                "00:01:00:01:2a:bb:cc:dd:52:54:00:12:34:56"
            ),
            (
                "/etc/shadow",
                "root:$6$known$form:1::\nold:!abJnggxhB/yWI:1::\nnone:*:1::"
            ),
        ]),
        [
            (
                Kind::MachineId,
                "0123456789abcdef0123456789abcdef".to_owned()
            ),
            (
                Kind::Duid,
                "00:01:00:01:2a:bb:cc:dd:52:54:00:12:34:56".to_owned()
            ),
            (Kind::InitiatorName, "iqn.2020-01.org:web01".to_owned()),
            (Kind::PasswordHash, "abJnggxhB/yWI".to_owned()),
        ]
    );
    assert_eq!(collected(&[("/etc/machine-id", "uninitialized")]), []);
}

/// A key that `ssh-keygen -t ed25519` made, and what `ssh-keygen -l` says of it.
#[test]
fn fingerprints_are_those_that_ssh_shows() {
    let blob = "AAAAC3NzaC1lZDI1NTE5AAAAIDb1vO3CBFVFvmpW1y1VcEPq2Jt1m4yq5sPLk5rDgOPQ";
    let line = format!("ssh-ed25519 {blob} root@web01");
    let found = collected(&[("/etc/ssh/ssh_host_ed25519_key.pub", &line)]);
    assert_eq!(found[0], (Kind::SshHostKey, blob.to_owned()));
    assert_eq!(
        found[1..],
        FINGERPRINTS.map(|text| (Kind::SshFingerprint, text.to_owned()))
    );
}

const FINGERPRINTS: [&str; 2] = [
    "45:2f:f9:89:12:fc:f1:81:70:01:3b:05:d1:c6:b8:5f",
    "ukaDxwuYl8DhYSVNeiItkivBm4CVNmdH+zP4tF9Ov40",
];
