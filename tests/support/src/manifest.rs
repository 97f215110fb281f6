//! What a mounted directory holds, as text that two trees can be compared by.

use mintage_volume::digits::hex;
use mintage_volume::escape::escape;
use rustix::fs::{Stat, lgetxattr, llistxattr, lstat};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Everything below one folder, by its path from there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest(BTreeMap<Vec<u8>, Entry>);

/// One line of a manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    /// Type, mode, owner, links, length, device, content or target, attributes.
    facts: String,
    /// Seconds and nanoseconds of the last change of content.
    modified: (i64, u64),
}

impl Manifest {
    /// Walks `root`, which is not itself part of the manifest but for its own attributes.
    ///
    /// # Panics
    /// When anything in it cannot be read.
    pub fn of(root: &Path) -> Self {
        let mut entries = BTreeMap::new();
        let mut seen = BTreeMap::new();
        let mut folders = vec![PathBuf::new()];
        while let Some(folder) = folders.pop() {
            let full = root.join(&folder);
            let stat = lstat(&full).expect("a folder of the manifest");
            add(&mut entries, &mut seen, root, &folder, &stat);
            let mut names: Vec<_> = std::fs::read_dir(&full)
                .expect("a readable folder")
                .map(|entry| entry.expect("an entry").file_name())
                .collect();
            names.sort();
            for name in names {
                let path = folder.join(&name);
                let stat = lstat(root.join(&path)).expect("an entry of the manifest");
                match is_folder(&stat) {
                    true => folders.push(path),
                    false => add(&mut entries, &mut seen, root, &path, &stat),
                }
            }
        }
        mark_hard_links(&mut entries, seen);
        Self(entries)
    }

    /// Its lines, sorted by path. The time of change is part of a line where `times` says so: it
    /// gets the path from the root on, without a `/` at its start.
    pub fn lines(&self, times: impl Fn(&[u8]) -> bool) -> Vec<String> {
        self.0
            .iter()
            .map(|(path, entry)| {
                let time = match times(path) {
                    true => format!(" changed {}.{:09}", entry.modified.0, entry.modified.1),
                    false => String::new(),
                };
                format!("/{} {}{time}", escape(path), entry.facts)
            })
            .collect()
    }
}

type Entries = BTreeMap<Vec<u8>, Entry>;
type Names = BTreeMap<u64, Vec<Vec<u8>>>;

fn add(entries: &mut Entries, seen: &mut Names, root: &Path, path: &Path, stat: &Stat) {
    let key = path.as_os_str().as_bytes().to_vec();
    if !is_folder(stat) && stat.st_nlink > 1 {
        seen.entry(stat.st_ino).or_default().push(key.clone());
    }
    let entry = Entry {
        facts: facts(&root.join(path), stat),
        modified: (stat.st_mtime, stat.st_mtime_nsec),
    };
    entries.insert(key, entry);
}

/// Says of every name of a file which other names it has.
fn mark_hard_links(entries: &mut Entries, seen: Names) {
    for mut names in seen.into_values() {
        names.sort();
        let all: Vec<String> = names.iter().map(|name| escape(name)).collect();
        for name in &names {
            if let Some(entry) = entries.get_mut(name) {
                entry.facts.push_str(&format!(" one-of {}", all.join(",")));
            }
        }
    }
}

const TYPE: u32 = 0o170_000;

fn is_folder(stat: &Stat) -> bool {
    stat.st_mode & TYPE == 0o040_000
}

fn facts(path: &Path, stat: &Stat) -> String {
    let kind = match stat.st_mode & TYPE {
        0o100_000 => format!("file {} {}", stat.st_size, sha256(path)),
        0o040_000 => "folder".to_owned(),
        0o120_000 => {
            let target = std::fs::read_link(path).expect("a link");
            format!("link {}", escape(target.as_os_str().as_bytes()))
        }
        0o020_000 => format!("char {:#x}", stat.st_rdev),
        0o060_000 => format!("block {:#x}", stat.st_rdev),
        0o010_000 => "fifo".to_owned(),
        0o140_000 => "socket".to_owned(),
        other => format!("unknown {other:o}"),
    };
    let mode = stat.st_mode & 0o7777;
    let (uid, gid, links) = (stat.st_uid, stat.st_gid, stat.st_nlink);
    format!(
        "{kind} {mode:04o} {uid}:{gid} links {links}{}",
        xattrs(path)
    )
}

fn sha256(path: &Path) -> String {
    let mut digest = Sha256::new();
    let mut file = File::open(path).expect("a readable file");
    let mut chunk = vec![0; 1 << 20];
    loop {
        let read = std::io::Read::read(&mut file, &mut chunk).expect("a file's content");
        if read == 0 {
            break;
        }
        digest.update(&chunk[..read]);
    }
    hex(&digest.finalize())
}

/// ` name=HEX` for every extended attribute, sorted.
fn xattrs(path: &Path) -> String {
    let mut names = vec![0u8; 65_536];
    let length = llistxattr(path, &mut names).expect("a list of attributes");
    let mut found = BTreeMap::new();
    for name in names[..length].split(|b| *b == 0).filter(|n| !n.is_empty()) {
        let mut value = vec![0u8; 65_536];
        let length = lgetxattr(path, OsStr::from_bytes(name), &mut value).expect("an attribute");
        found.insert(escape(name), hex(&value[..length]));
    }
    found
        .iter()
        .map(|(name, value)| format!(" {name}={value}"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn lines_say_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::write(at("a"), "x").unwrap();
        std::fs::set_permissions(at("a"), std::fs::Permissions::from_mode(0o640)).unwrap();
        std::fs::hard_link(at("a"), at("b\n")).unwrap();
        std::os::unix::fs::symlink("../c", at("l")).unwrap();
        let lines = Manifest::of(folder.path()).lines(|_| false);
        assert_eq!(lines.len(), 4);
        assert!(lines[0].starts_with("/ folder 07"), "{}", lines[0]);
        assert!(
            lines[1].starts_with("/a file 1 2d711642b726b044"),
            "{}",
            lines[1]
        );
        assert!(lines[1].contains(" 0640 ") && lines[1].ends_with("one-of a,b\\n"));
        assert!(lines[2].starts_with("/b\\n file 1"));
        assert!(lines[3].starts_with("/l link ../c 0777"));
        let timed = Manifest::of(folder.path()).lines(|path| path == b"a");
        assert!(timed[1].contains(" changed ") && !timed[0].contains(" changed "));
    }
}
