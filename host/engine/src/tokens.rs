//! A light reader of Rhai's tokens, for what the parser keeps to itself: where a token ends, which
//! names a script calls with which literals, in which function a place is.
//!
//! It never fails: what is no token is skipped, and a script that does not parse is still read as
//! far as makes sense.

mod literal;

use std::iter::Peekable;
use std::str::CharIndices;

/// One token of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    /// As written.
    pub(crate) text: &'a str,
    /// From 1.
    pub(crate) line: usize,
    /// In characters, from 1.
    pub(crate) column: usize,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A name or a keyword.
    Name,
    /// A string without anything to compute in it, and what it says.
    Text(String),
    /// A piece of a string with `${…}`; the tokens in it follow as tokens of their own.
    Piece,
    /// A number.
    Number,
    /// A character.
    Char,
    /// An operator or a bracket.
    Symbol,
}

impl Token<'_> {
    /// How many characters it has in its first line, at least one.
    pub(crate) fn width(&self) -> usize {
        let first = self.text.lines().next().unwrap_or_default();
        first.chars().count().max(1)
    }

    pub(crate) fn is(&self, text: &str) -> bool {
        matches!(self.kind, Kind::Name | Kind::Symbol) && self.text == text
    }
}

/// The tokens of `source` without comments.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    Reader::new(source).read()
}

/// Operators of more than one character, the longest first.
const OPERATORS: &[&str] = &[
    "<<=", ">>=", "**=", "..=", "===", "!==", "::", "==", "!=", "<=", ">=", "&&", "||", "??", "?.",
    "?[", "..", "+=", "-=", "*=", "/=", "%=", "**", "<<", ">>", "&=", "|=", "^=", "=>", "->", "#{",
    "!in",
];

struct Reader<'a> {
    source: &'a str,
    chars: Peekable<CharIndices<'a>>,
    line: usize,
    column: usize,
    out: Vec<Token<'a>>,
    /// For every `${` that is open, how many braces are open in it.
    nested: Vec<usize>,
}

impl<'a> Reader<'a> {
    fn new(source: &'a str) -> Self {
        Self {
            source,
            chars: source.char_indices().peekable(),
            line: 1,
            column: 1,
            out: Vec::new(),
            nested: Vec::new(),
        }
    }

    fn read(mut self) -> Vec<Token<'a>> {
        while let Some(next) = self.peek() {
            let rest = self.rest();
            if next.is_whitespace() {
                self.bump();
            } else if rest.starts_with("//") {
                while self.peek().is_some_and(|c| c != '\n') {
                    self.bump();
                }
            } else if rest.starts_with("/*") {
                self.skip_block_comment();
            } else {
                self.token(next, rest);
            }
        }
        self.out
    }

    fn token(&mut self, next: char, rest: &'a str) {
        if next.is_alphabetic() || next == '_' {
            let len = length(rest, |c| c.is_alphanumeric() || c == '_');
            self.push(Kind::Name, len);
        } else if next.is_ascii_digit() {
            self.push(Kind::Number, literal::number(rest));
        } else if let Some((len, text)) = literal::quoted(rest, self.column) {
            self.push(Kind::Text(text), len);
        } else if let Some(len) = literal::character(rest) {
            self.push(Kind::Char, len);
        } else if next == '`' {
            self.template();
        } else if next == '}' && self.nested.last() == Some(&0) {
            self.nested.pop();
            self.template();
        } else {
            self.symbol(next, rest);
        }
    }

    /// A string in backticks, or the rest of one after `${…}`.
    fn template(&mut self) {
        let rest = self.rest();
        let piece = literal::piece(rest);
        let whole = rest.starts_with('`') && !piece.opens;
        let kind = if whole {
            Kind::Text(piece.text)
        } else {
            Kind::Piece
        };
        self.push(kind, piece.len);
        if piece.opens {
            self.nested.push(0);
        }
    }

    fn symbol(&mut self, next: char, rest: &'a str) {
        if let Some(open) = self.nested.last_mut() {
            match next {
                '{' => *open += 1,
                '}' => *open -= 1,
                '#' if rest.starts_with("#{") => *open += 1,
                _ => {}
            }
        }
        let operator = OPERATORS.iter().find(|o| rest.starts_with(**o));
        let len = operator.map_or(next.len_utf8(), |operator| operator.len());
        self.push(Kind::Symbol, len);
    }

    fn skip_block_comment(&mut self) {
        let mut depth = 0_usize;
        while self.peek().is_some() {
            let rest = self.rest();
            let step = if rest.starts_with("/*") {
                depth += 1;
                2
            } else if rest.starts_with("*/") {
                depth -= 1;
                2
            } else {
                1
            };
            (0..step).for_each(|_| self.bump());
            if depth == 0 {
                return;
            }
        }
    }

    /// Takes `len` bytes as a token.
    fn push(&mut self, kind: Kind, len: usize) {
        let (line, column) = (self.line, self.column);
        let rest = self.rest();
        let text = rest.get(..len).unwrap_or(rest);
        text.chars().for_each(|_| self.bump());
        self.out.push(Token {
            kind,
            text,
            line,
            column,
        });
    }

    fn rest(&mut self) -> &'a str {
        let at = self.chars.peek().map_or(self.source.len(), |(at, _)| *at);
        self.source.get(at..).unwrap_or_default()
    }

    fn peek(&mut self) -> Option<char> {
        self.chars.peek().map(|(_, c)| *c)
    }

    fn bump(&mut self) {
        match self.chars.next() {
            Some((_, '\n')) => {
                self.line += 1;
                self.column = 1;
            }
            Some(_) => self.column += 1,
            None => {}
        }
    }
}

/// How many bytes at the start of `text` are characters that `wanted` wants.
fn length(text: &str, wanted: impl Fn(char) -> bool) -> usize {
    text.find(|c| !wanted(c)).unwrap_or(text.len())
}

#[cfg(test)]
mod tests;
