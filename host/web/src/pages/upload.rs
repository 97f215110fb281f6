//! Files from browsers, streamed on to the API as they come.

use super::edit;
use crate::api::{Api, Page, Reply};
use crate::refusal::Refusal;
use axum::Json as JsonReply;
use axum::body::to_bytes;
use axum::extract::Request;
use axum::http::{StatusCode, header};
use axum::response::IntoResponse as _;
use serde_json::{Value as Json, json};

/// Passes the form of `page` on to `uri`, with the page's query. The page's script asks for JSON: it
/// gets the page to go on to, or the API's envelope; a form without a script gets pages.
///
/// # Errors
/// What no form can tell.
pub(super) async fn pass_on<F: Future<Output = Page>>(
    api: &Api,
    uri: &str,
    page: Request,
    again: impl FnOnce(StatusCode, Json) -> F,
) -> Page {
    let accept = page.headers().get(header::ACCEPT);
    let wants_json = accept.is_some_and(|accept| accept == "application/json");
    let done = send(api, uri, page).await;
    if !wants_json {
        return edit::finish(done, again).await;
    }
    match done {
        Ok(reply) => {
            let page = reply.leads_to(&reply.page_of_made());
            let page = page.headers().get(header::LOCATION);
            let page = page.and_then(|page| page.to_str().ok());
            Ok(JsonReply(json!({"page": page})).into_response())
        }
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            Ok((status, JsonReply(refused)).into_response())
        }
    }
}

async fn send(api: &Api, uri: &str, page: Request) -> Result<Reply, Refusal> {
    let (parts, body) = page.into_parts();
    let query = parts.uri.query().unwrap_or_default();
    let mut request = Request::post(format!("{uri}?{query}"));
    for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH] {
        if let Some(value) = parts.headers.get(&name) {
            request = request.header(name, value);
        }
    }
    let request = request.body(body);
    let response = api.send(request.map_err(|error| Refusal::internal(&error))?);
    let (head, body) = response.await?.into_parts();
    let bytes = to_bytes(body, usize::MAX).await;
    let bytes = bytes.map_err(|error| Refusal::internal(&error))?;
    Ok(Reply {
        status: head.status,
        headers: head.headers,
        body: serde_json::from_slice(&bytes).unwrap_or_default(),
    })
}
