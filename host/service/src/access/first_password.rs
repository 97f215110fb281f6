//! The password of the user `administrator`, made at the first start.

use mintage_records::{Records, RecordsError};
use zeroize::Zeroizing;

/// Makes the user `administrator` where there is no user yet, and returns its password, this once.
///
/// # Errors
/// Those of the records.
pub(crate) fn first_password(_: &Records) -> Result<Option<Zeroizing<String>>, RecordsError> {
    Ok(None)
}
