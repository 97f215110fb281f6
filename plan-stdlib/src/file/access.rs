//! How functions read and write whole files: limits before reading, owner and mode of new files,
//! and no write where nothing changes.

use crate::accounts::{self, Kind};
use crate::options::Options;
use crate::text::{Edited, MAX_TEXT};
use crate::values::{path_text, type_name};
use mintage_engine::{Code, PlanError, Secret};
use mintage_volume::error::{VolumeError, VolumeErrorKind};
use mintage_volume::filesystem::{FileKind, Metadata, Ownership};
use mintage_volume::tree::{LastLink, VolumeTree};
use rhai::{Blob, Dynamic, ImmutableString};

/// The options that say what mode, owner and group a file gets.
pub(crate) const ACCESS_KEYS: [&str; 3] = ["mode", "owner", "group"];

/// Mode, owner and group that a script gave; what it did not give is kept, or the default of
/// something new.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Access {
    mode: Option<u32>,
    uid: Option<u32>,
    gid: Option<u32>,
}

impl Access {
    /// From the options `mode`, `owner` and `group`.
    ///
    /// # Errors
    /// `P2013` for a mode or a name that does not exist, `P2006` for another type.
    pub(crate) fn from_options(options: &Options, tree: &VolumeTree) -> Result<Self, PlanError> {
        let account = |key, kind| -> Result<Option<u32>, PlanError> {
            let given = options.value(key);
            given
                .map(|given| accounts::number(tree, kind, given))
                .transpose()
        };
        Ok(Self {
            mode: options.value("mode").map(mode).transpose()?,
            uid: account("owner", Kind::User)?,
            gid: account("group", Kind::Group)?,
        })
    }

    /// All of it, as given.
    pub(crate) fn exactly(ownership: Ownership) -> Self {
        Self {
            mode: Some(ownership.mode),
            uid: Some(ownership.uid),
            gid: Some(ownership.gid),
        }
    }

    /// For something new, owned by root unless told otherwise.
    pub(crate) fn ownership(&self, default_mode: u32) -> Ownership {
        Ownership {
            mode: self.mode.unwrap_or(default_mode),
            uid: self.uid.unwrap_or(0),
            gid: self.gid.unwrap_or(0),
        }
    }

    /// Brings what is at `path` to this; says whether anything had to change.
    ///
    /// The owner goes first: where the mode takes rights away, nobody else has them in between.
    pub(crate) fn apply(&self, tree: &mut VolumeTree, path: &str) -> Result<bool, PlanError> {
        let found = tree.metadata(path)?;
        let (uid, gid) = (self.uid.unwrap_or(found.uid), self.gid.unwrap_or(found.gid));
        let mode = self.mode.unwrap_or(found.mode);
        if (uid, gid) != (found.uid, found.gid) {
            tree.set_owner(path, uid, gid, LastLink::Follow)?;
        }
        if mode != found.mode {
            tree.set_mode(path, mode)?;
        }
        Ok((uid, gid, mode) != (found.uid, found.gid, found.mode))
    }
}

/// The permission bits that a script gave: a number, or a string of octal digits.
///
/// # Errors
/// `P2013` for what is no mode, `P2006` for another type.
pub(crate) fn mode(given: &Dynamic) -> Result<u32, PlanError> {
    let number = match given.as_int() {
        Ok(number) => u32::try_from(number).ok(),
        Err(_) => {
            let text = given.clone().into_immutable_string().map_err(|_| {
                let found = type_name(given);
                let message =
                    format!("a mode is a number or a string, not a value of type `{found}`");
                PlanError::new(Code::P2006, message)
            })?;
            let is_octal = text.bytes().all(|byte| matches!(byte, b'0'..=b'7'));
            is_octal
                .then(|| u32::from_str_radix(&text, 8).ok())
                .flatten()
        }
    };
    number.filter(|mode| *mode <= 0o7777).ok_or_else(|| {
        PlanError::new(Code::P2013, "a mode goes from 0 to 0o7777")
            .help("write it in octal: `0o644`, or as a string: `\"0644\"`")
    })
}

