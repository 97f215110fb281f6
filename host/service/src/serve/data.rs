//! The data folder at start: one process at a time, the key of its secrets, its records.

use super::{Result, Stop, exports, failed};
use crate::access;
use crate::settings::Settings;
use crate::state::AppState;
use mintage_deploy::server_profiles::{Offers, Profiles, RedfishControls, Rules};
use mintage_deploy::task::{Feed, Tasks};
use mintage_deploy::{DataFolder, WorkerScriptCheck, first_start, sweep, verbs};
use mintage_engine::Diagnostic;
use mintage_records::seal::KEY_LENGTH;
use mintage_records::{Author, DatabaseUrl, Records, RecordsError, Sealer};
use mintage_storage::store::{ImageStore, StoreUrl};
use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::sync::Arc;
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

/// The fact in the records that says which key seals their secrets.
const KEY_ID: &str = "sealing-key";

/// The data folder is this process's until it is dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _file: File,
}

/// Makes the data folder where it is not there, and takes it for this process.
pub(super) fn lock(folder: &Path) -> Result<Lock> {
    let broken = |error: io::Error| {
        let message = format!("cannot use the data folder {}: {error}", folder.display());
        Box::new(failed(message).with_help("set `data` to a folder that this user may write"))
    };
    let mut builder = DirBuilder::new();
    builder
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .map_err(broken)?;
    let path = folder.join("lock");
    let mut file = private()
        .read(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(broken)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut holder = String::new();
            // Who holds it is only a hint.
            let _ = file.read_to_string(&mut holder);
            let message = format!(
                "the data folder {} is in use by process {}",
                folder.display(),
                holder.trim()
            );
            let help = "stop that service first, or set `data` to another folder";
            return Err(Box::new(failed(message).with_help(help)));
        }
        Err(TryLockError::Error(error)) => return Err(broken(error)),
    }
    file.set_len(0)
        .and_then(|()| writeln!(file, "{}", std::process::id()))
        .map_err(broken)?;
    Ok(Lock { _file: file })
}

/// Opens the key, the records and the folder; at the first start the password of the user
/// `administrator` comes with them.
pub(super) fn open(
    settings: &Settings,
    stop: Stop,
) -> Result<(AppState, Option<Zeroizing<String>>)> {
    let data = &settings.data;
    let folder = DataFolder::with_store(data, store(settings)?);
    let folder = folder.map_err(|error| failed(error.to_string()))?;
    let key = data.join("sealing.key");
    let sealer = Sealer::new(&*read_key(&key)?);
    let records = open_records(settings)?;
    check_key(&records, &sealer, &key)?;
    first_start(&records).map_err(|error| records_failed(&error))?;
    let password = access::first_password(&records).map_err(|error| records_failed(&error))?;
    let (records, sealer) = (Arc::new(records), Arc::new(sealer));
    let (folder, limits) = (Arc::new(folder), Arc::new(settings.limits.clone()));
    sweep(&records, &folder).map_err(|error| {
        failed(format!(
            "what a crash left in the data folder cannot be removed: {error}"
        ))
    })?;
    let feed = Feed::of(&records);
    let profiles = Arc::new(Profiles {
        sealer: Arc::clone(&sealer),
        folder: Arc::clone(&folder),
        exporter: exports::exporter(settings, &records)?,
        offers: Offers::default(),
        controls: Arc::new(RedfishControls),
        rules: Rules {
            iqn_prefix: settings.export.prefix(),
            mutual_chap: settings.export.mutual_chap,
            keep_old_volumes: settings.retention.old_volumes,
            most_old_volumes: settings.retention.old_volumes_at_most,
        },
    });
    exports::begin(&records, &profiles)?;
    let verbs = verbs(&sealer, &folder, &limits, &profiles);
    let at_once = usize::try_from(limits.tasks_at_once).unwrap_or(usize::MAX);
    let tasks = Tasks::start(Arc::clone(&records), verbs, feed.clone(), at_once)
        .map_err(|error| records_failed(&error))?;
    let previews = usize::try_from(limits.previews_at_once).unwrap_or(usize::MAX);
    let state = AppState {
        workers: Arc::new(Semaphore::new(previews.min(Semaphore::MAX_PERMITS))),
        script_check: Arc::new(WorkerScriptCheck),
        records,
        sealer,
        folder,
        profiles,
        limits,
        tasks,
        feed,
        access: access::Access::default(),
        stop,
        metrics: Arc::default(),
        configuration: Arc::default(),
        free_space: settings.health.free_space,
        boot: settings.boot.listen,
    };
    Ok((state, password))
}

