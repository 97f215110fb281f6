//! The contract over the filesystem in memory.

use super::*;
use crate::error::VolumeErrorKind as Kind;
use crate::filesystem::conformance::{self, Capabilities};

crate::filesystem_conformance!(
    || Box::new(Memory::new(conformance::TIME)),
    Capabilities::LINUX
);

const TIME: Timestamp = Timestamp {
    seconds: 1_700_000_000,
    nanoseconds: 0,
};

fn path(text: &str) -> VolumePath {
    VolumePath::parse(text).unwrap()
}

fn with_file(capacity: u64) -> (Memory, VolumePath) {
    let mut memory = Memory::with_capacity(TIME, capacity);
    let file = path("/f");
    memory.create_file(&file, Ownership::root(0o664)).unwrap();
    (memory, file)
}

#[test]
fn holes_take_no_space_and_read_as_zeros() {
    let (mut memory, file) = with_file(8192);
    memory.write_at(&file, 1 << 40, b"end").unwrap();
    assert_eq!(memory.info().unwrap().free_bytes, 4096);
    let mut buf = [1; 4];
    assert_eq!(memory.read_at(&file, (1 << 40) - 2, &mut buf).unwrap(), 4);
    assert_eq!(&buf, b"\0\0en");
}

#[test]
fn a_full_filesystem_refuses_and_stays_as_it_was() {
    let (mut memory, file) = with_file(4096);
    memory.write_at(&file, 0, b"old").unwrap();
    let error = memory.write_at(&file, 1, &[7; 5000]).unwrap_err();
    assert_eq!(error.kind(), Kind::NoSpace);
    assert_eq!(memory.metadata(&file).unwrap().len, 3);
    memory.remove_file(&file).unwrap();
    assert_eq!(memory.info().unwrap().free_bytes, 4096);
}

#[test]
fn the_last_of_two_names_frees_the_file() {
    let (mut memory, file) = with_file(4096);
    memory.write_at(&file, 0, b"x").unwrap();
    memory.link(&file, &path("/g")).unwrap();
    memory.remove_file(&file).unwrap();
    assert_eq!(memory.info().unwrap().free_bytes, 0);
    memory.remove_file(&path("/g")).unwrap();
    assert_eq!(memory.info().unwrap().free_bytes, 4096);
}

/// An access ACL of version 2 with the given (tag, permissions) entries.
fn acl(entries: &[(u16, u16)]) -> Vec<u8> {
    let mut value = 2u32.to_le_bytes().to_vec();
    for (tag, permissions) in entries {
        value.extend(tag.to_le_bytes());
        value.extend(permissions.to_le_bytes());
        value.extend(u32::MAX.to_le_bytes());
    }
    value
}

#[test]
fn an_access_acl_and_the_mode_follow_each_other() {
    let (mut memory, file) = with_file(0);
    let name = "system.posix_acl_access";
    let given = acl(&[(1, 6), (2, 7), (4, 4), (16, 5), (32, 1)]);
    memory.set_xattr(&file, name, &given).unwrap();
    assert_eq!(memory.metadata(&file).unwrap().mode, 0o651);
    let plain = acl(&[(1, 6), (4, 4), (32, 0)]);
    memory.set_mode(&file, 0o4734).unwrap();
    let expected = acl(&[(1, 7), (2, 7), (4, 4), (16, 3), (32, 4)]);
    assert_eq!(memory.xattrs(&file).unwrap()[name], expected);
    memory.set_xattr(&file, name, &plain).unwrap();
    assert_eq!(memory.metadata(&file).unwrap().mode, 0o4640);
    assert!(memory.xattrs(&file).unwrap().is_empty());
}

#[test]
fn attributes_go_by_the_rules_of_their_namespace() {
    let (mut memory, file) = with_file(0);
    let (link, root) = (path("/l"), VolumePath::root());
    memory
        .create_symlink(&link, b"f", Ownership::root(0))
        .unwrap();
    let default = acl(&[(1, 7), (4, 5), (32, 5)]);
    for (path, name, value, kind) in [
        (&file, "user.", &b""[..], Kind::InvalidArgument),
        (&file, "plain", b"", Kind::InvalidArgument),
        (&file, "other.name", b"", Kind::NotSupported),
        (&link, "user.name", b"", Kind::NotSupported),
        (
            &file,
            "system.posix_acl_default",
            &default,
            Kind::InvalidArgument,
        ),
        (
            &file,
            "system.posix_acl_access",
            b"\x02\0\0\0x",
            Kind::InvalidArgument,
        ),
        (
            &link,
            "system.posix_acl_access",
            &default,
            Kind::NotSupported,
        ),
        (&file, "user.big", &[0; 65537], Kind::InvalidArgument),
    ] {
        let error = memory.set_xattr(path, name, value).unwrap_err();
        assert_eq!(error.kind(), kind, "{name}");
    }
    memory
        .set_xattr(&root, "system.posix_acl_default", &default)
        .unwrap();
    memory
        .set_xattr(&link, "security.selinux", b"label")
        .unwrap();
}
