//! Tree text written and read back, and what is wrong in a malformed one.

use super::*;
use crate::diff::{DiffLimits, Scope, TreeDiff};
use crate::filesystem::{Memory, Ownership};
use crate::path::VolumePath;
use crate::tree::{LastLink, Mount};
use proptest::prelude::*;

const TIME: Timestamp = Timestamp {
    seconds: 1_767_225_600,
    nanoseconds: 0,
};

fn limits() -> TextLimits {
    TextLimits {
        time: TIME,
        ..TextLimits::default()
    }
}

fn parsed(text: &str) -> VolumeTree {
    read(text, TIME).unwrap_or_else(|error| panic!("{error}"))
}

fn written(tree: &VolumeTree) -> String {
    write(tree, "/", &limits()).unwrap()
}

#[test]
fn the_example_of_the_reference_reads_and_writes_back() {
    let reference = include_str!("../../../../docs/reference/tree-text.md");
    let (_, rest) = reference.split_once("```tree\n").unwrap();
    let (example, _) = rest.split_once("```").unwrap();
    let tree = parsed(example);
    assert_eq!(
        tree.read("/home/ops/with space", 99).unwrap().last(),
        Some(&b'.')
    );
    assert_eq!(tree.metadata("/usr/bin/ping4").unwrap().links, 2);
    assert_eq!(tree.metadata("/bin/ping").unwrap().mode, 0o755);
    assert_eq!(tree.metadata("/dev/null").unwrap().device, (1, 3));
    let label = &tree.xattrs("/etc/shadow", LastLink::Follow).unwrap()["security.selinux"];
    assert!(label.ends_with(b":s0\0"));
    insta::assert_snapshot!(written(&tree), @r#"
    /bin -> usr/bin
    /dev/
    /dev/null char 1:3 0666
    /etc/
    /etc/hostname
      | golden
    /etc/shadow 0640 0:42
      @ security.selinux "system_u:object_r:shadow_t:s0\x00"
      | root:*:19000:0:99999:7:::
    /home/
    /home/ops/ 0700 1000:1000
    /home/ops/with\x20space 1000:1000 mtime=1735689600
      | This line ends with a line feed,
      |- and this one does not.
    /usr/
    /usr/bin/
    /usr/bin/ping 0755
      @ security.capability 0x0100000200200000000000000000000000000000
    /usr/bin/ping4 = /usr/bin/ping
    /var/
    /var/lib/
    /var/lib/systemd/
    /var/lib/systemd/random-seed 0600
      % gAECAwQFBgf/
    "#);
    assert_eq!(written(&parsed(&written(&tree))), written(&tree));
}

#[test]
fn everything_has_a_default() {
    let tree = parsed("/etc/ 0700\n/etc/hostname\n  | web01\n/etc/empty\n/srv/\n/a/b/c\n/a/ 1:2\n");
    let what = |path: &str| {
        let found = tree.symlink_metadata(path).unwrap();
        (found.kind, found.mode, found.uid, found.gid, found.modified)
    };
    assert_eq!(what("/etc/hostname"), (FileKind::File, 0o644, 0, 0, TIME));
    assert_eq!(what("/etc"), (FileKind::Directory, 0o700, 0, 0, TIME));
    assert_eq!(what("/a"), (FileKind::Directory, 0o755, 1, 2, TIME));
    assert_eq!(what("/a/b"), (FileKind::Directory, 0o755, 0, 0, TIME));
    assert_eq!(tree.read("/etc/hostname", 9).unwrap(), b"web01\n");
    assert_eq!(tree.read("/etc/empty", 9).unwrap(), b"");
    assert!(tree.touched().is_empty());
}

#[test]
fn contents_read_as_they_are_meant() {
    for (lines, content) in [
        ("", &b""[..]),
        ("  |", b"\n"),
        ("  | ", b"\n"),
        ("\t|  two", b" two\n"),
        ("  | a\n\n# between\n  | b", b"a\nb\n"),
        ("  | a\n  |- b", b"a\nb"),
        ("  | \\n stays | as it is", b"\\n stays | as it is\n"),
        ("  % AAEC\n  % AwQ=", b"\0\x01\x02\x03\x04"),
    ] {
        let tree = parsed(&format!("/f\n{lines}"));
        assert_eq!(tree.read("/f", 99).unwrap(), content, "{lines}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let wrong = |text: &str| match read(text, TIME) {
        Ok(_) => format!("{text:?} was read"),
        Err(error) => {
            assert_eq!(error.kind(), crate::VolumeErrorKind::InvalidArgument);
            error.to_string()
        }
    };
    let all = [
        "etc/hostname",
        "\n  | text",
        "/a\n/b\n/a",
        "/a/../b",
        "/a//b",
        "/a\\q",
        "/f 9999",
        "/f 0:x",
        "/f 0644 0600",
        "/f mtime=1.5",
        "/f bytes=3 sha256=00",
        "/d/ file",
        "/l ->",
        "/l -> to 0777",
        "/n char 1",
        "/n char 1:99999999999",
        "/h = /missing",
        "/f\n/h = /f 0600",
        "/f\n/h = /f\n  | x",
        "/l -> /f\n  | x",
        "/f\n\n/f/below",
        "/l -> /d\n/d/\n/l/below",
        "/f\r\n/g",
        "/f\n  text",
        "/f\n  |text",
        "/f\n  |- end\n  | more",
        "/f\n  | text\n  % AAEC",
        "/f\n  % AAE=\n  % AAEC",
        "/f\n  % what?",
        "/f\n  @ user.a",
        "/f\n  @ user.a text",
        "/f\n  @ user.a 0x1",
        "/f\n  @ user.a \"1\"\n  @ user.a \"2\"",
        "/f\n  @ nonsense \"1\"",
        "/ = /f",
        "/ -> x",
    ];
    let told: Vec<String> = all.iter().map(|text| wrong(text)).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    line 1 of the tree text is wrong: invalid path `etc/hostname`: it must be absolute, starting with `/`
    line 2 of the tree text is wrong: it belongs to no entry
    line 3 of the tree text is wrong: `/a` is in line 1 already
    line 1 of the tree text is wrong: `/a/../b` is to be written as `/b`
    line 1 of the tree text is wrong: `/a//b` is to be written as `/a/b`
    line 1 of the tree text is wrong: `/a\q` has an escape that means nothing
    line 1 of the tree text is wrong: `9999` is no kind, mode, owner or time
    line 1 of the tree text is wrong: `0:x` is no kind, mode, owner or time
    line 1 of the tree text is wrong: `0600` gives for a second time what was given already
    line 1 of the tree text is wrong: `1.5` is no time: seconds, and a point and nine digits if need be
    line 1 of the tree text is wrong: only a summary of the content is here, which cannot be read back
    line 1 of the tree text is wrong: `file`: its kind is given already
    line 1 of the tree text is wrong: `->` needs a target after it
    line 1 of the tree text is wrong: a symbolic link has no mode
    line 1 of the tree text is wrong: `1` is no `MAJOR:MINOR`
    line 1 of the tree text is wrong: `1:99999999999` is no `MAJOR:MINOR`
    line 1 of the tree text is wrong: cannot link `/missing`: it does not exist
    line 2 of the tree text is wrong: a hard link has no attributes of its own
    line 3 of the tree text is wrong: a hard link has nothing of its own below it
    line 2 of the tree text is wrong: only a regular file has content
    line 3 of the tree text is wrong: cannot create `/f/below`: it, or a part of the path to it, is not a directory
    line 3 of the tree text is wrong: cannot create `/l/below`: it, or a part of the path to it, is not a directory
    line 1 of the tree text is wrong: it has a control character, such as the carriage return of CR LF
    line 2 of the tree text is wrong: a line below an entry starts with `| `, `|- `, `% ` or `@ `
    line 2 of the tree text is wrong: a line below an entry starts with `| `, `|- `, `% ` or `@ `
    line 3 of the tree text is wrong: nothing can follow the line after `|-`
    line 3 of the tree text is wrong: the content is given as text already
    line 3 of the tree text is wrong: the base64 ended in the line before
    line 2 of the tree text is wrong: this is no base64
    line 2 of the tree text is wrong: an attribute has a name and a value
    line 2 of the tree text is wrong: a value is `"text"` or `0x` and pairs of digits
    line 2 of the tree text is wrong: a value is `"text"` or `0x` and pairs of digits
    line 3 of the tree text is wrong: the attribute is given already
    line 1 of the tree text is wrong: cannot set an attribute of `/f`: its name is not `namespace.name`
    line 1 of the tree text is wrong: `=`: its kind is given already
    line 1 of the tree text is wrong: `->`: its kind is given already
    "#);
}

#[test]
fn a_subtree_is_written_from_its_own_root() {
    let mut tree = parsed("/a/b/c\n  | x\n/a/b/ 0700 5:5\n/other");
    assert_eq!(
        write(&tree, "/a/b", &limits()).unwrap(),
        "/ 0700 5:5\n/c\n  | x\n"
    );
    assert_eq!(
        write(&tree, "/other", &limits()).unwrap_err().kind(),
        crate::VolumeErrorKind::NotADirectory
    );
    let few = TextLimits {
        entries: 2,
        ..limits()
    };
    let short = TextLimits {
        total: 9,
        ..limits()
    };
    for too_small in [few, short] {
        let error = write(&tree, "/", &too_small).unwrap_err();
        assert_eq!(error.kind(), crate::VolumeErrorKind::LimitReached);
    }
    tree.write("/long", b"12345", Ownership::root(0o644))
        .unwrap();
    let long = TextLimits {
        content: 4,
        ..limits()
    };
    let text = write(&tree, "/", &long).unwrap();
    assert!(
        text.contains("/long bytes=5 sha256=5994471abb01112afcc18159f6cc74b4"),
        "{text}"
    );
    assert!(
        read(&text, TIME)
            .unwrap_err()
            .to_string()
            .contains("summary")
    );
}

/// One entry of a random tree.
#[derive(Debug, Clone)]
struct Node {
    directory: usize,
    name: Vec<u8>,
    kind: u8,
    content: Vec<u8>,
    owner: Ownership,
    modified: Option<(i32, u32)>,
    xattr: Option<Vec<u8>>,
}

fn nodes() -> impl Strategy<Value = Vec<Node>> {
    let nasty = prop::sample::select(&b"a |#=%@\\\"/\n\t\r\0\x1b\xff\xc3\xa4-"[..]);
    let bytes = move |max| prop::collection::vec(nasty.clone(), 0..max);
    let owner = (0..0o10000u32, 0..3u32, any::<u32>());
    let node = (
        any::<usize>(),
        bytes(6),
        0..7u8,
        prop_oneof![bytes(80), "[ -~\n]{0,40}".prop_map(String::into_bytes)],
        owner.prop_map(|(mode, uid, gid)| Ownership { mode, uid, gid }),
        prop::option::of((any::<i32>(), 0..1_000_000_000u32)),
        prop::option::of(bytes(8)),
    );
    let node = node.prop_map(
        |(directory, name, kind, content, owner, modified, xattr)| Node {
            directory,
            name,
            kind,
            content,
            owner,
            modified,
            xattr,
        },
    );
    prop::collection::vec(node, 0..24)
}

/// Makes what can be made of `nodes`; what cannot (a name that is taken) is left out.
fn grown(nodes: &[Node]) -> VolumeTree {
    let mut tree = VolumeTree::new(Mount {
        point: VolumePath::root(),
        filesystem: Box::new(Memory::new(TIME)),
        read_only: false,
        source: "memory".into(),
    });
    let (mut directories, mut files) = (vec![VolumePath::root()], Vec::new());
    for node in nodes {
        let directory = &directories[node.directory % directories.len()];
        let Ok(path) = directory.join(&node.name) else {
            continue;
        };
        let made = match node.kind {
            0 | 1 => tree
                .make_dir(&path, node.owner)
                .map(|()| directories.push(path.clone())),
            2 => tree.symlink(&path, &node.content, node.owner),
            3 => tree.make_node(&path, FileKind::BlockDevice, (8, 17), node.owner),
            4 if !files.is_empty() => {
                let first: &VolumePath = &files[node.directory % files.len()];
                tree.hard_link(first, &path)
            }
            5 => tree.make_node(&path, FileKind::Fifo, (0, 0), node.owner),
            _ => make_file(&mut tree, &path, node).map(|()| files.push(path.clone())),
        };
        if made.is_err() || node.kind == 2 {
            continue;
        }
        if let Some(value) = &node.xattr {
            tree.set_xattr(&path, "security.note", value).unwrap();
        }
        if let Some((seconds, nanoseconds)) = node.modified {
            let time = Timestamp {
                seconds: seconds.into(),
                nanoseconds,
            };
            tree.set_times(&path, time, time).unwrap();
        }
    }
    tree
}

fn make_file(tree: &mut VolumeTree, path: &VolumePath, node: &Node) -> Result<()> {
    if tree.symlink_metadata(path).is_ok() {
        let kind = crate::VolumeErrorKind::AlreadyExists;
        return Err(crate::VolumeError::new(kind, "the name is taken"));
    }
    tree.write(path, &node.content, node.owner)
}

proptest! {
    #[test]
    fn any_tree_reads_back_as_it_was(nodes in nodes()) {
        let tree = grown(&nodes);
        let text = written(&tree);
        let again = parsed(&text);
        prop_assert_eq!(&written(&again), &text);
        let diff = TreeDiff::between(&tree, &again, Scope::Everything, DiffLimits::default());
        let diff = diff.unwrap();
        prop_assert!(diff.is_empty(), "{}\n{:?}", text, diff);
    }

    #[test]
    fn no_text_makes_it_panic(text in "(/|/a|/b/| ->|=|[ -~]|\n|\n  |\t|\\PC){0,40}") {
        if let Ok(tree) = read(&text, TIME) {
            let text = written(&tree);
            prop_assert_eq!(written(&parsed(&text)), text);
        }
    }
}
