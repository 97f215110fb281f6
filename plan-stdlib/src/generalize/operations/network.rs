//! The network of the machine that the image was made on.

use super::super::operation::{Operation, Step};

/// The files of interfaces that are read line by line.
const INTERFACE_FILES: &[&str] = &[
    "/etc/NetworkManager/system-connections/*",
    "/etc/network/interfaces",
    "/etc/network/interfaces.d/*",
    "/etc/sysconfig/network-scripts/ifcfg-*",
    "/etc/sysconfig/network/ifcfg-*",
];

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "dhcp_client_state",
        summary: "Removes the leases of DHCP clients, and the numbers by which servers know them.",
        details: "It knows dhclient, dhcpcd, NetworkManager, systemd-networkd and wicked.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/dhcpcd.duid",
            "/etc/dhcpcd.secret",
            "/run/systemd/netif/leases/*",
            "/var/db/dhcpcd/*",
            "/var/lib/NetworkManager/*.lease",
            "/var/lib/NetworkManager/secret_key",
            "/var/lib/NetworkManager/timestamps",
            "/var/lib/dhclient/*",
            "/var/lib/dhcp/*",
            "/var/lib/dhcpcd/*",
            "/var/lib/systemd/network/*",
            "/var/lib/wicked/*.xml",
        ])],
    },
    Operation {
        name: "dhcp_server_state",
        summary: "Removes the leases that a DHCP server gave.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/var/lib/dhcpd/*",
            "/var/lib/kea/*.csv*",
            "/var/lib/misc/dnsmasq.leases",
        ])],
    },
    Operation {
        name: "net_hostname",
        summary: "Removes the host name from the configuration of network interfaces.",
        details: "For the name of the machine itself see `hostname`.",
        is_standard: true,
        steps: &[
            Step::RemoveLines {
                files: INTERFACE_FILES,
                starts: &["HOSTNAME=", "DHCP_HOSTNAME=", "dhcp-hostname=", "hostname "],
            },
            Step::RemoveLines {
                files: &["/etc/sysconfig/network"],
                starts: &["HOSTNAME="],
            },
        ],
    },
    Operation {
        name: "net_hwaddr",
        summary: "Removes hardware addresses from the configuration of network interfaces.",
        details: "Netplan and systemd-networkd choose an interface by its address and by nothing \
                  else, so theirs goes as a whole (`net_netplan`, `net_networkd`).",
        is_standard: true,
        steps: &[Step::RemoveLines {
            files: INTERFACE_FILES,
            starts: &[
                "HWADDR=",
                "LLADDR=",
                "MACADDR=",
                "cloned-mac-address=",
                "hwaddress ",
                "mac-address=",
            ],
        }],
    },
    Operation {
        name: "net_nmconn",
        summary: "Removes the connections of NetworkManager.",
        details: "Without any it makes one of its own for every interface, by DHCP.",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/NetworkManager/system-connections/*"])],
    },
    Operation {
        name: "net_ifcfg",
        summary: "Removes the interfaces of network scripts and of wicked.",
        details: "That of the loopback stays.",
        is_standard: true,
        steps: &[
            Step::Do(
                "Removes `ifcfg-*` of `/etc/sysconfig/network-scripts` and \
                 `/etc/sysconfig/network`, but for `ifcfg-lo`.",
                super::super::interfaces::remove_ifcfg,
            ),
            Step::Remove(&[
                "/etc/sysconfig/network-scripts/keys-*",
                "/etc/sysconfig/network-scripts/route6-*",
                "/etc/sysconfig/network-scripts/route-*",
                "/etc/sysconfig/network-scripts/rule6-*",
                "/etc/sysconfig/network-scripts/rule-*",
                "/etc/sysconfig/network/ifroute-*",
                "/etc/sysconfig/network/ifrule-*",
                "/etc/sysconfig/network/routes",
                "/etc/wicked/ifconfig/*.xml",
            ]),
        ],
    },
    Operation {
        name: "net_netplan",
        summary: "Removes the interfaces of netplan.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/netplan/*.yaml", "/etc/netplan/*.yml"])],
    },
    Operation {
        name: "net_networkd",
        summary: "Removes the interfaces of systemd-networkd, and the names that were given to them.",
        details: "A link to `/dev/null` stays: it takes away a default of the distribution, and is \
                  about no machine.",
        is_standard: true,
        steps: &[Step::Do(
            "Removes the files `*.network`, `*.netdev` and `*.link` of `/etc/systemd/network`.",
            super::super::interfaces::remove_networkd,
        )],
    },
    Operation {
        name: "net_ifupdown",
        summary: "Removes the interfaces of ifupdown.",
        details: "The loopback stays, and so do comments and `source` lines.",
        is_standard: true,
        steps: &[
            Step::Do(
                "Removes every other interface from `/etc/network/interfaces`.",
                super::super::interfaces::remove_ifupdown,
            ),
            Step::Remove(&["/etc/network/interfaces.d/*"]),
        ],
    },
    Operation {
        name: "net_resolver",
        summary: "Removes the name servers and search domains.",
        details: "A link, to the file of systemd-resolved or netconfig, stays.",
        is_standard: true,
        steps: &[
            Step::Empty(&["/etc/resolv.conf"]),
            Step::Do(
                "Empties the static name servers and search list in \
                 `/etc/sysconfig/network/config`.",
                super::super::interfaces::empty_netconfig,
            ),
        ],
    },
    Operation {
        name: "udev_persistent_net",
        summary: "Removes the udev rules that name an interface by its hardware address.",
        details: "A rule file without an address stays: it switches how the distribution names \
                  interfaces, and is about no machine.",
        is_standard: true,
        steps: &[Step::Do(
            "Removes the files `*net*.rules` of `/etc/udev/rules.d` in which a line has \
             `ATTR{address}` or `ATTRS{address}`.",
            super::super::interfaces::remove_udev_rules,
        )],
    },
];