/// What a script writes into a file.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    /// A string.
    Text(ImmutableString),
    /// Bytes.
    Bytes(Blob),
    /// A secret, which marks the file as one.
    Secret(Secret),
}

impl Content {
    /// What the script gave.
    ///
    /// # Errors
    /// `P2006` for anything but a string, a blob or a secret.
    pub(crate) fn of(given: &Dynamic) -> Result<Self, PlanError> {
        if let Some(secret) = given.read_lock::<Secret>() {
            return Ok(Self::Secret(secret.clone()));
        }
        if let Some(blob) = given.read_lock::<Blob>() {
            return Ok(Self::Bytes(blob.clone()));
        }
        let text = given.clone().into_immutable_string();
        text.map(Self::Text).map_err(|_| {
            let found = type_name(given);
            PlanError::new(
                Code::P2006,
                format!("a file's content is a string, a blob or a secret, not a value of type `{found}`"),
            )
            .help("make a string of it: `value.to_string()`")
        })
    }

    pub(crate) fn as_bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Secret(secret) => secret.reveal().as_bytes(),
        }
    }

    pub(crate) fn is_secret(&self) -> bool {
        matches!(self, Self::Secret(_))
    }

    /// As scripts get it.
    pub(crate) fn into_dynamic(self) -> Dynamic {
        match self {
            Self::Text(text) => text.into(),
            Self::Bytes(bytes) => Dynamic::from_blob(bytes),
            Self::Secret(secret) => Dynamic::from(secret),
        }
    }

    /// The mode of a new file with it: a secret is for its owner only.
    pub(crate) fn default_mode(&self) -> u32 {
        if self.is_secret() { 0o600 } else { 0o644 }
    }
}

/// What is at `path`, if anything; a link that leads nowhere is nothing.
pub(crate) fn look(tree: &VolumeTree, path: &str) -> Result<Option<Metadata>, PlanError> {
    optional(tree.metadata(path))
}

/// What is at `path`, if anything, a link at its end not followed.
pub(crate) fn look_at_link(tree: &VolumeTree, path: &str) -> Result<Option<Metadata>, PlanError> {
    optional(tree.symlink_metadata(path))
}

/// A path through a file leads to nothing; one that is no path, or leads in circles, is an error.
fn optional(found: Result<Metadata, VolumeError>) -> Result<Option<Metadata>, PlanError> {
    match found {
        Ok(metadata) => Ok(Some(metadata)),
        Err(error) => match error.kind() {
            VolumeErrorKind::NotFound | VolumeErrorKind::NotADirectory => Ok(None),
            _ => Err(error.into()),
        },
    }
}

/// Reads a whole file of at most `limit` bytes for a script; the size is looked at before anything
/// is read.
///
/// # Errors
/// `P2003` for a larger one, `P3001`, `P3004`, `P3005`, `P4005` for one that holds a secret.
pub(crate) fn read(tree: &VolumeTree, path: &str, limit: usize) -> Result<Vec<u8>, PlanError> {
    refuse_secret(tree, path)?;
    content(tree, path, limit)
}

/// A secret that was written into a file stays a secret: no script gets it back as text.
///
/// # Errors
/// `P4005` when the file at `path` holds one.
pub(crate) fn refuse_secret(tree: &VolumeTree, path: &str) -> Result<(), PlanError> {
    if !tree.holds_secret(path) {
        return Ok(());
    }
    let shown = path_text(path);
    let message = format!("cannot read `{shown}`: this run wrote a secret into it");
    Err(PlanError::new(Code::P4005, message).at(&shown).help(
        "take what is needed from the attribute, or read the file before the secret is written",
    ))
}

/// The content of a file of at most `limit` bytes, for an edit that shows none of it.
pub(crate) fn content(tree: &VolumeTree, path: &str, limit: usize) -> Result<Vec<u8>, PlanError> {
    let found = tree.metadata(path)?;
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    if found.kind == FileKind::File && found.len > limit {
        return Err(too_large(path, found.len, limit));
    }
    Ok(tree.read(path, limit)?)
}

