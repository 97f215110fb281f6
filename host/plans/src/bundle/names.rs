//! The names of a bundle's entries: which are allowed, and what each entry is.

use super::artifact::{ArtifactKind, GoldenImage};
use super::error::{BundleError, Result};
use super::manifest::Manifest;
use super::sums::SumFile;

/// The longest name of an entry, in bytes; files of that name can be made anywhere.
const MAX_NAME: usize = 255;

/// What an entry of a bundle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EntryKind {
    Manifest,
    Sums(SumFile),
    Artifact(ArtifactKind),
    /// The disk of a golden image, if an artifact names it.
    Image,
}

impl EntryKind {
    /// What the entry `name` is.
    pub(crate) fn of(name: &str) -> Self {
        if name == Manifest::ENTRY {
            return Self::Manifest;
        }
        if let Some(file) = SumFile::of(name) {
            return Self::Sums(file);
        }
        let kinds = ArtifactKind::ALL.into_iter();
        let mut kinds = kinds.filter(|kind| artifact_id(name, *kind).is_some());
        kinds.next().map_or(Self::Image, Self::Artifact)
    }
}

/// The id in the name of an artifact's entry.
pub(crate) fn artifact_id(name: &str, kind: ArtifactKind) -> Option<&str> {
    let stem = name.strip_suffix(".json")?.strip_suffix(kind.suffix())?;
    stem.strip_suffix('_')
}

/// The name of an artifact's entry.
pub(crate) fn artifact_entry(id: &str, kind: ArtifactKind) -> String {
    format!("{id}_{}.json", kind.suffix())
}

/// The entry with the image of a golden image: its name. Where an entry cannot have that name,
/// because it has a slash or means something else, it is `ID_goldenimage`.
pub(crate) fn image_entry(image: &GoldenImage) -> String {
    match check(&image.name).is_ok() && EntryKind::of(&image.name) == EntryKind::Image {
        true => image.name.clone(),
        false => second_image_entry(image),
    }
}

fn second_image_entry(image: &GoldenImage) -> String {
    format!("{}_{}", image.id, ArtifactKind::GoldenImage.suffix())
}

/// An entry lies flat in the archive, and no file system of anybody reads its name otherwise.
pub(crate) fn check(name: &str) -> Result<()> {
    let why = if name.is_empty() || name.len() > MAX_NAME {
        format!("the name of an entry has 1 to {MAX_NAME} bytes")
    } else if name.contains(['/', '\\']) {
        "a bundle has no folders, and no name that leads out of it".to_owned()
    } else if name.chars().any(char::is_control) {
        "the name of an entry has no control characters".to_owned()
    } else if matches!(name, "." | "..") || has_drive(name) {
        "the name of an entry is that of a file".to_owned()
    } else {
        return Ok(());
    };
    Err(BundleError::forbidden(name, why))
}

/// `C:` and the like, which lead elsewhere on some systems.
fn has_drive(name: &str) -> bool {
    matches!(name.as_bytes(), [letter, b':', ..] if letter.is_ascii_alphabetic())
}

/// Whether it is a plain path below a folder: `etc/hosts.j2`.
pub(crate) fn is_relative_path(path: &str) -> bool {
    path.len() <= MAX_NAME
        && path
            .split('/')
            .all(|part| check(part).is_ok() && !part.starts_with('.') && part.trim() == part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_are_known_by_their_names() {
        let script = EntryKind::Artifact(ArtifactKind::PlanScript);
        for (name, kind) in [
            ("MANIFEST.MF", EntryKind::Manifest),
            ("SHA256SUM.sha256sum", EntryKind::Sums(SumFile::Sha256)),
            ("SHA1SUM.sha1sum", EntryKind::Sums(SumFile::Sha1)),
            ("0810dd42_planscript.json", script),
            ("_planscript.json", script),
            ("planscript.json", EntryKind::Image),
            ("HPE - Image 1.0", EntryKind::Image),
        ] {
            assert_eq!(EntryKind::of(name), kind, "{name}");
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in [
            "",
            ".",
            "..",
            "../x",
            "/etc/passwd",
            "a/b",
            "a\\b",
            "C:x",
            "a\0b",
            "a\nb",
            &"x".repeat(256),
        ] {
            assert!(check(name).is_err(), "{name}");
        }
        for name in ["a", "HPE - Image: 1.0", "..a", "ü", ".hidden"] {
            check(name).unwrap();
        }
        for path in [
            "/a",
            "a//b",
            "../a",
            "a/..",
            "a/",
            ".git/config",
            "a/.b",
            "a/ b",
        ] {
            assert!(!is_relative_path(path), "{path}");
        }
        assert!(is_relative_path("etc/hosts.j2"));
    }
}
