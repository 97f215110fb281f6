//! Requests that are answered before their body was read, as most refusals of uploads are.
//!
//! A connection that is closed while its client still sends is reset, and a client that sends first
//! and listens then never sees the answer. So what it still sends is read for a while and thrown away;
//! and the answer says that the connection ends.

use axum::body::{Body, Bytes};
use axum::extract::{Request, State};
use axum::http::{HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;
use futures_util::StreamExt as _;
use http_body::{Frame, SizeHint};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::runtime::Handle;

/// Ends the connection of a request whose body was not read to its end: the reply says so, and what
/// is still sent is thrown away for as long as `linger`.
pub(super) async fn end_unread(
    State(linger): State<Duration>,
    request: Request,
    next: Next,
) -> Response {
    if http_body::Body::is_end_stream(request.body()) {
        return next.run(request).await;
    }
    let ended = Arc::new(AtomicBool::new(false));
    // Such a client sends nothing before it is asked to.
    let waits = request.headers().contains_key(header::EXPECT);
    let request = request.map(|body| {
        Body::new(Watched {
            body,
            ended: Arc::clone(&ended),
            sends: !waits,
            linger,
        })
    });
    let mut response = next.run(request).await;
    if !ended.load(Ordering::Relaxed) {
        let close = HeaderValue::from_static("close");
        response.headers_mut().insert(header::CONNECTION, close);
    }
    response
}

/// A body that notes when its end was read. What was not read of it is thrown away in the end.
struct Watched {
    body: Body,
    ended: Arc<AtomicBool>,
    /// Whether the client sends it without being asked, or was asked.
    sends: bool,
    linger: Duration,
}

impl http_body::Body for Watched {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        self.sends = true;
        let frame = Pin::new(&mut self.body).poll_frame(context);
        // Behind an error nothing comes.
        if matches!(frame, Poll::Ready(None | Some(Err(_)))) || self.body.is_end_stream() {
            self.ended.store(true, Ordering::Relaxed);
        }
        frame
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        if self.ended.load(Ordering::Relaxed) || !self.sends {
            return;
        }
        let mut rest = std::mem::take(&mut self.body).into_data_stream();
        let thrown_away = async move { while let Some(Ok(_)) = rest.next().await {} };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(self.linger, thrown_away));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::Router;
    use axum::middleware::from_fn_with_state;
    use axum::routing::post;
    use tower::ServiceExt as _;

    #[tokio::test]
    async fn only_a_reply_to_an_unread_body_closes_the_connection() {
        let router = Router::new()
            .route("/read", post(|_: Bytes| async {}))
            .route("/unread", post(|| async {}))
            .layer(from_fn_with_state(Duration::from_secs(1), end_unread));
        for (path, body, closes) in [
            ("/read", "{}", false),
            ("/unread", "", false),
            ("/unread", "{}", true),
        ] {
            let request = Request::post(path).body(Body::from(body)).unwrap();
            let response = router.clone().oneshot(request).await.unwrap();
            let closed = response.headers().contains_key(header::CONNECTION);
            assert_eq!(closed, closes, "{path} {body}");
        }
    }

    #[tokio::test]
    async fn what_is_sent_after_the_reply_is_read_and_thrown_away() {
        let router = Router::new()
            .route("/unread", post(|| async {}))
            .layer(from_fn_with_state(Duration::from_secs(60), end_unread));
        for (expects, is_read) in [(false, true), (true, false)] {
            let (sent, mut taken) = tokio::sync::mpsc::channel::<()>(1);
            let pieces = futures_util::stream::iter(0..100).map(move |_| {
                // The last one tells that all were taken; a dropped body tells it by nothing.
                let _ = sent.try_send(());
                Ok::<_, std::io::Error>("more")
            });
            let mut request = Request::post("/unread");
            if expects {
                request = request.header(header::EXPECT, "100-continue");
            }
            let request = request.body(Body::from_stream(pieces)).unwrap();
            let _ = router.clone().oneshot(request).await.unwrap();
            assert_eq!(taken.recv().await.is_some(), is_read, "expects: {expects}");
        }
    }
}
