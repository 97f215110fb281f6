//! What the operations take out of real layouts, and that it is enough and not too much.

use super::operation::Operation;
use super::{operations, standard};
use crate::test_world::{TIME, TestWorld, run_in};
use mintage_engine::Code;
use mintage_volume::filesystem::{FileKind, Memory, Ownership};
use mintage_volume::path::VolumePath;
use mintage_volume::text::{self, TextLimits};
use mintage_volume::tree::{Mount, VolumeTree};
use rhai::{Dynamic, Map};
use std::collections::BTreeMap;

const LAYOUTS: [&str; 4] = ["debian-12", "rhel-9", "sles-15", "ubuntu-24.04"];

/// virt-sysprep's operations (version 1.56) that have another name here, or no function, and why.
const DIFFERENT: [(&str, &str); 6] = [
    ("customize", "plan scripts do it"),
    (
        "fs-uuids",
        "below the files, and whatever names a filesystem would have to follow",
    ),
    ("lvm-uuids", "below the files"),
    ("script", "plan scripts do it"),
    ("ssh-hostkeys", "ssh_host_keys"),
    ("zsh-history", "zsh_history"),
];

const SYSPREP: [&str; 45] = [
    "abrt-data",
    "backup-files",
    "bash-history",
    "blkid-tab",
    "ca-certificates",
    "crash-data",
    "cron-spool",
    "customize",
    "dhcp-client-state",
    "dhcp-server-state",
    "dovecot-data",
    "firewall-rules",
    "flag-reconfiguration",
    "fs-uuids",
    "ipa-client",
    "kerberos-data",
    "kerberos-hostkeytab",
    "logfiles",
    "lvm-system-devices",
    "lvm-uuids",
    "machine-id",
    "mail-spool",
    "net-hostname",
    "net-hwaddr",
    "net-nmconn",
    "pacct-log",
    "package-manager-cache",
    "pam-data",
    "passwd-backups",
    "puppet-data-log",
    "rh-subscription-manager",
    "rhn-systemid",
    "rpm-db",
    "samba-db-log",
    "script",
    "smolt-uuid",
    "ssh-hostkeys",
    "ssh-userdir",
    "sssd-db-log",
    "tmp-files",
    "udev-persistent-net",
    "user-account",
    "utmp",
    "yum-uuid",
    "zsh-history",
];

type State = BTreeMap<VolumePath, String>;

/// What a volume has at each path: its kind, access, and content or target.
fn state(tree: &VolumeTree) -> State {
    let entries = tree.walk("/", 100_000).unwrap().into_iter();
    let states = entries.map(|entry| {
        let found = entry.metadata;
        let path = entry.path.as_bytes();
        let content = match found.kind {
            FileKind::File => tree.read(path, 1 << 20).unwrap(),
            FileKind::Symlink => tree.read_link(path).unwrap(),
            _ => Vec::new(),
        };
        let access = (found.kind, found.mode, found.uid, found.gid);
        (entry.path, format!("{access:?} {content:?}"))
    });
    states.collect()
}

/// The paths that differ, `D` for those that are gone.
fn changes(before: &State, after: &VolumeTree) -> Vec<(char, VolumePath)> {
    let after = state(after);
    let mut changes: Vec<(char, VolumePath)> = Vec::new();
    for (path, was) in before {
        match after.get(path) {
            None => changes.push(('D', path.clone())),
            Some(is) if is != was => changes.push(('M', path.clone())),
            Some(_) => {}
        }
    }
    let added = after.keys().filter(|path| !before.contains_key(path));
    changes.extend(added.map(|path| ('A', path.clone())));
    changes
}

fn layout(name: &str) -> VolumeTree {
    TestWorld::layout(name).tree
}

fn whole(tree: &VolumeTree) -> String {
    text::write(tree, "/", &TextLimits::default()).unwrap()
}

