//! `Tried`: a request that wants to change something, for the audit log.

use super::Caller;
use crate::error::{ApiError, RefusalCode};
use crate::serve::RequestId;
use crate::state::AppState;
use axum::extract::{ConnectInfo, Request};
use axum::http::Method;
use axum::response::{IntoResponse as _, Response};
use mintage_records::Author;
use mintage_records::access::AuditEntry;
use std::net::SocketAddr;

/// The longest path that is kept.
const MAX_PATH: usize = 512;

/// A request that wants to change something. The query and the body are not kept: they may hold secrets.
#[derive(Debug)]
pub(super) struct Tried {
    method: Method,
    path: String,
    address: String,
    request_id: String,
}

/// Who tried to log in: put on the reply by the login, where nobody is the caller yet.
#[derive(Debug, Clone)]
pub struct Claimed(pub String);

impl Tried {
    /// None for a request that only reads.
    pub(super) fn new(request: &Request) -> Option<Self> {
        let method = request.method().clone();
        if matches!(method, Method::GET | Method::HEAD) {
            return None;
        }
        let address = request.extensions().get::<ConnectInfo<SocketAddr>>();
        let request_id = request.extensions().get::<RequestId>();
        Some(Self {
            method,
            path: request.uri().path().chars().take(MAX_PATH).collect(),
            address: address
                .map(|info| info.ip().to_string())
                .unwrap_or_default(),
            request_id: request_id.map(|id| id.0.clone()).unwrap_or_default(),
        })
    }

    /// Adds the entry, then gives the reply back: what is not in the log has not been answered.
    pub(super) async fn audited(self, state: &AppState, response: Response) -> Response {
        let extensions = response.extensions();
        let caller = extensions.get::<Caller>().map(|caller| caller.name.clone());
        let claimed = extensions.get::<Claimed>().map(|claimed| claimed.0.clone());
        let refused = extensions
            .get::<RefusalCode>()
            .map(|refused| refused.0.clone());
        let user_name = caller.or(claimed).unwrap_or_default();
        let entry = AuditEntry {
            user_name: user_name.clone(),
            address: self.address,
            method: self.method.to_string(),
            path: self.path,
            outcome: response.status().as_u16(),
            detail: refused.unwrap_or_default(),
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

/// The change is done and cannot be taken back: its reply counts, and the log of the service tells
/// what the audit log cannot.
fn unlogged(error: &ApiError, response: Response) -> Response {
    tracing::error!(%error, "a request is not in the audit log");
    match response.status().is_success() {
        true => response,
        false => error.clone().into_response(),
    }
}
