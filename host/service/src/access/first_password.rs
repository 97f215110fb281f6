//! The password of the user `administrator`, made at the first start.

use super::password;
use crate::error::ApiError;
use mintage_records::access::{NewUser, Role};
use mintage_records::{Author, Records, RecordsError};
use zeroize::Zeroizing;

/// The name of the user that the service makes itself.
pub const FIRST_USER: &str = "administrator";
/// How many characters of its password are random.
const LENGTH: usize = 20;
/// Letters and digits that are not taken for each other.
const ALPHABET: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz23456789-";

/// Makes the user `administrator` where there is no user yet, and returns its password, this once. It
/// is valid until it is changed: the wire's clients log in with it unattended.
///
/// # Errors
/// Those of the records.
pub fn first_password(records: &Records) -> Result<Option<Zeroizing<String>>, RecordsError> {
    if !records.read(|view| view.users())?.is_empty() {
        return Ok(None);
    }
    let made = random_password()?;
    let failed = |error: ApiError| RecordsError::Database(error.to_string());
    let password_hash = password::hash(&made).map_err(failed)?;
    records.change(&Author::service(), |change| {
        change.insert_user(NewUser {
            name: FIRST_USER.to_owned(),
            full_name: "Administrator".to_owned(),
            role: Role::InfrastructureAdministrator,
            password_hash,
            is_enabled: true,
            must_change_password: true,
        })
    })?;
    Ok(Some(made))
}

fn random_password() -> Result<Zeroizing<String>, RecordsError> {
    let mut bytes = Zeroizing::new([0; LENGTH]);
    getrandom::fill(bytes.as_mut_slice()).map_err(|error| {
        RecordsError::Database(format!("the system has no randomness: {error}"))
    })?;
    // 32 letters divide 256: every one is as likely.
    let letters = bytes
        .iter()
        .filter_map(|byte| ALPHABET.get(usize::from(byte % 32)));
    Ok(Zeroizing::new(
        letters.map(|letter| char::from(*letter)).collect(),
    ))
}
