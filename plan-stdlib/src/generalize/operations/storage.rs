//! What ties the installation to its disks.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "encrypted_volumes",
        summary: "Refuses an image with encrypted volumes.",
        details: "Every clone would have the same volume key, and who may open one could open all; \
                  what a TPM or a Tang server holds for one machine does not open another. An \
                  encrypted swap with a key of `/dev/urandom` is fine.",
        is_standard: true,
        steps: &[Step::Do(
            "Reads `/etc/crypttab`, changes nothing, and fails with `P7005` where a line opens a \
             volume with a lasting key.",
            super::super::disks::refuse_encrypted,
        )],
    },
    Operation {
        name: "blkid_tab",
        summary: "Removes what blkid remembers of block devices.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/blkid.tab*",
            "/etc/blkid/blkid.tab*",
            "/run/blkid/*",
            "/var/run/blkid.tab*",
        ])],
    },
    Operation {
        name: "lvm_system_devices",
        summary: "Removes the list of the disks that LVM may use.",
        details: "A clone has other disks. Without the list LVM looks at all of them.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/lvm/devices/backup/*",
            "/etc/lvm/devices/system.devices*",
        ])],
    },
    Operation {
        name: "lvm_backups",
        summary: "Removes LVM's copies of its own metadata, which name the host.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/lvm/archive/*", "/etc/lvm/backup/*"])],
    },
    Operation {
        name: "iscsi_nodes",
        summary: "Removes the iSCSI targets that the machine knows.",
        details: "The target that it is started from is the firmware's to know, and not in here.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/etc/iscsi/ifaces/*",
            "/etc/iscsi/nodes/*",
            "/etc/iscsi/send_targets/*",
            "/var/lib/iscsi/ifaces/*",
            "/var/lib/iscsi/isns/*",
            "/var/lib/iscsi/nodes/*",
            "/var/lib/iscsi/send_targets/*",
            "/var/lib/iscsi/slp/*",
            "/var/lib/iscsi/static/*",
        ])],
    },
    Operation {
        name: "multipath_bindings",
        summary: "Removes the disks and their names that multipath remembers.",
        details: "Nothing is removed where `/etc/fstab` or `/etc/crypttab` has a name of that kind \
                  (`/dev/mapper/mpatha`): it has to mean the same disk again.",
        is_standard: true,
        steps: &[Step::Do(
            "Removes `/etc/multipath/bindings` and `/etc/multipath/wwids`, and those of \
             `/var/lib/multipath`.",
            super::super::disks::remove_multipath_names,
        )],
    },
    Operation {
        name: "nvme_host",
        summary: "Removes the name and number of the machine as a host of NVMe over Fabrics.",
        details: "Its tools derive them from the hardware, or make others.",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/nvme/hostid", "/etc/nvme/hostnqn"])],
    },
    Operation {
        name: "hostid",
        summary: "Removes the number by which ZFS knows the machine.",
        details: "A pool that was not exported is not imported by another number without being \
                  forced: the root must not be on one.",
        is_standard: false,
        steps: &[Step::Remove(&["/etc/hostid"])],
    },
];
