//! `Request`: what a client sends, so that it can be sent again.

use mintage_test_support::{Answer, Server};
use serde_json::Value as Json;
use std::ops::Range;
use ureq::http::Method;

/// The boundary of HPE's Python client.
const BOUNDARY: &str = "----------ThIs_Is_tHe_bouNdaRY_$";

/// A request that can be sent again.
#[derive(Debug, Clone)]
pub struct Request {
    pub method: Method,
    pub path: String,
    body: Body,
    /// The idempotency key.
    pub key: Option<String>,
}

/// What is sent.
#[derive(Clone)]
enum Body {
    Nothing,
    Json(Json),
    /// A file, as a form.
    File(Vec<u8>),
    /// A part of a file, and the length of the whole.
    Piece(Range<usize>, usize, Vec<u8>),
}

impl std::fmt::Debug for Body {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Nothing => f.write_str("nothing"),
            Self::Json(json) => write!(f, "{json}"),
            Self::File(bytes) => write!(f, "a file of {} bytes", bytes.len()),
            Self::Piece(range, whole, _) => write!(f, "{range:?} of {whole}"),
        }
    }
}

impl Request {
    fn new(method: Method, path: impl Into<String>, body: Body) -> Self {
        Self {
            method,
            path: path.into(),
            body,
            key: None,
        }
    }

    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, Body::Nothing)
    }

    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, Body::Nothing)
    }

    pub fn post(path: impl Into<String>, body: Json) -> Self {
        Self::new(Method::POST, path, Body::Json(body))
    }

    pub fn put(path: impl Into<String>, body: Json) -> Self {
        Self::new(Method::PUT, path, Body::Json(body))
    }

    /// A file, as a form.
    pub fn upload(path: impl Into<String>, bytes: Vec<u8>) -> Self {
        Self::new(Method::POST, path, Body::File(bytes))
    }

    /// A piece of `whole`.
    pub fn piece(path: impl Into<String>, whole: &[u8], range: Range<usize>) -> Self {
        let bytes = whole[range.clone()].to_vec();
        Self::new(Method::PUT, path, Body::Piece(range, whole.len(), bytes))
    }

    pub fn with_key(mut self, key: Option<String>) -> Self {
        self.key = key;
        self
    }

    /// None when the service was killed before all of the answer was here.
    pub fn send(&self, server: &Server<'_>) -> Option<Answer> {
        let form = format!("multipart/form-data; boundary={BOUNDARY}");
        let mut range = String::new();
        let (kind, bytes) = match &self.body {
            Body::Nothing => ("", Vec::new()),
            Body::Json(json) => ("application/json", json.to_string().into_bytes()),
            Body::File(bytes) => (form.as_str(), encode(bytes)),
            Body::Piece(part, whole, bytes) => {
                range = match part.is_empty() {
                    true => format!("bytes */{whole}"),
                    false => format!("bytes {}-{}/{whole}", part.start, part.end - 1),
                };
                ("application/octet-stream", bytes.clone())
            }
        };
        let headers = [
            ("content-type", kind),
            ("content-range", range.as_str()),
            ("idempotency-key", self.key.as_deref().unwrap_or_default()),
        ];
        let headers: Vec<_> = headers.into_iter().filter(|(_, v)| !v.is_empty()).collect();
        let answer = server.try_send(self.method.clone(), &self.path, &headers, bytes);
        answer.ok()
    }
}

fn encode(bytes: &[u8]) -> Vec<u8> {
    let mut form = format!(
        "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"file\"; filename=\"file\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n"
    )
    .into_bytes();
    form.extend(bytes);
    form.extend(format!("\r\n--{BOUNDARY}--\r\n").bytes());
    form
}
