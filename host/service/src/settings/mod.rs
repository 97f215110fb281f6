//! The configuration: [`table`] describes every setting once, [`resolve`] takes each from the flags,
//! the environment, the file or its default, and [`Settings`] is what comes of it.

mod boot;
mod export;
mod file;
mod form;
mod resolve;
mod table;

pub use boot::Boot;
pub use export::{Export, WhichDaemons, own_folder};
pub use form::Form;
pub use resolve::{Layers, Origin, Resolved, Value, resolve};
pub use table::{Setting, table};

use mintage_deploy::Limits;
use serde::{Deserialize, Deserializer};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The configuration file that is read when none is named, if it is there.
pub const DEFAULT_FILE: &str = "/etc/mintage/mintage.toml";
/// The environment variable that names the configuration file.
pub const FILE_VARIABLE: &str = "MINTAGE_CONFIG";

/// The configuration of a service, checked. [`table`] says what each setting is for.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Settings {
    pub listen: SocketAddr,
    pub data: PathBuf,
    pub store: String,
    pub database: Option<String>,
    pub ready_file: Option<PathBuf>,
    pub tls: Tls,
    pub http: Http,
    pub log: Log,
    pub metrics: Metrics,
    pub health: Health,
    pub retention: Retention,
    pub export: Export,
    pub boot: Boot,
    pub limits: Limits,
}

/// The section `[tls]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Tls {
    pub certificate: Option<PathBuf>,
    pub key: Option<PathBuf>,
    pub names: Option<String>,
}

/// The section `[http]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Http {
    pub connections: usize,
    #[serde(deserialize_with = "seconds")]
    pub handshake_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub header_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub body_timeout: Duration,
    #[serde(deserialize_with = "seconds")]
    pub linger: Duration,
    #[serde(deserialize_with = "seconds")]
    pub grace: Duration,
}

/// The section `[log]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Log {
    pub level: String,
    pub format: LogFormat,
}

/// How log lines look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LogFormat {
    /// A line of text.
    Human,
    /// A JSON object a line.
    Json,
}

/// The section `[metrics]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Metrics {
    pub listen: Option<SocketAddr>,
}

/// The section `[health]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Health {
    pub free_space: u64,
    pub store_space: u64,
}

/// The section `[retention]`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
#[allow(missing_docs, reason = "the table describes them, once")]
pub struct Retention {
    #[serde(deserialize_with = "seconds")]
    pub tasks: Duration,
    pub events: u64,
    #[serde(deserialize_with = "seconds")]
    pub old_volumes: Duration,
    pub old_volumes_at_most: u64,
}

fn seconds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    u64::deserialize(deserializer).map(Duration::from_secs)
}

fn yes<'de, D: Deserializer<'de>>(deserializer: D) -> Result<bool, D::Error> {
    String::deserialize(deserializer).map(|word| word == "yes")
}

#[cfg(test)]
mod tests;
