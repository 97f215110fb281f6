//! Idempotency keys: with the header `Idempotency-Key`, a POST may be sent again without harm.
//!
//! The store's part, and why the end of the process at any point does no harm, is in
//! `mintage_records::idempotency`. Here a request is joined with its key: all changes that its handler
//! makes as the caller know the key ([`current`]), and the handler goes on even when its client is gone.

mod declared;
mod fingerprint;
mod running;

pub(crate) use declared::declare;
pub(crate) use running::Running;
use running::Turn;

use crate::access::Caller;
use crate::error::ApiError;
use crate::state::AppState;
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use mintage_records::{Author, Change, RecordsError, RequestKey, Reservation, Sealed, StoredReply};
use tower::ServiceExt as _;

/// The header with the key.
pub(crate) const KEY: HeaderName = HeaderName::from_static("idempotency-key");
/// The header of a reply to work that was done before.
const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
/// The longest key.
const MAX_KEY: usize = 255;
/// The longest reply that is kept, in bytes; those of POSTs are far shorter.
const MAX_REPLY: usize = 16 << 20;

tokio::task_local! {
    /// The key of the request whose handler runs.
    static CURRENT: RequestKey;
}

/// The key of the request whose handler this is called in.
pub(crate) fn current() -> Option<RequestKey> {
    CURRENT.try_with(Clone::clone).ok()
}

/// What the middleware works with.
#[derive(Debug, Clone)]
pub(crate) struct Once {
    /// Where keys are.
    pub(crate) state: AppState,
    /// All routes without keys, to get what was made.
    pub(crate) routes: Router,
    /// The keys under which this process works.
    pub(crate) running: Running,
}

/// Does the work of a POST with a key once.
pub(crate) async fn once(
    State(once): State<Once>,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let caller = request.extensions().get::<Caller>().cloned();
    let given = request.headers().get(KEY);
    // Who is not logged in can do nothing twice.
    let (&Method::POST, Some(caller), Some(given)) = (request.method(), caller, given) else {
        return Ok(next.run(request).await);
    };
    let key = RequestKey {
        user: caller.name.clone(),
        key: parse(given)?,
    };
    let (request, hash) = fingerprint::of(request, &caller, once.state.limits.json_body).await?;
    // A body may hold a password: who has the database alone must not be able to guess it.
    let hash = once.state.sealer.mark(&hash);
    let turn = once.running.take(&key).ok_or_else(still_running)?;
    // Not the client's: it goes on when the client goes away.
    let done = tokio::spawn(answer(once, key, hash, turn, request, next));
    done.await
        .unwrap_or_else(|failed| Err(ApiError::internal(&failed)))
}

/// Finds out what the request's key means, and does that.
async fn answer(
    once: Once,
    key: RequestKey,
    hash: String,
    _turn: Turn,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let reserved = {
        let key = key.clone();
        change(&once.state, move |change| change.reserve_key(&key, &hash)).await?
    };
    match reserved {
        Reservation::Reserved => first(&once.state, key, request, next).await,
        Reservation::Other => Err(other_request()),
        Reservation::Done(reply) => replay(&once.state, &reply),
        Reservation::Made(Some(uri)) => made(once, request.headers(), uri).await,
        Reservation::Made(None) => Err(reply_lost()),
    }
}

/// Does the work and keeps the reply.
async fn first(
    state: &AppState,
    key: RequestKey,
    request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    // A panic ends its own task only: the key is free again then.
    let ran = tokio::spawn(CURRENT.scope(key.clone(), next.run(request))).await;
    let response = ran.unwrap_or_else(|panic| ApiError::internal(&panic).into_response());
    keep(state, key, response).await
}

/// Keeps the reply to work that was done; where nothing was done, the key is free again.
async fn keep(state: &AppState, key: RequestKey, response: Response) -> Result<Response, ApiError> {
    let (parts, body) = response.into_parts();
    let body = to_bytes(body, MAX_REPLY).await;
    let body = body.map_err(|error| ApiError::internal(&error))?;
    let is_refusal = parts.status.is_client_error() || parts.status.is_server_error();
    let location = parts.headers.get(header::LOCATION);
    let reply = StoredReply {
        status: parts.status.as_u16(),
        location: location.and_then(|uri| Some(uri.to_str().ok()?.to_owned())),
        body: seal(state, &body)?,
    };
    let kept = change(state, move |change| {
        match is_refusal && change.release_key(&key)? {
            true => Ok(()),
            false => change.keep_reply(&key, &reply),
        }
    });
    if let Err(error) = kept.await {
        // What was made is noted: the key does its work only once all the same.
        tracing::warn!(%error, "a reply is not kept");
    }
    Ok(Response::from_parts(parts, Body::from(body)))
}

