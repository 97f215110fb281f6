//! Addresses, hardware addresses and DHCP identifiers, from the files of all network stacks.
//!
//! The files have a dozen formats, and what is looked for looks alike in all of them: every word that
//! is an address is taken for one.

use super::{files_in, read};
use crate::forms::pairs;
use crate::identities::Identities;
use crate::kind::Kind;
use mintage_volume::error::Result;
use mintage_volume::tree::VolumeTree;

/// Single files with addresses of the host.
const FILES: &[&str] = &[
    "/etc/dhcp/dhclient.conf",
    "/etc/dhcpcd.duid",
    "/etc/network/interfaces",
    "/etc/sysconfig/network/routes",
    "/etc/udev/rules.d/70-persistent-net.rules",
    "/etc/udev/rules.d/75-persistent-net-generator.rules",
    "/var/lib/dhcpcd/duid",
    "/var/lib/wicked/duid.xml",
    "/var/lib/wicked/iaid.xml",
];

/// Directories of such files: configuration of ifcfg, NetworkManager, netplan, systemd-networkd,
/// wicked and ifupdown, and leases of all DHCP clients.
const FOLDERS: &[&str] = &[
    "/etc/NetworkManager/system-connections",
    "/etc/netplan",
    "/etc/network/interfaces.d",
    "/etc/sysconfig/network",
    "/etc/sysconfig/network-scripts",
    "/etc/systemd/network",
    "/etc/wicked/ifconfig",
    "/usr/lib/NetworkManager/system-connections",
    "/var/lib/NetworkManager",
    "/var/lib/dhclient",
    "/var/lib/dhcp",
    "/var/lib/dhcp6",
    "/var/lib/dhcpcd",
    "/var/lib/dhcpv6",
    "/var/lib/systemd/network",
    "/var/lib/wicked",
];

/// Length of a hardware address, and of the shortest DHCP identifier, in bytes.
const MAC: usize = 6;
const SHORTEST_DUID: usize = 10;

pub(super) fn collect(tree: &VolumeTree, found: &mut Identities) -> Result<()> {
    for path in FILES {
        take(&read(tree, path)?, found);
    }
    for folder in FOLDERS {
        for path in files_in(tree, folder)? {
            take(&read(tree, path)?, found);
        }
    }
    Ok(())
}

/// Adds every word that is an address.
fn take(content: &[u8], found: &mut Identities) {
    // What a word of an address cannot have; `/` ends it before the length of the network.
    let is_part =
        |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'.' | b'-' | b'%');
    for line in content.split(|byte| *byte == b'\n') {
        if line.trim_ascii_start().starts_with(b"#") {
            continue;
        }
        for word in line
            .split(|byte| !is_part(byte))
            .filter(|word| word.len() > 2)
        {
            take_word(word, found);
        }
    }
}

fn take_word(word: &[u8], found: &mut Identities) {
    let separated = word.iter().any(|byte| matches!(byte, b':' | b'-'));
    match pairs(word).filter(|_| separated).map(|bytes| bytes.len()) {
        Some(MAC) => found.add(Kind::MacAddress, word),
        // Ethernet's type before the address, as in `dhcp-client-identifier 01:52:…`.
        Some(7) => found.add(Kind::MacAddress, word.get(3..).unwrap_or_default()),
        Some(SHORTEST_DUID..) => found.add(Kind::Duid, word),
        _ => {
            // An interface's name behind an address of its link.
            let address = word.split(|byte| *byte == b'%').next().unwrap_or_default();
            let address = address.strip_suffix(b".").unwrap_or(address);
            found.add(Kind::IpAddress, address);
        }
    }
}
