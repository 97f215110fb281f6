//! Tokens: random texts that prove who sends a request. Only their hashes are stored.

use crate::error::ApiError;
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use zeroize::Zeroizing;

/// Random bytes of a token.
const LENGTH: usize = 32;
/// What an API token begins with, so that scanners for leaked secrets find it.
pub const API_PREFIX: &str = "mintage_";

/// A new token: 256 bits that nobody can guess, in hex.
///
/// # Errors
/// When the system has no randomness.
pub fn generate() -> Result<Zeroizing<String>, ApiError> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| ApiError::internal(&error))?;
    Ok(Zeroizing::new(hex(bytes.as_slice())))
}

/// What is stored of a token. A plain hash will do: a token cannot be guessed. It is looked up by its
/// hash, so the time of the comparison tells nothing of the token.
pub fn hash(token: &str) -> String {
    hex(&Sha256::digest(token.as_bytes()))
}

fn hex(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 2);
    for byte in bytes {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_differ_and_are_stored_as_hashes() {
        let token = generate().unwrap();
        assert_eq!(token.len(), 2 * LENGTH);
        assert_ne!(*token, *generate().unwrap());
        assert_eq!(
            hash("abc"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
        );
    }
}
