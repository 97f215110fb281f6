//! One entry of a tree text, from its lines.

use super::default_mode;
use crate::digits::{from_base64, from_hex};
use crate::escape::unescape;
use crate::filesystem::{FileKind, Ownership, Timestamp};
use crate::path::VolumePath;
use std::collections::BTreeMap;

/// What is wrong with a line; the reader adds its number.
pub(super) type Parsed<T> = Result<T, String>;

/// An entry as it was written.
#[derive(Debug)]
pub(super) struct Entry {
    pub path: VolumePath,
    pub what: What,
    pub mode: Option<u32>,
    pub owner: Option<(u32, u32)>,
    pub modified: Option<Timestamp>,
    pub xattrs: BTreeMap<String, Vec<u8>>,
    content: Content,
}

/// What an entry makes.
#[derive(Debug)]
pub(super) enum What {
    File,
    Directory,
    Symlink(Vec<u8>),
    HardLink(VolumePath),
    Node(FileKind, (u32, u32)),
}

/// The content so far.
#[derive(Debug)]
enum Content {
    None,
    Text(String),
    /// Text whose last line was given: nothing may follow.
    Ended(String),
    /// Base64 digits.
    Binary(String),
}

impl Entry {
    /// Reads an entry's own line.
    pub(super) fn parse(line: &str) -> Parsed<Self> {
        let mut words = line.split(' ').filter(|word| !word.is_empty());
        let name = words.next().unwrap_or_default();
        let (name, is_directory) = match name.strip_suffix('/') {
            Some(name) => (name, true),
            None => (name, false),
        };
        let mut entry = Self {
            path: path(if name.is_empty() { "/" } else { name })?,
            what: if is_directory {
                What::Directory
            } else {
                What::File
            },
            mode: None,
            owner: None,
            modified: None,
            xattrs: BTreeMap::new(),
            content: Content::None,
        };
        let mut given = is_directory;
        while let Some(word) = words.next() {
            match entry.kind(word, &mut words)? {
                Some(_) if given => return Err(format!("`{word}`: its kind is given already")),
                Some(what) => (entry.what, given) = (what, true),
                None => entry.attribute(word)?,
            }
        }
        let has_more = entry.mode.is_some() || entry.owner.is_some() || entry.modified.is_some();
        match entry.what {
            What::HardLink(_) if has_more => Err("a hard link has no attributes of its own".into()),
            What::Symlink(_) if entry.mode.is_some() => Err("a symbolic link has no mode".into()),
            _ => Ok(entry),
        }
    }

