//! The lines of a text, each with its own ending.

use super::{MAX_TEXT, too_large};
use mintage_engine::PlanError;

/// One line: its text, and its ending as it stands in the file (`\n`, `\r\n`, or nothing at the
/// end of a file without a last line break).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// The line without its ending.
    pub(crate) text: &'a [u8],
    /// Its ending.
    pub(crate) ending: &'a [u8],
}

/// Splits a content into lines; none for an empty one.
pub(crate) fn split(content: &[u8]) -> Vec<Line<'_>> {
    content
        .split_inclusive(|byte| *byte == b'\n')
        .map(|whole| {
            let text = whole.strip_suffix(b"\n").unwrap_or(whole);
            let text = match whole.ends_with(b"\n") {
                true => text.strip_suffix(b"\r").unwrap_or(text),
                false => text,
            };
            let ending = whole.get(text.len()..).unwrap_or_default();
            Line { text, ending }
        })
        .collect()
}

/// The line break that a file uses: that of its first line, `\n` where it has none.
pub(crate) fn line_break(content: &[u8]) -> &'static [u8] {
    match split(content).first() {
        Some(line) if line.ending == b"\r\n" => b"\r\n",
        _ => b"\n",
    }
}

/// Puts lines together again.
///
/// # Errors
/// `P2003` when they are more than [`MAX_TEXT`] together, before they are in memory.
pub(crate) fn join(lines: &[Line<'_>]) -> Result<Vec<u8>, PlanError> {
    let mut len = 0usize;
    for line in lines {
        len = len.saturating_add(line.text.len() + line.ending.len());
    }
    if len > MAX_TEXT {
        return Err(too_large());
    }
    let mut content = Vec::with_capacity(len);
    for line in lines {
        content.extend_from_slice(line.text);
        content.extend_from_slice(line.ending);
    }
    Ok(content)
}

/// Inserts a line before the one at `index`, or at the end, in the file's own line break.
///
/// Behind a last line without a line break, the new last line has none either, as the file had it.
pub(crate) fn insert<'a>(
    lines: &mut Vec<Line<'a>>,
    index: usize,
    text: &'a [u8],
    line_break: &'a [u8],
) {
    let index = index.min(lines.len());
    let mut ending = line_break;
    if index == lines.len()
        && let Some(last) = lines.last_mut()
        && last.ending.is_empty()
    {
        last.ending = line_break;
        ending = b"";
    }
    lines.insert(index, Line { text, ending });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn split_and_join_keep_every_byte() {
        for content in [
            &b""[..],
            b"\n",
            b"a",
            b"a\nb",
            b"a\r\nb\n\r\n",
            b"\r",
            b"a\r",
            b"\xff\xfe\n\0",
        ] {
            assert_eq!(join(&split(content)).unwrap(), content, "{content:?}");
        }
    }

    #[test]
    fn a_line_has_no_part_of_its_ending() {
        let lines = split(b"a\r\nb\nc\r");
        let texts: Vec<_> = lines.iter().map(|line| line.text).collect();
        assert_eq!(texts, [&b"a"[..], b"b", b"c\r"]);
    }

    #[test]
    fn insert_follows_the_file() {
        for (content, index, expected) in [
            (&b""[..], 0, &b"x\n"[..]),
            (b"a\n", 1, b"a\nx\n"),
            (b"a", 1, b"a\nx"),
            (b"a\r\nb", 9, b"a\r\nb\r\nx"),
            (b"a\n", 0, b"x\na\n"),
        ] {
            let mut lines = split(content);
            insert(&mut lines, index, b"x", line_break(content));
            assert_eq!(join(&lines).unwrap(), expected, "{content:?} at {index}");
        }
    }
}
