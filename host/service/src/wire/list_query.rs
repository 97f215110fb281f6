//! `ListQuery`: the query of a list: `start`, `count`, `filter`, `sort`.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use form_urlencoded::{Serializer, parse};
use mintage_records::Query;

/// The query of a list, as it came.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ListQuery {
    /// The place of the first one wanted.
    pub start: u64,
    /// The most that are wanted; none: all, the wire's -1.
    pub count: Option<u64>,
    /// Everything else that was given, in order: `filter`, `sort`, `query`, `view`, …
    pub rest: Vec<(String, String)>,
}

impl ListQuery {
    /// Reads a query string.
    ///
    /// # Errors
    /// 400 for a `start` or `count` that is no number.
    pub fn parse(text: &str) -> Result<Self, ApiError> {
        let mut query = Self::default();
        for (name, value) in parse(text.as_bytes()) {
            match name.as_ref() {
                "start" => query.start = number(&name, &value)?.unwrap_or(0),
                "count" => query.count = number(&name, &value)?,
                _ => query.rest.push((name.into_owned(), value.into_owned())),
            }
        }
        Ok(query)
    }

    /// What the store is asked.
    ///
    /// # Errors
    /// 400 for a filter or sort that cannot be understood.
    pub fn to_query(&self) -> Result<Query, ApiError> {
        Ok(Query {
            start: self.start,
            count: self.count,
            ..Query::default()
        })
    }

    /// The URI of another part of the same list.
    pub fn uri(&self, base: &str, start: u64, count: Option<u64>) -> String {
        let count = count.map_or_else(|| "-1".to_owned(), |count| count.to_string());
        let query = Serializer::new(String::new())
            .append_pair("start", &start.to_string())
            .append_pair("count", &count)
            .extend_pairs(&self.rest)
            .finish();
        format!("{base}?{query}")
    }
}

/// A count: -1 is none.
fn number(name: &str, value: &str) -> Result<Option<u64>, ApiError> {
    match value.parse::<i64>() {
        Ok(-1) => Ok(None),
        Ok(number) if number >= 0 => Ok(Some(number.unsigned_abs())),
        _ => Err(ApiError::bad_request(
            "INVALID_QUERY",
            format!("`{name}` must be a whole number, 0 or more, or -1 for all"),
        )
        .source(name)),
    }
}

impl<S: Sync> FromRequestParts<S> for ListQuery {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        Self::parse(parts.uri.query().unwrap_or_default())
    }
}
