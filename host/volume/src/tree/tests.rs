use super::*;
use crate::error::VolumeErrorKind as Kind;
use crate::filesystem::{Memory, Ownership, Timestamp};
use std::sync::Arc;

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
fn paths_resolve_as_in_the_guest() {
    let mut tree = tree(&[
        "/usr/bin/",
        "/etc/",
        "/srv/deep/down/",
        "/bin -> usr/bin",
        "/etc/self -> self",
        "/etc/outside -> ../../../../etc/hostname",
        "/etc/hostname",
        "/link -> /srv/deep/down",
        "/dangling -> /run/missing/file",
        "/new -> /srv/fresh",
        "/slash -> srv/deep/",
        "/etc/a -> b",
        "/etc/b -> /etc/hostname",
    ]);
    tree.mount(Mount {
        ..mount("/srv/deep")
    })
    .unwrap();
    tree.make_dir("/srv/deep/down", ROOT).unwrap();
    for (given, follow, keep) in [
        ("/", "/", "/"),
        ("//usr/./bin/", "/usr/bin", "/usr/bin"),
        ("/bin", "/usr/bin", "/bin"),
        ("/bin/", "/usr/bin", "/usr/bin"),
        ("/bin/.", "/usr/bin", "/usr/bin"),
        ("/bin/ls", "/usr/bin/ls", "/usr/bin/ls"),
        ("/bin/../x", "/usr/x", "/usr/x"),
        ("/../../etc", "/etc", "/etc"),
        ("/etc/outside", "/etc/hostname", "/etc/outside"),
        ("/etc/a", "/etc/hostname", "/etc/a"),
        ("/link/..", "/srv/deep", "/srv/deep"),
        ("/link/../..", "/srv", "/srv"),
        ("/srv/deep/../..", "/", "/"),
        ("/slash", "/srv/deep", "/slash"),
        ("/new", "/srv/fresh", "/new"),
        ("/etc/self", "TooManyLinks", "/etc/self"),
        ("/etc/self/x", "TooManyLinks", "TooManyLinks"),
        ("/dangling", "NotFound", "/dangling"),
        ("/missing/..", "NotFound", "NotFound"),
        ("/missing/x", "NotFound", "NotFound"),
        ("/missing/", "/missing", "/missing"),
        ("/etc/hostname/", "NotADirectory", "NotADirectory"),
        ("/etc/hostname/..", "NotADirectory", "NotADirectory"),
        ("/etc/a/x", "NotADirectory", "NotADirectory"),
        ("etc", "InvalidPath", "InvalidPath"),
        ("", "InvalidPath", "InvalidPath"),
        ("/a\0", "InvalidPath", "InvalidPath"),
    ] {
        assert_eq!(
            resolved(&tree, given, LastLink::Follow),
            follow,
            "follow {given}"
        );
        assert_eq!(resolved(&tree, given, LastLink::Keep), keep, "keep {given}");
    }
}

#[test]
fn forty_links_are_followed_and_no_more() {
    let mut tree = tree(&["/0"]);
    for n in 1..=41 {
        tree.symlink(format!("/{n}"), format!("{}", n - 1), ROOT)
            .unwrap();
    }
    assert_eq!(resolved(&tree, "/40", LastLink::Follow), "/0");
    assert_eq!(resolved(&tree, "/41", LastLink::Follow), "TooManyLinks");
}

#[test]
fn links_that_grow_the_path_past_the_limit_are_refused() {
    let mut tree = tree(&[]);
    let name = "n".repeat(250);
    let deep = format!("/{name}").repeat(15);
    tree.make_dirs(&deep, ROOT).unwrap();
    tree.symlink("/deep", &deep, ROOT).unwrap();
    let long = format!("/deep/{name}/{name}");
    assert_eq!(
        resolved(&tree, &format!("/deep/{name}"), LastLink::Follow).len(),
        251 * 16
    );
    tree.make_dir(format!("/deep/{name}"), ROOT).unwrap();
    assert_eq!(resolved(&tree, &long, LastLink::Follow), "InvalidPath");
    assert_eq!(
        resolved(&tree, &format!("/{name}nnnnnn"), LastLink::Follow),
        "InvalidPath"
    );
}

