//! Files that must not travel whatever is in them, known by their place and name.

use crate::kind::Kind;

/// Files that programs write what was typed into, in the home of whoever typed it.
const HISTORIES: &[&str] = &[
    ".ash_history",
    ".bash_history",
    ".dbshell",
    ".history",
    ".irb_history",
    ".ksh_history",
    ".lesshst",
    ".mariadb_history",
    ".mongosh_history",
    ".mysql_history",
    ".node_repl_history",
    ".php_history",
    ".psql_history",
    ".python_history",
    ".rediscli_history",
    ".sh_history",
    ".sqlite_history",
    ".viminfo",
    ".zsh_history",
    "fish_history",
];

/// What random generators start from, and what credentials are encrypted with.
const SEEDS: &[&str] = &[
    "/boot/efi/loader/random-seed",
    "/boot/loader/random-seed",
    "/efi/loader/random-seed",
    "/var/lib/misc/random-seed",
    "/var/lib/random-seed",
    "/var/lib/systemd/random-seed",
    "/var/lib/urandom/random-seed",
];

/// Files of keys that are no text.
const KEYS: &[&str] = &[
    "/etc/krb5.keytab",
    "/var/lib/NetworkManager/secret_key",
    "/var/lib/samba/private/secrets.tdb",
    "/var/lib/systemd/credential.secret",
];

/// The kind of a file with content at `path`, when its place says it.
pub(crate) fn kind(path: &str) -> Option<Kind> {
    let name = path.rsplit('/').next().unwrap_or_default();
    if HISTORIES.contains(&name) {
        Some(Kind::ShellHistory)
    } else if SEEDS.contains(&path) {
        Some(Kind::RandomSeed)
    } else if KEYS.contains(&path) {
        Some(Kind::PrivateKey)
    } else {
        None
    }
}

/// Where seeds are, for those who look for copies of them.
pub(crate) fn seeds() -> impl Iterator<Item = &'static str> {
    SEEDS.iter().copied()
}
