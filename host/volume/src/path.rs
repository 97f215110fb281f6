//! An absolute path inside a volume, as bytes: names need not be UTF-8.

use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::{escape, unescape};
use std::fmt;

/// The longest path that is taken, in bytes (Linux's `PATH_MAX`).
pub const MAX_PATH: usize = 4096;
/// The longest name that is taken, in bytes (Linux's `NAME_MAX`).
pub const MAX_NAME: usize = 255;

/// An absolute, normalized path: no empty, `.` or `..` component, no NUL byte, no `/` at the end.
///
/// It is only text: symbolic links are not resolved here ([`crate::tree::VolumeTree`] does that),
/// and a `VolumePath` never names anything on the host. `Display` escapes control characters and
/// bytes that are not UTF-8 (`\n`, `\x1b`, `\xff`), so it is safe to print.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VolumePath(Vec<u8>);

impl VolumePath {
    /// The root, `/`.
    pub fn root() -> Self {
        Self(b"/".to_vec())
    }

    /// Normalizes `path`: `//` and `.` go, `..` takes its parent with it and stops at the root.
    ///
    /// `..` is resolved as text; where links matter, [`crate::tree::VolumeTree::resolve`] walks
    /// instead.
    ///
    /// # Errors
    /// `InvalidPath` when it is not absolute, holds a NUL byte, or is too long.
    pub fn parse(path: impl AsRef<[u8]>) -> Result<Self> {
        let bytes = path.as_ref();
        if bytes.first() != Some(&b'/') {
            return Err(invalid(bytes, "it must be absolute, starting with `/`"));
        }
        if bytes.contains(&0) {
            return Err(invalid(bytes, "it has a NUL byte"));
        }
        if bytes.len() > MAX_PATH {
            return Err(invalid(bytes, "it is longer than 4096 bytes"));
        }
        let mut names: Vec<&[u8]> = Vec::new();
        for name in bytes.split(|b| *b == b'/') {
            match name {
                b"" | b"." => {}
                b".." => {
                    names.pop();
                }
                name if name.len() > MAX_NAME => {
                    return Err(invalid(bytes, "a name in it is longer than 255 bytes"));
                }
                name => names.push(name),
            }
        }
        let mut path = Self::root();
        for name in names {
            path.push(name);
        }
        Ok(path)
    }

    /// This path and one more name.
    ///
    /// # Errors
    /// `InvalidPath` when `name` is not one name: empty, `.`, `..`, too long, with `/` or NUL.
    pub fn join(&self, name: impl AsRef<[u8]>) -> Result<Self> {
        let name = name.as_ref();
        let bad = name.is_empty()
            || name == b"."
            || name == b".."
            || name.len() > MAX_NAME
            || name.iter().any(|b| *b == b'/' || *b == 0);
        if bad || self.0.len() + 1 + name.len() > MAX_PATH {
            return Err(invalid(name, "it cannot be the name of a file"));
        }
        let mut path = self.clone();
        path.push(name);
        Ok(path)
    }

    fn push(&mut self, name: &[u8]) {
        if self.0.len() > 1 {
            self.0.push(b'/');
        }
        self.0.extend_from_slice(name);
    }

    /// The bytes, starting with `/`.
    pub fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Whether this is `/`.
    pub fn is_root(&self) -> bool {
        self.0.len() == 1
    }

    /// The names from the root on; none for `/`.
    pub fn names(&self) -> impl DoubleEndedIterator<Item = &[u8]> {
        self.0.split(|b| *b == b'/').filter(|name| !name.is_empty())
    }

    /// The last name; none for `/`.
    pub fn file_name(&self) -> Option<&[u8]> {
        self.names().next_back()
    }

    /// The directory it is in; none for `/`.
    pub fn parent(&self) -> Option<Self> {
        let cut = self.0.iter().rposition(|b| *b == b'/')?;
        match (self.is_root(), cut) {
            (true, _) => None,
            (false, 0) => Some(Self::root()),
            (false, cut) => Some(Self(self.0.get(..cut)?.to_vec())),
        }
    }

    /// Whether it is `ancestor` or below it.
    pub fn starts_with(&self, ancestor: &Self) -> bool {
        let rest = self.0.strip_prefix(ancestor.0.as_slice());
        ancestor.is_root() || rest.is_some_and(|rest| matches!(rest.first(), None | Some(b'/')))
    }

