//! `Parser`: a filter from its words.

use super::Fault;
use super::token::{Token, tokens};
use mintage_records::{Filter, Operator};

/// How deep parentheses and `NOT` may be nested.
const MAX_DEPTH: usize = 16;
/// The most comparisons; the store bounds them too, without a place.
const MAX_COMPARISONS: usize = 50;

/// The operators by their words.
const WORDS: [(&str, Operator); 8] = [
    ("eq", Operator::Equal),
    ("ne", Operator::NotEqual),
    ("lt", Operator::Less),
    ("le", Operator::LessOrEqual),
    ("gt", Operator::Greater),
    ("ge", Operator::GreaterOrEqual),
    ("matches", Operator::Like),
    ("like", Operator::Like),
];

/// The operators by their signs.
const SIGNS: [(&str, Operator); 8] = [
    ("=", Operator::Equal),
    ("==", Operator::Equal),
    ("<>", Operator::NotEqual),
    ("!=", Operator::NotEqual),
    ("<", Operator::Less),
    ("<=", Operator::LessOrEqual),
    (">", Operator::Greater),
    (">=", Operator::GreaterOrEqual),
];

/// Reads a filter word by word.
pub(super) struct Parser {
    tokens: std::vec::IntoIter<(usize, Token)>,
    end: usize,
    comparisons: usize,
}

impl Parser {
    pub(super) fn read(text: &str) -> Result<Filter, Fault> {
        let mut parser = Self {
            tokens: tokens(text)?.into_iter(),
            end: text.len(),
            comparisons: 0,
        };
        let filter = parser.any(0)?;
        match parser.tokens.next() {
            None => Ok(filter),
            Some((at, _)) => Err(Fault::new(
                at,
                "AND, OR or the end must follow; a value with blanks needs quotes",
            )),
        }
    }

    fn any(&mut self, depth: usize) -> Result<Filter, Fault> {
        let mut parts = vec![self.all(depth)?];
        while self.takes("or") {
            parts.push(self.all(depth)?);
        }
        Ok(joined(parts, Filter::Any))
    }

    fn all(&mut self, depth: usize) -> Result<Filter, Fault> {
        let mut parts = vec![self.one(depth)?];
        while self.takes("and") {
            parts.push(self.one(depth)?);
        }
        Ok(joined(parts, Filter::All))
    }

    fn one(&mut self, depth: usize) -> Result<Filter, Fault> {
        if depth > MAX_DEPTH {
            let why = format!("parentheses and NOT are nested deeper than {MAX_DEPTH}");
            return Err(Fault::new(self.place(), why));
        }
        // `not` may be a field: then a sign follows.
        if !self.is_comparison() && self.takes("not") {
            return Ok(Filter::Not(Box::new(self.one(depth + 1)?)));
        }
        match self.tokens.next() {
            Some((_, Token::Open)) => {
                let filter = self.any(depth + 1)?;
                match self.tokens.next() {
                    Some((_, Token::Close)) => Ok(filter),
                    Some((at, _)) => Err(Fault::new(at, "AND, OR or `)` must follow")),
                    None => Err(Fault::new(self.end, "a `)` is missing")),
                }
            }
            Some((at, Token::Word(field) | Token::Text(field))) => self.comparison(at, field),
            Some((at, _)) => Err(Fault::new(at, "the name of a field must stand here")),
            None => Err(Fault::new(self.end, "the name of a field must follow")),
        }
    }

    fn comparison(&mut self, at: usize, field: String) -> Result<Filter, Fault> {
        self.comparisons += 1;
        if self.comparisons > MAX_COMPARISONS {
            let why = format!("there are more than {MAX_COMPARISONS} comparisons");
            return Err(Fault::new(at, why));
        }
        let operator = self.operator()?;
        let value = match self.tokens.next() {
            Some((_, Token::Word(value) | Token::Text(value))) => value,
            Some((at, _)) => return Err(Fault::new(at, "a value must stand here")),
            None => return Err(Fault::new(self.end, "a value must follow")),
        };
        let value = match operator {
            // Clients write it as in SQL, where `_` is any character; here it is only itself.
            Operator::Like => value.replace("\\_", "_"),
            _ => value,
        };
        Ok(Filter::Compare {
            field,
            operator,
            value,
        })
    }

    fn operator(&mut self) -> Result<Operator, Fault> {
        let at = self.place();
        let token = self.tokens.next().map(|(_, token)| token);
        let operator = token.as_ref().and_then(operator);
        operator.ok_or_else(|| {
            Fault::new(
                at,
                "`=`, `<>`, `<`, `<=`, `>`, `>=` or `matches` must stand here",
            )
        })
    }

    /// Whether a field with an operator is next.
    fn is_comparison(&self) -> bool {
        let next = self.tokens.as_slice();
        next.get(1).and_then(|(_, token)| operator(token)).is_some()
            && matches!(next.get(2), Some((_, Token::Word(_) | Token::Text(_))))
    }

    fn takes(&mut self, word: &str) -> bool {
        let next = self.tokens.as_slice().first();
        let is_next =
            matches!(next, Some((_, Token::Word(next))) if next.eq_ignore_ascii_case(word));
        if is_next {
            self.tokens.next();
        }
        is_next
    }

    fn place(&self) -> usize {
        let next = self.tokens.as_slice().first();
        next.map_or(self.end, |(at, _)| *at)
    }
}

fn operator(token: &Token) -> Option<Operator> {
    let (table, text) = match token {
        Token::Word(word) => (&WORDS, word.to_ascii_lowercase()),
        Token::Sign(sign) => (&SIGNS, (*sign).to_owned()),
        Token::Text(_) | Token::Open | Token::Close => return None,
    };
    let found = table.iter().find(|(known, _)| *known == text);
    found.map(|(_, operator)| *operator)
}

fn joined(mut parts: Vec<Filter>, join: fn(Vec<Filter>) -> Filter) -> Filter {
    match (parts.len(), parts.pop()) {
        (1, Some(only)) => only,
        (_, last) => {
            parts.extend(last);
            join(parts)
        }
    }
}
