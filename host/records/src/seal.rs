//! `Sealer`: secrets at rest, encrypted with a key that is not in the database.
//!
//! XChaCha20-Poly1305 with a random nonce for each value. The key is a file of 32 random bytes that
//! the service makes at its first start; a database, a dump or a backup without it shows no secret.

use crate::error::{RecordsError, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, KeyInit as _};
use chacha20poly1305::{Key, XChaCha20Poly1305, XNonce};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;
use zeroize::Zeroizing;

/// The length of a key, in bytes.
pub const KEY_LENGTH: usize = 32;
/// The length of a nonce of XChaCha20, in bytes.
const NONCE_LENGTH: usize = 24;
/// What a sealed text begins with: the way it was sealed.
const PREFIX: &str = "sealed:1:";

/// A secret that can be stored: only the holder of the key can read it.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sealed(String);

/// A sealed value says nothing, not even its length.
impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(..)")
    }
}

/// Seals and opens secrets with one key.
#[derive(Clone)]
pub struct Sealer {
    cipher: XChaCha20Poly1305,
    marking: Zeroizing<[u8; KEY_LENGTH]>,
    key_id: String,
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sealer")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

impl Sealer {
    /// Seals with this key.
    pub fn new(key: &[u8; KEY_LENGTH]) -> Self {
        let derived = |what: &[u8]| {
            Sha256::new()
                .chain_update(what)
                .chain_update(key)
                .finalize()
        };
        Self {
            cipher: XChaCha20Poly1305::new(&Key::from(*key)),
            marking: Zeroizing::new(derived(b"mintage marking").into()),
            // Says which key it is, and nothing of the key.
            key_id: derived(b"mintage key id")
                .iter()
                .take(8)
                .map(|b| format!("{b:02x}"))
                .collect(),
        }
    }

    /// A new random key.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn generate_key() -> Result<Zeroizing<[u8; KEY_LENGTH]>> {
        let mut key = Zeroizing::new([0; KEY_LENGTH]);
        getrandom::fill(key.as_mut_slice()).map_err(no_randomness)?;
        Ok(key)
    }

    /// Which key this is; tells nothing of the key itself.
    pub fn key_id(&self) -> &str {
        &self.key_id
    }

    /// Seals a secret. The same secret sealed twice gives different texts.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn seal(&self, secret: &str) -> Result<Sealed> {
        let mut nonce = [0; NONCE_LENGTH];
        getrandom::fill(&mut nonce).map_err(no_randomness)?;
        let sealed = self
            .cipher
            .encrypt(&XNonce::from(nonce), secret.as_bytes())
            .map_err(|_| RecordsError::Unseal)?;
        let mut bytes = nonce.to_vec();
        bytes.extend(sealed);
        let text = BASE64_STANDARD_NO_PAD.encode(bytes);
        Ok(Sealed(format!("{PREFIX}{text}")))
    }

    /// A mark of a text, in hex: the same text gives the same mark. Only the holder of the key can find
    /// out by guessing which text it was.
    pub fn mark(&self, text: &str) -> String {
        // Of one length before it is joined with the key: no text can be the beginning of another.
        let inner = Sha256::digest(text.as_bytes());
        let outer = Sha256::new()
            .chain_update(self.marking.as_slice())
            .chain_update(inner)
            .finalize();
        outer.iter().map(|b| format!("{b:02x}")).collect()
    }

    /// Opens a sealed secret.
    ///
    /// # Errors
    /// `Unseal` when it was sealed with another key, or altered.
    pub fn open(&self, sealed: &Sealed) -> Result<Zeroizing<String>> {
        let bytes = sealed.0.strip_prefix(PREFIX);
        let bytes = bytes.and_then(|text| BASE64_STANDARD_NO_PAD.decode(text).ok());
        let bytes = bytes.ok_or(RecordsError::Unseal)?;
        let (nonce, sealed) = bytes
            .split_first_chunk::<NONCE_LENGTH>()
            .ok_or(RecordsError::Unseal)?;
        let opened = self
            .cipher
            .decrypt(&XNonce::from(*nonce), sealed)
            .map_err(|_| RecordsError::Unseal)?;
        let text = String::from_utf8(opened).map_err(|_| RecordsError::Unseal)?;
        Ok(Zeroizing::new(text))
    }
}

fn no_randomness(error: getrandom::Error) -> RecordsError {
    RecordsError::Database(format!("the system has no randomness: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_key_opens_and_nothing_may_be_altered() {
        let sealer = Sealer::new(&[7; KEY_LENGTH]);
        let sealed = sealer.seal("s3cret").unwrap();
        assert_eq!(sealer.open(&sealed).unwrap().as_str(), "s3cret");
        assert_ne!(sealer.seal("s3cret").unwrap(), sealed);
        assert!(!format!("{sealed:?} {}", sealed.0).contains("s3cret"));

        let other = Sealer::new(&[8; KEY_LENGTH]);
        assert!(matches!(other.open(&sealed), Err(RecordsError::Unseal)));
        assert_ne!(other.key_id(), sealer.key_id());
        assert_eq!(
            sealer.mark("s3cret"),
            Sealer::new(&[7; KEY_LENGTH]).mark("s3cret")
        );
        for other in [other.mark("s3cret"), sealer.mark("s3cre"), sealer.mark("")] {
            assert_ne!(other, sealer.mark("s3cret"));
        }
        for end in [PREFIX.len(), sealed.0.len() - 2] {
            let cut = Sealed(sealed.0[..end].to_owned());
            assert!(matches!(sealer.open(&cut), Err(RecordsError::Unseal)));
        }
    }
}