/// The table of what each operation takes out of each layout.
#[test]
fn what_each_operation_removes() {
    for name in LAYOUTS {
        let mut table = String::new();
        let before = state(&layout(name));
        for operation in operations::all() {
            let mut after = layout(name);
            let count = operation.run(&mut after).unwrap();
            let changes = changes(&before, &after);
            // A user counts as one, whatever it has.
            let counted = if operation.name == "user_account" {
                1
            } else {
                changes.len()
            };
            assert_eq!(counted, count, "{name}: {}: {changes:?}", operation.name);
            let mark = if operation.is_standard {
                ""
            } else {
                " (optional)"
            };
            table.push_str(&format!("{}{mark}\n", operation.name));
            for (kind, path) in changes {
                table.push_str(&format!("  {kind} {path}\n"));
            }
        }
        insta::assert_snapshot!(format!("operations_{name}"), table);
    }
}

#[test]
fn a_second_time_nothing_is_left_to_do() {
    for name in LAYOUTS {
        for operation in operations::all() {
            let mut tree = layout(name);
            operation.run(&mut tree).unwrap();
            let again = operation.run(&mut tree).unwrap();
            assert_eq!(again, 0, "{name}: {}", operation.name);
        }
        let mut tree = layout(name);
        let also = ["flag_reconfiguration", "firewall_rules", "user_account"];
        let also: rhai::Array = also.map(Dynamic::from).to_vec();
        let options = || Map::from([("also".into(), Dynamic::from_array(also.clone()))]);
        assert!(!standard(&mut tree, options()).unwrap().is_empty());
        assert_eq!(standard(&mut tree, options()).unwrap(), [], "{name}");
    }
}

/// Programs, boot loader, units, kernel and mounts are as before.
#[test]
fn what_boots_stays_as_it_is() {
    let untouched = [
        "/boot",
        "/bin",
        "/lib",
        "/sbin",
        "/usr",
        "/etc/systemd/system",
        "/etc/fstab",
        "/etc/default",
        "/etc/kernel",
        "/etc/passwd",
        "/etc/group",
        "/etc/selinux",
        "/etc/ssl",
        "/etc/pki/tls",
        "/etc/pki/ca-trust",
        "/etc/modules-load.d",
        "/etc/dracut.conf",
        "/etc/initramfs-tools",
        "/etc/lvm/lvm.conf",
        "/etc/pam.d",
        "/etc/ssh/sshd_config",
    ];
    for name in LAYOUTS {
        let before = state(&layout(name));
        let mut after = layout(name);
        standard(&mut after, Map::new()).unwrap();
        for (kind, path) in changes(&before, &after) {
            let text = path.to_string();
            let touched = untouched.iter().find(|place| {
                text.strip_prefix(**place)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            });
            assert_eq!(touched, None, "{name}: {kind} {path}");
        }
    }
}

/// Whatever named the machine is gone; what stays is told here.
#[test]
fn nothing_names_the_machine_any_more() {
    for (name, machine_id, allowed) in [
        ("debian-12", "1b4e28ba2fa14c4d9c7d5e6f8a9b0c1d", &[][..]),
        (
            "rhel-9",
            "3d60a4dc41c36e6fb9e7f8a0ac2d3e4f",
            // A boot loader knows its entries by names that have the machine-id in them.
            &["/boot/"][..],
        ),
        ("sles-15", "4e71b5ed52d47f70ca08a9b1bd3e4f50", &[][..]),
        ("ubuntu-24.04", "2c5f39cb30b25d5ea8d6e7f09b1c2d3e", &[][..]),
    ] {
        let mut tree = layout(name);
        standard(&mut tree, Map::new()).unwrap();
        let planted = [
            "golden",
            "192.0.2.50",
            "00:00:5e:00:53:50",
            "initiatorname=iqn",
            machine_id,
        ];
        let mut found: Vec<String> = Vec::new();
        for (path, state) in state(&tree) {
            let path = path.to_string();
            let content = match tree.symlink_metadata(&path).unwrap().kind {
                FileKind::File => tree.read(&path, 1 << 20).unwrap(),
                _ => state.into_bytes(),
            };
            let content = String::from_utf8_lossy(&content).to_lowercase();
            for identity in planted {
                if content.contains(identity) || path.contains(identity) {
                    found.push(format!("{path}: {identity}"));
                }
            }
        }
        found.retain(|found| !allowed.iter().any(|place| found.starts_with(place)));
        assert_eq!(found, [""; 0], "{name}");
    }
}

