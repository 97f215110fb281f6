//! Users, and what they have left.

use super::super::operation::{Operation, Step};

pub(super) const OPERATIONS: &[Operation] = &[
    Operation {
        name: "bash_history",
        summary: "Removes what users typed into bash.",
        details: "",
        is_standard: true,
        steps: &[Step::RemoveFromHomes(&[".bash_history"])],
    },
    Operation {
        name: "zsh_history",
        summary: "Removes what users typed into zsh.",
        details: "",
        is_standard: true,
        steps: &[Step::RemoveFromHomes(&[
            ".histfile",
            ".zhistory",
            ".zsh_history",
        ])],
    },
    Operation {
        name: "history_files",
        summary: "Removes what users typed into other shells, databases, editors and pagers.",
        details: "",
        is_standard: true,
        steps: &[Step::RemoveFromHomes(&[
            ".ash_history",
            ".dbshell",
            ".ksh_history",
            ".lesshst",
            ".local/share/fish/fish_history",
            ".local/state/bash/history",
            ".mariadb_history",
            ".mysql_history",
            ".node_repl_history",
            ".psql_history",
            ".python_history",
            ".rediscli_history",
            ".sh_history",
            ".sqlite_history",
            ".viminfo",
            ".wget-hsts",
        ])],
    },
    Operation {
        name: "ssh_userdir",
        summary: "Removes the keys and known hosts of users.",
        details: "Nobody can log in by key until a plan gives keys again. To keep those of some \
                  users, see the form with options.",
        is_standard: true,
        steps: &[Step::RemoveFromHomes(&[".ssh"])],
    },
    Operation {
        name: "user_credentials",
        summary: "Removes tokens and passwords that users' programs keep.",
        details: "It knows clouds, clusters, registries, databases and version control. Programs \
                  that run by them on a server stop to work.",
        is_standard: false,
        steps: &[Step::RemoveFromHomes(&[
            ".ansible/vault",
            ".aws",
            ".azure",
            ".cargo/credentials",
            ".cargo/credentials.toml",
            ".config/containers/auth.json",
            ".config/gcloud",
            ".config/gh",
            ".docker/config.json",
            ".git-credentials",
            ".gnupg",
            ".kube",
            ".my.cnf",
            ".netrc",
            ".npmrc",
            ".pgpass",
            ".pypirc",
            ".vault-token",
        ])],
    },
    Operation {
        name: "pam_data",
        summary: "Removes what PAM remembers of logins.",
        details: "",
        is_standard: true,
        steps: &[Step::Remove(&[
            "/run/console/*",
            "/run/faillock/*",
            "/run/sepermit/*",
            "/var/lib/faillock/*",
            "/var/run/console/*",
            "/var/run/faillock/*",
            "/var/run/sepermit/*",
        ])],
    },
    Operation {
        name: "passwd_backups",
        summary: "Removes older states of the files of accounts, with older passwords in them.",
        details: "",
        is_standard: true,
        steps: &[
            Step::Remove(&[
                "/etc/group-",
                "/etc/gshadow-",
                "/etc/passwd-",
                "/etc/shadow-",
                "/etc/subgid-",
                "/etc/subuid-",
                "/var/backups/group.bak",
                "/var/backups/gshadow.bak",
                "/var/backups/passwd.bak",
                "/var/backups/shadow.bak",
            ]),
            Step::Empty(&["/etc/security/opasswd"]),
        ],
    },
    Operation {
        name: "password_hashes",
        summary: "Takes the passwords from all accounts.",
        details: "Nobody can log in by password until a plan gives one again, root neither; what \
                  an account may do otherwise stays as it is.",
        is_standard: true,
        steps: &[Step::Do(
            "Puts `*` in the place of every hash in `/etc/shadow`, `/etc/gshadow` and \
             `/etc/passwd`, of locked ones too.",
            super::super::passwords::remove,
        )],
    },
    Operation {
        name: "user_account",
        summary: "Removes the users who are people.",
        details: "They are those whose numbers are from `UID_MIN` to `UID_MAX` of \
                  `/etc/login.defs`, as `user::list()` gives them. A home that is not its user's \
                  own (`/`, `/srv` of root, one that another user's is in) is refused with \
                  `P2013`. To keep some users, see the form with options.",
        is_standard: false,
        steps: &[Step::Do(
            "Removes each with its home, mail, jobs, rules of sudo and lines in the files of \
             accounts; each counts as one.",
            |tree| super::super::homes::remove_users(tree, &[]),
        )],
    },
];
