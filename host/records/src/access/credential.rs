//! `Credential`: with what a request was allowed, which must still hold when its change is made.

use super::role::Role;
use crate::error::{RecordsError, Result};
use crate::time::Time;
use crate::view::View;

/// With what a request was allowed. A body may take long to come, and meanwhile the session may have
/// been closed, the token deleted, the user disabled or given another role: then nothing is changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Credential {
    /// What the request carried.
    pub proof: Proof,
    /// The role that it gave.
    pub role: Role,
}

/// What a request carried: the SHA-256 of its token, hex.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// That of a session.
    Session(String),
    /// That of an API token.
    ApiToken(String),
}

impl View<'_> {
    /// Refuses what holds no more.
    ///
    /// # Errors
    /// `Revoked`, `Database`.
    pub fn verify(&mut self, credential: &Credential) -> Result<()> {
        let role = match &credential.proof {
            Proof::Session(hash) => self.find_session(hash)?.map(|session| session.user.role),
            Proof::ApiToken(hash) => {
                let found = self.find_api_token(hash, Time::now())?;
                found.map(|(token, _)| token.role)
            }
        };
        match role == Some(credential.role) {
            true => Ok(()),
            false => Err(RecordsError::Revoked),
        }
    }
}
