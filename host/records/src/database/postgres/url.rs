//! `Target`: which server a URL names, and how it is talked to.

use super::tls::{self, Trust};
use crate::error::{RecordsError, Result};
use postgres::config::{Host, SslMode, TargetSessionAttrs};
use postgres::{Client, Config, NoTls};
use std::path::PathBuf;
use std::time::Duration;
use tokio_postgres_rustls::MakeRustlsConnect;

/// How long to wait for an address to answer, where the URL does not say.
const CONNECT: Duration = Duration::from_secs(5);
/// After how long without an answer a connection counts as lost.
const SILENCE: Duration = Duration::from_secs(30);
/// How long a statement may take, and how long a node that hangs may keep the lease locked.
const LIMITS: &str =
    "-c statement_timeout=60s -c idle_in_transaction_session_timeout=60s -c lock_timeout=30s";

/// A server.
pub(super) struct Target {
    config: Config,
    tls: Option<MakeRustlsConnect>,
}

impl Target {
    /// Reads a URL as `libpq` does, with `sslmode` (`disable`, `prefer`, `require`, `verify-full`) and
    /// `sslrootcert`.
    ///
    /// # Errors
    /// `Url`; never quotes the URL, which holds a password.
    pub(super) fn parse(url: &str) -> Result<Self> {
        let (base, options) = url.split_once('?').unwrap_or((url, ""));
        let mut mode = "prefer";
        let mut roots = None;
        let mut others = Vec::new();
        for option in options.split('&').filter(|option| !option.is_empty()) {
            match option.split_once('=') {
                Some(("sslmode", value)) => mode = value,
                Some(("sslrootcert", value)) => roots = Some(PathBuf::from(decoded(value)?)),
                _ => others.push(option),
            }
        }
        let rest = format!("{base}?{}", others.join("&"));
        let mut config: Config = rest
            .trim_end_matches('?')
            .parse()
            .map_err(|_| unreadable())?;
        if config.get_hosts().is_empty() {
            return Err(unreadable());
        }
        let (mode, trust) = match mode {
            "disable" => (SslMode::Disable, None),
            "prefer" => (SslMode::Prefer, Some(Trust::Anybody)),
            "require" => (SslMode::Require, Some(Trust::Anybody)),
            "verify-full" => (SslMode::Require, Some(Trust::Roots(roots))),
            _ => {
                let text = "`sslmode` is one of disable, prefer, require, verify-full";
                return Err(RecordsError::Url(text.to_owned()));
            }
        };
        // A unix socket never leaves the machine, and the server has no TLS on it.
        let is_remote = |host: &Host| !matches!(host, Host::Unix(_));
        let (mode, trust) = match config.get_hosts().iter().any(is_remote) {
            true => (mode, trust),
            false => (SslMode::Disable, None),
        };
        config.ssl_mode(mode);
        set_limits(&mut config);
        let tls = trust.map(|trust| tls::connector(&trust)).transpose()?;
        Ok(Self { config, tls })
    }

    pub(super) fn connect(&self) -> Result<Client, postgres::Error> {
        match &self.tls {
            Some(tls) => self.config.connect(tls.clone()),
            None => self.config.connect(NoTls),
        }
    }
}

/// What the URL leaves open.
fn set_limits(config: &mut Config) {
    // What comes later counts: the URL's own options do.
    let options = format!("{LIMITS} {}", config.get_options().unwrap_or_default());
    config.options(options.trim_end());
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(SILENCE);
    }
    if config.get_application_name().is_none() {
        config.application_name("mintage");
    }
    config.keepalives_idle(SILENCE);
    // Of several servers, the one that can be written to.
    if config.get_target_session_attrs() == TargetSessionAttrs::Any {
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

fn unreadable() -> RecordsError {
    let text = "write postgres://user:password@host:port/database, with special characters as %XX";
    RecordsError::Url(text.to_owned())
}

/// A value with `%XX`.
fn decoded(value: &str) -> Result<String> {
    let mut bytes = Vec::new();
    let mut rest = value.as_bytes();
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        if first != b'%' {
            bytes.push(first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2).ok_or_else(unreadable)?;
        let digits = str::from_utf8(digits).map_err(|_| unreadable())?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| unreadable())?);
        rest = after;
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn urls_are_read_and_never_shown() {
        let table = [
            ("postgres://u:s3cret@host/db", None),
            (
                "postgres://u:s3cret@host/db?sslmode=require&connect_timeout=3",
                None,
            ),
            (
                "postgres://u:s3cret@%2Frun%2Fpg:5433/db?sslmode=verify-full",
                None,
            ),
            (
                "postgres://u:s3cret@host/db?sslmode=verify-ca",
                Some("`sslmode` is one of"),
            ),
            (
                "postgres://u:s3cret@host/db?port=s3cret",
                Some("write postgres://user"),
            ),
            (
                "postgres://u:s3cret@host/db?s3cret",
                Some("write postgres://user"),
            ),
            ("postgres:///db", Some("write postgres://user")),
            (
                "postgres://u:s3cret@host/db?sslmode=verify-full&sslrootcert=%zz",
                Some("write"),
            ),
            (
                "postgres://u:s3cret@host/db?sslmode=verify-full&sslrootcert=/missing.pem",
                Some("/missing.pem"),
            ),
        ];
        for (url, error) in table {
            let text = Target::parse(url).err().map(|error| error.to_string());
            let text = text.as_deref();
            assert_eq!(text.is_some(), error.is_some(), "{url}: {text:?}");
            assert!(
                text.unwrap_or_default().contains(error.unwrap_or_default()),
                "{text:?}"
            );
            assert!(!text.unwrap_or_default().contains("s3cret"), "{text:?}");
        }
    }
}
