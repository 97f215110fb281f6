//! What running the system has left: logs, dumps, spools, temporary files.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "abrt_data",
        summary: "Removes the crash reports of ABRT.",
        details: "",
        is_standard: true,
        steps: &[Step::Clear(&["/var/spool/abrt", "/var/spool/abrt-upload"])],
    },
    Operation {
        name: "coredumps",
        summary: "Removes the core dumps that systemd-coredump and apport keep.",
        details: "A core dump is a copy of a program's memory, with all secrets in it.",
        is_standard: true,
        steps: &[Step::Clear(&[
            "/var/lib/systemd/coredump",
            "/var/lib/apport/coredump",
        ])],
    },
    Operation {
        name: "crash_data",
        summary: "Removes the dumps of crashed kernels.",
        details: "",
        is_standard: true,
        steps: &[Step::Clear(&["/var/crash", "/var/log/dump"])],
    },
    Operation {
        name: "backup_files",
        summary: "Removes the backup copies that editors leave.",
        details: "",
        is_standard: true,
        steps: &[Step::RemoveBelow {
            directories: &["/etc", "/root", "/srv", "/tmp", "/var"],
            names: &["*.bak", "*~"],
        }],
    },
    Operation {
        name: "tmp_files",
        summary: "Removes temporary files.",
        details: "",
        is_standard: true,
        steps: &[Step::Clear(&["/tmp", "/var/tmp"])],
    },
    Operation {
        name: "logfiles",
        summary: "Removes logs, and what installers wrote down.",
        details: "The directories stay, and so does the journal's, which makes it persistent. The \
                  records of logins are emptied, since not every system makes them anew.",
        is_standard: true,
        steps: &[
            Step::Empty(&[
                "/var/log/btmp",
                "/var/log/faillog",
                "/var/log/lastlog",
                "/var/log/tallylog",
                "/var/log/wtmp",
            ]),
            Step::Remove(&["/var/log/btmp?*", "/var/log/wtmp?*", "/var/log/journal/*"]),
            Step::Do(
                "Removes every other file below `/var/log`; one that does not belong to root is \
                 emptied, since its service may not be able to make it anew.",
                super::super::logs::remove,
            ),
            Step::Remove(&[
                "/etc/Pegasus/*.cnf",
                "/etc/Pegasus/*.crt",
                "/etc/Pegasus/*.csr",
                "/etc/Pegasus/*.pem",
                "/etc/Pegasus/*.srl",
                "/root/anaconda-ks.cfg",
                "/root/anaconda-post.log",
                "/root/autoinst.xml",
                "/root/initial-setup-ks.cfg",
                "/root/install.log",
                "/root/install.log.syslog",
                "/root/original-ks.cfg",
                "/var/cache/fontconfig/*",
                "/var/cache/gdm/*",
                "/var/cache/man/*",
                "/var/lib/AccountsService/users/*",
                "/var/lib/YaST2/install.inf",
                "/var/lib/fprint/*",
                "/var/lib/logrotate.status",
                "/var/lib/logrotate/logrotate.status",
                "/var/lib/logrotate/status",
                "/var/named/data/named.run",
            ]),
        ],
    },
    Operation {
        name: "pacct_log",
        summary: "Removes the records of process accounting.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/var/account/pacct*",
            "/var/log/account/pacct*",
        ])],
    },
    Operation {
        name: "utmp",
        summary: "Removes the record of who is logged in.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&["/run/utmp", "/var/run/utmp"])],
    },
    Operation {
        name: "mail_spool",
        summary: "Removes the mail of local users.",
        details: "",
        is_standard: true,
        steps: &[Step::Clear(&["/var/mail", "/var/spool/mail"])],
    },
    Operation {
        name: "cron_spool",
        summary: "Removes the jobs that users gave to cron and at.",
        details: "What packages and administrators put into `/etc/cron.*` stays.",
        is_standard: true,
        steps: &[
            Step::Remove(&[
                "/var/spool/at/a[0-9a-f]*",
                "/var/spool/at/spool/*",
                "/var/spool/atjobs/*",
                "/var/spool/atspool/*",
                "/var/spool/cron/atjobs/*",
                "/var/spool/cron/atspool/*",
                "/var/spool/cron/crontabs/*",
                "/var/spool/cron/tabs/*",
            ]),
            Step::Do(
                "Removes the files in `/var/spool/cron` itself, where some systems keep the jobs.",
                super::super::logs::user_crontabs,
            ),
            Step::Remove(&[
                "/var/spool/at/.SEQ",
                "/var/spool/atjobs/.SEQ",
                "/var/spool/cron/atjobs/.SEQ",
            ]),
        ],
    },
];
