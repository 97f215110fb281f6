//! Paths, links, mounts and changes as the guest would see them.

use super::*;
use crate::error::VolumeErrorKind as Kind;
use crate::filesystem::{Memory, Ownership, Timestamp};
use std::sync::Arc;

mod copying;
mod hostile;
mod labels;
mod paths;

const ROOT: Ownership = Ownership {
    mode: 0o644,
    uid: 0,
    gid: 0,
};

fn mount(point: &str) -> Mount {
    Mount {
        point: path(point),
        filesystem: Box::new(Memory::new(Timestamp::default())),
        read_only: false,
        source: "memory".into(),
    }
}

fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

/// A tree with directories (`/` at the end), links (`from -> to`) and files (their path as
/// content).
fn tree(entries: &[&str]) -> VolumeTree {
    let mut tree = VolumeTree::new(mount("/"));
    fill(&mut tree, entries);
    tree.touched = Touched::default();
    tree
}

fn fill(tree: &mut VolumeTree, entries: &[&str]) {
    for entry in entries {
        match entry.split_once(" -> ") {
            Some((at, target)) => tree.symlink(at, target, ROOT).unwrap(),
            None if entry.ends_with('/') => {
                tree.make_dirs(entry, Ownership::root(0o755)).unwrap();
            }
            None => tree.write(entry, entry.as_bytes(), ROOT).unwrap(),
        }
    }
}

fn resolved(tree: &VolumeTree, given: &str, last: LastLink) -> String {
    match tree.resolve(given, last) {
        Ok(path) => path.to_string(),
        Err(error) => format!("{:?}", error.kind()),
    }
}

fn touched(tree: &VolumeTree) -> Vec<String> {
    tree.touched().keys().map(VolumePath::to_string).collect()
}

#[test]
fn a_write_keeps_what_a_file_has_besides_its_content() {
    let mut tree = tree(&["/f", "/link -> f"]);
    tree.set_mode("/f", 0o4750).unwrap();
    tree.set_owner("/f", 5, 6, LastLink::Follow).unwrap();
    tree.set_xattr("/f", "security.selinux", b"label\0")
        .unwrap();
    let before = tree.metadata("/f").unwrap();
    tree.write("/link", b"changed", ROOT).unwrap();
    tree.append("/f", b"!", ROOT).unwrap();
    let after = tree.metadata("/f").unwrap();
    assert_eq!(tree.read("/f", 100).unwrap(), b"changed!");
    assert_eq!(
        (after.inode, after.mode, after.uid, after.gid),
        (before.inode, 0o4750, 5, 6)
    );
    let xattrs = tree.xattrs("/f", LastLink::Follow).unwrap();
    assert_eq!(xattrs["security.selinux"], b"label\0");
    tree.append("/made", b"x", Ownership::root(0o600)).unwrap();
    assert_eq!(tree.metadata("/made").unwrap().mode, 0o600);
}

#[test]
fn refusals_have_the_kinds_of_the_kernel() {
    let mut tree = tree(&["/d/", "/f", "/dangling -> nowhere", "/toward -> d"]);
    for (refused, kind) in [
        (tree.write("/d", b"", ROOT), Kind::IsADirectory),
        (tree.write("/new/", b"", ROOT), Kind::IsADirectory),
        (tree.symlink("/dangling", "x", ROOT), Kind::AlreadyExists),
        (tree.symlink("/l", "", ROOT), Kind::InvalidArgument),
        (tree.symlink("/l/", "x", ROOT), Kind::NotADirectory),
        (tree.make_dir("/dangling", ROOT), Kind::AlreadyExists),
        (tree.make_dirs("/f/x", ROOT).map(drop), Kind::NotADirectory),
        (tree.read("/d", 9).map(drop), Kind::IsADirectory),
        (tree.read("/f", 1).map(drop), Kind::LimitReached),
        (tree.read_link("/f").map(drop), Kind::InvalidArgument),
        (tree.read_dir("/f").map(drop), Kind::NotADirectory),
        (tree.hard_link("/d", "/e"), Kind::IsADirectory),
        (tree.hard_link("/f", "/d"), Kind::AlreadyExists),
        (tree.remove("/missing"), Kind::NotFound),
        (tree.remove("/f/"), Kind::NotADirectory),
        (tree.rename("/f", "/d"), Kind::IsADirectory),
        (tree.rename("/f", "/d/"), Kind::NotADirectory),
        (tree.rename("/d", "/d/in"), Kind::InvalidArgument),
        (tree.copy("/d", "/d/in"), Kind::InvalidArgument),
        (tree.copy("/f", "/f"), Kind::InvalidArgument),
        (tree.copy("/f", "/d"), Kind::AlreadyExists),
        (tree.copy("/f", "/dangling"), Kind::AlreadyExists),
        (tree.remove_all("/").map(drop), Kind::CrossesMounts),
    ] {
        assert_eq!(
            refused.as_ref().map_err(VolumeError::kind),
            Err(kind),
            "{refused:?}"
        );
    }
    assert!(!tree.exists("/dangling").unwrap());
    assert!(!tree.exists("/f/x").unwrap());
    assert!(!tree.make_dirs("/toward", ROOT).unwrap());
    assert!(tree.make_dirs("/toward/a/b/", ROOT).unwrap());
    assert!(tree.exists("/d/a/b").unwrap());
    assert_eq!(tree.remove_all("/none/such").unwrap(), 0);
}

