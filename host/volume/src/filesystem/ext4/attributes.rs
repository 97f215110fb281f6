//! Extended attributes, and what ties the access ACL to the mode.

use super::acl::{ACCESS, Acl, DEFAULT};
use super::border::refuse;
use super::mounted::Mounted;
use super::temporary;
use crate::error::VolumeErrorKind;
use crate::path::VolumePath;
use fs_ext4::inode::Inode;
use fs_ext4::{Error as Fault, Filesystem, Result};
use std::collections::BTreeMap;

/// The longest name of an attribute, in bytes, as in Linux.
const MAX_NAME: usize = 255;
/// The longest value of an attribute, in bytes, as in Linux.
const MAX_VALUE: usize = 65_536;

/// All attributes of the inode, ACLs in the system call's form.
pub(super) fn all(fs: &Filesystem, ino: u32) -> Result<BTreeMap<String, Vec<u8>>> {
    let (inode, raw) = fs.read_inode_verified(ino)?;
    let entries = fs_ext4::xattr::read_all_resolved(fs, &inode, &raw)?;
    let mut all = BTreeMap::new();
    for entry in entries {
        let value = match entry.name.as_str() {
            ACCESS | DEFAULT => Acl::from_disk(&entry.value)
                .ok_or(Fault::Corrupt("an ACL is malformed"))?
                .to_system(),
            _ => entry.value,
        };
        all.insert(entry.name, value);
    }
    Ok(all)
}

/// Sets one attribute; an access ACL changes the mode with it, as in Linux.
pub(super) fn set(fs: &Mounted, path: &VolumePath, name: &str, value: &[u8]) -> Result<()> {
    let (ino, inode) = fs.stat(path)?;
    check_name(&inode, name)?;
    if value.len() > MAX_VALUE {
        return Err(refuse(
            VolumeErrorKind::InvalidArgument,
            "an extended attribute cannot be longer than 65,536 bytes",
        ));
    }
    match name {
        ACCESS | DEFAULT => set_acl(fs, path, (ino, &inode), name, value),
        _ => change(fs, path, ino, name, Some(value)),
    }
}

/// Removes one attribute.
pub(super) fn remove(fs: &Mounted, path: &VolumePath, name: &str) -> Result<()> {
    let (ino, inode) = fs.stat(path)?;
    check_name(&inode, name)?;
    if !all(fs, ino)?.contains_key(name) {
        return Err(refuse(
            VolumeErrorKind::NotFound,
            "it has no such extended attribute",
        ));
    }
    change(fs, path, ino, name, None)
}

/// Sets the permission bits; an access ACL's mask, owner and others follow.
pub(super) fn set_mode(fs: &Mounted, path: &VolumePath, mode: u16) -> Result<()> {
    let (ino, inode) = fs.stat(path)?;
    if inode.is_symlink() {
        return Err(refuse(
            VolumeErrorKind::NotSupported,
            "a symbolic link has no mode of its own",
        ));
    }
    if let Some(acl) = all(fs, ino)?.get(ACCESS).and_then(|v| Acl::from_system(v)) {
        let moved = acl.with_permissions(mode).to_disk();
        change(fs, path, ino, ACCESS, Some(&moved))?;
    }
    fs.apply_chmod_ino(ino, mode)
}

fn set_acl(
    fs: &Filesystem,
    path: &VolumePath,
    (ino, inode): (u32, &Inode),
    name: &str,
    value: &[u8],
) -> Result<()> {
    let acl = Acl::from_system(value).ok_or_else(|| {
        refuse(
            VolumeErrorKind::InvalidArgument,
            "the value is no valid POSIX ACL in the system call's form",
        )
    })?;
    if name == DEFAULT {
        return match inode.is_dir() {
            true => change(fs, path, ino, name, Some(&acl.to_disk())),
            false => Err(refuse(
                VolumeErrorKind::NotSupported,
                "only directories have a default ACL",
            )),
        };
    }
    if acl.is_extended() {
        change(fs, path, ino, name, Some(&acl.to_disk()))?;
    } else if all(fs, ino)?.contains_key(name) {
        change(fs, path, ino, name, None)?;
    }
    fs.apply_chmod_ino(ino, inode.mode & 0o7000 | acl.permissions())
}

/// The library takes paths as text; what is not text goes by a temporary file.
fn change(
    fs: &Filesystem,
    path: &VolumePath,
    ino: u32,
    name: &str,
    value: Option<&[u8]>,
) -> Result<()> {
    match (std::str::from_utf8(path.as_bytes()), value) {
        (Ok(path), Some(value)) => fs.apply_setxattr(path, name, value),
        (Ok(path), None) => fs.apply_removexattr(path, name),
        (Err(_), value) => temporary::change_attribute(fs, ino, name, value),
    }
}

/// The namespaces that ext4 has, and what each is for.
fn check_name(inode: &Inode, name: &str) -> Result<()> {
    let refused = |kind, why: &str| Err(refuse(kind, why));
    if name.len() > MAX_NAME || name.contains('\0') {
        return refused(
            VolumeErrorKind::InvalidArgument,
            "the attribute's name is too long or has a NUL byte",
        );
    }
    let prefixed = ["user.", "trusted.", "security."]
        .iter()
        .any(|prefix| name.len() > prefix.len() && name.starts_with(prefix));
    match name {
        ACCESS | DEFAULT if inode.is_symlink() => refused(
            VolumeErrorKind::NotSupported,
            "a symbolic link has no POSIX ACL",
        ),
        ACCESS | DEFAULT => Ok(()),
        _ if !prefixed => refused(
            VolumeErrorKind::NotSupported,
            "ext4 has no attributes outside `user.`, `trusted.`, `security.` and POSIX ACLs",
        ),
        _ if name.starts_with("user.") && !inode.is_file() && !inode.is_dir() => refused(
            VolumeErrorKind::NotSupported,
            "only files and directories have attributes in `user.`",
        ),
        _ => Ok(()),
    }
}
