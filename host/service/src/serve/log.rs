//! The log: lines on standard error, for people or as JSON.

use super::{Result, failed};
use crate::settings::{Log, LogFormat};
use std::io;
use tracing_subscriber::EnvFilter;

/// Starts the log of this process; panics go there too.
///
/// # Errors
/// When `log.level` cannot be understood, or a log was started before.
pub fn start(settings: &Log) -> Result<()> {
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter(settings)?)
        .with_writer(io::stderr);
    let started = match settings.format {
        LogFormat::Human => log.with_ansi(false).try_init(),
        LogFormat::Json => log.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| failed(format!("the log cannot be started: {error}")))?;
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        // Not its message: it may quote what was at hand, a secret too.
        tracing::error!(place, "panic");
    }));
    Ok(())
}

/// Which lines are logged.
pub(super) fn filter(settings: &Log) -> Result<EnvFilter> {
    let filter = EnvFilter::try_new(&settings.level);
    Ok(filter.map_err(|error| failed(format!("`log.level` cannot be understood: {error}")))?)
}