#[test]
fn a_dangling_link_is_explained() {
    let mut tree = tree(&[
        "/etc/",
        "/etc/netplan -> ../run/netplan",
        "/var/",
        "/var/run -> /run",
    ]);
    let text = |error: VolumeError| format!("{error}\n{}", error.help_text().unwrap_or("-"));
    let error = tree
        .write("/etc/netplan/50-mgmt.yaml", b"", ROOT)
        .unwrap_err();
    assert_eq!(error.kind(), Kind::NotFound);
    insta::assert_snapshot!(text(error), @"
    cannot write `/etc/netplan/50-mgmt.yaml`: `/etc/netplan` links to `/run/netplan`, which this volume does not have
    create `/run/netplan` first, or replace the link `/etc/netplan`
    ");
    insta::assert_snapshot!(text(tree.read("/var/run/x", 9).unwrap_err()), @"
    cannot read `/var/run/x`: `/var/run` links to `/run`, which this volume does not have
    create `/run` first, or replace the link `/var/run`
    ");
    insta::assert_snapshot!(text(tree.make_dirs("/etc/netplan", ROOT).unwrap_err()), @"
    cannot make the directory `/etc/netplan`: `/etc/netplan` links to `/run/netplan`, which this volume does not have
    create `/run/netplan` first, or replace the link `/etc/netplan`
    ");
    insta::assert_snapshot!(text(tree.metadata("/etc/x/y").unwrap_err()), @"
    cannot look up `/etc/x/y`: `/etc/x` does not exist
    -
    ");
    insta::assert_snapshot!(text(tree.metadata("/etc/x").unwrap_err()), @"
    cannot look up `/etc/x`: it does not exist
    -
    ");
}

#[test]
fn mounts_are_nested_and_kept_apart() {
    let mut tree = tree(&["/boot/"]);
    assert_eq!(
        tree.mount(mount("/boot/efi")).unwrap_err().kind(),
        Kind::NotFound
    );
    tree.mount(mount("/boot")).unwrap();
    tree.make_dir("/boot/efi", ROOT).unwrap();
    tree.mount(mount("/boot/efi")).unwrap();
    assert_eq!(
        tree.mount(mount("/boot")).unwrap_err().kind(),
        Kind::AlreadyExists
    );
    tree.make_dir("/b", ROOT).unwrap();
    tree.mount(mount("/b")).unwrap();
    let points: Vec<_> = tree.mounts().iter().map(|m| m.point.to_string()).collect();
    assert_eq!(points, ["/", "/b", "/boot", "/boot/efi"]);

    tree.write("/boot/efi/kernel", b"k", ROOT).unwrap();
    let efi = &tree.mounts()[3].filesystem;
    assert_eq!(efi.metadata(&path("/kernel")).unwrap().len, 1);
    let refused = tree
        .hard_link("/boot/efi/kernel", "/boot/kernel")
        .unwrap_err();
    assert_eq!(refused.kind(), Kind::CrossesMounts);
    for refused in [
        tree.remove("/boot/efi").unwrap_err(),
        tree.remove_all("/boot").unwrap_err(),
        tree.rename("/boot", "/boot2").unwrap_err(),
        tree.rename("/b", "/boot/efi").unwrap_err(),
    ] {
        assert_eq!(refused.kind(), Kind::CrossesMounts, "{refused}");
    }
    assert!(tree.exists("/boot/efi/kernel").unwrap());
}

#[test]
fn what_could_not_be_mounted_is_named_by_every_path_into_it() {
    let mut tree = tree(&["/data/old/", "/link -> data"]);
    let xfs = VolumeError::new(Kind::UnsupportedFeature, "`partition 3` is xfs").help("use ext4");
    tree.blocked(&path("/data"), xfs);
    for error in [
        tree.read("/data/file", 9).unwrap_err(),
        tree.metadata("/link/x/y").unwrap_err(),
        tree.read_dir("/data").unwrap_err(),
        tree.set_mode("/data", 0o700).unwrap_err(),
        tree.write("/data/new", b"", ROOT).unwrap_err(),
    ] {
        assert_eq!(error.kind(), Kind::UnsupportedFeature);
        assert!(
            error.to_string().contains("`partition 3` is xfs"),
            "{error}"
        );
        assert_eq!(error.help_text(), Some("use ext4"));
    }
    assert_eq!(
        tree.remove_all("/data").unwrap_err().kind(),
        Kind::CrossesMounts
    );
    let seen: Vec<_> = tree
        .walk("/", 9)
        .unwrap()
        .into_iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(seen, ["/", "/data", "/link"]);
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
fn a_copy_is_complete_within_and_across_mounts() {
    for target in ["/copy", "/other/copy"] {
        let mut tree = tree(&["/from/sub/", "/from/a", "/from/link -> /from/a", "/other/"]);
        tree.mount(mount("/other")).unwrap();
        tree.hard_link("/from/a", "/from/sub/b").unwrap();
        tree.make_node(
            "/from/null",
            FileKind::CharDevice,
            (1, 3),
            Ownership::root(0o666),
        )
        .unwrap();
        tree.set_xattr("/from/a", "user.note", b"kept").unwrap();
        tree.set_owner("/from/sub", 7, 8, LastLink::Follow).unwrap();
        let time = Timestamp {
            seconds: 77,
            nanoseconds: 5,
        };
        tree.set_times("/from/sub", time, time).unwrap();
        tree.mark_secret("/from/a").unwrap();
        tree.copy("/from", target).unwrap();

        let at = |name: &str| format!("{target}{name}");
        let meta = |name: &str| tree.symlink_metadata(at(name)).unwrap();
        assert_eq!(tree.read(at("/sub/b"), 99).unwrap(), b"/from/a");
        assert_eq!(
            (meta("/a").inode, meta("/a").links),
            (meta("/sub/b").inode, 2)
        );
        assert_eq!(tree.read_link(at("/link")).unwrap(), b"/from/a");
        assert_eq!(
            (meta("/null").kind, meta("/null").device),
            (FileKind::CharDevice, (1, 3))
        );
        assert_eq!((meta("/sub").uid, meta("/sub").modified), (7, time));
        assert_eq!(
            tree.xattrs(at("/a"), LastLink::Keep).unwrap()["user.note"],
            b"kept"
        );
        assert!(tree.touched()[&path(&at("/a"))]);
    }
}

#[test]
fn a_long_copy_keeps_content_and_holes() {
    let mut tree = tree(&["/sparse"]);
    let len = 5 * limits::CHUNK as u64 / 2;
    tree.set_len("/sparse", len).unwrap();
    tree.copy("/sparse", "/copy").unwrap();
    assert_eq!(tree.metadata("/copy").unwrap().len, len);
    assert_eq!(
        tree.read("/copy", len).unwrap(),
        tree.read("/sparse", len).unwrap()
    );
    tree.write("/old", b"old", ROOT).unwrap();
    tree.copy("/sparse", "/old").unwrap();
    assert_eq!(tree.metadata("/old").unwrap().len, len);
}

#[test]
fn moves_touch_all_that_they_move() {
    for (to, seen) in [("/e", "/e"), ("/other/e", "/other/e")] {
        let mut tree = tree(&["/d/", "/d/f", "/d/g", "/other/"]);
        tree.mount(mount("/other")).unwrap();
        tree.mark_secret("/d/g").unwrap();
        tree.rename("/d", to).unwrap();
        assert!(!tree.exists("/d").unwrap());
        assert_eq!(tree.read(format!("{to}/f"), 9).unwrap(), b"/d/f");
        let expected = [
            "/d",
            "/d/f",
            "/d/g",
            seen,
            &format!("{seen}/f"),
            &format!("{seen}/g"),
        ];
        assert_eq!(touched(&tree), expected);
        assert!(tree.touched()[&path(&format!("{seen}/g"))]);
    }
}

#[test]
fn a_move_across_mounts_replaces_as_rename_does() {
    let mut tree = tree(&["/f", "/d/", "/other/"]);
    tree.mount(mount("/other")).unwrap();
    fill(&mut tree, &["/other/file", "/other/dir/", "/other/full/x/"]);
    assert_eq!(
        tree.rename("/f", "/other/dir").unwrap_err().kind(),
        Kind::IsADirectory
    );
    assert_eq!(
        tree.rename("/d", "/other/file").unwrap_err().kind(),
        Kind::NotADirectory
    );
    assert_eq!(
        tree.rename("/d", "/other/full").unwrap_err().kind(),
        Kind::DirectoryNotEmpty
    );
    tree.rename("/d", "/other/dir").unwrap();
    tree.rename("/f", "/other/file").unwrap();
    assert_eq!(tree.read("/other/file", 9).unwrap(), b"/f");
    assert!(!tree.exists("/f").unwrap() && !tree.exists("/d").unwrap());
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
