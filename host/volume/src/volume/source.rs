//! How a partition is named: in an fstab, and in a plan's own mounts.

use super::Area;
use serde::Serialize;
use std::fmt;

/// The name of a filesystem of this volume, or of something else that is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// The partition of this number, from 1 on.
    Partition(u32),
    /// The whole device, when it has no partitions.
    Whole,
    /// The filesystem with this UUID.
    Uuid(String),
    /// The filesystem with this label.
    Label(String),
    /// The partition with this UUID.
    PartUuid(String),
    /// The partition with this label.
    PartLabel(String),
    /// Something outside of this volume, or that it has to be assembled from: another disk, a
    /// logical volume, a server's export.
    Elsewhere(String),
}

impl Source {
    /// Reads the first field of a line of fstab.
    ///
    /// A disk is taken for this volume's when it is the first of its kind (`sda`, `vda`,
    /// `nvme0n1`): how the guest will call its only disk is not known.
    pub fn parse(text: &str) -> Self {
        let tagged = text.split_once('=').and_then(|(tag, value)| {
            let value = value.trim_matches(|c| c == '"' || c == '\'').to_owned();
            Self::tagged(tag, value)
        });
        tagged
            .or_else(|| Self::by_link(text.strip_prefix("/dev/disk/by-")?))
            .or_else(|| Self::by_device(text.strip_prefix("/dev/")?))
            .unwrap_or_else(|| Self::Elsewhere(text.to_owned()))
    }

    fn tagged(tag: &str, value: String) -> Option<Self> {
        match tag {
            "UUID" | "uuid" => Some(Self::Uuid(value)),
            "LABEL" | "label" => Some(Self::Label(value)),
            "PARTUUID" | "partuuid" => Some(Self::PartUuid(value)),
            "PARTLABEL" | "partlabel" => Some(Self::PartLabel(value)),
            _ => None,
        }
    }

    /// `uuid/…`, `label/…`, and `id/…-part2` or `path/…-part2`.
    fn by_link(link: &str) -> Option<Self> {
        let (kind, name) = link.split_once('/')?;
        if matches!(kind, "id" | "path" | "diskseq") {
            let (_, number) = name.rsplit_once("-part")?;
            return partition(number);
        }
        Self::tagged(kind, unescape(name))
    }

    /// `sda1`, `vda2`, `nvme0n1p1`, `mmcblk0p2`, or such a disk as a whole.
    fn by_device(name: &str) -> Option<Self> {
        for disk in ["sda", "vda", "xvda", "hda"] {
            if let Some(rest) = name.strip_prefix(disk) {
                return partition_or_whole(rest);
            }
        }
        for disk in ["nvme0n1", "mmcblk0", "nbd0", "loop0"] {
            match name.strip_prefix(disk) {
                Some("") => return Some(Self::Whole),
                Some(rest) => return partition(rest.strip_prefix('p')?),
                None => {}
            }
        }
        None
    }

    /// Whether it names `area`.
    pub(super) fn names(&self, area: &Area) -> bool {
        let partition = area.partition.as_ref();
        let same = |ours: &str, theirs: &str| !ours.is_empty() && ours == theirs;
        match self {
            Self::Partition(number) => partition.is_some_and(|p| p.number == *number),
            Self::Whole => partition.is_none(),
            Self::Uuid(uuid) => !uuid.is_empty() && area.contents.uuid.eq_ignore_ascii_case(uuid),
            Self::Label(label) => same(&area.contents.label, label),
            Self::PartUuid(uuid) => {
                !uuid.is_empty() && partition.is_some_and(|p| p.uuid.eq_ignore_ascii_case(uuid))
            }
            Self::PartLabel(label) => partition.is_some_and(|p| same(&p.label, label)),
            Self::Elsewhere(_) => false,
        }
    }
}

fn partition_or_whole(rest: &str) -> Option<Source> {
    match rest {
        "" => Some(Source::Whole),
        number => partition(number),
    }
}

