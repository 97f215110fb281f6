//! What package managers keep, and by what distributors know the machine.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "package_manager_cache",
        summary: "Removes downloaded packages and lists of packages.",
        details: "The next use of the package manager fetches the lists anew.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/var/cache/PackageKit/*",
            "/var/cache/apk/*",
            "/var/cache/apt/*.bin",
            "/var/cache/apt/archives/*.deb",
            "/var/cache/apt/archives/partial/*",
            "/var/cache/dnf/*",
            "/var/cache/libdnf5/*",
            "/var/cache/pacman/pkg/*",
            "/var/cache/yum/*",
            "/var/cache/zypp*/*",
            "/var/lib/apt/lists/*_*",
            "/var/lib/apt/lists/partial/*",
        ])],
    },
    Operation {
        name: "rpm_db",
        summary: "Removes the caches of the RPM database that belong to one machine.",
        details: "The database itself stays.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/usr/lib/sysimage/rpm/__db.*",
            "/var/lib/rpm/__db.*",
        ])],
    },
    Operation {
        name: "yum_uuid",
        summary: "Removes the number by which mirrors count a machine of yum.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/var/lib/yum/uuid"])],
    },
    Operation {
        name: "smolt_uuid",
        summary: "Removes the hardware numbers of Smolt.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/smolt/hw-uuid",
            "/etc/smolt/uuid",
            "/etc/sysconfig/hw-uuid",
        ])],
    },
    Operation {
        name: "rh_subscription_manager",
        summary: "Removes the machine's identity and rights at Red Hat or a Satellite.",
        details: "A server made of the image has to be registered itself.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/pki/consumer/*",
            "/etc/pki/entitlement/*",
            "/etc/rhsm/facts/katello.facts",
            "/var/lib/rhsm/cache/*",
            "/var/lib/rhsm/facts/*",
        ])],
    },
    Operation {
        name: "rhn_systemid",
        summary: "Removes the machine's identity at the Red Hat Network of old, or a Spacewalk.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/sysconfig/rhn/osad-auth.conf",
            "/etc/sysconfig/rhn/systemid",
        ])],
    },
    Operation {
        name: "insights_client",
        summary: "Removes the machine's identity at Red Hat Insights.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/insights-client/.lastupload",
            "/etc/insights-client/.registered",
            "/etc/insights-client/.unregistered",
            "/etc/insights-client/machine-id",
        ])],
    },
    Operation {
        name: "suse_registration",
        summary: "Removes the machine's identity and credentials at the SUSE Customer Center.",
        details: "The repositories stay; they work again once a server is registered.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/zypp/credentials.d/*",
            "/var/cache/cloudregister/*",
            "/var/lib/zypp/AnonymousUniqueId",
        ])],
    },
    Operation {
        name: "ubuntu_pro",
        summary: "Removes the machine's token and state at Ubuntu Pro.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/apt/auth.conf.d/90ubuntu-advantage",
            "/var/lib/ubuntu-advantage/machine-*",
            "/var/lib/ubuntu-advantage/private/*",
            "/var/lib/ubuntu-advantage/status.json",
        ])],
    },
];
