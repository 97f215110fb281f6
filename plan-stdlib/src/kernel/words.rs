//! A kernel command line: arguments between blanks, where a quoted blank ends nothing.

use crate::text::words;
use crate::values::shorten;
use mintage_engine::{Code, PlanError};

/// A change of a command line.
#[derive(Debug, Clone, Copy)]
pub(super) enum Change<'a> {
    /// The argument is there.
    Add(&'a str),
    /// No argument is this, or this with a value.
    Remove(&'a str),
    /// The argument is there, and no other with its name.
    Set { name: &'a str, whole: &'a str },
}

impl Change<'_> {
    /// The line with the change; `None` when it is so already.
    pub(super) fn of(self, line: &str) -> Option<String> {
        let all = spans(line);
        let word = |span: &(usize, usize)| line.get(span.0..span.1).unwrap_or_default();
        let (doomed, missing): (Vec<(usize, usize)>, Option<&str>) = match self {
            Change::Add(whole) => {
                let is_there = all.iter().any(|span| word(span) == whole);
                (Vec::new(), (!is_there).then_some(whole))
            }
            Change::Remove(name) => {
                let doomed = all.iter().filter(|span| is_meant(word(span), name));
                (doomed.copied().collect(), None)
            }
            Change::Set { name, whole } => {
                let keeper = all.iter().find(|span| word(span) == whole);
                let rivals = all
                    .iter()
                    .filter(|span| is_meant(word(span), name) && Some(*span) != keeper);
                (rivals.copied().collect(), keeper.is_none().then_some(whole))
            }
        };
        if doomed.is_empty() && missing.is_none() {
            return None;
        }
        // What is set takes the place of the first that it stands for.
        let mut new = String::new();
        let mut from = 0;
        let mut missing = missing;
        for (start, end) in doomed {
            let before = line.get(from..start).unwrap_or_default();
            match missing.take() {
                Some(whole) => {
                    new.push_str(before);
                    new.push_str(whole);
                }
                None if new.is_empty() => new.push_str(before.trim()),
                None => new.push_str(before.trim_end()),
            }
            from = end;
        }
        let rest = line.get(from..).unwrap_or_default();
        // Behind a removed first word, the blanks go in its place.
        new.push_str(if new.is_empty() {
            rest.trim_start()
        } else {
            rest
        });
        if let Some(whole) = missing {
            let kept = new.trim_end().len();
            new.truncate(kept);
            if !new.is_empty() {
                new.push(' ');
            }
            new.push_str(whole);
        }
        Some(new)
    }
}

/// Whether an argument is the one that is named: by its name alone, or whole with its value.
fn is_meant(word: &str, name: &str) -> bool {
    let value = word.strip_prefix(name);
    value.is_some_and(|rest| rest.is_empty() || (rest.starts_with('=') && !name.contains('=')))
}

/// The arguments of a line.
pub(super) fn split(line: &str) -> Vec<&str> {
    let spans = spans(line);
    spans
        .iter()
        .filter_map(|(start, end)| line.get(*start..*end))
        .collect()
}

/// Where the arguments start and end.
fn spans(line: &str) -> Vec<(usize, usize)> {
    let mut is_quoted = false;
    words::spans(line.as_bytes(), |byte| {
        is_quoted ^= byte == b'"';
        byte.is_ascii_whitespace() && !is_quoted
    })
}

/// An argument that stands for itself in every boot loader's file and in a shell's quotes.
///
/// # Errors
/// `P2013` for an empty one, or one with a blank, a quote or another character that a boot loader
/// takes for its own.
pub(super) fn check(argument: &str) -> Result<(), PlanError> {
    let fits = |byte: u8| byte.is_ascii_graphic() && !b"\"'\\$`;&|<>{}#".contains(&byte);
    let is_valid = !argument.is_empty()
        && argument.len() <= 1024
        && !argument.starts_with('=')
        && argument.bytes().all(fits);
    if is_valid {
        return Ok(());
    }
    let shown = shorten(argument);
    let message = format!("`{shown}` cannot be an argument of the kernel");
    Err(PlanError::new(Code::P2013, message)
        .help("an argument is `name` or `name=value` without blanks, quotes and `\\$`;&|<>{}#`"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SET: Change<'_> = Change::Set {
        name: "a",
        whole: "a=2",
    };

    #[test]
    fn changes() {
        for (line, change, expected) in [
            ("ro quiet", Change::Add("a"), Some("ro quiet a")),
            ("ro quiet  ", Change::Add("a"), Some("ro quiet a")),
            ("", Change::Add("a"), Some("a")),
            ("ro a", Change::Add("a"), None),
            (
                "console=tty0",
                Change::Add("console=ttyS0"),
                Some("console=tty0 console=ttyS0"),
            ),
            ("ro a  b", Change::Remove("a"), Some("ro  b")),
            ("a b", Change::Remove("a"), Some("b")),
            ("b a", Change::Remove("a"), Some("b")),
            ("a=1 ab=1 a a=2", Change::Remove("a"), Some("ab=1")),
            ("a=1 a=2", Change::Remove("a=1"), Some("a=2")),
            ("x y", Change::Remove("a"), None),
            ("x a=1 y a", SET, Some("x a=2 y")),
            ("x y", SET, Some("x y a=2")),
            ("x a=2 y", SET, None),
            ("a=1 x a=2", SET, Some("x a=2")),
            ("x=\"a b\" a=\"1 2\" z", SET, Some("x=\"a b\" a=2 z")),
        ] {
            assert_eq!(change.of(line).as_deref(), expected, "{line:?} {change:?}");
        }
    }

    #[test]
    fn nothing_breaks_out_of_an_argument() {
        for bad in [
            "", "a b", "a\nb", "a\"", "a'", "a;b", "$(id)", "`id`", "a\\", "a#", "{", "é", "=a",
        ] {
            assert_eq!(check(bad).unwrap_err().code, Code::P2013, "{bad}");
        }
        for good in [
            "quiet",
            "console=ttyS0,115200n8",
            "ip=ibft",
            "root=UUID=1-2",
            "a.b-c_d=1:2/3@4%5+6~7",
        ] {
            check(good).unwrap();
        }
    }

    proptest::proptest! {
        #[test]
        fn a_change_is_made_once(line in "[a-c=\" ]{0,20}") {
            for change in [Change::Add("b=1"), Change::Remove("b"), SET] {
                if line.matches('"').count() % 2 == 1 {
                    continue;
                }
                if let Some(new) = change.of(&line) {
                    proptest::prop_assert_eq!(change.of(&new), None, "{:?} -> {:?}", line, new);
                }
            }
        }
    }
}
