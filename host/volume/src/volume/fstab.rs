//! The guest's `/etc/fstab`.

use super::Source;
use crate::path::VolumePath;

/// A line of fstab that mounts something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FstabEntry {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// What is mounted.
    pub source: Source,
    /// Where.
    pub point: VolumePath,
    /// Whether the options make it read-only.
    pub read_only: bool,
    /// Why it is none of this volume's business, if so: swap, memory, network, other directories.
    pub skip: Option<&'static str>,
}

/// A line that says nothing that can be understood.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BadLine {
    /// The number of the line, from 1 on.
    pub line: usize,
    /// What is wrong with it.
    pub why: &'static str,
}

/// Reads all lines of fstab, as util-linux does: fields between blanks, `\040` for a blank in a
/// field, comments on lines of their own.
pub fn parse(content: &[u8]) -> Vec<Result<FstabEntry, BadLine>> {
    let lines = (1..).zip(content.split(|byte| *byte == b'\n'));
    lines
        .filter_map(|(line, text)| entry(line, text).transpose())
        .collect()
}

fn entry(line: usize, text: &[u8]) -> Result<Option<FstabEntry>, BadLine> {
    let mut fields = text
        .split(|byte| matches!(byte, b' ' | b'\t' | b'\r'))
        .filter(|field| !field.is_empty());
    let source = match fields.next() {
        None => return Ok(None),
        Some(field) if field.starts_with(b"#") => return Ok(None),
        Some(field) => unescape_fstab(field),
    };
    let bad = |why| BadLine { line, why };
    let point = fields.next().ok_or(bad("it has no mount point"))?;
    let kind = fields.next().ok_or(bad("it has no filesystem type"))?;
    let options = fields.next().unwrap_or(b"defaults");
    let skip = skip(kind, options);
    let point = match skip {
        // Swap has `none` for a mount point.
        Some(_) => VolumePath::parse(unescape_fstab(point)).unwrap_or_else(|_| VolumePath::root()),
        None => VolumePath::parse(unescape_fstab(point))
            .map_err(|_| bad("its mount point is no absolute path"))?,
    };
    Ok(Some(FstabEntry {
        line,
        source: Source::parse(&String::from_utf8_lossy(&source)),
        point,
        read_only: is_read_only(options),
        skip,
    }))
}

fn has_option(options: &[u8], wanted: &[&[u8]]) -> bool {
    let mut options = options.split(|byte| *byte == b',');
    options.any(|option| wanted.contains(&option))
}

/// The last of `ro` and `rw` counts.
fn is_read_only(options: &[u8]) -> bool {
    let mut decisions = options
        .split(|byte| *byte == b',')
        .filter(|option| matches!(*option, b"ro" | b"rw"));
    decisions.next_back() == Some(b"ro")
}

fn skip(kind: &[u8], options: &[u8]) -> Option<&'static str> {
    if kind == b"swap" {
        return Some("swap");
    }
    if has_option(options, &[b"noauto"]) {
        return Some("not mounted at boot");
    }
    if kind == b"none" || has_option(options, &[b"bind", b"rbind"]) {
        return Some("another directory of the guest");
    }
    let name = String::from_utf8_lossy(kind);
    if NETWORK.contains(&&*name) || name.starts_with("fuse.") {
        return Some("not on this volume");
    }
    MEMORY.contains(&&*name).then_some("made by the kernel")
}

/// Filesystems of other machines.
const NETWORK: [&str; 15] = [
    "9p",
    "afs",
    "beegfs",
    "ceph",
    "cifs",
    "davfs",
    "fuse",
    "glusterfs",
    "lustre",
    "ncpfs",
    "nfs",
    "nfs4",
    "smb3",
    "smbfs",
    "virtiofs",
];

/// Filesystems in memory, and those that show the kernel's own things.
const MEMORY: [&str; 24] = [
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "fusectl",
    "hugetlbfs",
    "mqueue",
    "nfsd",
    "overlay",
    "proc",
    "pstore",
    "ramfs",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "sysfs",
    "tmpfs",
    "tracefs",
];

