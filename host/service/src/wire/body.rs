//! Bodies on their way in: one that is held in memory, within its limit, and why one did not arrive.

use crate::error::ApiError;
use axum::body::{Body, HttpBody as _};
use axum::http::{HeaderMap, StatusCode, header};
use futures_util::StreamExt as _;
use std::error::Error;
use tower_http::timeout::TimeoutError;

/// Whether the body is said to be a form, `multipart/form-data`: that of an upload.
pub(crate) fn is_form(headers: &HeaderMap) -> bool {
    let kind = headers.get(header::CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let start = kind.trim_start().get(..10).unwrap_or_default();
    start.eq_ignore_ascii_case("multipart/")
}

/// A body of at most `most` bytes. Of one that is longer no more is read than that.
///
/// # Errors
/// 413 for a longer one, 408 for one that pauses too long, 400 for one that is cut off.
pub(crate) async fn read_whole(body: Body, most: u64) -> Result<Vec<u8>, ApiError> {
    if body.size_hint().lower() > most {
        return Err(too_long(most));
    }
    let mut whole = Vec::new();
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|error| not_arrived(&error))?;
        if (whole.len() + piece.len()) as u64 > most {
            return Err(too_long(most));
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole)
}

fn too_long(most: u64) -> ApiError {
    let message = format!("the body is longer than {most} bytes, the limit");
    ApiError::new(StatusCode::PAYLOAD_TOO_LARGE, "BODY_TOO_LONG", message)
        .action("Send less, or raise `limits.json-body` in the configuration.")
}

/// Why a body did not arrive to its end.
pub(crate) fn not_arrived(error: &(dyn Error + 'static)) -> ApiError {
    let mut causes = std::iter::successors(Some(error), |&error| error.source());
    if causes.any(<dyn Error>::is::<TimeoutError>) {
        let message = "the body paused for too long";
        return ApiError::new(StatusCode::REQUEST_TIMEOUT, "BODY_TIMEOUT", message)
            .action("Send it without a pause, or raise `http.body-timeout` in the configuration.");
    }
    ApiError::bad_request("BODY_CUT_OFF", "the body was cut off, or cannot be read")
        .details(error.to_string())
        .action("Send the whole body.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io;

    #[tokio::test]
    async fn a_body_is_read_up_to_its_limit() {
        let pieces = |pieces: &[&'static str]| {
            let pieces: Vec<_> = pieces
                .iter()
                .map(|piece| Ok::<_, io::Error>(*piece))
                .collect();
            Body::from_stream(futures_util::stream::iter(pieces))
        };
        let endless = futures_util::stream::repeat_with(|| Ok::<_, io::Error>("more"));
        let broken = futures_util::stream::iter([Ok("a"), Err(io::Error::other("gone"))]);
        for (what, body, expected) in [
            ("nothing", Body::empty(), Ok("")),
            ("at the limit", Body::from("12345"), Ok("12345")),
            ("in pieces", pieces(&["123", "45"]), Ok("12345")),
            (
                "declared too long",
                Body::from("123456"),
                Err((413, "BODY_TOO_LONG")),
            ),
            (
                "in too many pieces",
                pieces(&["123", "456"]),
                Err((413, "BODY_TOO_LONG")),
            ),
            (
                "endless",
                Body::from_stream(endless),
                Err((413, "BODY_TOO_LONG")),
            ),
            (
                "broken",
                Body::from_stream(broken),
                Err((400, "BODY_CUT_OFF")),
            ),
        ] {
            let read = read_whole(body, 5).await;
            let read = read.map_err(|error| (error.status.as_u16(), error.envelope.error_code));
            let expected = expected.map(|text| text.as_bytes().to_vec());
            let expected =
                expected.map_err(|(status, code): (u16, &str)| (status, code.to_owned()));
            assert_eq!(read, expected, "{what}");
        }
    }
}
