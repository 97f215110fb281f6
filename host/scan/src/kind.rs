//! `Kind`: what sort of thing must not travel.

use serde::{Deserialize, Serialize};
use std::fmt;

/// Makes the enum, its names and the list from one table.
macro_rules! kinds {
    ($($kind:ident $name:literal $meaning:literal),* $(,)?) => {
        /// What sort of thing must not travel.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "kebab-case")]
        pub enum Kind {
            $(#[doc = $meaning] $kind,)*
        }

        impl Kind {
            /// All kinds, in order.
            pub const ALL: &[Self] = &[$(Self::$kind),*];

            /// As findings and allowances name it, `machine-id`.
            pub fn name(self) -> &'static str {
                match self { $(Self::$kind => $name),* }
            }
        }
    };
}

kinds! {
    HostName "host-name" "A name of the host, with or without its domain.",
    IpAddress "ip-address" "An IPv4 or IPv6 address of its network configuration or leases.",
    MacAddress "mac-address" "The hardware address of a network port.",
    MachineId "machine-id" "The machine-id of systemd and D-Bus.",
    Duid "duid" "The identifier of a DHCP client.",
    InitiatorName "initiator-name" "The name of an iSCSI initiator or NVMe host.",
    SshHostKey "ssh-host-key" "The public part of an SSH host key.",
    SshFingerprint "ssh-fingerprint" "The fingerprint of an SSH host key.",
    PasswordHash "password-hash" "The hash of a password.",
    PrivateKey "private-key" "A private key, or a file of keys.",
    Token "token" "A token that gives access to a service.",
    RandomSeed "random-seed" "What a random generator starts from.",
    ShellHistory "shell-history" "What somebody typed.",
    Given "given" "What the caller asked to look for.",
}

impl Kind {
    /// The kind with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_those_of_the_report() {
        for kind in Kind::ALL {
            assert_eq!(Kind::named(kind.name()), Some(*kind));
            assert_eq!(serde_json::to_value(kind).unwrap(), kind.name());
        }
        assert_eq!(Kind::named("nonsense"), None);
    }
}
