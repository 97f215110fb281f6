//! Reads the identities of an image from where its system keeps them.

mod network;
mod ssh;

use crate::identities::Identities;
use crate::kind::Kind;
use crate::special;
use mintage_volume::error::Result;
use mintage_volume::tree::VolumeTree;
use mintage_volume::{VolumeError, VolumeErrorKind};

/// The longest file that is read for identities, in bytes.
const MAX_FILE: u64 = 1 << 20;

/// Reads what of `tree` must not travel. What is not there, or is no file of a sensible length,
/// has no identity.
///
/// # Errors
/// `Damaged`, `Io`, `Cancelled`.
pub fn collect(tree: &VolumeTree) -> Result<Identities> {
    let mut found = Identities::default();
    names(tree, &mut found)?;
    network::collect(tree, &mut found)?;
    ssh::collect(tree, &mut found)?;
    for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
        found.add(Kind::MachineId, read(tree, path)?);
    }
    initiators(tree, &mut found)?;
    hashes(tree, &mut found)?;
    for path in special::seeds() {
        found.add(Kind::RandomSeed, start_of(&read(tree, path)?));
    }
    Ok(found)
}

/// The first bytes of a seed; fewer are no seed.
fn start_of(seed: &[u8]) -> &[u8] {
    const START: usize = 16;
    seed.get(..START).unwrap_or_default()
}

/// The host's names: its own, and those that its hosts file gives to its addresses.
fn names(tree: &VolumeTree, found: &mut Identities) -> Result<()> {
    for path in [
        "/etc/hostname",
        "/etc/HOSTNAME",
        "/etc/mailname",
        "/etc/nodename",
    ] {
        for line in lines(&read(tree, path)?) {
            found.add(Kind::HostName, line);
        }
    }
    for (path, key) in [
        ("/etc/sysconfig/network", "HOSTNAME"),
        ("/etc/machine-info", "PRETTY_HOSTNAME"),
        ("/etc/conf.d/hostname", "hostname"),
    ] {
        for value in values(&read(tree, path)?, key) {
            found.add(Kind::HostName, value);
        }
    }
    for line in lines(&read(tree, "/etc/hosts")?) {
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let address = words.next().unwrap_or_default();
        found.add(Kind::IpAddress, address);
        let is_own = address.starts_with(b"127.") || address == b"::1";
        for name in words
            .take_while(|word| !word.starts_with(b"#"))
            .filter(|_| is_own)
        {
            let is_of_all = name.starts_with(b"ip6-") || name.starts_with(b"ipv6-");
            found.add(Kind::HostName, if is_of_all { b"" } else { name });
        }
    }
    Ok(())
}

fn initiators(tree: &VolumeTree, found: &mut Identities) -> Result<()> {
    let iscsi = read(tree, "/etc/iscsi/initiatorname.iscsi")?;
    for value in values(&iscsi, "InitiatorName") {
        found.add(Kind::InitiatorName, value);
    }
    for path in ["/etc/nvme/hostnqn", "/etc/nvme/hostid"] {
        for line in lines(&read(tree, path)?) {
            found.add(Kind::InitiatorName, line);
        }
    }
    Ok(())
}

/// Hashes of passwords. Those of well-known forms are found without this.
fn hashes(tree: &VolumeTree, found: &mut Identities) -> Result<()> {
    /// As long as those of DES, the shortest.
    const SHORTEST: usize = 13;
    for path in [
        "/etc/shadow",
        "/etc/shadow-",
        "/etc/gshadow",
        "/etc/gshadow-",
    ] {
        for line in lines(&read(tree, path)?) {
            let hash = line.split(|byte| *byte == b':').nth(1).unwrap_or_default();
            let hash = hash.strip_prefix(b"!").unwrap_or(hash);
            if hash.len() >= SHORTEST && !hash.starts_with(b"$") {
                found.add(Kind::PasswordHash, hash);
            }
        }
    }
    Ok(())
}

/// The content of a file; nothing where there is none that can be one.
fn read(tree: &VolumeTree, path: impl AsRef<[u8]>) -> Result<Vec<u8>> {
    read_up_to(tree, path, MAX_FILE)
}

/// As [`read`], for files of at most `limit` bytes.
pub(crate) fn read_up_to(tree: &VolumeTree, path: impl AsRef<[u8]>, limit: u64) -> Result<Vec<u8>> {
    match tree.read(path, limit) {
        Err(error) if is_absence(&error) => Ok(Vec::new()),
        read => read,
    }
}

/// The paths of the files in a directory; none where there is no directory.
pub(crate) fn files_in(tree: &VolumeTree, folder: &str) -> Result<Vec<Vec<u8>>> {
    let entries = match tree.read_dir(folder) {
        Err(error) if is_absence(&error) => return Ok(Vec::new()),
        entries => entries?,
    };
    let path = |name: &[u8]| [folder.as_bytes(), b"/", name].concat();
    Ok(entries.iter().map(|entry| path(&entry.name)).collect())
}

fn is_absence(error: &VolumeError) -> bool {
    use VolumeErrorKind as Absent;
    matches!(
        error.kind(),
        Absent::NotFound
            | Absent::NotADirectory
            | Absent::IsADirectory
            | Absent::NotAFile
            | Absent::TooManyLinks
            | Absent::LimitReached
            // In a filesystem that could not be mounted here.
            | Absent::UnsupportedFeature
            | Absent::Encrypted
    )
}

/// The lines that are no comments, without blanks around them.
fn lines(content: &[u8]) -> Vec<&[u8]> {
    let lines = content.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii);
    lines
        .filter(|line| !line.is_empty() && !line.starts_with(b"#"))
        .collect()
}

/// The values of `key` in lines `key=value`, without quotes.
fn values<'c>(content: &'c [u8], key: &str) -> Vec<&'c [u8]> {
    let value = |line: &'c [u8]| {
        let rest = line.strip_prefix(key.as_bytes())?.trim_ascii_start();
        let value = rest.strip_prefix(b"=")?.trim_ascii();
        let quotes = |byte: &u8| matches!(byte, b'"' | b'\'');
        let start = value.iter().take_while(|byte| quotes(byte)).count();
        let end = value.len() - value.iter().rev().take_while(|byte| quotes(byte)).count();
        value.get(start..end)
    };
    lines(content).into_iter().filter_map(value).collect()
}

#[cfg(test)]
mod tests;
