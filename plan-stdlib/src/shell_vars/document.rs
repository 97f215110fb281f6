//! Assignments in a file that a shell reads: `NAME=value`, with or without `export`, one or more
//! to a file, among lines that are kept as they are.
//!
//! Nothing is ever evaluated. A value that only a shell could tell (`$HOME`, `$(date)`, backquotes)
//! can be replaced but not read.

use super::word::{self, Word};
use crate::text::Edited;
use crate::text::lines::{self, Line};

/// An assignment: where it stands in the file, and what it assigns.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Assignment<'a> {
    name: &'a [u8],
    /// Where the value starts and ends in the content, in bytes.
    start: usize,
    end: usize,
    /// The whole line or lines, with the ending.
    from: usize,
    to: usize,
}

/// Such a file, read.
#[derive(Debug)]
pub(crate) struct Document<'a> {
    content: &'a [u8],
    assignments: Vec<Assignment<'a>>,
}

impl<'a> Document<'a> {
    /// Finds the assignments. Every content is such a file; what is not understood is left alone.
    pub(crate) fn parse(content: &'a [u8]) -> Self {
        let mut assignments = Vec::new();
        let mut from = 0;
        while let Some(rest) = content.get(from..).filter(|rest| !rest.is_empty()) {
            let line = rest
                .split_inclusive(|byte| *byte == b'\n')
                .next()
                .unwrap_or(rest);
            let mut to = from + line.len();
            if let Some((name, value)) = head(line) {
                let start = from + value;
                let end = start + word::length(content.get(start..).unwrap_or_default());
                // A quoted value may go on over line breaks.
                let tail = content.get(end..).unwrap_or_default();
                let tail = tail
                    .split_inclusive(|byte| *byte == b'\n')
                    .next()
                    .unwrap_or_default();
                to = to.max(end + tail.len());
                assignments.push(Assignment {
                    name,
                    start,
                    end,
                    from,
                    to,
                });
            }
            from = to;
        }
        Self {
            content,
            assignments,
        }
    }

    /// The names that are assigned, in their order, each once.
    pub(crate) fn names(&self) -> Vec<&'a [u8]> {
        let mut seen = std::collections::BTreeSet::new();
        let names = self.assignments.iter().map(|assignment| assignment.name);
        names.filter(|name| seen.insert(*name)).collect()
    }

    /// The value that the last assignment gives.
    pub(crate) fn get(&self, name: &str) -> Option<Word> {
        self.last(name).map(|found| word::unquote(self.raw(found)))
    }

    /// The file with `name` set: in its last assignment, else in a new line at the end.
    pub(crate) fn set(&self, name: &str, value: &str) -> Edited {
        if self.get(name) == Some(Word::Plain(value.as_bytes().to_vec())) {
            return Ok(None);
        }
        let Some(found) = self.last(name) else {
            let line = [name.as_bytes(), b"=", &word::quote(value, b"")].concat();
            let mut all = lines::split(self.content);
            let end = all.len();
            lines::insert(&mut all, end, &line, lines::line_break(self.content));
            return Ok(Some(lines::join(&all)?));
        };
        let quoted = word::quote(value, self.raw(found));
        let [before, after] = [0..found.start, found.end..self.content.len()];
        let parts = [before, after].map(|range| self.content.get(range).unwrap_or_default());
        let part = |text| Line { text, ending: b"" };
        let all = [part(parts[0]), part(&quoted), part(parts[1])];
        Ok(Some(lines::join(&all)?))
    }

    /// The file without any assignment of `name`.
    pub(crate) fn remove(&self, name: &str) -> Edited {
        let mut kept = Vec::new();
        let mut from = 0;
        for doomed in self
            .assignments
            .iter()
            .filter(|a| a.name == name.as_bytes())
        {
            kept.extend_from_slice(self.content.get(from..doomed.from).unwrap_or_default());
            from = doomed.to;
        }
        kept.extend_from_slice(self.content.get(from..).unwrap_or_default());
        Ok((kept.len() != self.content.len()).then_some(kept))
    }

    fn last(&self, name: &str) -> Option<&Assignment<'a>> {
        self.assignments
            .iter()
            .rev()
            .find(|found| found.name == name.as_bytes())
    }

    fn raw(&self, found: &Assignment<'_>) -> &'a [u8] {
        self.content.get(found.start..found.end).unwrap_or_default()
    }
}

