//! What a request asks for, as a hash: the same key may not be used for something else.

use crate::access::Caller;
use crate::error::ApiError;
use crate::wire::{is_form, read_whole};
use axum::body::Body;
use axum::extract::Request;
use mintage_records::access::Proof;
use sha2::{Digest as _, Sha256};

/// The request of `caller`, and what it asks for: its method, path, query and body, and with what it is
/// allowed: an API token does not get the reply to what another one or a session asked for. An upload is
/// not read for that: its declared length and name stand for its content.
pub(super) async fn of(
    request: Request,
    caller: &Caller,
    most: u64,
) -> Result<(Request, String), ApiError> {
    let mut hash = Sha256::new();
    add(&mut hash, caller.role.as_str().as_bytes());
    if let Proof::ApiToken(token) = &caller.proof {
        add(&mut hash, token.as_bytes());
    }
    add(&mut hash, request.method().as_str().as_bytes());
    let uri = request.uri().path_and_query();
    add(&mut hash, uri.map_or("", |uri| uri.as_str()).as_bytes());
    let (parts, mut body) = request.into_parts();
    if is_form(&parts.headers) {
        for name in ["content-length", "uploadfilename", "content-range"] {
            let value = parts.headers.get(name);
            add(&mut hash, value.map_or(b"", |value| value.as_bytes()));
        }
    } else {
        let bytes = read_whole(body, most).await?;
        add(&mut hash, &bytes);
        body = Body::from(bytes);
    }
    let hex: String = hash.finalize().iter().map(|b| format!("{b:02x}")).collect();
    Ok((Request::from_parts(parts, body), hex))
}

/// Parts are told apart by their lengths.
fn add(hash: &mut Sha256, part: &[u8]) {
    hash.update((part.len() as u64).to_le_bytes());
    hash.update(part);
}
