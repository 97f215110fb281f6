//! The patterns of `file_contexts`: PCRE's language without what cannot be matched in linear time,
//! said again in the language of the `regex` crate.
//!
//! The two differ in small things (what is special inside of `[…]`, a `{` that is no repetition,
//! which escapes there are), so a pattern is taken apart and every plain character is written as
//! its code.

use regex::bytes::{Regex, RegexBuilder};
use std::fmt::Write;

/// How much memory one compiled pattern may take, in bytes; those of real policies take a few
/// thousand.
const MAX_COMPILED: usize = 256 * 1024;
/// How deep groups may be nested.
const MAX_DEPTH: u32 = 32;

/// What a pattern is special by.
const SPECIAL: &[u8] = b".^$?*+|[({";

/// A compiled pattern.
#[derive(Debug)]
pub(super) enum Pattern {
    /// Of plain characters alone.
    Plain(Vec<u8>),
    /// Any other.
    Regex(Regex),
}

impl Pattern {
    /// Compiles a pattern, anchored at both ends as libselinux does: before the first and after the
    /// last of several alternatives.
    ///
    /// # Errors
    /// Why it cannot be done, as the end of a sentence about it.
    pub(super) fn new(pattern: &[u8]) -> Result<Self, String> {
        if let Some(plain) = plain(pattern) {
            return Ok(Self::Plain(plain));
        }
        let mut text = String::from("^");
        Translation { rest: pattern }.all(&mut text)?;
        text.push_str(END);
        let built = RegexBuilder::new(&text)
            .unicode(false)
            .dot_matches_new_line(true)
            .size_limit(MAX_COMPILED)
            .nest_limit(MAX_DEPTH)
            .build();
        let why = "has a pattern that is wrong, or too large";
        built.map(Self::Regex).map_err(|_| why.to_owned())
    }

    /// Whether it matches all of `text`. As in PCRE, a line break at the end need not be matched.
    pub(super) fn matches(&self, text: &[u8]) -> bool {
        match self {
            Self::Plain(plain) => text
                .strip_prefix(plain.as_slice())
                .is_some_and(|rest| matches!(rest, b"" | b"\n")),
            Self::Regex(regex) => regex.is_match(text),
        }
    }
}

/// What `$` means in PCRE.
const END: &str = "(?:\\n?\\z)";

/// Whether a pattern has no special character; the one after a `\` does not count.
pub(super) fn is_plain(pattern: &[u8]) -> bool {
    first_special(pattern) == pattern.len()
}

fn first_special(pattern: &[u8]) -> usize {
    let mut at = 0;
    while let Some(byte) = pattern.get(at) {
        match byte {
            b'\\' => at += 2,
            byte if SPECIAL.contains(byte) => return at,
            _ => at += 1,
        }
    }
    pattern.len()
}

/// How many bytes of the pattern are plain text that every match begins with.
pub(super) fn prefix(pattern: &[u8]) -> usize {
    // Where there are alternatives, this would have to be known of each.
    if has_alternatives(pattern) {
        return 0;
    }
    let is_end = |byte: &u8| *byte == b'\\' || SPECIAL.contains(byte);
    let end = pattern.iter().position(is_end).unwrap_or(pattern.len());
    match pattern.get(end) {
        // What is repeated may be there no time.
        Some(b'?' | b'*' | b'{') => end.saturating_sub(1),
        _ => end,
    }
}

/// Whether it has a `|` outside of groups. One inside of `[…]` or after `\` may count too: that
/// costs time only.
fn has_alternatives(pattern: &[u8]) -> bool {
    if !pattern.contains(&b'|') {
        return false;
    }
    let mut depth = 0_usize;
    for byte in pattern {
        match byte {
            // Parentheses that are not special make the count wrong, so nothing is said of those.
            b'\\' | b'[' => return true,
            b'(' => depth += 1,
            b')' => depth = depth.saturating_sub(1),
            b'|' if depth == 0 => return true,
            _ => {}
        }
    }
    false
}

/// The text that a pattern of plain characters matches; none where an escape means more.
fn plain(pattern: &[u8]) -> Option<Vec<u8>> {
    if !is_plain(pattern) {
        return None;
    }
    let mut text = Vec::with_capacity(pattern.len());
    let mut bytes = pattern.iter();
    while let Some(byte) = bytes.next() {
        text.push(match byte {
            b'\\' => *bytes.next().filter(|byte| !byte.is_ascii_alphanumeric())?,
            byte => *byte,
        });
    }
    Some(text)
}

/// A pattern, being said again.
struct Translation<'p> {
    rest: &'p [u8],
}