/// A partition's number: digits only, from 1 on.
fn partition(number: &str) -> Option<Source> {
    let digits = number.bytes().all(|b| b.is_ascii_digit()) && !number.starts_with('0');
    let number = digits.then(|| number.parse().ok())?;
    number.map(Source::Partition)
}

/// Takes back udev's `\x20` in names of links.
fn unescape(name: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = name;
    while let Some((before, after)) = rest.split_once("\\x") {
        bytes.extend_from_slice(before.as_bytes());
        let code = after
            .get(..2)
            .and_then(|code| u8::from_str_radix(code, 16).ok());
        rest = match (code, after.get(2..)) {
            (Some(byte), Some(after)) => {
                bytes.push(byte);
                after
            }
            _ => {
                bytes.extend_from_slice(b"\\x");
                after
            }
        };
    }
    bytes.extend_from_slice(rest.as_bytes());
    String::from_utf8_lossy(&bytes).into_owned()
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let escaped = |text: &String| crate::escape::escape(text.as_bytes());
        match self {
            Self::Partition(number) => write!(f, "partition {number}"),
            Self::Whole => f.write_str("the whole device"),
            Self::Uuid(uuid) => write!(f, "UUID={}", escaped(uuid)),
            Self::Label(label) => write!(f, "LABEL={}", escaped(label)),
            Self::PartUuid(uuid) => write!(f, "PARTUUID={}", escaped(uuid)),
            Self::PartLabel(label) => write!(f, "PARTLABEL={}", escaped(label)),
            Self::Elsewhere(text) => f.write_str(&escaped(text)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parse_knows_the_names_that_fstabs_use() {
        let text = |text: &str| text.to_owned();
        for (given, expected) in [
            ("UUID=ab-cd", Source::Uuid(text("ab-cd"))),
            ("UUID=\"ab-cd\"", Source::Uuid(text("ab-cd"))),
            ("LABEL=my root", Source::Label(text("my root"))),
            (
                "PARTUUID=1234abcd-02",
                Source::PartUuid(text("1234abcd-02")),
            ),
            ("PARTLABEL='EFI'", Source::PartLabel(text("EFI"))),
            ("/dev/disk/by-uuid/AB-CD", Source::Uuid(text("AB-CD"))),
            (
                r"/dev/disk/by-label/my\x20root\x",
                Source::Label(text(r"my root\x")),
            ),
            ("/dev/disk/by-partuuid/x", Source::PartUuid(text("x"))),
            ("/dev/disk/by-partlabel/x", Source::PartLabel(text("x"))),
            ("/dev/disk/by-id/scsi-0QEMU-part14", Source::Partition(14)),
            (
                "/dev/disk/by-path/pci-0000:00:04.0-part2",
                Source::Partition(2),
            ),
            ("/dev/sda1", Source::Partition(1)),
            ("/dev/vda12", Source::Partition(12)),
            ("/dev/xvda1", Source::Partition(1)),
            ("/dev/nvme0n1p3", Source::Partition(3)),
            ("/dev/mmcblk0p2", Source::Partition(2)),
            ("/dev/vda", Source::Whole),
            ("/dev/nvme0n1", Source::Whole),
        ] {
            assert_eq!(Source::parse(given), expected, "{given}");
        }
    }

    #[test]
    fn what_is_no_partition_of_this_disk_is_elsewhere() {
        for given in [
            "/dev/sdb1",
            "/dev/sda0",
            "/dev/sda1x",
            "/dev/sda+1",
            "/dev/sda99999999999",
            "/dev/nvme0n12",
            "/dev/nvme1n1p1",
            "/dev/mapper/vg-root",
            "/dev/md0",
            "/dev/disk/by-uuid",
            "/dev/disk/by-id/scsi-0QEMU",
            "server:/export",
            "//server/share",
            "tmpfs",
            "",
            "FOO=bar",
        ] {
            assert_eq!(Source::parse(given), Source::Elsewhere(given.to_owned()));
        }
    }
}
