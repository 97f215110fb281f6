//! Making diagnostics: what is wrong with a plan library, a value or a profile.

use mintage_engine::{Code, Diagnostic, Frame, PlanError};
use std::ops::Range;

/// A diagnostic without a place.
pub(crate) fn problem(code: Code, message: impl Into<String>) -> Diagnostic {
    Diagnostic::new(code, message)
}

/// A diagnostic with what to do about it.
pub(crate) fn problem_with_help(
    code: Code,
    message: impl Into<String>,
    help: impl Into<String>,
) -> Diagnostic {
    PlanError::new(code, message).help(help).into()
}

/// The place of a span of bytes in a text file, as a diagnostic shows it.
pub fn place(file: &str, text: &str, span: Range<usize>) -> Frame {
    let start = boundary(text, span.start);
    let end = boundary(text, span.end.max(start));
    let (before, after) = text.split_at(start);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    let line_end = after
        .find('\n')
        .map_or(text.len(), |newline| start + newline);
    Frame {
        script: file.to_owned(),
        line: before.matches('\n').count() + 1,
        column: text[line_start..start].chars().count() + 1,
        width: text[start..end.min(line_end).max(start)]
            .chars()
            .count()
            .max(1),
        function: None,
        text: text[line_start..line_end].trim_end_matches('\r').to_owned(),
        label: None,
    }
}

/// The last place at or before `at` where a character starts or the text ends.
fn boundary(text: &str, at: usize) -> usize {
    let mut places = (0..=at.min(text.len())).rev();
    places
        .find(|place| text.is_char_boundary(*place))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_counts_characters_and_stays_in_its_line() {
        let text = "a = 1\nné = \"x\ny\"\n";
        let start = text.find('"').unwrap();
        let frame = place("build-plan.toml", text, start..text.len());
        assert_eq!((frame.line, frame.column, frame.width), (2, 6, 2));
        assert_eq!(frame.text, "né = \"x");
    }

    #[test]
    fn a_span_past_the_end_is_the_end() {
        let frame = place("f", "ab", 7..9);
        assert_eq!((frame.line, frame.column, frame.width), (1, 3, 1));
    }
}
