//! The specifications of `file_contexts`, and which of them a path meets.
//!
//! A line is a pattern, perhaps a kind of file, and a label. The last that matches counts, but one
//! without any special character counts before all others. Thousands are read, few are compiled:
//! only those whose plain beginning the path has.

use super::pattern::{self, Pattern};
use super::wrong;
use crate::error::{Result, VolumeErrorKind};
use crate::filesystem::FileKind;

/// How many compiled patterns are kept. A policy has far fewer that any path begins with; past it
/// they are made again each time, so that a hostile one takes time and not memory.
const MAX_KEPT: usize = 4096;

/// What the label field says where a file is to have none.
const NONE: &str = "<<none>>";

/// The specifications of all files of a policy.
#[derive(Debug, Default)]
pub(super) struct Specs {
    patterns: Vec<Spec>,
    /// Those without special characters.
    exact: Vec<Spec>,
    /// How many patterns are compiled.
    kept: usize,
}

/// One line.
#[derive(Debug)]
struct Spec {
    file: &'static str,
    line: usize,
    pattern: Vec<u8>,
    /// The length of its first directory, where that is plain: `/etc` of `/etc/rc(.*)?`. Only paths
    /// with the same one are matched, also where the pattern has alternatives that begin otherwise.
    stem: usize,
    /// How much of the pattern is plain text that every path which it matches begins with.
    prefix: usize,
    kind: Option<FileKind>,
    label: Option<String>,
    compiled: Option<Pattern>,
}

impl Specs {
    /// Adds the lines of a file after those that are there.
    pub(super) fn add(&mut self, file: &'static str, text: &[u8]) -> Result<()> {
        for (line, text) in text.split(|byte| *byte == b'\n').enumerate() {
            let Some(spec) = Spec::parse(file, line + 1, text)? else {
                continue;
            };
            match pattern::is_plain(&spec.pattern) {
                true => self.exact.push(spec),
                false => self.patterns.push(spec),
            }
        }
        Ok(())
    }

    /// The label of the last specification that `path` and `kind` meet.
    pub(super) fn find(&mut self, path: &[u8], kind: FileKind) -> Result<Option<&str>> {
        let stem = stem_of_path(path);
        let all = self.exact.iter_mut().rev();
        for spec in all.chain(self.patterns.iter_mut().rev()) {
            if spec.may_match(path, stem, kind) && spec.matches(path, &mut self.kept)? {
                return Ok(spec.label.as_deref());
            }
        }
        Ok(None)
    }
}

impl Spec {
    /// The specification of a line; none of a comment or an empty line.
    fn parse(file: &'static str, line: usize, text: &[u8]) -> Result<Option<Self>> {
        let bad = |why| wrong(VolumeErrorKind::InvalidArgument, file, line, text, why);
        let fields = text
            .split(u8::is_ascii_whitespace)
            .filter(|f| !f.is_empty());
        let fields: Vec<&[u8]> = fields.take(3).collect();
        let (pattern, kind, label) = match *fields.as_slice() {
            [] => return Ok(None),
            [first, ..] if first.starts_with(b"#") => return Ok(None),
            [_] => return Err(bad("has no label")),
            [pattern, label] => (pattern, None, label),
            [pattern, kind, label, ..] => {
                let kind = kind_of(kind).ok_or_else(|| bad("has a kind of file that is none"))?;
                (pattern, Some(kind), label)
            }
        };
        let label = std::str::from_utf8(label).map_err(|_| bad("has a label that is no text"))?;
        let stem = stem_of_pattern(pattern);
        Ok(Some(Self {
            file,
            line,
            pattern: pattern.to_vec(),
            stem,
            prefix: pattern::prefix(pattern),
            kind,
            label: (label != NONE).then(|| label.to_owned()),
            compiled: None,
        }))
    }

    /// What can be told without the pattern.
    fn may_match(&self, path: &[u8], stem: usize, kind: FileKind) -> bool {
        if self.kind.is_some_and(|own| own != kind) {
            return false;
        }
        (self.stem == 0 || (self.stem == stem && self.pattern[..stem] == path[..stem]))
            && path.starts_with(&self.pattern[..self.prefix])
    }

    fn matches(&mut self, path: &[u8], kept: &mut usize) -> Result<bool> {
        if let Some(compiled) = &self.compiled {
            return Ok(compiled.matches(path));
        }
        let compiled = Pattern::new(&self.pattern).map_err(|why| {
            let kind = VolumeErrorKind::NotSupported;
            wrong(kind, self.file, self.line, &self.pattern, &why)
                .help("say it without, or set the label of the file by itself")
        })?;
        let matches = compiled.matches(path);
        if *kept < MAX_KEPT {
            *kept += 1;
            self.compiled = Some(compiled);
        }
        Ok(matches)
    }
}

/// The kind that `--`, `-d` and the like stand for.
fn kind_of(text: &[u8]) -> Option<FileKind> {
    Some(match text {
        b"--" => FileKind::File,
        b"-d" => FileKind::Directory,
        b"-l" => FileKind::Symlink,
        b"-c" => FileKind::CharDevice,
        b"-b" => FileKind::BlockDevice,
        b"-p" => FileKind::Fifo,
        b"-s" => FileKind::Socket,
        _ => return None,
    })
}

/// The length of a path's first directory with its slash; 0 for a path in the root.
fn stem_of_path(path: &[u8]) -> usize {
    let second = path.iter().skip(1).position(|byte| *byte == b'/');
    second.map_or(0, |at| at + 1)
}

/// The same of a pattern, where that part has no special character; a `\` is none here.
fn stem_of_pattern(pattern: &[u8]) -> usize {
    let stem = stem_of_path(pattern);
    let is_plain = |byte: &u8| !b".^$?*+|[({".contains(byte);
    if pattern[..stem].iter().all(is_plain) {
        stem
    } else {
        0
    }
}
