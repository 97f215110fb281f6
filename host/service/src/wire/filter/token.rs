//! `Token`: the words of a filter.

use super::Fault;

/// A word of a filter.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    /// A run of other characters: a field, a value, `AND`, `eq`.
    Word(String),
    /// A text in quotes, without them.
    Text(String),
    /// `=`, `<>`, …
    Sign(&'static str),
    /// `(`
    Open,
    /// `)`
    Close,
}

/// The signs, the longer ones first.
const SIGNS: [&str; 8] = ["<>", "!=", "==", "<=", ">=", "=", "<", ">"];

/// The words of `text`, each with its place in bytes.
pub(super) fn tokens(text: &str) -> Result<Vec<(usize, Token)>, Fault> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text.get(at..).and_then(|rest| rest.chars().next()) {
        let rest = text.get(at..).unwrap_or_default();
        let (token, length) = match first {
            blank if blank.is_whitespace() => {
                at += first.len_utf8();
                continue;
            }
            '(' => (Token::Open, 1),
            ')' => (Token::Close, 1),
            '\'' | '"' => quoted(rest, first).ok_or_else(|| {
                Fault::new(
                    at,
                    format!("the text that begins with {first} does not end"),
                )
            })?,
            _ => match SIGNS.iter().find(|sign| rest.starts_with(**sign)) {
                Some(sign) => (Token::Sign(sign), sign.len()),
                None => word(rest),
            },
        };
        tokens.push((at, token));
        at += length;
    }
    Ok(tokens)
}

/// A run of characters up to a blank, a parenthesis, a sign or a quote.
fn word(rest: &str) -> (Token, usize) {
    let ends = |c: char| c.is_whitespace() || "()<>=!'\"".contains(c);
    // A lone `!` is a word that no field is called.
    let first = rest.chars().next().map_or(0, char::len_utf8);
    let length = rest
        .char_indices()
        .find(|(at, c)| *at >= first && ends(*c))
        .map_or(rest.len(), |(at, _)| at);
    let text = rest.get(..length).unwrap_or_default();
    (Token::Word(text.to_owned()), length)
}

/// A text in quotes, and its length with them. A quote inside is doubled, has a backslash before it,
/// or a letter after it: clients put names like `it's` between quotes as they are.
fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        let next = chars.peek().map(|(_, next)| *next);
        match (c, next) {
            ('\\', Some(escaped)) if escaped == quote || escaped == '\\' => {
                text.push(escaped);
                chars.next();
            }
            (c, Some(next)) if c == quote && next == quote => {
                text.push(quote);
                chars.next();
            }
            (c, Some(next)) if c == quote && next.is_alphanumeric() => text.push(quote),
            (c, _) if c == quote => return Some((Token::Text(text), at + 1)),
            (c, _) => text.push(c),
        }
    }
    None
}
