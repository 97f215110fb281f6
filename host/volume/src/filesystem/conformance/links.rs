//! Checks of hard links, symbolic links and nodes.

use super::*;

pub(super) fn hard_links_are_one_file(case: &mut Case<'_>) {
    case.file("/a", b"content");
    case.dir("/d");
    let (a, b) = (at("/a"), at("/d/b"));
    if !case.can.hard_links {
        refused(case.fs.link(&a, &b), Kind::NotSupported);
        case.missing("/d/b");
        return;
    }
    case.fs.link(&a, &b).unwrap();
    assert_eq!(case.metadata("/a"), case.metadata("/d/b"));
    assert_eq!(case.metadata("/a").links, 2);
    assert_ne!(case.metadata("/a").inode, 0);
    case.fs.write_at(&b, 0, b"CON").unwrap();
    case.fs.set_len(&a, 5).unwrap();
    assert_eq!(case.content("/a"), b"CONte");
    case.fs.remove_file(&a).unwrap();
    assert_eq!(case.metadata("/d/b").links, 1);
    assert_eq!(case.content("/d/b"), b"CONte");
}

pub(super) fn hard_links_refuse_what_they_must(case: &mut Case<'_>) {
    if !case.can.hard_links {
        return;
    }
    case.file("/f", b"");
    case.dir("/d");
    for (existing, new, kind) in [
        ("/none", "/x", Kind::NotFound),
        ("/f", "/none/x", Kind::NotFound),
        ("/f", "/f/x", Kind::NotADirectory),
        ("/f", "/d", Kind::AlreadyExists),
        ("/f", "/f", Kind::AlreadyExists),
        ("/d", "/x", Kind::IsADirectory),
    ] {
        refused(case.fs.link(&at(existing), &at(new)), kind);
    }
    assert_eq!(case.metadata("/f").links, 1);
    if case.can.symlinks {
        case.symlink("/l", "f");
        case.fs.link(&at("/l"), &at("/m")).unwrap();
        assert_eq!(case.metadata("/m").kind, FileKind::Symlink);
        assert_eq!(case.metadata("/f").links, 1);
    }
}

pub(super) fn symlinks_hold_any_target(case: &mut Case<'_>) {
    let owner = Ownership::root(0o777);
    if !case.can.symlinks {
        let result = case.fs.create_symlink(&at("/l"), b"x", owner);
        refused(result, Kind::NotSupported);
        case.missing("/l");
        return;
    }
    // 59 and 60 bytes: the longest target within an ext4 inode, and the first outside.
    for len in [1, 59, 60, 61, 255, 1000] {
        let path = at(&format!("/l{len}"));
        let target = vec![b't'; len];
        case.fs.create_symlink(&path, &target, owner).unwrap();
        let metadata = case.metadata_at(&path);
        assert_eq!(metadata.kind, FileKind::Symlink);
        assert_eq!((metadata.len, metadata.mode), (len as u64, 0o777));
        assert_eq!(case.fs.read_link(&path).unwrap(), target);
    }
    let odd = b"../\xff\n//./\x1b[31m";
    case.fs.create_symlink(&at("/odd"), odd, owner).unwrap();
    assert_eq!(case.fs.read_link(&at("/odd")).unwrap(), odd);
    case.file("/f", b"");
    refused(case.fs.read_link(&at("/f")), Kind::InvalidArgument);
    refused(case.fs.read_link(&at("/none")), Kind::NotFound);
}

pub(super) fn bad_targets_are_refused(case: &mut Case<'_>) {
    if !case.can.symlinks {
        return;
    }
    for target in [&b""[..], b"a\0b", &[b'x'; 4096]] {
        let result = case
            .fs
            .create_symlink(&at("/l"), target, Ownership::root(0o777));
        refused(result, Kind::InvalidArgument);
    }
    case.missing("/l");
}

