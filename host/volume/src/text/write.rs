//! Writing a tree as text.

use super::{TextLimits, default_mode};
use crate::digits::{STANDARD, base64, hex};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use crate::escape::{escape, is_unsafe_to_print};
use crate::filesystem::{FileKind, Metadata, Timestamp};
use crate::path::VolumePath;
use crate::tree::{LastLink, VolumeTree, WalkEntry};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How many bytes one line of base64 stands for.
const BASE64_LINE: usize = 57;

pub(super) fn write(tree: &VolumeTree, from: &[u8], limits: &TextLimits) -> Result<String> {
    let from = tree.resolve(from, LastLink::Follow)?;
    tree.read_dir(&from)?;
    let mut writer = Writer {
        tree,
        from: from.clone(),
        limits,
        names: BTreeMap::new(),
        text: String::new(),
    };
    tree.visit(&from, limits.entries, |entry| writer.entry(&entry))?;
    Ok(writer.text)
}

struct Writer<'a> {
    tree: &'a VolumeTree,
    from: VolumePath,
    limits: &'a TextLimits,
    /// The first name of each file that has several, by mount and inode.
    names: BTreeMap<(usize, u64), String>,
    text: String,
}

impl Writer<'_> {
    fn entry(&mut self, entry: &WalkEntry) -> Result<()> {
        let WalkEntry { path, metadata } = entry;
        let shown = path
            .strip_prefix(&self.from)
            .unwrap_or_else(VolumePath::root);
        let name = word(shown.as_bytes());
        let details = match self.first_name(path, metadata, &name) {
            Some(first) => format!("{name} = {first}\n"),
            None => {
                let line = self.line(path, metadata, &name)?;
                let (words, content) = self.content(path, metadata)?;
                format!("{line}{words}\n{}{content}", self.xattrs(path)?)
            }
        };
        // The root is there anyway.
        if details != "/\n" {
            self.push(path, &details)?;
        }
        Ok(())
    }

    fn push(&mut self, path: &VolumePath, text: &str) -> Result<()> {
        self.text.push_str(text);
        if self.text.len() > self.limits.total {
            let why = format!("the tree text has more than {} bytes", self.limits.total);
            let kind = VolumeErrorKind::LimitReached;
            return Err(VolumeError::cannot(kind, "write out", path, &why));
        }
        Ok(())
    }

    /// The name under which the file was written already, if it was.
    fn first_name(&mut self, path: &VolumePath, metadata: &Metadata, name: &str) -> Option<String> {
        if metadata.kind == FileKind::Directory || metadata.links < 2 || metadata.inode == 0 {
            return None;
        }
        let key = (self.tree.mount_index(path), metadata.inode);
        let first = self.names.get(&key).cloned();
        if first.is_none() {
            self.names.insert(key, name.to_owned());
        }
        first
    }

    /// The entry's own line, without what stands for its content.
    fn line(&self, path: &VolumePath, metadata: &Metadata, name: &str) -> Result<String> {
        let (major, minor) = metadata.device;
        let mut line = name.to_owned();
        match metadata.kind {
            FileKind::Directory if name == "/" => {}
            FileKind::Directory => line.push('/'),
            FileKind::File => {}
            FileKind::Symlink => {
                let target = self.tree.stored_link("write out", path)?;
                line.push_str(&format!(" -> {}", word(&target)));
            }
            FileKind::CharDevice => line.push_str(&format!(" char {major}:{minor}")),
            FileKind::BlockDevice => line.push_str(&format!(" block {major}:{minor}")),
            FileKind::Fifo => line.push_str(" fifo"),
            FileKind::Socket => line.push_str(" socket"),
        }
        if metadata.mode != default_mode(metadata.kind) {
            line.push_str(&format!(" {:04o}", metadata.mode));
        }
        if (metadata.uid, metadata.gid) != (0, 0) {
            line.push_str(&format!(" {}:{}", metadata.uid, metadata.gid));
        }
        if metadata.modified != self.limits.time {
            line.push_str(&format!(" mtime={}", time(metadata.modified)));
        }
        Ok(line)
    }

    /// The words and the lines that stand for a file's content.
    fn content(&self, path: &VolumePath, metadata: &Metadata) -> Result<(String, String)> {
        let len = metadata.len;
        if metadata.kind != FileKind::File {
            return Ok(Default::default());
        }
        if len > self.limits.content {
            let mut hash = Sha256::new();
            self.tree.stored_content(path, len, |chunk| {
                hash.update(chunk);
                Ok(())
            })?;
            let digest = hex(&hash.finalize());
            return Ok((format!(" bytes={len} sha256={digest}"), String::new()));
        }
        let mut content = Vec::new();
        self.tree.stored_content(path, len, |chunk| {
            content.extend_from_slice(chunk);
            Ok(())
        })?;
        Ok((String::new(), lines(&content)))
    }

    fn xattrs(&self, path: &VolumePath) -> Result<String> {
        let xattrs = self.tree.stored_xattrs(path)?;
        let line = |(name, value): (&String, &Vec<u8>)| {
            format!("  @ {} {}\n", word(name.as_bytes()), xattr_value(value))
        };
        Ok(xattrs.iter().map(line).collect())
    }
}

/// Bytes escaped so that they are one word.
fn word(bytes: &[u8]) -> String {
    escape(bytes).replace(' ', "\\x20")
}

fn time(time: Timestamp) -> String {
    match time.nanoseconds {
        0 => time.seconds.to_string(),
        nanoseconds => format!("{}.{nanoseconds:09}", time.seconds),
    }
}

/// Text in quotes, with or without the NUL that ends a label; anything else in digits.
fn xattr_value(value: &[u8]) -> String {
    let (text, end) = match value.strip_suffix(b"\0") {
        Some(text) => (text, "\\x00"),
        None => (value, ""),
    };
    match std::str::from_utf8(text) {
        Ok(text) if !text.contains(is_unsafe_to_print) => {
            format!("\"{}{end}\"", escape(text.as_bytes()))
        }
        _ => format!("0x{}", hex(value)),
    }
}

/// Content as lines of text where it is plain text, else of base64.
fn lines(content: &[u8]) -> String {
    let is_plain =
        |text: &&str| !text.contains(|c| is_unsafe_to_print(c) && c != '\t' && c != '\n');
    match std::str::from_utf8(content).ok().filter(is_plain) {
        Some(text) => text.split_inclusive('\n').map(text_line).collect(),
        None => {
            let encoded = |chunk| format!("  % {}\n", base64(chunk, STANDARD));
            content.chunks(BASE64_LINE).map(encoded).collect()
        }
    }
}

fn text_line(line: &str) -> String {
    match line.strip_suffix('\n') {
        Some("") => "  |\n".to_owned(),
        Some(line) => format!("  | {line}\n"),
        None => format!("  |- {line}\n"),
    }
}