#[test]
fn every_operation_of_virt_sysprep_is_here() {
    let names: Vec<&str> = operations::all().map(|operation| operation.name).collect();
    for operation in SYSPREP {
        let known = names.contains(&operation.replace('-', "_").as_str());
        let told = DIFFERENT.iter().any(|(name, _)| *name == operation);
        assert!(known || told, "{operation}");
    }
}

#[test]
fn names_are_unique_and_sentences_end() {
    let mut names: Vec<&str> = operations::all().map(|operation| operation.name).collect();
    for Operation { name, summary, .. } in operations::all() {
        assert!(summary.ends_with('.') && !summary.contains('\n'), "{name}");
    }
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
}

/// Homes that a hostile image names do no more than have the very names removed from them.
#[test]
fn hostile_homes_reach_nothing() {
    let passwd = "root:x:0:0::/:/bin/sh\na:x:1:1::/etc:/bin/sh\nb:x:2:2::../../etc:/bin/sh\n\
                  c:x:3:3::/home/../etc/ssh:/bin/sh\nd:x:4:4::/home/link:/bin/sh\ne:x:5:5:::\n\
                  ../../f:x:6:6::/nonexistent/..:/bin/sh\nbroken\n\u{0}\n\
                  g:x:7:7::/home/g:/bin/sh\n";
    let world = TestWorld::debian()
        .with_file("/etc/passwd", passwd)
        .with_file("/etc/ssh/.bash_history", "not a home")
        .with_file("/etc/.bash_history", "a home, if you will");
    let mut tree = world.tree;
    let new = Ownership::root(0o777);
    tree.symlink("/home/link", "/etc/ssh", new).unwrap();
    tree.make_dirs("/home/g/real", Ownership::root(0o755))
        .unwrap();
    tree.symlink("/home/g/.ssh", "/etc/ssh", new).unwrap();
    tree.symlink("/home/g/.local", "/etc", new).unwrap();
    tree.make_dirs("/etc/share/fish/fish_history", Ownership::root(0o755))
        .unwrap();
    let before = whole(&tree);
    standard(
        &mut tree,
        Map::from([(
            "skip".into(),
            only(&["bash_history", "ssh_userdir", "history_files"]),
        )]),
    )
    .unwrap();
    assert!(tree.exists("/etc/ssh/sshd_config").unwrap());
    assert!(tree.symlink_metadata("/home/g/.local").is_ok());
    assert!(tree.exists("/etc/share/fish/fish_history").unwrap());
    let gone: Vec<&str> = before
        .lines()
        .filter(|line| line.starts_with("/etc/ssh") || line.contains(".ssh"))
        .collect();
    assert_eq!(gone.len(), 5, "{gone:?}");
    assert!(!tree.exists("/etc/.bash_history").unwrap());
    assert!(tree.symlink_metadata("/home/g/.ssh").is_err());
}

/// The names of all standard operations but these.
fn only(wanted: &[&str]) -> Dynamic {
    let others = operations::all()
        .filter(|operation| operation.is_standard && !wanted.contains(&operation.name));
    Dynamic::from_array(others.map(|operation| operation.name.into()).collect())
}

