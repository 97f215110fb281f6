//! SELinux labels: which label an image's own policy gives to a path, as libselinux computes it.
//!
//! All of this is pure: texts of the policy's files go in, labels come out. Where the files are
//! and which files of a volume get labels is in [`crate::tree`]. What is matched, and in which
//! order, follows `label_file.c` of libselinux 3.4, the version that the tests compare with.
//!
//! Patterns are matched in linear time. What PCRE can do beyond that (looking ahead and back,
//! referring back) is refused with its line when a path meets such a pattern; no policy that we
//! know has one.

mod config;
mod context;
mod pattern;
mod specs;
mod substitutions;
#[cfg(test)]
mod tests;

pub use config::{Config, Mode};
pub use context::Context;

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::escape;
use crate::filesystem::FileKind;
use specs::Specs;
use substitutions::Substitutions;

/// The extended attribute that holds a file's label, with a NUL byte at its end.
pub const XATTR: &str = "security.selinux";

/// The largest file of a policy that is read, in bytes; those of real ones have half a megabyte.
pub const MAX_FILE: u64 = 8 << 20;

/// The texts of a policy's files, as they are in its folder; a file that is missing is empty.
#[derive(Debug, Clone, Default)]
pub struct PolicyFiles {
    /// `contexts/files/file_contexts`.
    pub file_contexts: Vec<u8>,
    /// `…/file_contexts.homedirs`, which is made of the users' home directories.
    pub homedirs: Vec<u8>,
    /// `…/file_contexts.local`, what the administrator added.
    pub local: Vec<u8>,
    /// `…/file_contexts.subs`, the administrator's paths that stand for others.
    pub subs: Vec<u8>,
    /// `…/file_contexts.subs_dist`, those of the distribution.
    pub subs_dist: Vec<u8>,
    /// `contexts/customizable_types`, the types that relabelling leaves alone.
    pub customizable_types: Vec<u8>,
}

/// The labels that a policy gives.
#[derive(Debug)]
pub struct Labels {
    specs: Specs,
    subs: Substitutions,
    subs_dist: Substitutions,
    customizable: Vec<String>,
}

impl Labels {
    /// Reads a policy's files.
    ///
    /// # Errors
    /// `InvalidArgument` with file and line for what libselinux would not read either.
    pub fn parse(files: &PolicyFiles) -> Result<Self> {
        let mut specs = Specs::default();
        for (name, text) in [
            ("file_contexts", &files.file_contexts),
            ("file_contexts.homedirs", &files.homedirs),
            ("file_contexts.local", &files.local),
        ] {
            specs.add(name, text)?;
        }
        let customizable = String::from_utf8_lossy(&files.customizable_types);
        let customizable = customizable.split_whitespace().map(str::to_owned);
        Ok(Self {
            specs,
            subs: Substitutions::parse(&files.subs),
            subs_dist: Substitutions::parse(&files.subs_dist),
            customizable: customizable.collect(),
        })
    }

    /// The label of a file of `kind` at `path`, an absolute path without links and without a `/`
    /// at its end; none when the policy says that it has none, or does not know it.
    ///
    /// # Errors
    /// `NotSupported` for a pattern that cannot be matched in linear time.
    pub fn label(&mut self, path: &[u8], kind: FileKind) -> Result<Option<&str>> {
        let own = self.subs.apply(path);
        let known = self.subs_dist.apply(own.as_deref().unwrap_or(path));
        let path = known.as_deref().or(own.as_deref()).unwrap_or(path);
        self.specs.find(path, kind)
    }

    /// Whether an administrator may give this type to files, so that relabelling leaves it alone.
    pub fn is_customizable(&self, kind: &str) -> bool {
        self.customizable.iter().any(|other| other == kind)
    }
}

/// A label as the kernel stores it.
pub fn to_xattr(label: &str) -> Vec<u8> {
    [label.as_bytes(), b"\0"].concat()
}

/// The label in a stored attribute; none where it is no text.
pub fn from_xattr(value: &[u8]) -> Option<&str> {
    let value = value.strip_suffix(b"\0").unwrap_or(value);
    std::str::from_utf8(value).ok()
}

/// What is wrong in a line of a policy's file.
fn wrong(kind: VolumeErrorKind, file: &str, line: usize, text: &[u8], why: &str) -> VolumeError {
    let shown = escape(text.get(..text.len().min(80)).unwrap_or_default());
    VolumeError::new(
        kind,
        format!("line {line} of the SELinux policy's `{file}` {why}: `{shown}`"),
    )
}
