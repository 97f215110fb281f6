//! Checks of directories: making, listing and removing what is in them.

use super::*;

pub(super) fn the_root_is_an_empty_directory(case: &mut Case<'_>) {
    let metadata = case.metadata("/");
    assert_eq!((metadata.kind, metadata.len), (FileKind::Directory, 0));
    assert!(case.names("/").is_empty());
    case.fs.info().unwrap();
}

pub(super) fn directories_count_their_directories(case: &mut Case<'_>) {
    let links = |case: &Case<'_>, path: &str| case.metadata(path).links;
    let root = links(case, "/");
    case.dir("/d");
    assert_eq!((links(case, "/d"), links(case, "/")), (2, root + 1));
    case.dir("/d/a");
    case.dir("/d/b");
    case.file("/d/f", b"");
    assert_eq!(links(case, "/d"), 4);
    case.fs.remove_dir(&at("/d/a")).unwrap();
    assert_eq!(links(case, "/d"), 3);
    case.fs.rename(&at("/d/b"), &at("/b")).unwrap();
    assert_eq!((links(case, "/d"), links(case, "/")), (2, root + 2));
}

pub(super) fn entries_come_sorted(case: &mut Case<'_>) {
    for name in [
        "/zeta", "/alpha", "/a.b", "/a-b", "/a", "/mid", "/Upper", "/é", "/_",
    ] {
        case.file(name, b"");
    }
    case.dir("/dir");
    let expected = [
        "Upper", "_", "a", "a-b", "a.b", "alpha", "dir", "mid", "zeta", "é",
    ];
    assert_eq!(case.names("/"), expected);
    let entries = case.fs.read_dir(&at("/")).unwrap();
    let kind = |name: &str| {
        entries
            .iter()
            .find(|e| e.name == name.as_bytes())
            .unwrap()
            .kind
    };
    assert_eq!(
        (kind("dir"), kind("mid")),
        (FileKind::Directory, FileKind::File)
    );
}

pub(super) fn only_directories_have_entries(case: &mut Case<'_>) {
    case.file("/f", b"");
    refused(case.fs.read_dir(&at("/f")), Kind::NotADirectory);
    refused(case.fs.read_dir(&at("/f/x")), Kind::NotADirectory);
    refused(case.fs.read_dir(&at("/none")), Kind::NotFound);
    refused(case.fs.metadata(&at("/none/x")), Kind::NotFound);
    refused(case.fs.metadata(&at("/f/x")), Kind::NotADirectory);
}

pub(super) fn a_thousand_entries(case: &mut Case<'_>) {
    case.dir("/many");
    let name = |n: u32| format!("/many/entry number {n:04}.conf");
    for n in 0..1000 {
        case.file(&name(n), if n % 7 == 0 { b"content" } else { b"" });
    }
    let names = case.names("/many");
    assert_eq!(names.len(), 1000);
    assert_eq!(names[999], "entry number 0999.conf");
    assert_eq!(case.content(&name(994)), b"content");
    for n in (0..1000).filter(|n| n % 3 != 0) {
        case.fs.remove_file(&at(&name(n))).unwrap();
    }
    assert_eq!(case.names("/many").len(), 334);
    assert_eq!(case.content(&name(21)), b"content");
}

pub(super) fn directories_nest_deeply(case: &mut Case<'_>) {
    let mut path = String::new();
    for n in 0..100 {
        path.push_str(&format!("/level {n}"));
        case.dir(&path);
    }
    path.push_str("/file");
    case.file(&path, b"deep");
    assert_eq!(case.content(&path), b"deep");
}

pub(super) fn what_exists_is_not_made_again(case: &mut Case<'_>) {
    case.file("/f", b"kept");
    case.dir("/d");
    for path in [at("/f"), at("/d"), at("/")] {
        let owner = Ownership::root(0o600);
        refused(case.fs.create_file(&path, owner), Kind::AlreadyExists);
        refused(case.fs.create_dir(&path, owner), Kind::AlreadyExists);
        if case.can.symlinks {
            let result = case.fs.create_symlink(&path, b"x", owner);
            refused(result, Kind::AlreadyExists);
        }
        if case.can.fifos {
            let result = case.fs.create_node(&path, FileKind::Fifo, (0, 0), owner);
            refused(result, Kind::AlreadyExists);
        }
    }
    assert_eq!(case.content("/f"), b"kept");
}