#[test]
fn a_link_to_another_place_is_not_taken_for_the_directory() {
    for (link, target, operation) in [
        ("/var/log", "/etc", "logfiles"),
        ("/var/log/journal", "/etc", "logfiles"),
        ("/tmp", "/", "tmp_files"),
        ("/var/tmp", "../etc", "tmp_files"),
        ("/var/mail", "/etc", "mail_spool"),
        ("/etc/netplan", "/etc/ssh", "net_netplan"),
        ("/var/lib/samba", "/home", "samba_db_log"),
    ] {
        let mut tree = TestWorld::debian()
            .with_file("/etc/ssh/x.yaml", "x")
            .with_file("/home/ops/x", "x")
            .tree;
        tree.remove_all(link).unwrap();
        let parent = VolumePath::parse(link).unwrap().parent().unwrap();
        tree.make_dirs(parent.as_bytes(), Ownership::root(0o755))
            .unwrap();
        tree.symlink(link, target, Ownership::root(0o777)).unwrap();
        let before = whole(&tree);
        let operation = operations::all()
            .find(|found| found.name == operation)
            .unwrap();
        let error = operation.run(&mut tree).unwrap_err();
        assert_eq!(error.code, Code::P3003, "{link}: {}", error.message);
        assert_eq!(whole(&tree), before, "{link}");
    }
}

#[test]
fn a_link_to_a_directory_of_the_same_name_is_one_that_was_moved() {
    let mut tree = TestWorld::debian().tree;
    tree.make_dirs("/srv/data", Ownership::root(0o755)).unwrap();
    tree.rename("/var/log", "/srv/data/log").unwrap();
    tree.symlink("/var/log", "/srv/data/log", Ownership::root(0o777))
        .unwrap();
    let operation = operations::all()
        .find(|found| found.name == "logfiles")
        .unwrap();
    assert_eq!(operation.run(&mut tree).unwrap(), 2);
    assert!(!tree.exists("/srv/data/log/apt/history.log").unwrap());
    assert!(tree.exists("/var/log/apt").unwrap());
}

#[test]
fn mount_points_stay_and_what_is_mounted_is_cleared() {
    let mut tree = TestWorld::debian().tree;
    tree.make_dirs("/tmp/disk", Ownership::root(0o755)).unwrap();
    let mut filesystem = Memory::new(TIME);
    tree.mount(Mount {
        point: VolumePath::parse("/tmp/disk").unwrap(),
        filesystem: Box::new(std::mem::replace(&mut filesystem, Memory::new(TIME))),
        read_only: false,
        source: "a test".to_owned(),
    })
    .unwrap();
    for path in ["/tmp/one", "/tmp/disk/two"] {
        tree.write(path, b"x", Ownership::root(0o644)).unwrap();
    }
    let operation = operations::all()
        .find(|found| found.name == "tmp_files")
        .unwrap();
    assert_eq!(operation.run(&mut tree).unwrap(), 2);
    assert!(tree.exists("/tmp/disk").unwrap());
}

#[test]
fn options_are_checked_before_anything_is_done() {
    for (script, code) in [
        ("generalize::standard(#{ skipp: [] })", Code::P2013),
        ("generalize::standard(#{ skip: \"logfiles\" })", Code::P2006),
        ("generalize::standard(#{ skip: [1] })", Code::P2006),
        (
            "generalize::standard(#{ skip: [\"log_files\"] })",
            Code::P2013,
        ),
        (
            "generalize::standard(#{ skip: [\"logfiles\"], also: [\"logfiles\"] })",
            Code::P2013,
        ),
        (
            "generalize::ssh_userdir(#{ kept: [\"root\"] })",
            Code::P2013,
        ),
        ("generalize::ssh_userdir(#{ keep: \"root\" })", Code::P2006),
    ] {
        let (world, result) = run_in(TestWorld::debian(), script);
        assert_eq!(result.unwrap_err().code, code, "{script}");
        assert_eq!(
            whole(&world.tree),
            whole(&TestWorld::debian().tree),
            "{script}"
        );
    }
}

#[test]
fn the_log_says_what_was_found() {
    let (world, result) = run_in(TestWorld::debian(), "generalize::standard()");
    result.unwrap();
    let lines: Vec<&str> = world.lines.iter().map(|line| line.text.as_str()).collect();
    insta::assert_snapshot!(lines.join("\n"));
}