fn too_large(path: &str, len: u64, limit: u64) -> PlanError {
    let shown = path_text(path);
    PlanError::new(
        Code::P2003,
        format!("cannot read `{shown}`: it has {len} bytes, more than the limit of {limit}"),
    )
    .at(&shown)
    .help("files of any size can be copied, moved, removed and compared by `file::checksum`")
}

/// Reads a file that must be text.
///
/// # Errors
/// As [`read`], and `P2016` when it is not UTF-8.
pub(crate) fn read_text(tree: &VolumeTree, path: &str, limit: usize) -> Result<String, PlanError> {
    String::from_utf8(read(tree, path, limit)?).map_err(|_| {
        let shown = path_text(path);
        PlanError::new(Code::P2016, format!("`{shown}` is not a text in UTF-8"))
            .at(&shown)
            .help("edit it by line, which keeps other bytes as they are, or read it by `file::read_bytes`")
    })
}

/// Writes a whole file with the given access unless all of that is so already; says whether
/// anything changed.
pub(crate) fn write(
    tree: &mut VolumeTree,
    path: &str,
    content: &Content,
    access: Access,
) -> Result<bool, PlanError> {
    mark(tree, path, content.is_secret())?;
    let new = access.ownership(content.default_mode());
    let written = write_bytes(tree, path, content.as_bytes(), new)?;
    // Also for a new file: a filesystem without modes says so here.
    Ok(access.apply(tree, path)? || written)
}

/// Writes a whole file unless it has this content; says whether it did.
pub(crate) fn write_bytes(
    tree: &mut VolumeTree,
    path: &str,
    content: &[u8],
    new: Ownership,
) -> Result<bool, PlanError> {
    if let Some(found) = look(tree, path)?
        && found.kind == FileKind::File
        && found.len == u64::try_from(content.len()).unwrap_or(u64::MAX)
        && tree.read(path, found.len)? == content
    {
        return Ok(false);
    }
    tree.write(path, content, new)?;
    Ok(true)
}

/// Marks the file at `path` as holding a secret where what is about to be written is one.
///
/// # Errors
/// Those of the path.
pub(crate) fn mark(tree: &mut VolumeTree, path: &str, is_secret: bool) -> Result<(), PlanError> {
    if is_secret {
        tree.mark_secret(path)?;
    }
    Ok(())
}

/// Edits a file that exists; says whether it changed.
pub(crate) fn edit(
    tree: &mut VolumeTree,
    path: &str,
    edited: impl FnOnce(&[u8]) -> Edited,
) -> Result<bool, PlanError> {
    let content = content(tree, path, MAX_TEXT)?;
    match edited(&content).map_err(|error| named(error, "edit", path))? {
        None => Ok(false),
        Some(new) => {
            tree.write(path, &new, Ownership::root(0o644))?;
            Ok(true)
        }
    }
}

/// As [`edit`], for a file that is made, with `new`, when it is missing.
pub(crate) fn edit_or_create(
    tree: &mut VolumeTree,
    path: &str,
    new: Ownership,
    edited: impl FnOnce(&[u8]) -> Edited,
) -> Result<bool, PlanError> {
    if look(tree, path)?.is_some() {
        return edit(tree, path, edited);
    }
    let content = edited(b"").map_err(|error| named(error, "edit", path))?;
    tree.write(path, &content.unwrap_or_default(), new)?;
    Ok(true)
}

/// Names the file, and what was to be done with it, in an error that knows neither.
pub(crate) fn named(error: PlanError, what: &str, path: &str) -> PlanError {
    let shown = path_text(path);
    PlanError {
        message: format!("cannot {what} `{shown}`: {}", error.message),
        ..error
    }
    .at(&shown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn modes_are_numbers_or_octal_text() {
        for (given, expected) in [
            (Dynamic::from(0o644_i64), Some(0o644)),
            (Dynamic::from("0644"), Some(0o644)),
            (Dynamic::from("4755"), Some(0o4755)),
            (Dynamic::from(0o10000_i64), None),
            (Dynamic::from(-1_i64), None),
            (Dynamic::from("u+x"), None),
            (Dynamic::from(""), None),
            (Dynamic::from("+644"), None),
            (Dynamic::TRUE, None),
        ] {
            assert_eq!(mode(&given).ok(), expected, "{given}");
        }
    }
}
