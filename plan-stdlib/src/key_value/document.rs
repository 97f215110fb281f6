//! Keys and values, one to a line, in files with `key = value`, `key: value` or `key value`;
//! everything else in them stays as it is.

use crate::text::Edited;
use crate::text::lines::{self, Line};

/// What stands between key and value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Separator {
    /// `=`, with blanks around it or not.
    Equals,
    /// `:`, with blanks around it or not.
    Colon,
    /// Blanks alone.
    Blank,
}

impl Separator {
    /// How it is written where the file has no example.
    fn usual(self) -> &'static [u8] {
        match self {
            Self::Equals => b" = ",
            Self::Colon => b": ",
            Self::Blank => b" ",
        }
    }

    fn byte(self) -> Option<u8> {
        match self {
            Self::Equals => Some(b'='),
            Self::Colon => Some(b':'),
            Self::Blank => None,
        }
    }
}

/// One line with a key, in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Entry<'a> {
    indent: &'a [u8],
    key: &'a [u8],
    separator: &'a [u8],
    value: &'a [u8],
}

/// A file, read.
#[derive(Debug)]
pub(super) struct Document<'a> {
    content: &'a [u8],
    lines: Vec<Line<'a>>,
    separator: Separator,
}

impl<'a> Document<'a> {
    /// Reads a file; the separator is the one that most lines have, unless it is given.
    pub(super) fn parse(content: &'a [u8], separator: Option<Separator>) -> Self {
        let lines = lines::split(content);
        let separator = separator.unwrap_or_else(|| most_used(&lines));
        Self {
            content,
            lines,
            separator,
        }
    }

    /// The keys in their order, each once.
    pub(super) fn keys(&self) -> Vec<&'a [u8]> {
        let mut seen = std::collections::BTreeSet::new();
        let keys = self.entries().map(|(_, entry)| entry.key);
        keys.filter(|key| seen.insert(*key)).collect()
    }

    /// The value in the last line with the key.
    pub(super) fn get(&self, key: &[u8]) -> Option<&'a [u8]> {
        let found = self.entries().filter(|(_, entry)| entry.key == key).last();
        found.map(|(_, entry)| entry.value)
    }

    /// The file with exactly one line that sets the key: where the last one is, else in place of
    /// the last one that is commented out, else at the end.
    pub(super) fn set(&self, key: &[u8], value: &[u8]) -> Edited {
        let found: Vec<(usize, Entry<'a>)> = self
            .entries()
            .filter(|(_, entry)| entry.key == key)
            .collect();
        let mut all = self.lines.clone();
        let place = found.last().copied().or_else(|| self.commented(key).last());
        let separator = match place {
            Some((_, entry)) if !entry.separator.is_empty() => entry.separator,
            _ => self.example().unwrap_or(self.separator.usual()),
        };
        let indent = place.map_or(&b""[..], |(_, entry)| entry.indent);
        let line = [indent, key, separator, value].concat();
        let line = line.trim_ascii_end();
        match place {
            Some((index, entry)) => {
                // A line that says it already keeps its blanks.
                let is_same = found.last().is_some() && entry.value == value;
                if let Some(old) = all.get_mut(index).filter(|_| !is_same) {
                    old.text = line;
                }
            }
            None => {
                let end = all.len();
                lines::insert(&mut all, end, line, lines::line_break(self.content));
            }
        }
        let doomed = found.split_last().map_or(&[][..], |(_, others)| others);
        self.without(all, doomed)
    }

    /// The file without any line that sets the key.
    pub(super) fn remove(&self, key: &[u8]) -> Edited {
        let found: Vec<_> = self
            .entries()
            .filter(|(_, entry)| entry.key == key)
            .collect();
        self.without(self.lines.clone(), &found)
    }

    fn without(&self, lines: Vec<Line<'_>>, doomed: &[(usize, Entry<'_>)]) -> Edited {
        let kept = lines.into_iter().enumerate();
        let kept = kept.filter(|(at, _)| !doomed.iter().any(|(index, _)| index == at));
        let kept: Vec<Line<'_>> = kept.map(|(_, line)| line).collect();
        let edited = lines::join(&kept)?;
        Ok((edited != self.content).then_some(edited))
    }

    fn entries(&self) -> impl Iterator<Item = (usize, Entry<'a>)> {
        let lines = self.lines.iter().enumerate();
        lines.filter_map(|(index, line)| Some((index, entry(line.text, self.separator)?)))
    }

    /// Lines with the key that are commented out, as packages ship their defaults.
    fn commented(&self, key: &[u8]) -> impl Iterator<Item = (usize, Entry<'a>)> {
        let lines = self.lines.iter().enumerate();
        lines.filter_map(move |(index, line)| {
            let entry = default(line.text, self.separator)?;
            (entry.key == key).then_some((index, entry))
        })
    }

    /// The separator of the last line that has one.
    fn example(&self) -> Option<&'a [u8]> {
        let separators = self.entries().map(|(_, entry)| entry.separator);
        separators.filter(|separator| !separator.is_empty()).last()
    }
}

/// A line as key and value.
fn entry(text: &[u8], separator: Separator) -> Option<Entry<'_>> {
    let trimmed = text.trim_ascii_start();
    let (indent, _) = text.split_at(text.len() - trimmed.len());
    if trimmed.is_empty() || trimmed.starts_with(b"#") || trimmed.starts_with(b";") {
        return None;
    }
    let (before, after) = match separator.byte() {
        Some(byte) => {
            let at = trimmed.iter().position(|found| *found == byte)?;
            (trimmed.get(..at)?, trimmed.get(at + 1..)?)
        }
        None => {
            let at = trimmed.iter().position(u8::is_ascii_whitespace);
            trimmed.split_at(at.unwrap_or(trimmed.len()))
        }
    };
    let key = before.trim_ascii_end();
    let value = after.trim_ascii();
    let start = trimmed.len() - after.trim_ascii_start().len();
    let is_key = !key.is_empty() && !key.iter().any(u8::is_ascii_whitespace);
    is_key.then_some(Entry {
        indent,
        key,
        separator: trimmed.get(key.len()..start)?,
        value,
    })
}