/// Takes back the octal escapes of a field of fstab(5): `\040` for a blank, `\011` for a tab, `\134` for a backslash.
pub fn unescape_fstab(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((first, after)) = rest.split_first() {
        match (first, octal(after)) {
            (b'\\', Some((byte, after))) => {
                bytes.push(byte);
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    bytes
}

/// The byte that the first three octal digits say, and what follows.
fn octal(text: &[u8]) -> Option<(u8, &[u8])> {
    let (digits, after) = text.split_at_checked(3)?;
    let all_octal = digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let digits = std::str::from_utf8(digits).ok().filter(|_| all_octal)?;
    Some((u8::from_str_radix(digits, 8).ok()?, after))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn entries(text: &str) -> Vec<FstabEntry> {
        parse(text.as_bytes())
            .into_iter()
            .map(Result::unwrap)
            .collect()
    }

    fn path(text: &str) -> VolumePath {
        VolumePath::parse(text).unwrap()
    }

    #[test]
    fn a_usual_file() {
        let text = "# /etc/fstab: static file system information.\n\
            \n\
            UUID=1111-2222 /         ext4 errors=remount-ro 0 1\n\
            \tPARTUUID=ab /boot/efi vfat umask=0077,ro\n\
            /dev/vda3 /srv/my\\040data auto ro,rw,nofail 0 2\r\n\
            LABEL=x /x ext4";
        let found: Vec<_> = entries(text)
            .into_iter()
            .map(|e| (e.line, e.source.to_string(), e.point, e.read_only, e.skip))
            .collect();
        let expected = [
            (3, "UUID=1111-2222", path("/"), false, None),
            (4, "PARTUUID=ab", path("/boot/efi"), true, None),
            (5, "partition 3", path("/srv/my data"), false, None),
            (6, "LABEL=x", path("/x"), false, None),
        ];
        assert_eq!(
            found,
            expected.map(|(l, s, p, r, k)| (l, s.to_owned(), p, r, k))
        );
    }

    #[test]
    fn what_is_not_of_this_volume_is_skipped() {
        for (line, why) in [
            ("UUID=x none swap sw 0 0", "swap"),
            (
                "/dev/sr0 /media/cdrom0 udf,iso9660 user,noauto 0 0",
                "not mounted at boot",
            ),
            (
                "/srv/a /srv/b none bind 0 0",
                "another directory of the guest",
            ),
            (
                "/srv/a /srv/b ext4 defaults,rbind",
                "another directory of the guest",
            ),
            ("nas:/export /mnt nfs4 rw", "not on this volume"),
            ("user@host: /mnt fuse.sshfs rw", "not on this volume"),
            ("tmpfs /tmp tmpfs size=1G", "made by the kernel"),
            ("proc /proc proc defaults", "made by the kernel"),
        ] {
            assert_eq!(entries(line)[0].skip, Some(why), "{line}");
        }
        assert_eq!(entries("UUID=x / ext4 _netdev")[0].skip, None);
    }

    #[test]
    fn bad_lines_are_kept_as_such() {
        let parsed = parse(b"alone\n\nUUID=x /a\nUUID=x relative ext4\nUUID=x / ext4");
        let bad: Vec<_> = parsed
            .iter()
            .map(|line| line.as_ref().err().map(|bad| (bad.line, bad.why)))
            .collect();
        let expected = [
            Some((1, "it has no mount point")),
            Some((3, "it has no filesystem type")),
            Some((4, "its mount point is no absolute path")),
            None,
        ];
        assert_eq!(bad, expected);
    }

    #[test]
    fn octal_escapes() {
        for (escaped, plain) in [
            (r"a\040b", "a b"),
            (r"\134040", r"\040"),
            (r"a\04", r"a\04"),
            (r"a\9999", r"a\9999"),
            (r"a\777", r"a\777"),
            (r"\", r"\"),
        ] {
            assert_eq!(
                unescape_fstab(escaped.as_bytes()),
                plain.as_bytes(),
                "{escaped}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_fail(text in prop::collection::vec(
            prop_oneof![any::<u8>(), Just(b' '), Just(b'\n'), Just(b'/'), Just(b'\\')], 0..300)) {
            parse(&text);
        }
    }
}
