//! Paths, mounts, and what could not be mounted.

use super::*;

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
        "/log -> var",
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
    // This link leads somewhere; what is missing is behind it.
    insta::assert_snapshot!(text(tree.metadata("/log/x/y").unwrap_err()), @"
    cannot look up `/log/x/y`: `/var/x` does not exist
    -
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
