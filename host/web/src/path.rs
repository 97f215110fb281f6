//! `Segment`: one part of a path, as it comes in a page's address and goes into the API's.

use crate::refusal::Refusal;
use axum::extract::{FromRequestParts, RawPathParams};
use axum::http::request::Parts;
use std::fmt;

/// The part of a page's address that says of what the page is: an id, or a user's name.
#[derive(Debug, Clone)]
pub(crate) struct Segment(String);

impl From<String> for Segment {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl Segment {
    /// The text as it is, without any escape.
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

/// Escaped, so that it stays one part of a path.
impl fmt::Display for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        escape(&self.0, f)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let all = RawPathParams::from_request_parts(parts, state).await;
        let all = all.map_err(|_| Refusal::no_page())?;
        let first = all.iter().next().map(|(_, value)| Self(value.to_owned()));
        first.ok_or_else(Refusal::no_page)
    }
}

/// A value for the query of an address, escaped.
pub(crate) fn query(value: &str) -> String {
    form_urlencoded::byte_serialize(value.as_bytes()).collect()
}

/// A text between the quotes of a filter.
pub(crate) fn quoted(text: &str) -> String {
    text.replace('\'', "''")
}

fn escape(text: &str, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' => write!(f, "{}", byte as char)?,
            _ => write!(f, "%{byte:02X}")?,
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_segment_never_leaves_its_place() {
        let sneaky = Segment("../users?x=1#é".to_owned());
        assert_eq!(sneaky.to_string(), "%2E%2E%2Fusers%3Fx%3D1%23%C3%A9");
    }
}