#[test]
fn a_read_only_mount_refuses_every_change() {
    let mut tree = tree(&["/ro/", "/f"]);
    tree.mount(Mount {
        read_only: true,
        ..mount("/ro")
    })
    .unwrap();
    for refused in [
        tree.write("/ro/x", b"", ROOT),
        tree.make_dir("/ro/x", ROOT),
        tree.set_mode("/ro", 0o700),
        tree.rename("/f", "/ro/f"),
        tree.copy("/f", "/ro/f"),
    ] {
        assert_eq!(refused.unwrap_err().kind(), Kind::ReadOnly);
    }
    assert!(touched(&tree).iter().all(|path| !path.starts_with("/ro/x")));
}

#[test]
fn remove_all_takes_everything_below_and_no_link_target() {
    let mut tree = tree(&["/d/a/b/", "/d/f", "/keep/", "/keep/f", "/d/out -> /keep"]);
    assert_eq!(tree.remove_all("/d").unwrap(), 5);
    assert!(tree.exists("/keep/f").unwrap());
    assert_eq!(touched(&tree), ["/d", "/d/a", "/d/a/b", "/d/f", "/d/out"]);
}

#[test]
fn depth_and_number_are_bounded_without_recursion() {
    let mut tree = tree(&[]);
    let deep = "/d".repeat(1000);
    tree.make_dirs(&deep, ROOT).unwrap();
    assert_eq!(tree.walk("/d", 1000).unwrap().len(), 1000);
    assert_eq!(tree.walk("/d", 999).unwrap_err().kind(), Kind::LimitReached);
    assert_eq!(tree.remove_all("/d").unwrap(), 1000);
}

#[test]
fn walks_go_parents_first_by_name_and_over_mounts() {
    let mut tree = tree(&["/a/", "/a/x", "/a-b", "/b/", "/link -> a"]);
    tree.mount(mount("/b")).unwrap();
    tree.write("/b/in", b"", ROOT).unwrap();
    let seen: Vec<_> = tree
        .walk("/", 9)
        .unwrap()
        .into_iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(seen, ["/", "/a", "/a/x", "/a-b", "/b", "/b/in", "/link"]);
    let below_link = tree.walk("/link", 9).unwrap();
    assert_eq!(below_link[0].path, path("/a"));
    assert_eq!(tree.walk("/none", 9).unwrap_err().kind(), Kind::NotFound);
}

#[test]
fn the_write_budget_is_checked_before_writing() {
    let mut tree = tree(&["/f"]);
    tree.set_write_budget(10);
    tree.write("/f", b"12345678", ROOT).unwrap();
    for refused in [
        tree.write("/f", b"123", ROOT),
        tree.append("/f", b"123", ROOT),
        tree.set_len("/f", 11),
        tree.copy("/f", "/g"),
    ] {
        let error = refused.unwrap_err();
        assert_eq!(error.kind(), Kind::LimitReached);
        assert!(error.to_string().contains("limit of 10 bytes"), "{error}");
    }
    let endless = &mut std::io::repeat(7);
    let error = tree.write_from("/endless", endless, ROOT).unwrap_err();
    assert_eq!(error.kind(), Kind::LimitReached);
    assert!(!tree.exists("/endless").unwrap());
    assert_eq!(tree.read("/f", 99).unwrap(), b"12345678");
}

#[test]
fn the_interrupt_ends_long_work() {
    let mut tree = tree(&["/d/", "/d/f", "/d/g"]);
    let stop = || VolumeError::new(Kind::Cancelled, "the run was cancelled");
    tree.set_interrupt(Arc::new(move || Err(stop())));
    for stopped in [
        tree.walk("/", 9).map(drop),
        tree.read("/d/f", 9).map(drop),
        tree.write("/d/f", b"x", ROOT),
        tree.append("/d/f", b"x", ROOT),
        tree.copy("/d", "/e"),
        tree.remove_all("/d").map(drop),
    ] {
        assert_eq!(stopped.unwrap_err(), stop());
    }
    assert!(tree.exists("/d/g").unwrap());
}

#[test]
fn errors_below_a_mount_speak_of_the_whole_path() {
    let mut tree = tree(&["/boot/"]);
    let small = Memory::with_capacity(Timestamp::default(), 4);
    tree.mount(Mount {
        filesystem: Box::new(small),
        ..mount("/boot")
    })
    .unwrap();
    let error = tree
        .write("/boot/kernel", b"too long for it", ROOT)
        .unwrap_err();
    assert_eq!(
        (error.kind(), error.path()),
        (Kind::NoSpace, Some(&path("/boot/kernel")))
    );
    assert!(
        error
            .to_string()
            .ends_with("(in the filesystem at `/boot`)"),
        "{error}"
    );
    assert!(!tree.exists("/boot/kernel").unwrap());
}

#[test]
fn what_touched_a_path_last_is_known() {
    let mut tree = tree(&[]);
    tree.set_origin("a:1");
    tree.write("/one", b"1", Ownership::root(0o644)).unwrap();
    tree.write("/two", b"1", Ownership::root(0o644)).unwrap();
    tree.set_origin("a:2");
    tree.set_mode("/two", 0o600).unwrap();
    tree.rename("/one", "/three").unwrap();
    for (name, origin) in [
        ("/one", Some("a:2")),
        ("/two", Some("a:2")),
        ("/three", Some("a:2")),
        ("/never", None),
    ] {
        assert_eq!(tree.origin(&path(name)), origin, "{name}");
    }
}
