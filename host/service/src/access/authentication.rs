//! Who sends a request: by session, or by API token.

use super::{Caller, token};
use crate::error::ApiError;
use crate::state::AppState;
use axum::http::{HeaderMap, StatusCode, header};
use mintage_records::access::Proof;
use mintage_records::{Author, Time};
use tracing::Instrument as _;

/// Finds out who sends a request.
///
/// # Errors
/// 401 when it carries nothing, or what is not valid any more.
pub(super) async fn authenticate(
    state: &AppState,
    headers: &HeaderMap,
) -> Result<Caller, ApiError> {
    match proof(headers) {
        Some(Proof::Session(hash)) => by_session(state, hash).await,
        Some(Proof::ApiToken(hash)) => by_api_token(state, hash).await,
        None => Err(unauthorized("the request says not who sends it")),
    }
}

fn proof(headers: &HeaderMap) -> Option<Proof> {
    let text = |name| headers.get(name)?.to_str().ok().map(str::trim);
    if let Some(session) = text("auth").filter(|text| !text.is_empty()) {
        return Some(Proof::Session(token::hash(session)));
    }
    let authorization = text(header::AUTHORIZATION.as_str())?;
    let (scheme, rest) = authorization.split_once(' ')?;
    let is_bearer = scheme.eq_ignore_ascii_case("bearer");
    is_bearer.then(|| Proof::ApiToken(token::hash(rest.trim())))
}

async fn by_session(state: &AppState, hash: String) -> Result<Caller, ApiError> {
    let now = Time::now();
    let wanted = hash.clone();
    let found = state
        .read(move |view| Ok(view.find_session(&wanted)?))
        .await?;
    let session = found.filter(|session| !session.is_expired(now));
    let session =
        session.ok_or_else(|| unauthorized("there is no such session, or it has ended"))?;
    if session.wants_touch(now) {
        touch(state, &session.user.name, hash.clone());
    }
    Ok(Caller {
        name: session.user.name,
        role: session.user.role,
        proof: Proof::Session(hash),
    })
}

/// Notes that a session was used. The request does not wait for it: who only reads is not to wait for
/// those who write, nor to fail on a node that may not write.
fn touch(state: &AppState, user: &str, hash: String) {
    let (state, author) = (state.clone(), Author::user(user));
    let work = async move {
        let touched = state.change(author, move |change| Ok(change.touch_session(&hash)?));
        if let Err(error) = touched.await {
            tracing::warn!(%error, "the use of a session is not noted");
        }
    };
    tokio::spawn(work.in_current_span());
}

async fn by_api_token(state: &AppState, hash: String) -> Result<Caller, ApiError> {
    let wanted = hash.clone();
    let found = state
        .read(move |view| Ok(view.find_api_token(&wanted, Time::now())?))
        .await?;
    let found = found.ok_or_else(|| unauthorized("there is no such API token, or it has ended"));
    let (token, user) = found?;
    Ok(Caller {
        name: user.name,
        // Within its user's when it was made; a user's tokens end when the role changes.
        role: token.role,
        proof: Proof::ApiToken(hash),
    })
}

fn unauthorized(message: &str) -> ApiError {
    ApiError::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION", message).action(
        "Log in with POST /rest/login-sessions, and send its `sessionID` in the header `auth`.",
    )
}
