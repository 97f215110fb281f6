//! The filter language of the wire: `"name='OSS'"`, `planType=capture`, `name matches 'a%' AND NOT
//! state eq 'OK'`.
//!
//! ```text
//! filter  = '"' any '"' | any                   clients put literal quotes round the whole
//! any     = all { OR all }
//! all     = one { AND one }
//! one     = NOT one | '(' any ')' | field sign value
//! sign    = '=' | '==' | eq | '<>' | '!=' | ne | '<' | lt | '<=' | le | '>' | gt | '>=' | ge | matches | like
//! field   = a name, or one in quotes
//! value   = a word, or a text in ' or ", in which that quote is doubled or has a \ before it
//! ```
//!
//! Words of the language count in any letter case. In `matches`, `%` stands for any text.

mod parser;
mod token;

use crate::error::ApiError;
use mintage_records::Filter;
use parser::Parser;

/// The longest filter, in bytes.
const MAX_LENGTH: usize = 8 << 10;

/// Why a text is no filter, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    /// The place, in bytes from the beginning.
    at: usize,
    /// What is wrong there: "a value must follow".
    why: String,
}

impl Fault {
    pub(super) fn new(at: usize, why: impl Into<String>) -> Self {
        Self {
            at,
            why: why.into(),
        }
    }
}

/// Reads a filter; `source` is the part of the query that it stands in.
///
/// # Errors
/// 400 that says where it cannot be understood.
pub fn filter(source: &str, text: &str) -> Result<Filter, ApiError> {
    if text.len() > MAX_LENGTH {
        let message = format!("`{source}` is longer than {MAX_LENGTH} bytes");
        return Err(ApiError::bad_request("INVALID_QUERY", message).source(source));
    }
    read(text).map_err(|fault| refusal(source, text, &fault))
}

fn read(text: &str) -> Result<Filter, Fault> {
    let trimmed = text.trim();
    let within = trimmed
        .strip_prefix('"')
        .and_then(|rest| rest.strip_suffix('"'));
    let Some(within) = within else {
        return Parser::read(text);
    };
    // `"name" = "OSS"` begins and ends with a quote too.
    Parser::read(within).or_else(|fault| {
        let before = text.len() - text.trim_start().len() + 1;
        Parser::read(text).map_err(|_| Fault::new(fault.at + before, fault.why))
    })
}

/// The refusal: the place in characters, and the text from there on.
fn refusal(source: &str, text: &str, fault: &Fault) -> ApiError {
    /// How much of the text is shown.
    const SHOWN: usize = 40;
    let (before, rest) = text.split_at_checked(fault.at).unwrap_or((text, ""));
    let place = before.chars().count() + 1;
    let near: String = rest.chars().take(SHOWN).collect();
    let near = match near.is_empty() {
        true => "at its end".to_owned(),
        false => format!("at `{near}`"),
    };
    ApiError::bad_request(
        "INVALID_QUERY",
        format!("`{source}` cannot be understood: {}", fault.why),
    )
    .details(format!("character {place}, {near}"))
    .source(source)
    .action("Write it like `name='OSS'` or `name matches 'web%' AND planType='deploy'`.")
}

#[cfg(test)]
mod tests;
