//! `Form`: a body of multipart/form-data, part by part, within the limits of the configuration.

use crate::error::ApiError;
use crate::state::AppState;
use crate::wire::not_arrived;
use axum::body::{Body, Bytes};
use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest as _, Multipart, Request};
use axum::http::StatusCode;
use futures_util::{Stream, StreamExt as _, stream};
use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Poll, ready};

/// How much may come before the next part or the next piece of one, in bytes. The reader of forms
/// keeps that in memory, and a hostile head of a part never ends.
const MAX_HEAD: u64 = 1 << 20;
/// How much may come before the reader of forms looks at it, in bytes.
const LOOK: u64 = 256 << 10;

/// A form while it arrives.
pub(crate) struct Form {
    multipart: Multipart,
    parts_left: u64,
    most_parts: u64,
    most_text: u64,
    unseen: Unseen,
}

/// A part of a form.
pub(crate) struct Part<'f> {
    field: Field<'f>,
    most_text: u64,
    unseen: Unseen,
}

/// How many bytes came since something could be made of them.
#[derive(Clone, Default)]
struct Unseen(Arc<AtomicU64>);

impl Form {
    /// Begins to read the form in `request`.
    ///
    /// # Errors
    /// 400 for a body that is none.
    pub(crate) async fn open(request: Request, state: &AppState) -> Result<Self, ApiError> {
        let unseen = Unseen::default();
        let counted = unseen.clone();
        let request = request.map(|body| Body::from_stream(counted.pieces(body)));
        let multipart = Multipart::from_request(request, state).await;
        let multipart = multipart.map_err(|error| {
            let message = "the body is no form (multipart/form-data) with a boundary";
            ApiError::bad_request("INVALID_MULTIPART", message)
                .details(error.body_text())
                .action("Send the file as the part `file` of a form.")
        })?;
        let most_parts = state.limits.form_parts;
        Ok(Self {
            multipart,
            parts_left: most_parts,
            most_parts,
            most_text: state.limits.form_text,
            unseen,
        })
    }

    /// The next part; none at the end.
    ///
    /// # Errors
    /// 400 for a form that is broken, 413 for one of too many parts, 408 for one that pauses.
    pub(crate) async fn next(&mut self) -> Result<Option<Part<'_>>, ApiError> {
        let field = self.multipart.next_field().await.map_err(|e| broken(&e))?;
        let Some(field) = field else {
            return Ok(None);
        };
        self.unseen.reset();
        self.parts_left = self.parts_left.checked_sub(1).ok_or_else(|| {
            let message = format!("the form has more than {} parts", self.most_parts);
            too_long(message, "limits.form-parts")
        })?;
        Ok(Some(Part {
            field,
            most_text: self.most_text,
            unseen: self.unseen.clone(),
        }))
    }
}

impl Part<'_> {
    /// Its name; empty when it has none.
    pub(crate) fn name(&self) -> String {
        self.field.name().unwrap_or_default().to_owned()
    }

    /// The name of the file that it was; empty when it was none.
    pub(crate) fn file_name(&self) -> String {
        self.field.file_name().unwrap_or_default().to_owned()
    }

    /// What comes next of its content; none at the end.
    ///
    /// # Errors
    /// 400 for a form that is broken, 408 for one that pauses.
    pub(crate) async fn chunk(&mut self) -> Result<Option<Bytes>, ApiError> {
        let chunk = self.field.chunk().await.map_err(|error| broken(&error))?;
        self.unseen.reset();
        Ok(chunk)
    }

    /// Its content as a text.
    ///
    /// # Errors
    /// As [`Self::chunk`]; 413 for a text that is too long.
    pub(crate) async fn text(mut self) -> Result<String, ApiError> {
        let (most, mut text) = (self.most_text, Vec::new());
        while let Some(bytes) = self.chunk().await? {
            text.extend_from_slice(&bytes);
            if text.len() as u64 > most {
                let message = format!("a text of the form is longer than {most} bytes");
                return Err(too_long(message, "limits.form-text"));
            }
        }
        String::from_utf8(text).map_err(|_| {
            ApiError::bad_request("INVALID_MULTIPART", "a text of the form is not UTF-8")
        })
    }
}

impl Unseen {
    /// The pieces of `body`, counted. The reader of forms takes all that there is before it looks at
    /// it, so it is made to look often: who sends fast must not fill the memory.
    fn pieces(self, body: Body) -> impl Stream<Item = io::Result<Bytes>> + Send + 'static {
        let mut pieces = body.into_data_stream();
        let mut looked_at = 0;
        stream::poll_fn(move |context| {
            let unseen = self.0.load(Ordering::Relaxed);
            looked_at = unseen.min(looked_at);
            if unseen - looked_at >= LOOK {
                looked_at = unseen;
                context.waker().wake_by_ref();
                return Poll::Pending;
            }
            if unseen > MAX_HEAD {
                let endless = io::Error::other("the head of a part has no end");
                return Poll::Ready(Some(Err(endless)));
            }
            let piece = ready!(pieces.poll_next_unpin(context));
            if let Some(Ok(piece)) = &piece {
                self.0.fetch_add(piece.len() as u64, Ordering::Relaxed);
            }
            Poll::Ready(piece.map(|piece| piece.map_err(io::Error::other)))
        })
    }

    fn reset(&self) {
        self.0.store(0, Ordering::Relaxed);
    }
}

fn too_long(message: String, setting: &str) -> ApiError {
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LONG", message).action(format!(
        "Send less, or raise `{setting}` in the configuration."
    ))
}

fn broken(error: &MultipartError) -> ApiError {
    let refusal = not_arrived(error);
    match refusal.status {
        StatusCode::REQUEST_TIMEOUT => refusal,
        _ => ApiError::bad_request("INVALID_MULTIPART", "the form cannot be read to its end")
            .details(error.body_text())
            .action("Send it again, to its last boundary: it may have been cut off."),
    }
}
