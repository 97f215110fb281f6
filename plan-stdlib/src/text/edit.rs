//! Edits of single lines and of literal text.

use super::lines::{self, Line};
use super::pattern::Pattern;
use super::{Edited, EditedPlaces, MAX_TEXT, too_large};
use memchr::memmem;

/// Where a line goes that has to be added.
#[derive(Debug, Default)]
pub(crate) struct Placement {
    /// Behind the last line that matches.
    pub(crate) after: Option<Pattern>,
    /// Before the first line that matches.
    pub(crate) before: Option<Pattern>,
}

impl Placement {
    /// The index to insert at: by `after`, else by `before`, else the end.
    fn index(&self, lines: &[Line<'_>]) -> usize {
        let matching = |pattern: &Option<Pattern>, line: &Line<'_>| {
            pattern.as_ref().is_some_and(|p| p.matches(line.text))
        };
        let after = lines.iter().rposition(|line| matching(&self.after, line));
        let before = || lines.iter().position(|line| matching(&self.before, line));
        after
            .map(|index| index + 1)
            .or_else(before)
            .unwrap_or(lines.len())
    }
}

/// Makes sure that the text has `line`.
///
/// With `replacing`, the first line that matches becomes `line` and every other one that matches
/// goes, so that exactly one of them speaks. Without a match, or without `replacing`, the line is
/// added unless it is there.
pub(crate) fn ensure_line(
    content: &[u8],
    line: &[u8],
    replacing: Option<&Pattern>,
    place: &Placement,
) -> Edited {
    let mut all = lines::split(content);
    let is_rival =
        |found: &Line<'_>| found.text != line && replacing.is_some_and(|p| p.matches(found.text));
    let line_break = lines::line_break(content);
    if !all.iter().any(|found| found.text == line) {
        match all.iter_mut().find(|found| is_rival(found)) {
            Some(first) => first.text = line,
            None => {
                let index = place.index(&all);
                lines::insert(&mut all, index, line, line_break);
            }
        }
    }
    all.retain(|found| !is_rival(found));
    changed(content, &all)
}

/// Removes every line that is `unwanted`.
pub(crate) fn remove_lines(content: &[u8], unwanted: impl Fn(&[u8]) -> bool) -> EditedPlaces {
    let mut all = lines::split(content);
    let before = all.len();
    all.retain(|line| !unwanted(line.text));
    match before - all.len() {
        0 => Ok(None),
        removed => Ok(Some((lines::join(&all)?, removed))),
    }
}

/// Puts `line` in place of every line that matches and is not that already.
pub(crate) fn replace_lines(content: &[u8], pattern: &Pattern, line: &[u8]) -> EditedPlaces {
    let mut all = lines::split(content);
    let mut replaced = 0;
    for found in &mut all {
        if found.text != line && pattern.matches(found.text) {
            found.text = line;
            replaced += 1;
        }
    }
    match replaced {
        0 => Ok(None),
        replaced => Ok(Some((lines::join(&all)?, replaced))),
    }
}

/// Puts `new` in place of every `old`, from the left, without overlap. `old` must not be empty.
pub(crate) fn replace_text(content: &[u8], old: &[u8], new: &[u8]) -> EditedPlaces {
    let places: Vec<usize> = memmem::find_iter(content, old).collect();
    if places.is_empty() || old == new {
        return Ok(None);
    }
    let kept = content.len().saturating_sub(places.len() * old.len());
    let len = places.len().saturating_mul(new.len()).saturating_add(kept);
    if len > MAX_TEXT {
        return Err(too_large());
    }
    let mut edited = Vec::with_capacity(len);
    let mut from = 0;
    for place in &places {
        edited.extend_from_slice(content.get(from..*place).unwrap_or_default());
        edited.extend_from_slice(new);
        from = place + old.len();
    }
    edited.extend_from_slice(content.get(from..).unwrap_or_default());
    Ok(Some((edited, places.len())))
}