/// The reply that was given before.
fn replay(state: &AppState, reply: &StoredReply) -> Result<Response, ApiError> {
    let body = open(state, &reply.body)?;
    let status = StatusCode::from_u16(reply.status);
    let status = status.map_err(|error| ApiError::internal(&error))?;
    let mut response = (status, body).into_response();
    let headers = response.headers_mut();
    let json = HeaderValue::from_static("application/json");
    headers.insert(header::CONTENT_TYPE, json);
    locate(headers, reply.location.as_deref());
    Ok(response)
}

/// The reply to work whose reply was lost with the process that did it: what was made, as it is now.
async fn made(once: Once, headers: &HeaderMap, uri: String) -> Result<Response, ApiError> {
    tracing::info!(uri, "answered with what was made before a restart");
    let mut get = Request::get(&uri)
        .body(Body::empty())
        .map_err(|error| ApiError::internal(&error))?;
    *get.headers_mut() = headers.clone();
    let found = once.routes.oneshot(get).await;
    let mut response = found.unwrap_or_else(|never| match never {});
    match response.status() {
        StatusCode::NOT_FOUND => {
            let message = "the request was carried out, and what it made is gone";
            return Err(ApiError::new(StatusCode::GONE, "GONE", message)
                .action("Send the request with another key, when it is still wanted."));
        }
        StatusCode::OK if uri.starts_with("/rest/tasks/") => {
            *response.status_mut() = StatusCode::ACCEPTED;
        }
        StatusCode::OK => *response.status_mut() = StatusCode::CREATED,
        _ => return Ok(response),
    }
    locate(response.headers_mut(), Some(&uri));
    Ok(response)
}

fn locate(headers: &mut HeaderMap, uri: Option<&str>) {
    headers.insert(REPLAYED, HeaderValue::from_static("true"));
    if let Some(uri) = uri.and_then(|uri| HeaderValue::from_str(uri).ok()) {
        headers.insert(header::LOCATION, uri);
    }
}

fn parse(given: &HeaderValue) -> Result<String, ApiError> {
    let text = given.to_str().map(str::trim).unwrap_or_default();
    match (1..=MAX_KEY).contains(&text.len()) {
        true => Ok(text.to_owned()),
        false => Err(ApiError::bad_request(
            "INVALID_IDEMPOTENCY_KEY",
            format!("`Idempotency-Key` must have 1 to {MAX_KEY} ASCII characters"),
        )
        .source("Idempotency-Key")
        .action("Send a UUID, a new one for each new request.")),
    }
}

/// What a reply tells only once is not told again.
fn reply_lost() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "REPLY_LOST",
        "the request was carried out, and its reply was lost when the service ended",
    )
    .source("Idempotency-Key")
    .action("Look at what is there now; a token that nobody has got is to be ended, and another one made.")
}

fn still_running() -> ApiError {
    ApiError::new(
        StatusCode::CONFLICT,
        "REQUEST_RUNNING",
        "a request with this `Idempotency-Key` is being carried out",
    )
    .source("Idempotency-Key")
    .action("Send it again a little later: its reply is given then.")
    .retry_after(1)
}

fn other_request() -> ApiError {
    ApiError::new(
        StatusCode::UNPROCESSABLE_ENTITY,
        "IDEMPOTENCY_KEY_REUSED",
        "another request had this `Idempotency-Key`",
    )
    .source("Idempotency-Key")
    .action("Send a new key with each new request.")
}

/// Replies may hold what is shown only once: they are kept encrypted.
fn seal(state: &AppState, body: &[u8]) -> Result<Vec<u8>, ApiError> {
    let sealed = state.sealer.seal(&String::from_utf8_lossy(body))?;
    serde_json::to_vec(&sealed).map_err(|error| ApiError::internal(&error))
}

fn open(state: &AppState, kept: &[u8]) -> Result<String, ApiError> {
    let sealed: Sealed =
        serde_json::from_slice(kept).map_err(|error| ApiError::internal(&error))?;
    Ok(state.sealer.open(&sealed)?.to_string())
}

/// A change of the middleware itself: it is not what the request asks for.
async fn change<T: Send + 'static>(
    state: &AppState,
    act: impl FnOnce(&mut Change<'_>) -> Result<T, RecordsError> + Send + 'static,
) -> Result<T, ApiError> {
    let act = move |change: &mut Change<'_>| act(change).map_err(ApiError::from);
    state.change(Author::service(), act).await
}
