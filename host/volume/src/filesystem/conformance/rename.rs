//! Checks of renaming and moving.

use super::*;

fn rename(case: &mut Case<'_>, from: &str, to: &str) -> Result<()> {
    case.fs.rename(&at(from), &at(to))
}

pub(super) fn renaming_moves_a_file(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/f", b"content");
    let earlier = Timestamp {
        seconds: 1_000_000_000,
        nanoseconds: 0,
    };
    case.fs.set_times(&at("/f"), earlier, earlier).unwrap();
    let before = case.metadata("/f");
    rename(case, "/f", "/d/a name that is long enough").unwrap();
    case.missing("/f");
    let after = case.metadata("/d/a name that is long enough");
    assert_eq!(after, before);
    let content = case.content("/d/a name that is long enough");
    assert_eq!(content, b"content");
    rename(case, "/d/a name that is long enough", "/d/s").unwrap();
    assert_eq!(case.names("/d"), ["s"]);
}

pub(super) fn renaming_replaces_a_file(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/new", b"new content");
    case.file("/d/old", &[1; 20_000]);
    rename(case, "/new", "/d/old").unwrap();
    case.missing("/new");
    assert_eq!(case.names("/d"), ["old"]);
    assert_eq!(case.content("/d/old"), b"new content");
    if case.can.symlinks {
        case.symlink("/l", "/d/old");
        case.file("/g", b"g");
        rename(case, "/g", "/l").unwrap();
        assert_eq!(case.content("/l"), b"g");
        assert_eq!(case.content("/d/old"), b"new content");
    }
}

pub(super) fn renaming_onto_itself_does_nothing(case: &mut Case<'_>) {
    case.file("/f", b"content");
    case.dir("/d");
    case.file("/d/g", b"");
    let before = case.picture(&VolumePath::root());
    rename(case, "/f", "/f").unwrap();
    rename(case, "/d", "/d").unwrap();
    assert_eq!(case.picture(&VolumePath::root()), before);
}

pub(super) fn renaming_between_names_of_one_file_does_nothing(case: &mut Case<'_>) {
    if !case.can.hard_links {
        return;
    }
    case.file("/a", b"content");
    case.fs.link(&at("/a"), &at("/b")).unwrap();
    rename(case, "/a", "/b").unwrap();
    assert_eq!(case.names("/"), ["a", "b"]);
    assert_eq!(case.metadata("/a").links, 2);
}

pub(super) fn renaming_moves_a_directory(case: &mut Case<'_>) {
    case.dir("/from");
    case.dir("/from/d");
    case.dir("/from/d/e");
    case.file("/from/d/e/f", b"deep");
    case.dir("/to");
    rename(case, "/from/d", "/to/moved").unwrap();
    assert_eq!(case.content("/to/moved/e/f"), b"deep");
    case.missing("/from/d");
    let links = |path: &str| case.metadata(path).links;
    assert_eq!(
        (links("/from"), links("/to"), links("/to/moved")),
        (2, 3, 3)
    );
    // What it was moved out of may now be moved into it.
    rename(case, "/from", "/to/moved/from").unwrap();
    assert_eq!(case.names("/to/moved"), ["e", "from"]);
}

pub(super) fn renaming_replaces_only_an_empty_directory(case: &mut Case<'_>) {
    case.dir("/a");
    case.file("/a/f", b"kept");
    case.dir("/empty");
    case.dir("/full");
    case.file("/full/g", b"");
    refused(rename(case, "/a", "/full"), Kind::DirectoryNotEmpty);
    rename(case, "/a", "/empty").unwrap();
    assert_eq!(case.names("/"), ["empty", "full"]);
    assert_eq!(case.content("/empty/f"), b"kept");
}

pub(super) fn renaming_refuses_the_other_kind(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/f", b"");
    refused(rename(case, "/d", "/f"), Kind::NotADirectory);
    refused(rename(case, "/f", "/d"), Kind::IsADirectory);
    assert_eq!(case.names("/"), ["d", "f"]);
}

pub(super) fn renaming_refuses_its_own_subtree(case: &mut Case<'_>) {
    case.dir("/d");
    case.dir("/d/e");
    for (from, to) in [
        ("/d", "/d/x"),
        ("/d", "/d/e/x"),
        ("/d", "/d/e"),
        ("/", "/d/x"),
        ("/", "/x"),
        ("/d", "/"),
    ] {
        refused(rename(case, from, to), Kind::InvalidArgument);
    }
    assert_eq!(case.names("/d"), ["e"]);
}

pub(super) fn renaming_needs_both_places(case: &mut Case<'_>) {
    case.file("/f", b"");
    for (from, to, kind) in [
        ("/none", "/x", Kind::NotFound),
        ("/none/x", "/y", Kind::NotFound),
        ("/f", "/none/x", Kind::NotFound),
        ("/f/x", "/y", Kind::NotADirectory),
    ] {
        refused(rename(case, from, to), kind);
    }
    case.file("/g", b"");
    refused(rename(case, "/f", "/g/x"), Kind::NotADirectory);
    assert_eq!(case.names("/"), ["f", "g"]);
}
