//! The cookie with the session: out of reach of scripts, of other sites and of plain HTTP.

use axum::http::{HeaderMap, HeaderValue, header};

/// The prefix makes browsers refuse it without `Secure`, for another path, or for a whole domain.
const NAME: &str = "__Host-mintage-session";

/// The session's id, of a request's cookies.
pub(crate) fn read(headers: &HeaderMap) -> Option<String> {
    let cookies = headers.get_all(header::COOKIE).into_iter();
    let mut pairs = cookies
        .filter_map(|value| value.to_str().ok())
        .flat_map(|text| text.split(';'))
        .filter_map(|pair| pair.trim().split_once('='));
    let (_, id) = pairs.find(|(name, id)| *name == NAME && is_id(id))?;
    Some(id.to_owned())
}

/// The header that sets the cookie. Lax: a link from elsewhere finds the user logged in, a form does not.
pub(crate) fn write(id: &str) -> Option<HeaderValue> {
    let cookie = format!("{NAME}={id}; Path=/; Secure; HttpOnly; SameSite=Lax");
    is_id(id)
        .then(|| HeaderValue::from_str(&cookie).ok())
        .flatten()
}

/// The header that takes the cookie away.
pub(crate) fn forget() -> HeaderValue {
    HeaderValue::from_static(
        "__Host-mintage-session=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0",
    )
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        let cookies = "theme=dark; __Host-mintage-session=abc123; x=y";
        headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
        assert_eq!(read(&headers), Some("abc123".to_owned()));
    }

    #[test]
    fn what_is_no_session_id_never_becomes_a_header() {
        assert!(write("a; Domain=elsewhere").is_none());
        assert!(write("").is_none());
        let mut headers = HeaderMap::new();
        let cookies = "__Host-mintage-session=a\"b";
        headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
        assert_eq!(read(&headers), None);
    }
}
