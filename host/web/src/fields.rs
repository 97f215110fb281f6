//! `Fields`: what a page's form, or a page's query, says.

use crate::refusal::Refusal;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde_json::{Map, Value as Json, json};
use std::convert::Infallible;

/// The fields of a form, in their order; a name may come more than once.
#[derive(Clone, Default)]
pub(crate) struct Fields(Vec<(String, String)>);

/// The fields of a page's query.
#[derive(Clone, Default)]
pub(crate) struct Query(pub(crate) Fields);

impl Fields {
    pub(crate) fn parse(text: &[u8]) -> Self {
        Self(form_urlencoded::parse(text).into_owned().collect())
    }

    /// The first value of `name`; empty without one.
    pub(crate) fn get(&self, name: &str) -> &str {
        self.all(name).next().unwrap_or_default()
    }

    /// The first value of `name`, unless it is empty.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.get(name)).filter(|value| !value.is_empty())
    }

    /// All values of `name`.
    pub(crate) fn all<'f>(&'f self, name: &str) -> impl Iterator<Item = &'f str> {
        let named = self.0.iter().filter(move |(given, _)| given == name);
        named.map(|(_, value)| value.as_str())
    }

    /// Whether a box of this name is ticked, or a button of this name was pressed.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(given, _)| given == name)
    }

    /// Those named, as members of an object, to fill a form again.
    pub(crate) fn object(&self, names: &[&str]) -> Json {
        let members = names
            .iter()
            .map(|name| ((*name).to_owned(), json!(self.get(name))));
        Json::Object(members.collect::<Map<_, _>>())
    }

    /// The lines of a text field as the API wants them: browsers send CR LF.
    pub(crate) fn text(&self, name: &str) -> String {
        self.get(name).replace("\r\n", "\n")
    }
}

impl<S: Send + Sync> FromRequest<S> for Fields {
    type Rejection = Refusal;

    async fn from_request(request: Request, state: &S) -> Result<Self, Refusal> {
        let body = Bytes::from_request(request, state).await;
        let body = body.map_err(|_| {
            let message = "the form did not arrive, or is too large";
            Refusal::new(StatusCode::BAD_REQUEST, message, "Send it again.")
        })?;
        Ok(Self::parse(&body))
    }
}

impl<S: Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let query = parts.uri.query().unwrap_or_default();
        Ok(Self(Fields::parse(query.as_bytes())))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_may_come_more_than_once_and_in_order() {
        let fields = Fields::parse(b"step=b&step=a&name=x+y%2B&ticked=");
        assert_eq!(fields.all("step").collect::<Vec<_>>(), ["b", "a"]);
        assert_eq!(fields.get("name"), "x y+");
        assert!(fields.has("ticked") && !fields.has("other"));
        assert_eq!(fields.given("ticked"), None);
    }
}
