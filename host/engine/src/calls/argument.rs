//! Arguments of calls, as far as they are literals.

use crate::tokens::{Kind, Token};

/// An argument of a call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Argument {
    /// A plain string.
    Text(String),
    /// A map that is written out: its keys. The values may be computed.
    Map(Vec<MapKey>),
    /// Something that the script computes, or another literal.
    Other,
}

/// A key of a map that is written out in a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MapKey {
    /// The key.
    pub name: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// How many characters it has as it is written.
    pub width: usize,
}

impl Argument {
    pub(super) fn read(tokens: &[Token<'_>]) -> Self {
        match tokens {
            [
                Token {
                    kind: Kind::Text(text),
                    ..
                },
            ] => Self::Text(text.clone()),
            [open, inner @ .., close] if open.is("#{") && close.is("}") => {
                keys(inner).map_or(Self::Other, Self::Map)
            }
            _ => Self::Other,
        }
    }
}

/// The keys of a map between its braces; none when the braces are not those of one map.
fn keys(tokens: &[Token<'_>]) -> Option<Vec<MapKey>> {
    let (mut keys, mut depth, mut begins) = (Vec::new(), 0_usize, true);
    for (at, token) in tokens.iter().enumerate() {
        let is_key = begins && tokens.get(at + 1).is_some_and(|next| next.is(":"));
        if let (true, Some(name)) = (is_key, key_name(token)) {
            keys.push(MapKey {
                name,
                line: token.line,
                column: token.column,
                width: token.width(),
            });
        }
        if opens(token) {
            depth += 1;
        } else if closes(token) {
            depth = depth.checked_sub(1)?;
        }
        begins = depth == 0 && token.is(",");
    }
    Some(keys)
}

fn key_name(token: &Token<'_>) -> Option<String> {
    match &token.kind {
        Kind::Name => Some(token.text.to_owned()),
        Kind::Text(text) => Some(text.clone()),
        _ => None,
    }
}

/// Whether the token opens a bracket of any kind.
pub(crate) fn opens(token: &Token<'_>) -> bool {
    ["(", "[", "{", "#{", "?["]
        .iter()
        .any(|open| token.is(open))
}

/// Whether the token closes a bracket of any kind.
pub(crate) fn closes(token: &Token<'_>) -> bool {
    [")", "]", "}"].iter().any(|close| token.is(close))
}
