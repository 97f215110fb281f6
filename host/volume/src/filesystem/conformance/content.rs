//! Checks of what is in regular files.

use super::*;
use std::io::Read;

pub(super) fn new_files_are_empty(case: &mut Case<'_>) {
    case.file("/f", b"");
    let metadata = case.metadata("/f");
    assert_eq!((metadata.kind, metadata.len), (FileKind::File, 0));
    assert_eq!(metadata.links, 1);
    assert_eq!(case.content("/f"), b"");
}

pub(super) fn reads_and_writes_go_to_their_offset(case: &mut Case<'_>) {
    case.file("/f", b"0123456789");
    case.fs.write_at(&at("/f"), 3, b"abc").unwrap();
    assert_eq!(case.content("/f"), b"012abc6789");
    case.fs.write_at(&at("/f"), 8, b"wxyz").unwrap();
    assert_eq!(case.content("/f"), b"012abc67wxyz");
    let mut buf = [0; 4];
    assert_eq!(case.fs.read_at(&at("/f"), 5, &mut buf).unwrap(), 4);
    assert_eq!(&buf, b"c67w");
}

pub(super) fn reading_ends_at_the_end(case: &mut Case<'_>) {
    case.file("/f", b"12345");
    for (offset, expected) in [(0, 5), (3, 2), (5, 0), (6, 0), (u64::MAX, 0)] {
        let mut buf = [7; 9];
        let count = case.fs.read_at(&at("/f"), offset, &mut buf).unwrap();
        assert_eq!(count, expected, "at {offset}");
    }
    assert_eq!(case.fs.read_at(&at("/f"), 0, &mut []).unwrap(), 0);
}

pub(super) fn writing_past_the_end_leaves_zeros(case: &mut Case<'_>) {
    case.file("/f", b"start");
    case.fs.write_at(&at("/f"), 70_000, b"end").unwrap();
    let mut expected = b"start".to_vec();
    expected.resize(70_000, 0);
    expected.extend(b"end");
    assert!(case.content("/f") == expected);
}

pub(super) fn an_empty_write_changes_nothing(case: &mut Case<'_>) {
    case.file("/f", b"abc");
    case.fs.write_at(&at("/f"), 100, b"").unwrap();
    assert_eq!(case.content("/f"), b"abc");
}

pub(super) fn cutting_forgets_what_was_cut(case: &mut Case<'_>) {
    case.file("/f", &[0xee; 10_000]);
    case.fs.set_len(&at("/f"), 5000).unwrap();
    assert!(case.content("/f") == [0xee; 5000]);
    case.fs.set_len(&at("/f"), 9000).unwrap();
    let mut expected = vec![0xee; 5000];
    expected.resize(9000, 0);
    assert!(case.content("/f") == expected, "what was cut came back");
    case.fs.set_len(&at("/f"), 0).unwrap();
    case.fs.write_at(&at("/f"), 3, b"x").unwrap();
    assert_eq!(case.content("/f"), b"\0\0\0x");
}

pub(super) fn growing_adds_zeros(case: &mut Case<'_>) {
    case.file("/f", b"a");
    case.fs.set_len(&at("/f"), 20_000).unwrap();
    let content = case.content("/f");
    assert_eq!((content.len(), content[0]), (20_000, b'a'));
    assert!(content[1..].iter().all(|byte| *byte == 0));
    case.fs.set_len(&at("/f"), 20_000).unwrap();
    assert_eq!(case.metadata("/f").len, 20_000);
}

pub(super) fn replacing_content_keeps_the_file(case: &mut Case<'_>) {
    let path = at("/f");
    case.file("/f", &[1; 30_000]);
    if case.can.modes {
        case.fs.set_mode(&path, 0o4755).unwrap();
    }
    if case.can.owners {
        case.fs.set_owner(&path, 7, 8).unwrap();
    }
    if let Some(namespace) = case.can.xattrs.first() {
        let name = format!("{namespace}.kept");
        case.fs.set_xattr(&path, &name, b"value").unwrap();
    }
    if case.can.hard_links {
        case.fs.link(&path, &at("/g")).unwrap();
    }
    let before = (case.metadata("/f"), case.fs.xattrs(&path).unwrap());
    let len = case.fs.replace_content(&path, &mut &b"new"[..]).unwrap();
    let mut after = (case.metadata("/f"), case.fs.xattrs(&path).unwrap());
    assert_eq!((len, after.0.len), (3, 3));
    after.0.len = before.0.len;
    assert_eq!(after, before);
    assert_eq!(case.content("/f"), b"new");
    if case.can.hard_links {
        assert_eq!(case.content("/g"), b"new");
    }
}