/// Opens the store of volumes.
fn store(settings: &Settings) -> Result<Arc<dyn ImageStore>> {
    let help = "the setting `store` says where volumes are kept";
    let url = settings.store.parse::<StoreUrl>();
    let url = url.map_err(|error| failed(error.to_string()).with_help(help))?;
    let store = url.open(&settings.data, DataFolder::STORE);
    Ok(store.map_err(|error| failed(format!("{error}: {}", error.advice())).with_help(help))?)
}

/// Where the records are.
pub(super) fn url(settings: &Settings) -> Result<DatabaseUrl> {
    let Some(url) = &settings.database else {
        return Ok(DatabaseUrl::Sqlite(settings.data.join("records.db")));
    };
    Ok(DatabaseUrl::parse(url).map_err(|error| {
        let problem = failed(format!("`database` cannot be used: {error}"));
        problem.with_help("write `sqlite:PATH` or `postgres://USER:PASSWORD@HOST/NAME`")
    })?)
}

fn open_records(settings: &Settings) -> Result<Records> {
    Ok(
        Records::open(&url(settings)?, &super::certificate::host_name())
            .map_err(|error| records_failed(&error))?,
    )
}

/// The key of the secrets; a new one at the first start.
fn read_key(path: &Path) -> Result<Zeroizing<[u8; KEY_LENGTH]>> {
    let broken = |error: &dyn std::fmt::Display| {
        failed(format!(
            "the key {} cannot be used: {error}",
            path.display()
        ))
    };
    match std::fs::read(path).map(Zeroizing::new) {
        Ok(bytes) => match <[u8; KEY_LENGTH]>::try_from(bytes.as_slice()) {
            Ok(key) => Ok(Zeroizing::new(key)),
            Err(_) => Err(Box::new(
                broken(&format!("it has {} bytes, not {KEY_LENGTH}", bytes.len()))
                    .with_help("restore the file from a backup"),
            )),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let key = Sealer::generate_key().map_err(|error| records_failed(&error))?;
            write_private(path, key.as_slice()).map_err(|error| broken(&error))?;
            Ok(key)
        }
        Err(error) => Err(Box::new(broken(&error))),
    }
}

/// A key that is not the one of the records would make every secret in them unreadable.
fn check_key(records: &Records, sealer: &Sealer, path: &Path) -> Result<()> {
    let known = records
        .read(|view| view.setting(KEY_ID))
        .map_err(|error| records_failed(&error))?;
    match known {
        Some(id) if id == sealer.key_id() => Ok(()),
        Some(_) => {
            let message = format!(
                "{} is not the key that sealed these records",
                path.display()
            );
            let help = "restore the key that belongs to the database from a backup";
            Err(Box::new(failed(message).with_help(help)))
        }
        None => Ok(records
            .change(&Author::service(), |change| {
                change.set_setting(KEY_ID, sealer.key_id())
            })
            .map_err(|error| records_failed(&error))?),
    }
}

/// Writes a new file for this user only; it is there whole, or not at all.
pub(super) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    // For this user only, as all temporary files.
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).mode(0o600);
    options
}

fn records_failed(error: &RecordsError) -> Diagnostic {
    failed(format!("the records cannot be opened: {error}"))
}