    /// What remains below `ancestor`, as a path of its own: `/boot/efi/a` below `/boot/efi` is
    /// `/a`.
    pub fn strip_prefix(&self, ancestor: &Self) -> Option<Self> {
        if ancestor.is_root() {
            return Some(self.clone());
        }
        let rest = self.0.strip_prefix(ancestor.0.as_slice())?;
        match rest.first() {
            None => Some(Self::root()),
            Some(b'/') => Some(Self(rest.to_vec())),
            Some(_) => None,
        }
    }

    /// This path with all of `below` after it: `/boot/efi` and `/a` give `/boot/efi/a`.
    #[must_use]
    pub fn concat(&self, below: &Self) -> Self {
        let mut path = self.clone();
        for name in below.names() {
            path.push(name);
        }
        path
    }
}

impl AsRef<[u8]> for VolumePath {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

fn invalid(path: &[u8], why: &str) -> VolumeError {
    let shown = path
        .get(..80)
        .map_or_else(|| escape(path), |head| format!("{}…", escape(head)));
    VolumeError::new(
        VolumeErrorKind::InvalidPath,
        format!("invalid path `{shown}`: {why}"),
    )
}

impl fmt::Display for VolumePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&escape(&self.0))
    }
}

impl fmt::Debug for VolumePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", escape(&self.0))
    }
}

impl serde::Serialize for VolumePath {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for VolumePath {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let path = unescape(&text).and_then(|bytes| Self::parse(bytes).ok());
        // A path that reads back differently was not written by `Display`.
        path.filter(|path| path.to_string() == text)
            .ok_or_else(|| serde::de::Error::custom("this is no escaped absolute path"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> VolumePath {
        VolumePath::parse(text).unwrap()
    }

    #[test]
    fn parse_normalizes() {
        for (given, expected) in [
            ("/", "/"),
            ("//etc//./hosts/", "/etc/hosts"),
            ("/a/../../b", "/b"),
            ("/..", "/"),
        ] {
            assert_eq!(path(given).as_bytes(), expected.as_bytes());
        }
    }

    #[test]
    fn parse_refuses_what_is_no_absolute_path() {
        let long = format!("/{}", "x".repeat(256));
        for bad in ["", "etc", "/a\0b", &long] {
            let error = VolumePath::parse(bad).unwrap_err();
            assert_eq!(error.kind(), VolumeErrorKind::InvalidPath, "{bad:?}");
        }
    }

    #[test]
    fn join_takes_one_name_only() {
        assert_eq!(path("/").join("a").unwrap(), path("/a"));
        for bad in ["", ".", "..", "a/b", "a\0"] {
            assert!(path("/").join(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn parents_and_prefixes() {
        assert_eq!(path("/").parent(), None);
        assert_eq!(path("/a").parent(), Some(VolumePath::root()));
        assert_eq!(
            path("/boot/efi/a").strip_prefix(&path("/boot/efi")),
            Some(path("/a"))
        );
        assert_eq!(
            path("/boot/efi").strip_prefix(&path("/boot/efi")),
            Some(path("/"))
        );
        assert_eq!(path("/boot/efi2").strip_prefix(&path("/boot/efi")), None);
        assert_eq!(path("/boot").concat(&path("/a/b")), path("/boot/a/b"));
    }

    #[test]
    fn display_shows_hostile_names_as_text() {
        let hostile = VolumePath::parse(b"/a\n\x1b[31m\xff\\\xe2\x80\xae").unwrap();
        assert_eq!(hostile.to_string(), r"/a\n\u{1b}[31m\xff\\\u{202e}");
    }

    #[test]
    fn paths_travel_as_escaped_text() {
        let path = VolumePath::parse(b"/a\n\xff b").unwrap();
        let json = serde_json::to_string(&path).unwrap();
        assert_eq!(json, r#""/a\\n\\xff b""#);
        assert_eq!(serde_json::from_str::<VolumePath>(&json).unwrap(), path);
        for bad in [
            r#""a""#,
            r#""/a/../b""#,
            r#""/a/""#,
            r#""/\\x41""#,
            r#""/\\q""#,
            "1",
        ] {
            assert!(serde_json::from_str::<VolumePath>(bad).is_err(), "{bad}");
        }
    }
}
