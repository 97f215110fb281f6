//! How long a literal at the start of a text is, and what it says.

/// How many `#` may stand before a raw string. Bounded, as the next is, so that no text is looked
/// at over and over again.
const MAX_HASHES: usize = 255;
/// How long a character may be written: `'\U0001F600'`.
const MAX_CHARACTER: usize = 16;

/// A piece of a string in backticks: up to its end, or up to and with the next `${`.
pub(super) struct Piece {
    pub(super) len: usize,
    pub(super) text: String,
    /// Whether it ends in `${`.
    pub(super) opens: bool,
}

/// The piece of a string in backticks that `text` starts with; its first character, a backtick or
/// the `}` of an interpolation, is skipped.
pub(super) fn piece(text: &str) -> Piece {
    let mut said = String::new();
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, c)| *c);
        match (c, next) {
            ('`', Some('`')) => {
                said.push('`');
                chars.next();
            }
            ('`', _) => {
                return Piece {
                    len: at + 1,
                    text: said,
                    opens: false,
                };
            }
            ('$', Some('{')) => {
                return Piece {
                    len: at + 2,
                    text: said,
                    opens: true,
                };
            }
            _ => said.push(c),
        }
    }
    Piece {
        len: text.len(),
        text: said,
        opens: false,
    }
}

/// A string in double quotes, raw or not: its length and what it says. Where it goes on in the next
/// line, spaces up to `column`, where it started, do not count.
pub(super) fn quoted(text: &str, column: usize) -> Option<(usize, String)> {
    let hashes = text
        .bytes()
        .take(MAX_HASHES)
        .take_while(|b| *b == b'#')
        .count();
    let body = text.get(hashes..)?.strip_prefix('"')?;
    if hashes > 0 {
        let end = format!("\"{}", "#".repeat(hashes));
        let len = body.find(&end).unwrap_or(body.len());
        let whole = (hashes + 1 + len + end.len()).min(text.len());
        return Some((whole, body.get(..len)?.to_owned()));
    }
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match c {
            '"' if !escaped => return Some((at + 2, unescape(body.get(..at)?, column))),
            // Rhai ends a string at the end of its line, unless the line ends with `\`.
            '\n' if !escaped => return Some((at + 1, unescape(body.get(..at)?, column))),
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Some((text.len(), unescape(body, column)))
}

/// A character in single quotes: its length.
pub(super) fn character(text: &str) -> Option<usize> {
    let body = text.strip_prefix('\'')?;
    let mut escaped = false;
    for (at, c) in body.char_indices().take(MAX_CHARACTER) {
        match c {
            '\'' if !escaped => return Some(at + 2),
            '\n' => break,
            _ => escaped = c == '\\' && !escaped,
        }
    }
    Some(1)
}

/// A number: its length.
pub(super) fn number(text: &str) -> usize {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let len = super::length(text, word);
    // A fraction, but neither a range (`1..2`) nor a method call (`1.abs()`).
    let fraction = text.get(len..).and_then(|rest| rest.strip_prefix('.'));
    match fraction {
        Some(rest) if rest.starts_with(|c: char| c.is_ascii_digit()) => {
            len + 1 + super::length(rest, word)
        }
        _ => len,
    }
}

fn unescape(text: &str, column: usize) -> String {
    let mut said = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            said.push(c);
            continue;
        }
        match chars.next() {
            Some('t') => said.push('\t'),
            Some('n') => said.push('\n'),
            Some('r') => said.push('\r'),
            Some('x') => said.extend(code_point(&mut chars, 2)),
            Some('u') => said.extend(code_point(&mut chars, 4)),
            Some('U') => said.extend(code_point(&mut chars, 8)),
            Some('\n') => {
                let indent = super::length(chars.as_str(), char::is_whitespace).min(column);
                chars.by_ref().take(indent).for_each(drop);
            }
            Some(other) => said.push(other),
            None => {}
        }
    }
    said
}

fn code_point(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let text: String = chars.take(digits).collect();
    u32::from_str_radix(&text, 16).ok().and_then(char::from_u32)
}