    /// The kind that `word` begins to tell, if it does.
    fn kind<'a>(
        &self,
        word: &str,
        words: &mut impl Iterator<Item = &'a str>,
    ) -> Parsed<Option<What>> {
        let mut next = |what| {
            words
                .next()
                .ok_or_else(|| format!("`{word}` needs {what} after it"))
        };
        Ok(Some(match word {
            "file" => What::File,
            "dir" => What::Directory,
            "->" => What::Symlink(unescaped(next("a target")?)?),
            "=" => What::HardLink(path(next("a path")?)?),
            "char" => What::Node(FileKind::CharDevice, device(next("`MAJOR:MINOR`")?)?),
            "block" => What::Node(FileKind::BlockDevice, device(next("`MAJOR:MINOR`")?)?),
            "fifo" => What::Node(FileKind::Fifo, (0, 0)),
            "socket" => What::Node(FileKind::Socket, (0, 0)),
            _ => return Ok(None),
        }))
    }

    fn attribute(&mut self, word: &str) -> Parsed<()> {
        let is_octal = word.chars().all(|c| c.is_digit(8));
        let twice = if let Some(time) = word.strip_prefix("mtime=") {
            self.modified.replace(timestamp(time)?).is_some()
        } else if word.starts_with("bytes=") || word.starts_with("sha256=") {
            return Err("only a summary of the content is here, which cannot be read back".into());
        } else if let Some(owner) = pair(word) {
            self.owner.replace(owner).is_some()
        } else if is_octal && matches!(word.len(), 3 | 4) {
            let mode = u32::from_str_radix(word, 8).map_err(|e| format!("`{word}`: {e}"))?;
            self.mode.replace(mode).is_some()
        } else {
            return Err(format!("`{word}` is no kind, mode, owner or time"));
        };
        match twice {
            true => Err(format!(
                "`{word}` gives for a second time what was given already"
            )),
            false => Ok(()),
        }
    }

    /// Reads one of the lines below an entry, without the space before it.
    pub(super) fn detail(&mut self, line: &str) -> Parsed<()> {
        match self.what {
            What::HardLink(_) => return Err("a hard link has nothing of its own below it".into()),
            What::File => {}
            _ if line.starts_with('@') => {}
            _ => return Err("only a regular file has content".into()),
        }
        if line == "|" {
            self.text_line("", true)
        } else if let Some(text) = line.strip_prefix("| ") {
            self.text_line(text, true)
        } else if let Some(text) = line.strip_prefix("|- ") {
            self.text_line(text, false)
        } else if let Some(digits) = line.strip_prefix("% ") {
            self.binary_line(digits.trim_end())
        } else if let Some(xattr) = line.strip_prefix("@ ") {
            self.xattr(xattr.trim_end())
        } else {
            Err("a line below an entry starts with `| `, `|- `, `% ` or `@ `".into())
        }
    }

    fn text_line(&mut self, line: &str, ends: bool) -> Parsed<()> {
        let mut text = match std::mem::replace(&mut self.content, Content::None) {
            Content::None => String::new(),
            Content::Text(text) => text,
            Content::Ended(_) => return Err("nothing can follow the line after `|-`".into()),
            Content::Binary(_) => return Err("the content is given in base64 already".into()),
        };
        text.push_str(line);
        self.content = if ends {
            text.push('\n');
            Content::Text(text)
        } else {
            Content::Ended(text)
        };
        Ok(())
    }

    fn binary_line(&mut self, line: &str) -> Parsed<()> {
        let digits = match &mut self.content {
            Content::Binary(digits) => digits,
            content @ Content::None => {
                *content = Content::Binary(line.to_owned());
                return self.check_base64(line);
            }
            _ => return Err("the content is given as text already".into()),
        };
        if !digits.len().is_multiple_of(4) || digits.ends_with('=') {
            return Err("the base64 ended in the line before".into());
        }
        digits.push_str(line);
        self.check_base64(line)
    }

    fn check_base64(&self, line: &str) -> Parsed<()> {
        match from_base64(line) {
            Some(_) => Ok(()),
            None => Err("this is no base64".into()),
        }
    }

    fn xattr(&mut self, line: &str) -> Parsed<()> {
        let (name, value) = line
            .split_once(' ')
            .ok_or("an attribute has a name and a value")?;
        let name = String::from_utf8(unescaped(name)?).map_err(|_| "its name is not UTF-8")?;
        let value = match quoted(value) {
            Some(text) => unescaped(text)?,
            None => value
                .strip_prefix("0x")
                .and_then(from_hex)
                .ok_or("a value is `\"text\"` or `0x` and pairs of digits")?,
        };
        match self.xattrs.insert(name, value) {
            Some(_) => Err("the attribute is given already".into()),
            None => Ok(()),
        }
    }

    /// The content of a file.
    pub(super) fn content(&self) -> Vec<u8> {
        match &self.content {
            Content::None => Vec::new(),
            Content::Text(text) | Content::Ended(text) => text.as_bytes().to_vec(),
            // Each line was checked, and all but the last are whole groups.
            Content::Binary(digits) => from_base64(digits).unwrap_or_default(),
        }
    }

    /// Mode and owner, by default those of its kind.
    pub(super) fn ownership(&self) -> Ownership {
        let kind = match &self.what {
            What::File | What::HardLink(_) => FileKind::File,
            What::Directory => FileKind::Directory,
            What::Symlink(_) => FileKind::Symlink,
            What::Node(kind, _) => *kind,
        };
        let (uid, gid) = self.owner.unwrap_or_default();
        Ownership {
            mode: self.mode.unwrap_or_else(|| default_mode(kind)),
            uid,
            gid,
        }
    }
}

fn unescaped(word: &str) -> Parsed<Vec<u8>> {
    unescape(word).ok_or_else(|| format!("`{word}` has an escape that means nothing"))
}

/// A path, written in the one way that a tree text has for it.
fn path(word: &str) -> Parsed<VolumePath> {
    let bytes = unescaped(word)?;
    let path = VolumePath::parse(&bytes).map_err(|error| error.to_string())?;
    match path.as_bytes() == bytes {
        true => Ok(path),
        false => Err(format!("`{word}` is to be written as `{path}`")),
    }
}

/// Two numbers, `1:3`.
fn pair(word: &str) -> Option<(u32, u32)> {
    let (a, b) = word.split_once(':')?;
    Some((a.parse().ok()?, b.parse().ok()?))
}

fn device(word: &str) -> Parsed<(u32, u32)> {
    pair(word).ok_or_else(|| format!("`{word}` is no `MAJOR:MINOR`"))
}

/// `SECONDS` or `SECONDS.NANOSECONDS`, the latter with nine digits.
fn timestamp(word: &str) -> Parsed<Timestamp> {
    let (seconds, nanoseconds) = word.split_once('.').unwrap_or((word, "000000000"));
    let is_nine = nanoseconds.len() == 9 && nanoseconds.bytes().all(|b| b.is_ascii_digit());
    match (seconds.parse(), nanoseconds.parse()) {
        (Ok(seconds), Ok(nanoseconds)) if is_nine => Ok(Timestamp {
            seconds,
            nanoseconds,
        }),
        _ => Err(format!(
            "`{word}` is no time: seconds, and a point and nine digits if need be"
        )),
    }
}

fn quoted(value: &str) -> Option<&str> {
    value.strip_prefix('"')?.strip_suffix('"')
}