/// Gives its bytes in pieces of odd lengths, as a decompressor would.
struct Trickle<'a>(&'a [u8]);

impl Read for Trickle<'_> {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        let count = buf.len().min(7919);
        self.0.read(&mut buf[..count])
    }
}

pub(super) fn replacing_content_streams_big_files(case: &mut Case<'_>) {
    case.file("/big", b"old");
    let content = pattern(5 << 20);
    let len = case
        .fs
        .replace_content(&at("/big"), &mut Trickle(&content))
        .unwrap();
    assert_eq!(len, content.len() as u64);
    assert!(case.content("/big") == content);
}

/// Bytes that do not repeat at the distance of any block.
fn pattern(len: u32) -> Vec<u8> {
    (0..len)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect()
}

/// Fails after a few bytes.
struct Failing(bool);

impl Read for Failing {
    fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
        if std::mem::replace(&mut self.0, true) {
            return Err(std::io::Error::other("the source broke"));
        }
        buf[..3].copy_from_slice(b"abc");
        Ok(3)
    }
}

pub(super) fn a_failing_source_is_an_error(case: &mut Case<'_>) {
    case.file("/f", b"content");
    let result = case.fs.replace_content(&at("/f"), &mut Failing(false));
    refused(result, Kind::Io);
    case.fs
        .replace_content(&at("/f"), &mut &b"good"[..])
        .unwrap();
    assert_eq!(case.content("/f"), b"good");
}

pub(super) fn many_appends_make_one_file(case: &mut Case<'_>) {
    case.file("/f", b"");
    let mut expected: Vec<u8> = Vec::new();
    for n in 0..300u32 {
        let line = format!("line {n} of a log that grows\n");
        let end = expected.len() as u64;
        case.fs.write_at(&at("/f"), end, line.as_bytes()).unwrap();
        expected.extend(line.as_bytes());
    }
    assert!(case.content("/f") == expected);
}

pub(super) fn holes_take_no_space(case: &mut Case<'_>) {
    if !case.can.sparse {
        return;
    }
    let before = case.fs.info().unwrap().free_bytes;
    case.file("/hole", b"");
    case.fs.set_len(&at("/hole"), 1 << 30).unwrap();
    case.fs.write_at(&at("/hole"), 1 << 29, b"middle").unwrap();
    let used = before.saturating_sub(case.fs.info().unwrap().free_bytes);
    assert!(used < 1 << 20, "a hole of 1 GiB took {used} bytes");
    let mut buf = [9; 8];
    case.fs
        .read_at(&at("/hole"), (1 << 29) - 1, &mut buf)
        .unwrap();
    assert_eq!(&buf, b"\0middle\0");
}

pub(super) fn content_is_for_regular_files(case: &mut Case<'_>) {
    case.dir("/d");
    case.file("/f", b"x");
    let mut expectations = vec![
        ("/", Kind::NotAFile),
        ("/d", Kind::NotAFile),
        ("/none", Kind::NotFound),
        ("/none/f", Kind::NotFound),
        ("/f/below", Kind::NotADirectory),
    ];
    if case.can.symlinks {
        case.symlink("/l", "f");
        expectations.push(("/l", Kind::NotAFile));
    }
    if case.can.fifos {
        case.fs
            .create_node(&at("/p"), FileKind::Fifo, (0, 0), Ownership::root(0o600))
            .unwrap();
        expectations.push(("/p", Kind::NotAFile));
    }
    for (path, kind) in expectations {
        let path = at(path);
        refused(case.fs.read_at(&path, 0, &mut [0; 4]), kind);
        refused(case.fs.write_at(&path, 0, b"x"), kind);
        refused(case.fs.set_len(&path, 1), kind);
        refused(case.fs.replace_content(&path, &mut &b"y"[..]), kind);
    }
}

pub(super) fn no_file_is_longer_than_possible(case: &mut Case<'_>) {
    case.file("/f", b"abc");
    for result in [
        case.fs.write_at(&at("/f"), u64::MAX - 1, b"12345"),
        case.fs.write_at(&at("/f"), i64::MAX as u64, b"1"),
        case.fs.set_len(&at("/f"), u64::MAX),
    ] {
        refused(result, Kind::InvalidArgument);
    }
    assert_eq!(case.content("/f"), b"abc");
}
