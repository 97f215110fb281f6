//! `Snapshot`: a `.snap` file, in the format of the crate `insta`: a head in YAML between two lines
//! `---`, then the text.
//!
//! `cargo insta review` takes and writes these files, so the head is never looked at: `insta` puts
//! into it what it likes.

/// A snapshot's text, without the line breaks at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot(String);

/// What stands between the head and the text.
const FENCE: &str = "---";

impl Snapshot {
    /// The snapshot of `text`; its line breaks at the end do not count.
    pub(crate) fn new(text: &str) -> Self {
        Self(text.trim_end().to_owned())
    }

    /// Reads a file. What has no head is a text alone.
    pub(crate) fn read(file: &str) -> Self {
        let file = file.replace("\r\n", "\n");
        let mut lines = file.split_inclusive('\n');
        if lines.next().map(str::trim_end) != Some(FENCE) {
            return Self::new(&file);
        }
        let is_fence = |line: &&str| line.trim_end() == FENCE;
        let text: String = lines.skip_while(|line| !is_fence(line)).skip(1).collect();
        Self::new(&text)
    }

    /// The file: `source` is what the snapshot is of, a path of plain letters.
    pub(crate) fn write(&self, source: &str) -> String {
        let text = &self.0;
        format!("{FENCE}\nsource: {source}\nexpression: mintage test\n{FENCE}\n{text}\n")
    }

    /// The text.
    pub(crate) fn text(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        for text in ["", "one line", "one\n\n  two\n---\nthree"] {
            let snapshot = Snapshot::new(text);
            assert_eq!(
                Snapshot::read(&snapshot.write("tests/a/case.toml")),
                snapshot
            );
        }
    }

    #[test]
    fn heads_and_line_ends_do_not_count() {
        for file in [
            "---\nsource: x\nassertion_line: 7\ndescription: \"a: b\"\n---\na\nb\n",
            "---\r\nsource: x\r\n---\r\na\r\nb\r\n",
            "a\nb\n\n",
        ] {
            assert_eq!(Snapshot::read(file).text(), "a\nb", "{file:?}");
        }
    }
}
