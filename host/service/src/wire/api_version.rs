//! `ApiVersion`: for which version of the API a reply is written.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use std::convert::Infallible;

/// For which version of the API a reply is written: the header `X-API-Version`. Only the names of some
/// types depend on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ApiVersion(u32);

impl ApiVersion {
    /// The first version that has the types with `V5` in their names.
    const V5: u32 = 500;

    /// The newest.
    pub const NEWEST: Self = Self(u32::MAX);

    /// `old` for versions before 500, else `new`.
    pub fn choose<T>(self, old: T, new: T) -> T {
        if self.0 < Self::V5 { old } else { new }
    }
}

impl<S: Sync> FromRequestParts<S> for ApiVersion {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        let header = parts.headers.get("x-api-version");
        let number = header.and_then(|value| value.to_str().ok()?.trim().parse().ok());
        // Without a header that says otherwise, the newest.
        Ok(number.map_or(Self::NEWEST, Self))
    }
}
