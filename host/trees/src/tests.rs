//! Every layout can be read, and agrees with itself as an installed system does.

// A test fails by a panic, also in the functions that its file is made of.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use mintage_volume::filesystem::{FileKind, Timestamp};
use mintage_volume::path::VolumePath;
use mintage_volume::text::{self, TextLimits};
use mintage_volume::tree::{LastLink, VolumeTree};
use std::collections::{BTreeMap, BTreeSet};

const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};

/// A layout, read.
struct Layout {
    name: &'static str,
    tree: VolumeTree,
}

impl Layout {
    fn all() -> impl Iterator<Item = Self> {
        crate::names().map(|name| {
            let text = crate::layout(name).unwrap();
            let tree = text::read(text, TIME);
            let tree = tree.unwrap_or_else(|error| panic!("{name}: {error:?}"));
            Self { name, tree }
        })
    }

    fn text(&self, path: impl AsRef<[u8]>) -> String {
        String::from_utf8(self.tree.read(path, 1 << 20).unwrap()).unwrap()
    }

    /// The lines of a file of accounts in their fields, by the first.
    fn records(&self, path: &str) -> BTreeMap<String, Vec<String>> {
        let text = self.text(path);
        let records = text.lines().map(|line| {
            let fields: Vec<String> = line.split(':').map(str::to_owned).collect();
            (fields[0].clone(), fields)
        });
        let by_name: BTreeMap<String, Vec<String>> = records.collect();
        assert_eq!(by_name.len(), text.lines().count(), "{}: {path}", self.name);
        by_name
    }

    fn paths(&self, kind: FileKind) -> Vec<VolumePath> {
        let entries = self.tree.walk("/", 100_000).unwrap();
        let found = entries
            .into_iter()
            .filter(|entry| entry.metadata.kind == kind);
        found.map(|entry| entry.path).collect()
    }

    fn exists(&self, path: &str) -> bool {
        self.tree.exists(path).unwrap()
    }
}

#[test]
fn the_text_comes_back_as_the_same_tree() {
    for layout in Layout::all() {
        let written = |tree: &VolumeTree| text::write(tree, "/", &TextLimits::default()).unwrap();
        let once = written(&layout.tree);
        let again = text::read(&once, TIME).unwrap();
        assert_eq!(written(&again), once, "{}", layout.name);
    }
}

#[test]
fn users_have_what_belongs_to_them() {
    for layout in Layout::all() {
        let name = layout.name;
        let users = layout.records("/etc/passwd");
        let groups = layout.records("/etc/group");
        let shadow = layout.records("/etc/shadow");
        assert!(users.keys().eq(shadow.keys()), "{name}: shadow");
        let numbers: BTreeSet<&str> = users.values().map(|user| user[2].as_str()).collect();
        assert_eq!(
            numbers.len(),
            users.len(),
            "{name}: every user has its own number"
        );
        for (user, fields) in &users {
            assert_eq!((fields.len(), shadow[user].len()), (7, 9), "{name}: {user}");
            let group = groups.values().find(|group| group[2] == fields[3]);
            assert!(group.is_some(), "{name}: the group of {user}");
            if (1000..60_000).contains(&fields[2].parse::<u32>().unwrap()) {
                let home = layout.tree.metadata(&fields[5]).unwrap();
                assert_eq!(home.uid.to_string(), fields[2], "{name}: {user}");
                assert_eq!(home.gid.to_string(), fields[3], "{name}: {user}");
            }
        }
    }
}

#[test]
fn groups_have_members_that_exist() {
    for layout in Layout::all() {
        let name = layout.name;
        let users = layout.records("/etc/passwd");
        let groups = layout.records("/etc/group");
        let numbers: BTreeSet<&str> = groups.values().map(|group| group[2].as_str()).collect();
        assert_eq!(
            numbers.len(),
            groups.len(),
            "{name}: every group has its own number"
        );
        for (group, fields) in &groups {
            for member in fields[3].split(',').filter(|member| !member.is_empty()) {
                assert!(users.contains_key(member), "{name}: {member} of {group}");
            }
        }
        if layout.exists("/etc/gshadow") {
            let gshadow = layout.records("/etc/gshadow");
            let members = |file: &BTreeMap<String, Vec<String>>| -> Vec<(String, String)> {
                let pairs = file
                    .values()
                    .map(|group| (group[0].clone(), group[3].clone()));
                pairs.collect()
            };
            assert_eq!(members(&gshadow), members(&groups), "{name}: gshadow");
        }
    }
}