fn changed(content: &[u8], lines: &[Line<'_>]) -> Edited {
    let edited = lines::join(lines)?;
    Ok((edited != content).then_some(edited))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(edited: Edited) -> Option<String> {
        edited
            .unwrap()
            .map(|bytes| String::from_utf8(bytes).unwrap())
    }

    fn pattern(text: &str) -> Option<Pattern> {
        Some(Pattern::parse(text).unwrap())
    }

    #[test]
    fn ensure_line_adds_once_at_the_end() {
        for (content, expected) in [
            ("", Some("x\n")),
            ("a\n", Some("a\nx\n")),
            ("a", Some("a\nx")),
            ("a\r\nb\r\n", Some("a\r\nb\r\nx\r\n")),
            ("a\nx\nb\n", None),
            ("xx\n", Some("xx\nx\n")),
        ] {
            let edited = ensure_line(content.as_bytes(), b"x", None, &Placement::default());
            assert_eq!(text(edited).as_deref(), expected, "{content:?}");
        }
    }

    #[test]
    fn ensure_line_leaves_exactly_one_that_matches() {
        let rivals = pattern("*Root *");
        for (content, expected) in [
            ("a\n#Root yes\nb\nRoot yes\n", Some("a\nRoot no\nb\n")),
            ("Root yes\nRoot no\nRoot maybe\n", Some("Root no\n")),
            ("Root no\n", None),
            ("a", Some("a\nRoot no")),
        ] {
            let edited = ensure_line(
                content.as_bytes(),
                b"Root no",
                rivals.as_ref(),
                &Placement::default(),
            );
            assert_eq!(text(edited).as_deref(), expected, "{content:?}");
        }
    }

    #[test]
    fn ensure_line_goes_where_it_is_told() {
        for (after, before, expected) in [
            (pattern("[ab]"), None, "a\nb\nx\nc\n"),
            (None, pattern("[bc]"), "a\nx\nb\nc\n"),
            (pattern("nowhere"), pattern("c"), "a\nb\nx\nc\n"),
            (pattern("nowhere"), None, "a\nb\nc\nx\n"),
        ] {
            let place = Placement { after, before };
            let edited = ensure_line(b"a\nb\nc\n", b"x", None, &place);
            assert_eq!(text(edited).as_deref(), Some(expected));
        }
    }

    #[test]
    fn bytes_that_are_not_text_stay() {
        let edited = ensure_line(b"caf\xe9\r\n\0", b"x", None, &Placement::default());
        assert_eq!(edited.unwrap().unwrap(), b"caf\xe9\r\n\0\r\nx");
    }

    #[test]
    fn lines_are_removed_and_replaced_by_pattern() {
        let noisy = Pattern::parse("#*").unwrap();
        let removed = remove_lines(b"#1\na\n#2", |line| noisy.matches(line)).unwrap();
        assert_eq!(removed, Some((b"a\n".to_vec(), 2)));
        let replaced = replace_lines(b"#1\r\na\n#2", &noisy, b"-").unwrap();
        assert_eq!(replaced, Some((b"-\r\na\n-".to_vec(), 2)));
        assert_eq!(replace_lines(b"a\n", &noisy, b"-").unwrap(), None);
    }

    #[test]
    fn literal_text_is_replaced_everywhere() {
        for (content, expected) in [
            ("a.b.c", Some(("a--b--c".to_owned(), 2))),
            ("abc", None),
            (".", Some(("--".to_owned(), 1))),
        ] {
            let edited = replace_text(content.as_bytes(), b".", b"--").unwrap();
            let edited = edited.map(|(bytes, n)| (String::from_utf8(bytes).unwrap(), n));
            assert_eq!(edited, expected, "{content}");
        }
        assert_eq!(
            replace_text(b"aaa", b"aa", b"b").unwrap(),
            Some((b"ba".to_vec(), 1))
        );
    }

    #[test]
    fn an_edit_that_would_grow_without_end_is_refused_before_it_is_made() {
        let content = vec![b'a'; 1024 * 1024];
        let error = replace_text(&content, b"a", &content).unwrap_err();
        assert_eq!(error.code, mintage_engine::Code::P2003);
        let lines = b"a\n".repeat(100_000);
        let error = replace_lines(&lines, &Pattern::parse("a").unwrap(), &content).unwrap_err();
        assert_eq!(error.code, mintage_engine::Code::P2003);
    }
}
