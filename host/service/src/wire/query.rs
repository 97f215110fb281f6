//! `Query`: the query of a request, read with an error in the wire's form.

use crate::error::ApiError;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;
use std::error::Error as _;

/// The query of a request. Members that nobody knows do not count: clients send all kinds.
#[derive(Debug, Clone)]
pub struct Query<T>(pub T);

impl<T: DeserializeOwned, S: Sync> FromRequestParts<S> for Query<T> {
    type Rejection = ApiError;

    #[expect(clippy::disallowed_types, reason = "this is what stands in its place")]
    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let query = axum::extract::Query::<T>::try_from_uri(&parts.uri);
        query.map(|query| Self(query.0)).map_err(|error| {
            // `member: why`, without the framework's words before it.
            let why = error.source().map_or_else(String::new, ToString::to_string);
            let error = ApiError::bad_request("INVALID_QUERY", "the query is wrong");
            match why.split_once(": ") {
                Some((member, _)) => error.source(member.to_owned()).details(why),
                None => error.details(why),
            }
        })
    }
}