/// The name that a line assigns, and where in the line its value starts.
fn head(line: &[u8]) -> Option<(&[u8], usize)> {
    let indent = line.len() - line.trim_ascii_start().len();
    let text = line.get(indent..)?;
    let export = text.strip_prefix(b"export ").map(<[u8]>::trim_ascii_start);
    let text = export.unwrap_or(text);
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let name = text.get(..equals).filter(|name| is_name(name))?;
    Some((name, line.len() - text.len() + equals + 1))
}

/// Whether the shell takes this as the name of a variable.
pub(crate) fn is_name(name: &[u8]) -> bool {
    let starts_well = name
        .first()
        .is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'_');
    starts_well
        && name
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str =
        "# c\nA=1 # one\nexport B='x y'\n  C=\"two\nlines\"\nif x; then D=$E; fi\nA=2\n";

    fn plain(text: &str) -> Option<Word> {
        Some(Word::Plain(text.as_bytes().to_vec()))
    }

    fn set(content: &str, name: &str, value: &str) -> Option<String> {
        let edited = Document::parse(content.as_bytes())
            .set(name, value)
            .unwrap();
        edited.map(|bytes| String::from_utf8(bytes).unwrap())
    }

    #[test]
    fn reading() {
        let document = Document::parse(FILE.as_bytes());
        assert_eq!(document.names(), [b"A", b"B", b"C"]);
        assert_eq!(document.get("A"), plain("2"));
        assert_eq!(document.get("B"), plain("x y"));
        assert_eq!(document.get("C"), plain("two\nlines"));
        assert_eq!(document.get("D"), None);
        assert_eq!(Document::parse(b"X=`id`").get("X"), Some(Word::Evaluated));
        assert_eq!(Document::parse(b"X=").get("X"), plain(""));
    }

    #[test]
    fn setting_changes_the_last_assignment_only() {
        for (content, value, expected) in [
            ("A=1 # one\r\nB=2", "x y", Some("A=\"x y\" # one\r\nB=2")),
            ("A=1\nA=2\n", "3", Some("A=1\nA=3\n")),
            ("A=\"1\"\n", "3", Some("A=\"3\"\n")),
            ("export A='1'\n", "it's", Some("export A='it'\\''s'\n")),
            ("A=\"two\nlines\"\nB=1\n", "3", Some("A=\"3\"\nB=1\n")),
            ("A=`reboot`\n", "$(id)", Some("A=\"\\$(id)\"\n")),
            ("B=1", "2", Some("B=1\nA=2")),
            ("", "", Some("A=\"\"\n")),
            ("A='2'\n", "2", None),
        ] {
            assert_eq!(set(content, "A", value).as_deref(), expected, "{content:?}");
        }
    }

    #[test]
    fn removing() {
        let document = Document::parse(FILE.as_bytes());
        let removed = document.remove("C").unwrap().unwrap();
        let expected = FILE.replace("  C=\"two\nlines\"\n", "");
        assert_eq!(removed, expected.as_bytes());
        assert_eq!(document.remove("D").unwrap(), None);
        let removed = document.remove("A").unwrap().unwrap();
        assert!(removed.starts_with(b"# c\nexport B"));
    }

    proptest::proptest! {
        #[test]
        fn every_value_is_read_back(
            content in "([A-C]=('[a-z$ ]{0,3}'|\"[a-z ]{0,3}\"|[a-z]{0,3})( #x)?\n){0,5}",
            value in "[ -~é]{0,12}",
        ) {
            let document = Document::parse(content.as_bytes());
            let new = document.set("B", &value).unwrap().unwrap_or(content.clone().into_bytes());
            let after = Document::parse(&new);
            proptest::prop_assert_eq!(after.get("B"), Some(Word::Plain(value.into_bytes())));
            for name in ["A", "C"] {
                proptest::prop_assert_eq!(after.get(name), document.get(name));
            }
        }

        #[test]
        fn any_bytes_are_a_file(content: Vec<u8>) {
            let document = Document::parse(&content);
            for name in document.names() {
                let name = std::str::from_utf8(name).unwrap();
                proptest::prop_assert!(document.get(name).is_some());
            }
        }
    }
}