pub(super) fn making_needs_a_directory(case: &mut Case<'_>) {
    case.file("/f", b"");
    for (path, kind) in [("/none/x", Kind::NotFound), ("/f/x", Kind::NotADirectory)] {
        let (path, owner) = (at(path), Ownership::root(0o600));
        refused(case.fs.create_file(&path, owner), kind);
        refused(case.fs.create_dir(&path, owner), kind);
        if case.can.symlinks {
            refused(case.fs.create_symlink(&path, b"x", owner), kind);
        }
    }
}

pub(super) fn files_are_removed_as_files(case: &mut Case<'_>) {
    case.file("/f", b"x");
    case.dir("/d");
    for (path, kind) in [
        ("/none", Kind::NotFound),
        ("/f/x", Kind::NotADirectory),
        ("/d", Kind::IsADirectory),
        ("/", Kind::IsADirectory),
    ] {
        refused(case.fs.remove_file(&at(path)), kind);
    }
    case.fs.remove_file(&at("/f")).unwrap();
    case.missing("/f");
    assert_eq!(case.names("/"), ["d"]);
}

pub(super) fn directories_are_removed_when_empty(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/d/f", b"x");
    for (path, kind) in [
        ("/none", Kind::NotFound),
        ("/d/f", Kind::NotADirectory),
        ("/d", Kind::DirectoryNotEmpty),
        ("/", Kind::InvalidArgument),
    ] {
        refused(case.fs.remove_dir(&at(path)), kind);
    }
    case.fs.remove_file(&at("/d/f")).unwrap();
    case.fs.remove_dir(&at("/d")).unwrap();
    case.missing("/d");
}

pub(super) fn removed_names_are_free_again(case: &mut Case<'_>) {
    case.file("/x", b"first");
    case.fs.remove_file(&at("/x")).unwrap();
    case.dir("/x");
    case.file("/x/y", b"second");
    case.fs.remove_file(&at("/x/y")).unwrap();
    case.fs.remove_dir(&at("/x")).unwrap();
    case.file("/x", b"");
    assert_eq!(case.content("/x"), b"");
}

pub(super) fn failed_calls_change_nothing(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/d/f", b"content");
    case.dir("/e");
    let before = case.picture(&VolumePath::root());
    let owner = Ownership::root(0o700);
    let (d, f, e, none) = (at("/d"), at("/d/f"), at("/e"), at("/none/x"));
    for failed in [
        case.fs.create_file(&f, owner),
        case.fs.create_dir(&none, owner),
        case.fs.write_at(&d, 0, b"x"),
        case.fs.set_len(&e, 7),
        case.fs.rename(&d, &at("/d/below")),
        case.fs.rename(&f, &e),
        case.fs.rename(&e, &d),
        case.fs.remove_dir(&d),
        case.fs.remove_file(&e),
        case.fs.set_mode(&f, 0o10000),
        case.fs.remove_xattr(&f, "user.none"),
        case.fs
            .create_node(&at("/n"), FileKind::File, (0, 0), owner),
    ] {
        failed.expect_err("this call must fail");
    }
    assert_eq!(case.picture(&VolumePath::root()), before);
}

pub(super) fn space_comes_back(case: &mut Case<'_>) {
    // The first directory and file may cost metadata that stays (a block of the directory).
    case.dir("/d");
    case.file("/d/first", &[1; 100_000]);
    case.fs.remove_file(&at("/d/first")).unwrap();
    let before = case.fs.info().unwrap();
    assert!(before.free_bytes <= before.total_bytes);
    for _ in 0..3 {
        case.file("/d/f", &[1; 300_000]);
        case.fs.set_len(&at("/d/f"), 100_000).unwrap();
        case.fs.remove_file(&at("/d/f")).unwrap();
    }
    if before.kind != "directory" {
        assert_eq!(case.fs.info().unwrap().free_bytes, before.free_bytes);
    }
}

pub(super) fn finished_means_read_only(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/d/f", b"content");
    let before = case.picture(&VolumePath::root());
    case.fs.finish().unwrap();
    assert_eq!(case.picture(&VolumePath::root()), before);
    let (f, new, owner) = (at("/d/f"), at("/d/new"), Ownership::root(0o644));
    for result in [
        case.fs.create_file(&new, owner),
        case.fs.create_dir(&new, owner),
        case.fs.write_at(&f, 0, b"x"),
        case.fs.set_len(&f, 1),
        case.fs.rename(&f, &new),
        case.fs.remove_file(&f),
        case.fs.remove_dir(&at("/d")),
        case.fs.set_times(&f, TIME, TIME),
    ] {
        refused(result, Kind::ReadOnly);
    }
    assert_eq!(case.picture(&VolumePath::root()), before);
}