#[test]
fn owners_are_users_and_groups_of_the_layout() {
    for layout in Layout::all() {
        let users = layout.records("/etc/passwd");
        let groups = layout.records("/etc/group");
        for entry in layout.tree.walk("/", 100_000).unwrap() {
            let (uid, gid) = (
                entry.metadata.uid.to_string(),
                entry.metadata.gid.to_string(),
            );
            let place = format!("{}: {}", layout.name, entry.path);
            assert!(users.values().any(|user| user[2] == uid), "{place}: {uid}");
            assert!(
                groups.values().any(|group| group[2] == gid),
                "{place}: {gid}"
            );
        }
    }
}

#[test]
fn links_lead_somewhere() {
    for layout in Layout::all() {
        for link in layout.paths(FileKind::Symlink) {
            let there = layout.tree.metadata(&link);
            assert!(there.is_ok(), "{}: {link}: {there:?}", layout.name);
        }
    }
}

/// `ssh.service` in `sockets.target.wants`, where its own `[Install]` says so.
#[test]
fn units_are_enabled_as_they_ask_for() {
    for layout in Layout::all() {
        let links = layout.paths(FileKind::Symlink);
        let units = links.iter().filter_map(|link| {
            let text = link.to_string();
            let rest = text.strip_prefix("/etc/systemd/system/")?.to_owned();
            Some((link, rest))
        });
        let mut count = 0;
        for (link, place) in units.filter(|(_, place)| place != "default.target") {
            let unit = layout.tree.resolve(link, LastLink::Follow).unwrap();
            let text = layout.text(unit.to_string());
            let (_, install) = text.split_once("[Install]\n").unwrap();
            let asked = |key: &str, name: &str| {
                let lines = install.lines().filter_map(|line| line.strip_prefix(key));
                lines
                    .flat_map(str::split_ascii_whitespace)
                    .any(|word| word == name)
            };
            let is_asked = match place.split_once('/') {
                None => asked("Alias=", &place),
                Some((target, _)) => {
                    let wants = target
                        .strip_suffix(".wants")
                        .is_some_and(|t| asked("WantedBy=", t));
                    let requires = target.strip_suffix(".requires");
                    wants || requires.is_some_and(|t| asked("RequiredBy=", t))
                }
            };
            assert!(is_asked, "{}: {place}", layout.name);
            count += 1;
        }
        assert!(count > 5, "{}: {count} units are enabled", layout.name);
    }
}

#[test]
fn the_machine_id_is_the_same_everywhere() {
    for layout in Layout::all() {
        let id = layout.text("/etc/machine-id");
        let id = id.trim_end();
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()));
        assert!(
            layout.exists(&format!("/var/log/journal/{id}")),
            "{}",
            layout.name
        );
        if layout.exists("/boot/loader/entries") {
            for entry in layout.tree.read_dir("/boot/loader/entries").unwrap() {
                assert!(entry.name.starts_with(id.as_bytes()), "{}", layout.name);
            }
        }
    }
}

/// GRUB reads a block of this size, and nothing else.
#[test]
fn the_grub_environment_is_a_block_of_1024_bytes() {
    for layout in Layout::all() {
        let paths = ["/boot/grub/grubenv", "/boot/grub2/grubenv"];
        let path = paths.into_iter().find(|path| layout.exists(path)).unwrap();
        assert_eq!(layout.text(path).len(), 1024, "{}", layout.name);
    }
}

#[test]
fn what_the_boot_loader_starts_is_there() {
    for layout in Layout::all() {
        let mut menus: Vec<String> = Vec::new();
        for path in layout.paths(FileKind::File) {
            let text = path.to_string();
            if text.ends_with("/grub/grub.cfg")
                || text.ends_with("/grub2/grub.cfg")
                || text.starts_with("/boot/loader/entries/")
            {
                menus.push(layout.text(&text));
            }
        }
        let lines = menus
            .iter()
            .flat_map(|menu| menu.lines())
            .map(str::trim_start);
        let started = lines.filter_map(|line| {
            let (word, rest) = line.split_once([' ', '\t'])?;
            let is_file = matches!(word, "linux" | "initrd");
            is_file.then(|| rest.split_ascii_whitespace().next().unwrap())
        });
        let started: Vec<&str> = started.collect();
        assert!(started.len() >= 4, "{}: {started:?}", layout.name);
        for file in started {
            let is_there = layout.exists(file) || layout.exists(&format!("/boot{file}"));
            assert!(is_there, "{}: {file}", layout.name);
        }
    }
}
