//! Archives that are read and made, hostile ones among them.

use super::*;
use crate::test_world::TestWorld;
use mintage_volume::filesystem::Timestamp;
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

/// One entry as an attacker writes it.
struct Given(&'static str, EntryType, &'static str);

/// An archive with these entries; names and links are written as they are.
fn archive(entries: &[Given]) -> Vec<u8> {
    let mut builder = Builder::new(Vec::new());
    for Given(name, kind, link_or_content) in entries {
        let mut header = Header::new_gnu();
        header.as_mut_bytes()[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        header.set_mode(0o644);
        header.set_uid(0);
        header.set_gid(0);
        header.set_mtime(1);
        let content = match kind {
            EntryType::Symlink | EntryType::Link => {
                header.set_link_name_literal(link_or_content).unwrap();
                ""
            }
            _ => link_or_content,
        };
        header.set_size(content.len() as u64);
        header.set_cksum();
        builder.append(&header, content.as_bytes()).unwrap();
    }
    builder.into_inner().unwrap()
}

fn unpacked(content: &[u8]) -> (VolumeTree, Result<i64, PlanError>) {
    let mut tree = TestWorld::debian().with_file("/srv/a.tar", content).tree;
    tree.make_dirs("/srv/out", Ownership::root(0o755)).unwrap();
    tree.symlink("/srv/out/etc", "/etc", Ownership::root(0o777))
        .unwrap();
    let result = extract(&mut tree, "/srv/a.tar", "/srv/out", Map::new());
    (tree, result)
}

#[test]
fn hostile_entries_are_refused_before_anything_is_written() {
    use EntryType::{Block, Char, Directory, Fifo, GNUSparse, Link, Regular, Symlink};
    for (entry, why) in [
        (Given("/etc/passwd", Regular, "x"), "absolute"),
        (Given("../x", Regular, "x"), "leads out"),
        (Given("a/../../x", Regular, "x"), "leads out"),
        (Given("etc/passwd", Regular, "x"), "leave the directory"),
        (Given("dev", Char, ""), "device"),
        (Given("dev", Block, ""), "device"),
        (Given("pipe", Fifo, ""), "device or a pipe"),
        (Given("sparse", GNUSparse, ""), "holes"),
        (Given("hard", Link, "/etc/shadow"), "absolute"),
        (Given("hard", Link, "../../etc/shadow"), "leads out"),
        (Given("hard", Link, "etc/shadow"), "no file in it"),
        (Given("first", Regular, "twice"), "twice"),
        (Given("first/x", Regular, "x"), "below a file"),
        (Given("link/x", Regular, "x"), "link of its own"),
        (Given("link/x", Directory, ""), "link of its own"),
        (Given("soft", Symlink, ""), "leads nowhere"),
    ] {
        let entries = [
            Given("first", Regular, "one"),
            Given("link", Symlink, "/etc"),
            entry,
        ];
        let (tree, result) = unpacked(&archive(&entries));
        let error = result.unwrap_err();
        assert_eq!(error.code, Code::P2016, "{why}");
        assert!(error.message.contains(why), "{}: {why}", error.message);
        assert!(!tree.exists("/srv/out/first").unwrap(), "{why}");
    }
}

#[test]
fn damaged_and_foreign_files_are_refused() {
    let whole = archive(&[Given("a", EntryType::Regular, "content")]);
    let mut broken = whole.clone();
    broken[0] = b'b';
    for (content, why) in [
        (whole[..520].to_vec(), "damaged"),
        (broken, "damaged"),
        (
            b"no archive at all, but long enough to be one".repeat(40),
            "damaged",
        ),
        (b"\xfd7zXZ\0".to_vec(), "xz"),
        (b"\x1f\x8b\x08\0".to_vec(), "damaged"),
    ] {
        let error = unpacked(&content).1.unwrap_err();
        assert_eq!(error.code, Code::P2016, "{why}");
        assert!(error.message.contains(why), "{}", error.message);
    }
}

#[test]
fn everything_about_files_comes_back() {
    let mut tree = TestWorld::debian().tree;
    let time = Timestamp {
        seconds: 1_000_000_000,
        nanoseconds: 0,
    };
    let long = format!("/srv/in/{}", "a".repeat(120));
    tree.make_dirs(
        format!("{long}/b"),
        Ownership {
            mode: 0o2750,
            uid: 5,
            gid: 6,
        },
    )
    .unwrap();
    tree.write(
        format!("{long}/b/f"),
        b"content",
        Ownership {
            mode: 0o4711,
            uid: 1000,
            gid: 70_000,
        },
    )
    .unwrap();
    tree.hard_link(format!("{long}/b/f"), "/srv/in/z-hard")
        .unwrap();
    tree.symlink("/srv/in/soft", "/nowhere/at/all", Ownership::root(0o777))
        .unwrap();
    tree.set_xattr(format!("{long}/b/f"), "user.x", &[0, 255, 10])
        .unwrap();
    tree.set_times(format!("{long}/b/f"), time, time).unwrap();
    tree.set_times(format!("{long}/b"), time, time).unwrap();
    for archive in ["/srv/x.tar", "/srv/x.tgz"] {
        assert!(create(&mut tree, archive, "/srv/in", Map::new()).unwrap());
        assert!(!create(&mut tree, archive, "/srv/in", Map::new()).unwrap());
        tree.remove_all("/srv/out").unwrap();
        assert_eq!(
            extract(&mut tree, archive, "/srv/out", Map::new()).unwrap(),
            5
        );
        extract(&mut tree, archive, "/srv/out", Map::new()).unwrap();
        let (there, back) = (
            tree.walk("/srv/in", 100).unwrap(),
            tree.walk("/srv/out", 100).unwrap(),
        );
        assert_eq!(there.len(), back.len());
        for (one, other) in there.iter().zip(&back).skip(1) {
            let (a, b) = (&one.metadata, &other.metadata);
            assert_eq!(
                (a.kind, a.mode, a.uid, a.gid, a.len, a.links),
                (b.kind, b.mode, b.uid, b.gid, b.len, b.links),
                "{}",
                one.path
            );
        }
        let file = format!("/srv/out/{}/b/f", "a".repeat(120));
        assert_eq!(tree.metadata(&file).unwrap().modified, time);
        assert_eq!(
            tree.xattrs(&file, LastLink::Follow).unwrap()["user.x"],
            [0, 255, 10]
        );
        assert_eq!(tree.read_link("/srv/out/soft").unwrap(), b"/nowhere/at/all");
    }
}

#[test]
fn strip_and_owner() {
    let content = archive(&[
        Given("pkg-1.0/", EntryType::Directory, ""),
        Given("pkg-1.0/bin/x", EntryType::Regular, "x"),
    ]);
    let mut tree = TestWorld::debian().with_file("/srv/a.tar", content).tree;
    let options = Map::from([
        ("strip".into(), Dynamic::from(1_i64)),
        ("owner".into(), "ops".into()),
    ]);
    assert_eq!(
        extract(&mut tree, "/srv/a.tar", "/opt/pkg", options).unwrap(),
        1
    );
    assert_eq!(tree.metadata("/opt/pkg/bin/x").unwrap().uid, 1000);
    let options = Map::from([("strip".into(), Dynamic::from(-1_i64))]);
    assert_eq!(
        extract(&mut tree, "/srv/a.tar", "/opt", options)
            .unwrap_err()
            .code,
        Code::P2013
    );
}

#[test]
fn secrets_stay_secret_in_archives() {
    let mut tree = TestWorld::debian().tree;
    tree.make_dirs("/srv/in", Ownership::root(0o755)).unwrap();
    tree.mark_secret("/srv/in/key").unwrap();
    tree.write("/srv/in/key", b"s3cret", Ownership::root(0o600))
        .unwrap();
    create(&mut tree, "/srv/x.tar", "/srv/in", Map::new()).unwrap();
    assert!(tree.holds_secret("/srv/x.tar"));
    assert_eq!(tree.metadata("/srv/x.tar").unwrap().mode, 0o600);
    assert_eq!(
        list(&mut tree, "/srv/x.tar", 10).unwrap_err().code,
        Code::P4005
    );
    extract(&mut tree, "/srv/x.tar", "/srv/out", Map::new()).unwrap();
    assert!(tree.holds_secret("/srv/out/key"));
    compress(&mut tree, "/srv/in/key", "/srv/key.gz").unwrap();
    assert!(tree.holds_secret("/srv/key.gz"));
}

#[test]
fn a_bomb_is_refused() {
    let mut zeros = Bounded::new(io::repeat(0), 10_000);
    let error = io::copy(&mut zeros, &mut io::sink()).unwrap_err();
    assert_eq!(stream::unwrap(error, "").code, Code::P2003);
}

proptest! {
    /// Any bytes: unpacked, or an error; no panic.
    #[test]
    fn any_damage_ends_well(at in 0_usize..2048, byte: u8) {
        let mut content = archive(&[
            Given("a/", EntryType::Directory, ""),
            Given("a/f", EntryType::Regular, "content"),
            Given("l", EntryType::Symlink, "a/f"),
        ]);
        content[at] = byte;
        let _ = unpacked(&content);
    }
}
