//! What surrounds every page: what a browser may load and send, and from where a form may come.

use crate::refusal::Refusal;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};

/// Everything from this service only, and nothing inline: what an image, a bundle or a script brings
/// into a page stays text, even if a template forgot to escape it.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/// Refuses changes that another site's page sends, and sets the headers of safety.
pub(crate) async fn guard(request: Request, next: Next) -> Response {
    let mut response = match request.method().is_safe() || is_own(request.headers()) {
        true => next.run(request).await,
        false => foreign().into_response(),
    };
    let headers = response.headers_mut();
    let mut set = |name, value| headers.insert(name, HeaderValue::from_static(value));
    set(header::CONTENT_SECURITY_POLICY, POLICY);
    set(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    set(header::REFERRER_POLICY, "same-origin");
    if !headers.contains_key(header::CACHE_CONTROL) {
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    }
    response
}

/// Whether a page of this service sent it. Browsers say so and pages cannot make them lie; one that
/// says nothing is no browser of today.
fn is_own(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(site) = text("sec-fetch-site") {
        return site == "same-origin";
    }
    let origin = text("origin").and_then(|origin| origin.split_once("://"));
    matches!((origin, text("host")), (Some((_, origin)), Some(host)) if origin == host)
}

fn foreign() -> Refusal {
    Refusal::new(
        StatusCode::FORBIDDEN,
        "this was not sent by a page of this service",
        "Open the page here, and send the form from it.",
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(pairs: &[(&'static str, &'static str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, HeaderValue::from_static(value));
        }
        is_own(&headers)
    }

    #[test]
    fn forms_of_other_sites_are_told_from_own_ones() {
        assert!(own(&[("sec-fetch-site", "same-origin")]));
        assert!(own(&[("origin", "https://m:8443"), ("host", "m:8443")]));
        for foreign in ["cross-site", "same-site", "none"] {
            let headers = [
                ("sec-fetch-site", foreign),
                ("origin", "https://m"),
                ("host", "m"),
            ];
            assert!(!own(&headers), "{foreign}");
        }
        assert!(!own(&[("origin", "https://evil"), ("host", "m")]));
        assert!(!own(&[("origin", "null"), ("host", "m")]));
        assert!(!own(&[]));
    }
}
