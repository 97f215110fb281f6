//! Passwords: what is a good one, and their hashes.

use super::{Access, Attempt};
use crate::error::ApiError;
use crate::state::in_turn;
use argon2::password_hash::phc::PasswordHash;
use argon2::password_hash::{PasswordHasher as _, PasswordVerifier as _};
use argon2::{Algorithm, Argon2, Params, Version};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};
use zeroize::Zeroizing;

/// A password as a client sends it: never shown, and wiped after use.
pub struct SentPassword(Zeroizing<String>);

impl<'de> Deserialize<'de> for SentPassword {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // The error of a text that is none would show what was sent.
        match serde_json::Value::deserialize(deserializer)? {
            serde_json::Value::String(text) => Ok(Self(Zeroizing::new(text))),
            _ => Err(D::Error::custom("a password must be a text")),
        }
    }
}

impl Deref for SentPassword {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SentPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SentPassword(..)")
    }
}

/// Memory that a hash takes, in KiB; with the next two, the second recommendation of RFC 9106's
/// successor in OWASP's cheat sheet: 19 MiB, two passes, one lane.
pub const MEMORY_KIB: u32 = 19 * 1024;
/// Passes over the memory.
const PASSES: u32 = 2;
/// Lanes.
const LANES: u32 = 1;

/// The shortest password, in characters.
pub const SHORTEST: usize = 12;
/// The longest, in bytes: longer ones only cost time.
pub const LONGEST: usize = 1024;

fn hasher() -> Result<Argon2<'static>, ApiError> {
    let parameters = Params::new(MEMORY_KIB, PASSES, LANES, None);
    let parameters = parameters.map_err(|error| ApiError::internal(&error))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, parameters))
}

/// Refuses what is no good password for `user`.
///
/// # Errors
/// 400 with what is wrong; never with the password.
pub fn check(user: &str, password: &str) -> Result<(), ApiError> {
    let why = if password.chars().count() < SHORTEST {
        format!("it must have {SHORTEST} characters or more")
    } else if password.len() > LONGEST {
        format!("it must have {LONGEST} bytes or less")
    } else if password.chars().any(char::is_control) {
        "it must have no control characters".to_owned()
    } else if password.to_lowercase().contains(&user.to_lowercase()) {
        "it must not contain the user's name".to_owned()
    } else {
        return Ok(());
    };
    Err(ApiError::bad_request(
        "INVALID_PASSWORD",
        format!("the password cannot be taken: {why}"),
    )
    .source("password")
    .action("Choose another password."))
}

/// The hash of a password, in PHC form; blocks.
///
/// # Errors
/// When the system has no randomness.
pub fn hash(password: &str) -> Result<String, ApiError> {
    let hash = hasher()?.hash_password(password.as_bytes());
    Ok(hash
        .map_err(|error| ApiError::internal(&error))?
        .to_string())
}

/// Whether `password` has the hash `known`; blocks.
pub fn verify(password: &str, known: &str) -> bool {
    let Ok(known) = PasswordHash::new(known) else {
        return false;
    };
    let hasher = hasher();
    hasher.is_ok_and(|hasher| hasher.verify_password(password.as_bytes(), &known).is_ok())
}

/// The hash of a password, when it is its turn.
///
/// # Errors
/// As [`hash`].
pub async fn hash_in_turn(access: &Access, password: SentPassword) -> Result<String, ApiError> {
    in_turn(&access.hashing, move || hash(&password)).await
}

/// Whether `password` has the hash `known`, when it is its turn; what comes of it counts as an attempt.
/// Where there is no such user a hash of nobody is compared, so that nobody learns from the time which
/// users there are.
///
/// # Errors
/// 429 when too many attempts have failed.
pub async fn try_in_turn(
    access: &Access,
    attempt: Attempt,
    password: SentPassword,
    known: Option<String>,
) -> Result<bool, ApiError> {
    let attempts = Arc::clone(&access.attempts);
    attempts.check(&attempt)?;
    in_turn(&access.hashing, move || {
        // Others have failed while this one waited for its turn, or it came with a thousand others.
        attempts.check(&attempt)?;
        let is_known = known.is_some();
        let known = match known {
            Some(known) => known,
            None => nobody()?,
        };
        let is_right = verify(&password, &known) && is_known;
        attempts.note(&attempt, is_right);
        Ok(is_right)
    })
    .await
}

/// A hash that is nobody's.
fn nobody() -> Result<String, ApiError> {
    static NOBODY: OnceLock<String> = OnceLock::new();
    if let Some(hash) = NOBODY.get() {
        return Ok(hash.clone());
    }
    let made = hash("nobody's password")?;
    Ok(NOBODY.get_or_init(|| made).clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn good_and_bad_passwords() {
        for (password, is_good) in [
            ("correct horse", true),
            ("äöüäöüäöüäöü", true),
            ("short", false),
            ("administrator1", false),
            ("with\nline breaks", false),
        ] {
            let checked = check("Administrator", password);
            assert_eq!(checked.is_ok(), is_good, "{password}");
            if let Err(error) = checked {
                assert!(!error.to_string().contains(password));
            }
        }
        assert!(check("a", &"x".repeat(LONGEST + 1)).is_err());
    }

    #[test]
    fn a_hash_is_argon2id_and_knows_its_password() {
        let known = hash("correct horse").unwrap();
        assert!(
            known.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{known}"
        );
        assert!(verify("correct horse", &known));
        assert!(!verify("wrong horse", &known));
        assert!(!verify("correct horse", "no hash"));
        assert_ne!(hash("correct horse").unwrap(), known);
    }
    #[test]
    fn what_is_no_text_is_not_shown() {
        for sent in ["4711", "[\"s3cret\"]", "{\"s3cret\":1}", "true", "null"] {
            let error = serde_json::from_str::<SentPassword>(sent).unwrap_err();
            assert_eq!(error.to_string(), "a password must be a text");
        }
        let sent: SentPassword = serde_json::from_str("\"s3cret\"").unwrap();
        assert_eq!(
            (&*sent, format!("{sent:?}").as_str()),
            ("s3cret", "SentPassword(..)")
        );
    }
}
