//! What came of a boot test: with what was booted, as an alert, and its console as a file.

use crate::alerts::{self, NewAlert};
use crate::{DataFolder, remove_if_there};
use mintage_records::model::{BootTest, GoldenImage, OsVolume, Severity};
use mintage_records::{Change, Id, Kind, Match, RecordsError};
use mintage_volume::escape::escape;
use std::fs::File;
use std::io::{self, Write as _};

/// Keeps `result` with what was booted, and raises or clears its alert. Returns the result before, whose
/// console nobody needs any more; none when it is the same test.
///
/// # Errors
/// `NotFound` when it was deleted meanwhile; `Database`.
pub(super) fn keep(
    change: &mut Change<'_>,
    about: &(Kind, Id),
    result: &BootTest,
) -> Result<Option<BootTest>, RecordsError> {
    let (kind, id) = about;
    let (name, before) = match kind {
        Kind::GoldenImages => {
            let mut body = change.get::<GoldenImage>(id)?.body;
            let before = body.boot_test.replace(result.clone());
            (change.update(id, &Match::Any, body)?.body.name, before)
        }
        _ => {
            let mut body = change.get::<OsVolume>(id)?.body;
            let before = body.boot_test.replace(result.clone());
            (change.update(id, &Match::Any, body)?.body.name, before)
        }
    };
    let alert = (!result.passed).then(|| NewAlert {
        severity: Severity::Warning,
        description: format!(
            "the {} `{}` did not boot: {}",
            kind.singular(),
            escape(name.as_bytes()),
            result.reason
        ),
        corrective_action:
            "Look at the console of its boot test, and use another one until it boots.".to_owned(),
        resource: Some(about.clone()),
    });
    alerts::replace(change, about, alert)?;
    Ok(before.filter(|before| before.task != result.task))
}

/// Clears the alert about what is deleted.
///
/// # Errors
/// `Database`.
pub(crate) fn forget(change: &mut Change<'_>, about: &(Kind, Id)) -> Result<(), RecordsError> {
    alerts::clear(change, about).map(drop)
}

/// Removes the console of a test, where there is one.
///
/// # Errors
/// When the system does not let it go.
pub(crate) fn remove_console(folder: &DataFolder, test: Option<&BootTest>) -> io::Result<()> {
    match test {
        Some(test) => remove_if_there(&folder.console(&test.task)),
        None => Ok(()),
    }
}

/// Writes the console of the test that `task` makes, whole or not at all.
///
/// # Errors
/// When it cannot be written.
pub(super) fn write_console(folder: &DataFolder, task: &Id, console: &str) -> io::Result<()> {
    let mut file = tempfile::NamedTempFile::new_in(folder.boot_tests())?;
    file.write_all(console.as_bytes())?;
    file.as_file().sync_all()?;
    file.persist(folder.console(task))?;
    File::open(folder.boot_tests())?.sync_all()
}