impl Translation<'_> {
    fn all(&mut self, text: &mut String) -> Result<(), String> {
        while let Some(byte) = self.next() {
            match byte {
                b'.' | b'^' | b'|' | b')' => text.push(byte.into()),
                b'$' => text.push_str(END),
                b'(' => self.group(text)?,
                b'[' => self.class(text)?,
                b'*' | b'+' | b'?' => self.repetition(byte, text)?,
                b'{' => self.braces(text)?,
                b'\\' => self.escape(text)?,
                byte => literal(byte, text),
            }
        }
        Ok(())
    }

    fn next(&mut self) -> Option<u8> {
        let (first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(*first)
    }

    fn take(&mut self, start: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(start);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn group(&mut self, text: &mut String) -> Result<(), String> {
        // Which part matched does not matter.
        text.push_str("(?:");
        match self.rest.first() {
            Some(b'?') if !self.take(b"?:") => {
                Err(beyond("a group that looks around, or has options"))
            }
            Some(b'*') => Err(beyond("a verb")),
            _ => Ok(()),
        }
    }

    fn repetition(&mut self, sign: u8, text: &mut String) -> Result<(), String> {
        text.push(sign.into());
        self.after_repetition(text)
    }

    /// A `?` makes it match little, which changes nothing for a whole match.
    fn after_repetition(&mut self, text: &mut String) -> Result<(), String> {
        match self.rest.first() {
            Some(b'+') => Err(beyond("a repetition that does not give back")),
            Some(b'?') => {
                text.push('?');
                self.next();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// `{2}`, `{2,}`, `{2,3}`; anything else is plain.
    fn braces(&mut self, text: &mut String) -> Result<(), String> {
        let end = self.rest.iter().position(|byte| *byte == b'}');
        let inner = end.and_then(|end| std::str::from_utf8(self.rest.get(..end)?).ok());
        let is_number = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
        match inner.map(|inner| (inner, inner.split_once(','))) {
            Some((inner, None)) if is_number(inner) => {
                text.push_str(&format!("{{{inner}}}"));
            }
            Some((inner, Some((least, most))))
                if is_number(least) && (most.is_empty() || is_number(most)) =>
            {
                text.push_str(&format!("{{{inner}}}"));
            }
            // Newer versions of PCRE repeat, older ones do not.
            Some((_, Some(("", most)))) if is_number(most) => return Err(beyond("`{,`")),
            _ => {
                literal(b'{', text);
                return Ok(());
            }
        }
        let end = end.map_or(0, |end| end + 1);
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.after_repetition(text)
    }

    fn escape(&mut self, text: &mut String) -> Result<(), String> {
        match self.next() {
            Some(class @ (b'd' | b'D' | b'w' | b'W' | b's' | b'S' | b'b' | b'B' | b'A' | b'z')) => {
                text.push('\\');
                text.push(class.into());
            }
            Some(byte) => literal(escaped(byte)?, text),
            None => return Err("ends in a `\\`".to_owned()),
        }
        Ok(())
    }

    fn class(&mut self, text: &mut String) -> Result<(), String> {
        text.push('[');
        if self.take(b"^") {
            text.push('^');
        }
        let mut is_first = true;
        while is_first || self.rest.first() != Some(&b']') {
            is_first = false;
            if self.named_class(text) {
                continue;
            }
            let Some(start) = self.class_character(text)? else {
                continue;
            };
            literal(start, text);
            if self.rest.len() >= 2 && self.rest[0] == b'-' && self.rest[1] != b']' {
                self.next();
                text.push('-');
                let end = self.class_character(text)?;
                literal(
                    end.ok_or_else(|| beyond("a range that ends in a class"))?,
                    text,
                );
            }
        }
        self.next();
        text.push(']');
        Ok(())
    }

    /// `[:alpha:]`.
    fn named_class(&mut self, text: &mut String) -> bool {
        let end = self.rest.windows(2).position(|pair| pair == b":]");
        let name = end.and_then(|end| self.rest.get(..end)?.strip_prefix(b"[:"));
        let Some(name) =
            name.filter(|name| name.iter().all(|b| b.is_ascii_lowercase() || *b == b'^'))
        else {
            return false;
        };
        text.push_str(&format!("[:{}:]", String::from_utf8_lossy(name)));
        self.rest = self.rest.get(name.len() + 4..).unwrap_or_default();
        true
    }

    /// One character of a class; none where it is a class itself, which is written already.
    fn class_character(&mut self, text: &mut String) -> Result<Option<u8>, String> {
        match self.next() {
            None => Err("has a `[` without its `]`".to_owned()),
            Some(b'\\') => match self.next() {
                Some(class @ (b'd' | b'D' | b'w' | b'W' | b's' | b'S')) => {
                    text.push('\\');
                    text.push(class.into());
                    Ok(None)
                }
                Some(byte) => escaped(byte).map(Some),
                None => Err("has a `[` without its `]`".to_owned()),
            },
            Some(byte) => Ok(Some(byte)),
        }
    }
}

/// The character that a `\` and this one stand for.
fn escaped(byte: u8) -> Result<u8, String> {
    match byte {
        b't' => Ok(b'\t'),
        b'n' => Ok(b'\n'),
        b'r' => Ok(b'\r'),
        byte if byte.is_ascii_alphanumeric() => Err(beyond(&format!("`\\{}`", char::from(byte)))),
        byte => Ok(byte),
    }
}

fn literal(byte: u8, text: &mut String) {
    if byte.is_ascii_alphanumeric() || byte == b'/' || byte == b'_' {
        text.push(byte.into());
    } else {
        // Writing into a string does not fail.
        let _ = write!(text, "\\x{byte:02x}");
    }
}

fn beyond(what: &str) -> String {
    format!("has {what} in its pattern, which cannot be matched in bounded time")
}