pub(super) fn no_link_is_followed_at_the_end(case: &mut Case<'_>) {
    if !case.can.symlinks {
        return;
    }
    case.dir("/d");
    case.file("/d/f", b"content");
    case.symlink("/tofile", "d/f");
    case.symlink("/todir", "/d");
    case.symlink("/loop", "loop");
    assert_eq!(case.metadata("/tofile").kind, FileKind::Symlink);
    refused(case.fs.read_dir(&at("/todir")), Kind::NotADirectory);
    refused(case.fs.remove_dir(&at("/todir")), Kind::NotADirectory);
    refused(case.fs.write_at(&at("/tofile"), 0, b"x"), Kind::NotAFile);
    refused(case.fs.set_mode(&at("/tofile"), 0o600), Kind::NotSupported);
    let owner = Ownership::root(0o600);
    refused(
        case.fs.create_file(&at("/loop"), owner),
        Kind::AlreadyExists,
    );
    let earlier = Timestamp {
        seconds: 1_000_000_000,
        nanoseconds: 0,
    };
    case.fs.set_times(&at("/tofile"), earlier, earlier).unwrap();
    assert_eq!(case.metadata("/tofile").modified, earlier);
    assert_eq!(case.metadata("/d/f").modified, TIME);
    case.fs.rename(&at("/todir"), &at("/moved")).unwrap();
    case.fs.remove_file(&at("/moved")).unwrap();
    case.fs.remove_file(&at("/tofile")).unwrap();
    assert_eq!(case.content("/d/f"), b"content");
}

pub(super) fn no_link_is_followed_on_the_way(case: &mut Case<'_>) {
    if !case.can.symlinks {
        return;
    }
    case.dir("/d");
    case.file("/d/f", b"content");
    for (link, target) in [("/l", "d"), ("/a", "/d"), ("/up", ".."), ("/host", "/etc")] {
        case.symlink(link, target);
        let (f, new, other) = (
            at(&format!("{link}/f")),
            at(&format!("{link}/new")),
            at("/d/f"),
        );
        let owner = Ownership::root(0o644);
        let kind = Kind::NotADirectory;
        refused(case.fs.metadata(&f), kind);
        refused(case.fs.read_dir(&f), kind);
        refused(case.fs.read_link(&f), kind);
        refused(case.fs.xattrs(&f), kind);
        refused(case.fs.read_at(&f, 0, &mut [0; 4]), kind);
        for result in [
            case.fs.create_file(&new, owner),
            case.fs.create_dir(&new, owner),
            case.fs.create_symlink(&new, b"x", owner),
            case.fs.write_at(&f, 0, b"x"),
            case.fs.set_len(&f, 0),
            case.fs.rename(&other, &new),
            case.fs.rename(&f, &at("/moved")),
            case.fs.remove_file(&f),
            case.fs.remove_dir(&f),
            case.fs.set_times(&f, TIME, TIME),
        ] {
            refused(result, kind);
        }
        if case.can.hard_links {
            refused(case.fs.link(&other, &new), kind);
        }
        if case.can.modes {
            refused(case.fs.set_mode(&f, 0o600), kind);
        }
    }
    assert_eq!(case.names("/d"), ["f"]);
    assert_eq!(case.content("/d/f"), b"content");
}

pub(super) fn nodes_are_what_they_were_made(case: &mut Case<'_>) {
    let owner = Ownership::root(0o640);
    for (name, kind, device, supported) in [
        ("/fifo", FileKind::Fifo, (0, 0), case.can.fifos),
        ("/socket", FileKind::Socket, (0, 0), case.can.fifos),
        ("/null", FileKind::CharDevice, (1, 3), case.can.devices),
        (
            "/disk",
            FileKind::BlockDevice,
            (259, 70_000),
            case.can.devices,
        ),
    ] {
        let result = case.fs.create_node(&at(name), kind, device, owner);
        if !supported {
            refused(result, Kind::NotSupported);
            case.missing(name);
            continue;
        }
        result.unwrap();
        let metadata = case.metadata(name);
        assert_eq!((metadata.kind, metadata.device), (kind, device), "{name}");
        assert_eq!((metadata.mode, metadata.len), (0o640, 0), "{name}");
        let entries = case.fs.read_dir(&at("/")).unwrap();
        let entry = entries.iter().find(|e| e.name == name.as_bytes()[1..]);
        assert_eq!(entry.unwrap().kind, kind);
        case.fs.remove_file(&at(name)).unwrap();
        case.missing(name);
    }
    let result = case
        .fs
        .create_node(&at("/x"), FileKind::Directory, (0, 0), owner);
    result.expect_err("a directory is no node");
}
