//! Patterns as the shell has them: `*`, `?`, `[…]`, and `\` before a character that stands for
//! itself.
//!
//! Matching never takes more than (length of the pattern × length of the text) steps: it goes back
//! to the last `*` only.

use mintage_engine::{Code, PlanError};

/// The longest pattern that is taken, in bytes.
const MAX_PATTERN: usize = 256;

/// One step of a pattern. It matches bytes, so `?` and `[…]` stand for one byte; a name that is
/// not ASCII is matched by its own text or by `*`.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Byte(u8),
    AnyByte,
    AnyRun,
    Class {
        negated: bool,
        ranges: Vec<(u8, u8)>,
    },
}

/// A parsed pattern, matched against a whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pattern {
    steps: Vec<Step>,
}

impl Pattern {
    /// Parses a pattern.
    ///
    /// # Errors
    /// `P2013` when it is longer than 256 bytes, a `[` is never closed, or it ends in `\`.
    pub(crate) fn parse(pattern: impl AsRef<[u8]>) -> Result<Self, PlanError> {
        let pattern = pattern.as_ref();
        if pattern.len() > MAX_PATTERN {
            return Err(PlanError::new(
                Code::P2013,
                format!("the pattern is longer than {MAX_PATTERN} bytes"),
            ));
        }
        let mut bytes = pattern.iter().copied().peekable();
        let mut steps = Vec::new();
        while let Some(byte) = bytes.next() {
            let step = match byte {
                b'*' => Step::AnyRun,
                b'?' => Step::AnyByte,
                b'[' => class(&mut bytes).ok_or_else(|| bad(pattern, "a `[` is never closed"))?,
                b'\\' => {
                    let escaped = bytes.next();
                    Step::Byte(
                        escaped.ok_or_else(|| bad(pattern, "nothing follows its last `\\`"))?,
                    )
                }
                byte => Step::Byte(byte),
            };
            if step != Step::AnyRun || steps.last() != Some(&Step::AnyRun) {
                steps.push(step);
            }
        }
        Ok(Self { steps })
    }

    /// Whether the pattern matches all of `text`.
    pub(crate) fn matches(&self, text: &[u8]) -> bool {
        let (mut step, mut at) = (0, 0);
        // Where to go on when what follows the last `*` does not match.
        let mut retry: Option<(usize, usize)> = None;
        loop {
            match (self.steps.get(step), text.get(at)) {
                (None, None) => return true,
                (Some(Step::AnyRun), _) => {
                    retry = Some((step, at));
                    step += 1;
                }
                (Some(wanted), Some(byte)) if wanted.takes(*byte) => {
                    step += 1;
                    at += 1;
                }
                _ => match retry {
                    Some((star, from)) if from < text.len() => {
                        retry = Some((star, from + 1));
                        step = star + 1;
                        at = from + 1;
                    }
                    _ => return false,
                },
            }
        }
    }

    /// Whether the pattern starts with a dot itself: only then it matches hidden names.
    pub(crate) fn starts_with_dot(&self) -> bool {
        self.steps.first() == Some(&Step::Byte(b'.'))
    }

    /// The text that the pattern stands for when it has no wildcard.
    pub(crate) fn literal(&self) -> Option<Vec<u8>> {
        let bytes = self.steps.iter().map(|step| match step {
            Step::Byte(byte) => Some(*byte),
            _ => None,
        });
        bytes.collect()
    }
}

impl Step {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Byte(wanted) => *wanted == byte,
            Self::AnyByte => true,
            Self::AnyRun => false,
            Self::Class { negated, ranges } => {
                let inside = ranges
                    .iter()
                    .any(|(low, high)| (*low..=*high).contains(&byte));
                inside != *negated
            }
        }
    }
}

/// What stands between `[` and `]`; `None` when the `]` is missing. A `]` that comes first, and a
/// `-` at either end, stand for themselves.
fn class(bytes: &mut std::iter::Peekable<impl Iterator<Item = u8>>) -> Option<Step> {
    let negated = bytes.next_if(|byte| matches!(byte, b'!' | b'^')).is_some();
    let mut members = Vec::new();
    loop {
        match bytes.next()? {
            b']' if !members.is_empty() => break,
            b'\\' => members.push((bytes.next()?, true)),
            byte => members.push((byte, false)),
        }
    }
    let mut ranges = Vec::new();
    let mut rest = members.as_slice();
    while let Some((first, after)) = rest.split_first() {
        match after {
            [(b'-', false), last, tail @ ..] => {
                ranges.push((first.0, last.0));
                rest = tail;
            }
            _ => {
                ranges.push((first.0, first.0));
                rest = after;
            }
        }
    }
    Some(Step::Class { negated, ranges })
}

fn bad(pattern: &[u8], why: &str) -> PlanError {
    let shown = mintage_volume::escape::escape(pattern);
    PlanError::new(Code::P2013, format!("invalid pattern `{shown}`: {why}"))
        .help("write `\\` before a character that stands for itself")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_match_as_in_the_shell() {
        for (pattern, text, expected) in [
            ("", "", true),
            ("", "a", false),
            ("*", "", true),
            ("a*c", "abbbc", true),
            ("a*c", "abbb", false),
            ("*.conf", "a.conf.bak", false),
            ("PermitRootLogin *", "PermitRootLogin yes", true),
            ("PermitRootLogin *", "#PermitRootLogin yes", false),
            ("?", "", false),
            ("[0-9][!a-c]", "5d", true),
            ("[0-9][!a-c]", "5b", false),
            ("[]x]", "]", true),
            ("[a-]", "-", true),
            (r"\*", "*", true),
            (r"\*", "x", false),
            (r"[\]]", "]", true),
            ("*a*b*c", "xxaxxbxxc", true),
        ] {
            let parsed = Pattern::parse(pattern).unwrap();
            assert_eq!(
                parsed.matches(text.as_bytes()),
                expected,
                "{pattern} on {text}"
            );
        }
    }

    #[test]
    fn broken_patterns_are_refused() {
        for pattern in ["[abc", "[]", "a\\", &"x".repeat(MAX_PATTERN + 1)] {
            assert_eq!(
                Pattern::parse(pattern).unwrap_err().code,
                Code::P2013,
                "{pattern}"
            );
        }
    }

    #[test]
    fn many_stars_do_not_multiply_the_work() {
        let pattern = Pattern::parse("a*".repeat(100) + "b").unwrap();
        assert!(!pattern.matches("a".repeat(100_000).as_bytes()));
    }

    #[test]
    fn a_pattern_without_wildcards_is_a_text() {
        assert_eq!(Pattern::parse(r"a\*b").unwrap().literal().unwrap(), b"a*b");
        assert_eq!(Pattern::parse("a?").unwrap().literal(), None);
    }
}
