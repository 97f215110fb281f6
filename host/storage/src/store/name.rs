//! `VolumeName`: what a volume is called in a store.

use super::error::{Result, StoreError, StoreErrorKind};
use std::fmt;

/// The longest id.
const MAX_LENGTH: usize = 64;

/// What a volume is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum VolumeKind {
    /// Never changed once it is published.
    Golden,
    /// A server writes to it.
    Os,
}

impl VolumeKind {
    /// All of them.
    pub const ALL: [Self; 2] = [Self::Golden, Self::Os];
}

impl fmt::Display for VolumeKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Golden => "golden volume",
            Self::Os => "OS volume",
        })
    }
}

/// What a volume is called in a store: its kind, and the id of the resource that it belongs to. Volumes of
/// two kinds can have the same id.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VolumeName {
    kind: VolumeKind,
    id: String,
}

impl VolumeName {
    /// The volume of `kind` that belongs to the resource `id`. A store refuses an id that is not plain:
    /// 1 to 64 letters, digits and `-`, no `-` first.
    pub fn new(kind: VolumeKind, id: &str) -> Self {
        Self {
            kind,
            id: id.to_owned(),
        }
    }

    /// The golden volume of the golden image `id`.
    pub fn golden(id: &str) -> Self {
        Self::new(VolumeKind::Golden, id)
    }

    /// The disk of the OS volume `id`.
    pub fn os(id: &str) -> Self {
        Self::new(VolumeKind::Os, id)
    }

    /// What it is for.
    pub fn kind(&self) -> VolumeKind {
        self.kind
    }

    /// The id, which may be anything: for comparing it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The id, safe in a path, in a file's name and on a command line of the store `label`.
    ///
    /// # Errors
    /// `Failed` when it is not plain.
    pub fn plain_id(&self, label: &str) -> Result<&str> {
        match is_plain(&self.id) {
            true => Ok(&self.id),
            false => Err(StoreError::new(
                StoreErrorKind::Failed,
                format!("find the {}", self.kind),
                label,
                "its id is not plain letters, digits and `-`",
            )),
        }
    }
}

/// Whether `id` can be one.
pub(super) fn is_plain(id: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    (1..=MAX_LENGTH).contains(&id.len()) && !id.starts_with('-') && id.bytes().all(is_plain)
}

impl fmt::Display for VolumeName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // An id that is not plain is shown as one.
        write!(f, "{} `{}`", self.kind, self.id.escape_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_plain_ids_are_taken() {
        let long = "a".repeat(65);
        for bad in ["", "-a", "../a", "a/b", "a.b", "ä", "a\0", " ", &long] {
            let error = VolumeName::os(bad).plain_id("the store").unwrap_err();
            assert_eq!(error.kind(), StoreErrorKind::Failed, "{bad:?}");
        }
        for good in ["a", "22-bb", &long[..64]] {
            assert_eq!(VolumeName::golden(good).plain_id("the store"), Ok(good));
        }
    }

    #[test]
    fn a_name_is_shown_with_its_kind() {
        assert_eq!(VolumeName::os("22-bb").to_string(), "OS volume `22-bb`");
        let odd = VolumeName::golden("\u{1b}[31m").to_string();
        assert_eq!(odd, "golden volume `\\u{1b}[31m`");
    }
}
