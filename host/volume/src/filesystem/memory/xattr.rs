//! Which extended attributes Linux takes on what, and how an access ACL and the mode go together.

use crate::error::{Result, VolumeError, VolumeErrorKind as Kind};
use crate::filesystem::FileKind;
use crate::path::{MAX_NAME, VolumePath};

pub(super) const ACCESS_ACL: &str = "system.posix_acl_access";
const DEFAULT_ACL: &str = "system.posix_acl_default";

/// The longest value that Linux takes, in bytes.
const MAX_VALUE: usize = 64 * 1024;

/// Checks that a file of `kind` can have the attribute `name` with `value`.
pub(super) fn check(path: &VolumePath, kind: FileKind, name: &str, value: &[u8]) -> Result<()> {
    let fail = |kind, why: &str| Err(VolumeError::cannot(kind, "set an attribute of", path, why));
    let plain = matches!(kind, FileKind::File | FileKind::Directory);
    if name.len() > MAX_NAME || name.contains('\0') {
        return fail(Kind::InvalidArgument, "its name is too long or has a NUL");
    }
    if value.len() > MAX_VALUE {
        return fail(Kind::InvalidArgument, "a value has at most 65536 bytes");
    }
    match name.split_once('.') {
        Some((_, "")) | None => fail(Kind::InvalidArgument, "its name is not `namespace.name`"),
        Some(("security" | "trusted", _)) => Ok(()),
        Some(("user", _)) if plain => Ok(()),
        Some(("system", _)) if name == ACCESS_ACL || name == DEFAULT_ACL => {
            check_acl(path, kind, name, value)
        }
        Some(_) => fail(Kind::NotSupported, "it cannot have one of that namespace"),
    }
}

fn check_acl(path: &VolumePath, kind: FileKind, name: &str, value: &[u8]) -> Result<()> {
    let fail = |kind, why: &str| Err(VolumeError::cannot(kind, "set an ACL of", path, why));
    if kind == FileKind::Symlink {
        return fail(Kind::NotSupported, "a symbolic link has none");
    }
    if name == DEFAULT_ACL && kind != FileKind::Directory {
        return fail(Kind::InvalidArgument, "only a directory has a default ACL");
    }
    if entries(value).is_none() {
        return fail(Kind::InvalidArgument, "the value is no ACL of version 2");
    }
    Ok(())
}

/// Tags of ACL entries, from Linux's `posix_acl.h`.
const USER_OBJ: u16 = 0x01;
const GROUP_OBJ: u16 = 0x04;
const MASK: u16 = 0x10;
const OTHER: u16 = 0x20;

const HEADER: usize = 4;
const ENTRY: usize = 8;

/// Tag and permissions of every entry; none when `acl` is not in the system call's form.
fn entries(acl: &[u8]) -> Option<Vec<(u16, u16)>> {
    let (version, rest) = acl.split_first_chunk::<HEADER>()?;
    let (entries, rest) = rest.as_chunks::<ENTRY>();
    if u32::from_le_bytes(*version) != 2 || !rest.is_empty() || entries.is_empty() {
        return None;
    }
    let entry = |e: &[u8; ENTRY]| {
        (
            u16::from_le_bytes([e[0], e[1]]),
            u16::from_le_bytes([e[2], e[3]]),
        )
    };
    Some(entries.iter().map(entry).collect())
}

/// Whether an access ACL says no more than a mode can: Linux then stores the mode alone.
pub(super) fn is_only_mode(acl: &[u8]) -> bool {
    let all = entries(acl).unwrap_or_default();
    all.iter()
        .all(|(tag, _)| [USER_OBJ, GROUP_OBJ, OTHER].contains(tag))
}

/// The mode that setting the access ACL `acl` leaves: its owner, mask (or group) and other.
pub(super) fn mode_of(acl: &[u8], mode: u32) -> u32 {
    let entries = entries(acl).unwrap_or_default();
    let has_mask = entries.iter().any(|(tag, _)| *tag == MASK);
    entries.iter().fold(mode, |mode, (tag, permissions)| {
        let shift = match *tag {
            USER_OBJ => 6,
            MASK => 3,
            GROUP_OBJ if !has_mask => 3,
            OTHER => 0,
            _ => return mode,
        };
        mode & !(0o7 << shift) | (u32::from(*permissions & 0o7) << shift)
    })
}

/// Makes the access ACL `acl` say what `mode` says, as chmod(2) does.
pub(super) fn follow_mode(acl: &mut [u8], mode: u32) {
    let has_mask = entries(acl).is_some_and(|all| all.iter().any(|(tag, _)| *tag == MASK));
    let Some(body) = acl.get_mut(HEADER..) else {
        return;
    };
    for entry in body.as_chunks_mut::<ENTRY>().0 {
        let bits = match u16::from_le_bytes([entry[0], entry[1]]) {
            USER_OBJ => mode >> 6,
            MASK => mode >> 3,
            GROUP_OBJ if !has_mask => mode >> 3,
            OTHER => mode,
            _ => continue,
        };
        entry[2] = (bits & 0o7) as u8;
        entry[3] = 0;
    }
}
