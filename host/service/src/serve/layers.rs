//! What every request goes through: its id, its log line, the time that its body may pause, and an
//! answer even when a handler panics.

use super::unread::end_unread;
use crate::access::Caller;
use crate::error::ApiError;
use crate::metrics::Metrics;
use crate::settings::Http;
use axum::Router;
use axum::extract::{ConnectInfo, MatchedPath, Request, State};
use axum::http::{Extensions, HeaderName, HeaderValue};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse as _, Response};
use std::any::Any;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::timeout::RequestBodyTimeoutLayer;
use tracing::Instrument as _;
use uuid::Uuid;

/// The header with the id of a request, in requests and replies.
const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id that is taken from a request.
const MAX_ID: usize = 64;

/// The id of a request, among its extensions.
#[derive(Debug, Clone)]
pub struct RequestId(pub String);

/// The router with all that is around it.
pub(super) fn around(router: Router, metrics: Arc<Metrics>, http: &Http) -> Router {
    router
        .layer(RequestBodyTimeoutLayer::new(http.body_timeout))
        .layer(CatchPanicLayer::custom(panicked))
        .layer(middleware::from_fn_with_state(http.linger, end_unread))
        .layer(middleware::from_fn_with_state(metrics, observe))
}

/// Takes over from the request for a page what its own requests to the API are judged, noted and found
/// by: from where it came, and its id.
pub(super) fn carry(page: &Extensions, request: &mut Extensions) {
    if let Some(address) = page.get::<ConnectInfo<SocketAddr>>() {
        request.insert(*address);
    }
    if let Some(id) = page.get::<RequestId>() {
        request.insert(id.clone());
    }
}

// The signature is that of the layer.
#[allow(clippy::needless_pass_by_value)]
fn panicked(_: Box<dyn Any + Send>) -> Response {
    // The hook has logged where and why.
    ApiError::internal(&"a handler panicked").into_response()
}

/// Gives the request its id, and logs how it was answered. The path is logged as its template: a
/// query may hold secrets.
async fn observe(
    State(metrics): State<Arc<Metrics>>,
    mut request: Request,
    next: Next,
) -> Response {
    let id = request_id(&request);
    request.extensions_mut().insert(RequestId(id.clone()));
    let method = request.method().clone();
    let path = request.extensions().get::<MatchedPath>();
    let path = path.map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", id);
    async move {
        let start = Instant::now();
        let mut response = next.run(request).await;
        let (status, took) = (response.status().as_u16(), start.elapsed());
        metrics.answered(method.as_str(), &path, status, took);
        let caller = response.extensions().get::<Caller>();
        tracing::info!(
            %method,
            path,
            status,
            seconds = took.as_secs_f64(),
            user = caller.map_or("-", |caller| &caller.name),
            "answered"
        );
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert(REQUEST_ID, id);
        }
        response
    }
    .instrument(span)
    .await
}

/// The id that the client gave, when it is short and plain, or a new one.
fn request_id(request: &Request) -> String {
    let given = request.headers().get(REQUEST_ID);
    let given = given.and_then(|id| id.to_str().ok()).filter(|id| {
        let plain = |b: u8| b.is_ascii_alphanumeric() || b"-_.".contains(&b);
        (1..=MAX_ID).contains(&id.len()) && id.bytes().all(plain)
    });
    given.map_or_else(|| Uuid::new_v4().to_string(), str::to_owned)
}