/// A line that is commented out, and not a sentence: with blanks as separator its `#` stands
/// directly before the key, and one word behind it.
fn default(text: &[u8], separator: Separator) -> Option<Entry<'_>> {
    let text = text.trim_ascii_start();
    let text = text
        .strip_prefix(b"#")
        .or_else(|| text.strip_prefix(b";"))?;
    let found = entry(text, separator)?;
    let is_sentence = separator == Separator::Blank
        && (!found.indent.is_empty() || found.value.iter().any(u8::is_ascii_whitespace));
    (!is_sentence).then_some(Entry {
        indent: b"",
        ..found
    })
}

fn most_used(lines: &[Line<'_>]) -> Separator {
    // Where two are equally often there, the first of these.
    let all = [Separator::Equals, Separator::Blank, Separator::Colon];
    let mut counts = [0_usize; 3];
    for line in lines {
        let whole = line.text.trim_ascii_start();
        let text = whole.strip_prefix(b"#").unwrap_or(whole);
        let found = |separator| entry(text, separator).filter(|entry| !entry.value.is_empty());
        let index = match (
            found(Separator::Equals),
            found(Separator::Colon),
            found(Separator::Blank),
        ) {
            (Some(_), ..) => 0,
            (_, Some(_), _) => 2,
            (_, _, Some(_)) if text.len() == whole.len() => 1,
            _ => continue,
        };
        counts[index] += 1;
    }
    let most = counts.iter().copied().max().unwrap_or_default();
    let index = counts.iter().position(|count| *count == most);
    index
        .and_then(|index| all.get(index))
        .copied()
        .unwrap_or(Separator::Equals)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn set(content: &str, key: &str, value: &str) -> Option<String> {
        let edited =
            Document::parse(content.as_bytes(), None).set(key.as_bytes(), value.as_bytes());
        edited
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn setting_follows_the_file() {
        for (content, key, value, expected) in [
            (
                "# Prose about MAIL.\nMAIL_DIR\t/var/mail\n#FAILLOG_ENAB\t\tyes\n",
                "FAILLOG_ENAB",
                "no",
                Some("# Prose about MAIL.\nMAIL_DIR\t/var/mail\nFAILLOG_ENAB\t\tno\n"),
            ),
            (
                "# MAIL_DIR is where mail goes\nUID_MIN 1000\n",
                "MAIL_DIR",
                "/m",
                Some("# MAIL_DIR is where mail goes\nUID_MIN 1000\nMAIL_DIR /m\n"),
            ),
            (
                "net.ipv4.ip_forward=0\n",
                "net.ipv4.ip_forward",
                "1",
                Some("net.ipv4.ip_forward=1\n"),
            ),
            (
                "# kernel.sysrq = 1\na = b\n",
                "kernel.sysrq",
                "0",
                Some("kernel.sysrq = 0\na = b\n"),
            ),
            ("a = 1\nb=2\na = 3\n", "a", "3", Some("b=2\na = 3\n")),
            ("a = 1", "b", "2", Some("a = 1\nb = 2")),
            ("", "a", "1", Some("a = 1\n")),
            ("a: 1\r\n", "b", "2", Some("a: 1\r\nb: 2\r\n")),
            ("  Port 22\r\n", "Port", "2222", Some("  Port 2222\r\n")),
            ("a  =  1  \n", "a", "1", None),
            (
                "\u{e9} \u{e9}\nx 1\n",
                "x",
                "2",
                Some("\u{e9} \u{e9}\nx 2\n"),
            ),
            ("x\ny 1\n", "x", "2", Some("x 2\ny 1\n")),
        ] {
            assert_eq!(set(content, key, value).as_deref(), expected, "{content:?}");
        }
    }

    #[test]
    fn reading_and_removing() {
        let content = b"# c\na = 1 # x\n\nb =\na = 2\nno entry\n";
        let document = Document::parse(content, None);
        assert_eq!(document.keys(), [b"a", b"b"]);
        assert_eq!(document.get(b"a"), Some(&b"2"[..]));
        assert_eq!(document.get(b"b"), Some(&b""[..]));
        assert_eq!(document.get(b"no"), None);
        let removed = document.remove(b"a").unwrap().unwrap();
        assert_eq!(removed, b"# c\n\nb =\nno entry\n");
        let blank = Document::parse(content, Some(Separator::Blank));
        assert_eq!(blank.get(b"no"), Some(&b"entry"[..]));
    }

    proptest! {
        #[test]
        fn what_is_set_reads_back(content in "(?s)[a-c =:#\n]{0,40}", value in "[a-z0-9=:]{1,8}") {
            let document = Document::parse(content.as_bytes(), Some(Separator::Equals));
            if let Some(edited) = document.set(b"a", value.as_bytes()).unwrap() {
                let after = Document::parse(&edited, Some(Separator::Equals));
                prop_assert_eq!(after.get(b"a"), Some(value.as_bytes()));
                prop_assert_eq!(after.set(b"a", value.as_bytes()).unwrap(), None);
                for key in document.keys() {
                    prop_assert!(key == b"a" || after.get(key) == document.get(key));
                }
            }
        }
    }
}
