//! `Tried`: a request that wants to change something, for the audit log.

use super::{Address, Caller};
use crate::error::{ApiError, RefusalCode};
use crate::serve::RequestId;
use crate::state::AppState;
use axum::extract::Request;
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use mintage_records::Author;
use mintage_records::access::AuditEntry;

/// The longest path that is kept.
const MAX_PATH: usize = 512;

/// A request that wants to change something. The query and the body are not kept: they may hold secrets.
#[derive(Debug)]
pub(super) struct Tried {
    method: Method,
    path: String,
    address: Address,
    request_id: String,
}

/// A login whose password was compared, put on its reply: nobody is the caller yet. It names the user,
/// where there is one: what else was sent as a name may be a password in the wrong place.
#[derive(Debug, Clone)]
pub struct LoginTried(pub Option<String>);

impl Tried {
    /// None for a request that only reads.
    pub(super) fn new(request: &Request) -> Option<Self> {
        let method = request.method().clone();
        if matches!(method, Method::GET | Method::HEAD) {
            return None;
        }
        let request_id = request.extensions().get::<RequestId>();
        Some(Self {
            method,
            path: request.uri().path().chars().take(MAX_PATH).collect(),
            address: Address::of(request),
            request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
        })
    }

    /// Adds the entry, then gives the reply back: what is not in the log has not been answered.
    ///
    /// What strangers send and is refused at once is left out, or anybody could fill the log.
    pub(super) async fn audited(self, state: &AppState, response: Response) -> Response {
        let Some(user_name) = who(&response) else {
            return response;
        };
        let refused = response.extensions().get::<RefusalCode>();
        let address = self.address.0.map(|address| address.to_string());
        let entry = AuditEntry {
            user_name: user_name.clone(),
            address: address.unwrap_or_default(),
            method: self.method.to_string(),
            path: self.path,
            outcome: response.status().as_u16(),
            detail: refused.map(|refused| refused.0.clone()).unwrap_or_default(),
            request_id: self.request_id,
            ..AuditEntry::default()
        };
        let author = Author::user(user_name);
        let added = state.change(author, move |change| Ok(change.audit(&entry)?));
        match added.await {
            Ok(()) => response,
            Err(error) => unlogged(&error, response),
        }
    }
}

/// Who sent the request: the caller, who tried to log in, nobody by name; none for a stranger who was
/// refused.
fn who(response: &Response) -> Option<String> {
    let extensions = response.extensions();
    if let Some(caller) = extensions.get::<Caller>() {
        return Some(caller.name.clone());
    }
    if let Some(LoginTried(name)) = extensions.get::<LoginTried>() {
        return Some(name.clone().unwrap_or_default());
    }
    response.status().is_success().then(String::new)
}

/// The change is done and cannot be taken back: its reply counts, and the log of the service tells
/// what the audit log cannot.
fn unlogged(error: &ApiError, response: Response) -> Response {
    tracing::error!(%error, "a request is not in the audit log");
    match response.status().is_success() {
        true => response,
        false => error.clone().into_response(),
    }
}
