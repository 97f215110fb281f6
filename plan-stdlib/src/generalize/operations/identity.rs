//! What makes an installation this one machine.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "ssh_host_keys",
        summary: "Removes the SSH keys of the machine.",
        details: "Every distribution's sshd makes them anew before it starts, or a plan does by \
                  its own; Debian's needs a plan for it.",
        is_standard: true,
        steps: &[Step::Remove(&["/etc/ssh/ssh_host_*"])],
    },
    Operation {
        name: "random_seed",
        summary: "Removes the saved state of the random generator.",
        details: "Two machines that start from the same one may make the same keys.",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/boot/efi/loader/random-seed",
            "/boot/loader/random-seed",
            "/efi/loader/random-seed",
            "/etc/random-seed",
            "/var/lib/misc/random-seed",
            "/var/lib/random-seed",
            "/var/lib/seedrng/*",
            "/var/lib/systemd/random-seed",
            "/var/lib/urandom/random-seed",
        ])],
    },
    Operation {
        name: "credential_secret",
        summary: "Removes the key of the machine for credentials of systemd.",
        details: "What was encrypted with it (`/etc/credstore.encrypted`) cannot be read any more; \
                  systemd makes another key when it needs one.",
        is_standard: true,
        steps: &[Step::Remove(&["/var/lib/systemd/credential.secret"])],
    },
    Operation {
        name: "initiator_name",
        summary: "Removes the name of the machine as an iSCSI initiator.",
        details: "At its first start a server makes one of its own, unless a plan sets it. Debian \
                  and its family are told so in the file, where others do it when the file is \
                  missing. A name that the firmware gives is not touched.",
        is_standard: true,
        steps: &[Step::Do(
            "Removes `/etc/iscsi/initiatorname.iscsi`, or has it say `GenerateName=yes`.",
            super::super::identity::reset_initiator_name,
        )],
    },
    Operation {
        name: "hostname",
        summary: "Removes the name of the machine.",
        details: "`/etc/hostname` becomes `localhost`, so that DHCP or a plan may give another, and \
                  `/etc/hosts` loses the old one with the addresses that only it had.",
        is_standard: true,
        steps: &[Step::Do(
            "Edits `/etc/hostname`, `/etc/hosts`, `/etc/mailname` and `/etc/machine-info`.",
            super::super::identity::reset_hostname,
        )],
    },
    Operation {
        name: "machine_id",
        summary: "Empties the machine-id.",
        details: "systemd fills it at the first start. Boot entries whose names carry the old one \
                  stay as they are: the boot loader knows them by that name. To have the next \
                  start count as the first, see `flag_reconfiguration`.",
        is_standard: true,
        steps: &[Step::Do(
            "Empties `/etc/machine-id`, and removes a copy that D-Bus has.",
            super::super::identity::reset_machine_id,
        )],
    },
    Operation {
        name: "flag_reconfiguration",
        summary: "Has the next start count as the first of the installation.",
        details: "systemd then applies its presets, and may ask at the console for what it misses; \
                  a system of before systemd asks for a password and a time zone.",
        is_standard: false,
        steps: &[Step::Do(
            "Sets `/etc/machine-id` to `uninitialized`, or makes `/.unconfigured` where there is \
             no systemd.",
            super::super::identity::flag_first_boot,
        )],
    },
];
