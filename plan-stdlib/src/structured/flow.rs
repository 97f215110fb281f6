//! Members between brackets, with commas between them: how JSON, TOML's arrays and YAML's flow
//! style are edited alike.

use std::ops::Range;

/// What starts a comment that goes to the end of its line; JSON has `/* */` too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Comments {
    /// `#`.
    Hash,
    /// `//` and `/* */`.
    Slash,
}

/// A text and what its comments look like.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Flow<'t> {
    /// The text.
    pub(crate) text: &'t str,
    /// Its comments.
    pub(crate) comments: Comments,
}

impl Flow<'_> {
    /// The text with one more member behind the last one, which ends at `last`, in brackets that
    /// start at `open`: on a line of its own where that one has one.
    pub(crate) fn append(&self, open: usize, last: usize, new: &str) -> String {
        let start = self.line_start(last);
        let line = self.slice(start..last);
        if start <= open {
            return self.splice(last..last, &format!(", {new}"));
        }
        let indent = line.get(..line.len() - line.trim_start().len());
        let indent = indent.unwrap_or_default();
        let comma = self.comma(last);
        let behind = comma.map_or(last, |comma| comma + 1);
        let end = self.line_end(behind);
        let tail = self.slice(behind..end).trim_start();
        let line_break = if self.slice(end..end + 1) == "\r" {
            "\r\n"
        } else {
            "\n"
        };
        // The comment behind the last one stays with it.
        if !tail.is_empty() && !self.is_comment(tail) || end == self.text.len() {
            return self.splice(last..last, &format!(",{line_break}{indent}{new}"));
        }
        let trailing = if comma.is_some() { "," } else { "" };
        let added = format!("{line_break}{indent}{new}{trailing}");
        let rest = self.slice(last..end);
        let rest = if comma.is_some() {
            rest.to_owned()
        } else {
            format!(",{rest}")
        };
        self.splice(last..end, &format!("{rest}{added}"))
    }

    /// The text without the member at `index`, with the whole line where it is alone in it.
    pub(crate) fn remove(&self, members: &[Range<usize>], index: usize) -> Option<String> {
        let doomed = members.get(index)?;
        let before = index.checked_sub(1).and_then(|index| members.get(index));
        let comma = self.comma(doomed.end);
        let behind = comma.map_or(doomed.end, |comma| comma + 1);
        let start = self.line_start(doomed.start);
        let end = self.line_end(behind);
        let tail = self.slice(behind..end).trim();
        let is_alone = self.slice(start..doomed.start).trim().is_empty()
            && (tail.is_empty() || self.is_comment(tail))
            && start > 0;
        let gone = match (is_alone, members.get(index + 1), before) {
            (true, ..) => start..self.after_break(end),
            (false, Some(next), _) => doomed.start..next.start,
            (false, None, Some(before)) if comma.is_none() => before.end..doomed.end,
            (false, None, Some(before)) => {
                let kept = self.comma(before.end)?;
                kept + 1..behind
            }
            (false, None, None) => doomed.start..behind,
        };
        let text = self.splice(gone.clone(), "");
        // The one before it is the last one now.
        match before {
            Some(before) if is_alone && comma.is_none() => {
                let comma = self.comma(before.end)?;
                let mut text = text;
                text.remove(comma);
                Some(text)
            }
            _ => Some(text),
        }
    }

    /// Where the comma behind a member stands, blanks and comments not counted.
    fn comma(&self, from: usize) -> Option<usize> {
        let mut at = from;
        loop {
            let rest = self.text.get(at..)?;
            let blanks = rest.len() - rest.trim_start().len();
            at += blanks;
            let rest = rest.get(blanks..)?;
            if rest.starts_with(',') {
                return Some(at);
            }
            at += self.comment_len(rest)?;
        }
    }

    fn comment_len(&self, rest: &str) -> Option<usize> {
        match self.comments {
            Comments::Slash if rest.starts_with("/*") => Some(rest.find("*/")? + 2),
            Comments::Slash if rest.starts_with("//") => Some(rest.find('\n')?),
            Comments::Hash if rest.starts_with('#') => Some(rest.find('\n')?),
            _ => None,
        }
    }

    /// Whether the rest of a line is one comment.
    fn is_comment(&self, rest: &str) -> bool {
        match self.comments {
            Comments::Hash => rest.starts_with('#'),
            Comments::Slash => {
                rest.starts_with("//")
                    || rest.starts_with("/*") && rest.find("*/") == Some(rest.len() - 2)
            }
        }
    }

    fn line_start(&self, at: usize) -> usize {
        self.slice(0..at).rfind('\n').map_or(0, |at| at + 1)
    }

    fn line_end(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        let line = rest.split('\n').next().unwrap_or_default();
        at + line.strip_suffix('\r').unwrap_or(line).len()
    }

    fn after_break(&self, at: usize) -> usize {
        let rest = self.slice(at..self.text.len());
        at + rest.find('\n').map_or(rest.len(), |len| len + 1)
    }

    fn splice(&self, range: Range<usize>, new: &str) -> String {
        let (before, after) = (
            self.slice(0..range.start),
            self.slice(range.end..self.text.len()),
        );
        [before, new, after].concat()
    }

    fn slice(&self, range: Range<usize>) -> &str {
        self.text.get(range).unwrap_or_default()
    }
}
