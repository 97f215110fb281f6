//! `Caller`: who sends the request.

use crate::error::ApiError;
use crate::idempotency;
use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use mintage_records::Author;
use mintage_records::access::{Credential, Proof, Role};

/// Who sends the request; put there by the enforcement.
#[derive(Debug, Clone)]
pub struct Caller {
    /// The user's name.
    pub name: String,
    /// What the user is, or, for an API token, what it lets.
    pub role: Role,
    /// What the request carried.
    pub proof: Proof,
}

impl Caller {
    /// As the author of a change, with the idempotency key of the request whose handler this is called
    /// in: what is changed is noted under it. What allows the request must still hold then.
    pub fn author(&self) -> Author {
        Author::user(&self.name)
            .with_key(idempotency::current())
            .with_credential(self.credential())
    }

    /// With what the request is allowed.
    pub fn credential(&self) -> Credential {
        Credential {
            proof: self.proof.clone(),
            role: self.role,
        }
    }

    /// The hash of the session's token; none for an API token.
    pub fn session(&self) -> Option<&str> {
        match &self.proof {
            Proof::Session(hash) => Some(hash),
            Proof::ApiToken(_) => None,
        }
    }
}

impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Self>().cloned();
        caller.ok_or_else(|| ApiError::internal(&"a public operation asks who calls"))
    }
}
