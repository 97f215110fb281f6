//! Disks that the installation knows by name.

use super::sweep;
use crate::file::access;
use crate::text::MAX_TEXT;
use mintage_engine::{Code, PlanError};
use mintage_volume::escape::escape;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::VolumeTree;

/// crypttab(5).
const CRYPTTAB: &str = "/etc/crypttab";
/// Keys that last until the next start only.
const FLEETING_KEYS: [&[u8]; 2] = [b"/dev/random", b"/dev/urandom"];

/// Where a disk may be named that has to be there.
const NAMING: [&str; 8] = [
    "/boot/grub/grub.cfg",
    "/boot/grub2/grub.cfg",
    "/boot/loader/entries/*.conf",
    "/etc/crypttab",
    "/etc/default/grub",
    "/etc/fstab",
    "/etc/kernel/cmdline",
    "/etc/lilo.conf",
];

/// Refuses a volume that opens an encrypted one with a key that lasts.
///
/// # Errors
/// `P7005`.
pub(super) fn refuse_encrypted(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    let Some(content) = read(tree, CRYPTTAB.as_bytes())? else {
        return Ok(0);
    };
    for line in content.split(|byte| *byte == b'\n') {
        let mut words = line
            .split(u8::is_ascii_whitespace)
            .filter(|word| !word.is_empty());
        let Some(name) = words.next().filter(|name| !name.starts_with(b"#")) else {
            continue;
        };
        if words.nth(1).is_none_or(|key| !FLEETING_KEYS.contains(&key)) {
            let message = format!(
                "`{CRYPTTAB}` opens the encrypted volume `{}`: every clone would have its key",
                escape(name)
            );
            return Err(PlanError::new(Code::P7005, message).at(CRYPTTAB).help(
                "make the image without encryption; to capture it all the same, \
                 skip `encrypted_volumes`",
            ));
        }
    }
    Ok(0)
}

/// Removes the names that multipath gave to disks, unless one of them has to stay what it is.
pub(super) fn remove_multipath_names(tree: &mut VolumeTree) -> Result<usize, PlanError> {
    for path in NAMING {
        for path in sweep::matching(tree, path)? {
            let content = read(tree, &path)?.unwrap_or_default();
            if is_multipath_named(&content) {
                return Ok(0);
            }
        }
    }
    let patterns = [
        "/etc/multipath/bindings",
        "/etc/multipath/wwids",
        "/var/lib/multipath/bindings",
        "/var/lib/multipath/wwids",
    ];
    sweep::each(&patterns, |pattern| sweep::remove(tree, pattern))
}

/// Whether a line that is no comment has a name as multipath gives them.
fn is_multipath_named(content: &[u8]) -> bool {
    let name = b"/dev/mapper/mpath";
    let lines = content.split(|byte| *byte == b'\n');
    let mut lines = lines.filter(|line| !line.trim_ascii_start().starts_with(b"#"));
    lines.any(|line| line.windows(name.len()).any(|window| window == name))
}

/// The content of a file; `None` where there is none.
fn read(tree: &VolumeTree, path: &[u8]) -> Result<Option<Vec<u8>>, PlanError> {
    let path = String::from_utf8_lossy(path);
    match access::look(tree, &path)? {
        Some(found) if found.kind == FileKind::File => {
            access::read(tree, &path, MAX_TEXT).map(Some)
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::test_world::TestWorld;

    #[test]
    fn an_encrypted_volume_with_a_lasting_key_is_refused() {
        for (crypttab, is_fine) in [
            ("", true),
            ("# <target name> <source device>\n\n", true),
            (
                "swap /dev/vda3 /dev/urandom swap,cipher=aes-xts-plain64\n",
                true,
            ),
            ("root UUID=1234 none luks\n", false),
            ("root\tUUID=1234\t/etc/keys/root.key\tluks\n", false),
            ("root UUID=1234\n", false),
            (
                "swap /dev/vda3 /dev/urandom swap\ndata /dev/vdb - tpm2-device=auto\n",
                false,
            ),
        ] {
            let mut tree = TestWorld::debian().with_file(CRYPTTAB, crypttab).tree;
            let refused = refuse_encrypted(&mut tree).err().map(|error| error.code);
            assert_eq!(refused, (!is_fine).then_some(Code::P7005), "{crypttab}");
        }
    }

    #[test]
    fn names_of_disks_stay_where_something_is_mounted_by_them() {
        for (fstab, removed) in [
            ("UUID=1 / ext4 defaults 0 1\n# was /dev/mapper/mpatha2\n", 1),
            ("/dev/mapper/mpatha2 / ext4 defaults 0 1\n", 0),
        ] {
            let mut tree = TestWorld::debian().with_file("/etc/fstab", fstab).tree;
            tree.make_dirs(
                "/etc/multipath",
                mintage_volume::filesystem::Ownership::root(0o700),
            )
            .unwrap();
            let new = mintage_volume::filesystem::Ownership::root(0o600);
            tree.write("/etc/multipath/bindings", b"mpatha 36001\n", new)
                .unwrap();
            assert_eq!(
                remove_multipath_names(&mut tree).unwrap(),
                removed,
                "{fstab}"
            );
        }
    }
}
