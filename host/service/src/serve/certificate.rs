//! `Identity`: the certificate and key that the service shows: given, or made by itself.

use super::data::write_private;
use super::{Result, failed};
use crate::settings::Settings;
use jiff::{Timestamp, ToSpan as _, Zoned, tz::TimeZone};
use mintage_engine::Diagnostic;
use rcgen::{
    CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair, KeyUsagePurpose,
    date_time_ymd,
};
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::version::{TLS12, TLS13};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeSet;
use std::fs;
use std::net::{IpAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use x509_cert::Certificate;
use x509_cert::der::Decode as _;

/// How long a certificate that the service makes is valid, in years. Clients trust exactly it: a
/// new one has to be confirmed again.
const YEARS: i32 = 10;
/// How many days before its end it is made anew.
const RENEW_DAYS: i64 = 60;

/// The certificate and key that the service shows.
#[derive(Debug)]
pub(super) struct Identity {
    /// Where the certificate was read.
    pub(super) file: PathBuf,
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
}

impl Identity {
    /// Reads what the configuration names, or what the service has made; makes that where it is
    /// not there or ends soon. The key stays the same.
    pub(super) fn load(settings: &Settings, address: IpAddr) -> Result<Self> {
        match Self::given(settings)? {
            Some(identity) => Ok(identity),
            None => Self::own(settings, address),
        }
    }

    /// Whether what the configuration names can be used, if it names any.
    pub(super) fn check(settings: &Settings) -> Result<()> {
        match Self::given(settings)? {
            Some(identity) => identity.config().map(drop),
            None => Ok(()),
        }
    }

    fn given(settings: &Settings) -> Result<Option<Self>> {
        match (&settings.tls.certificate, &settings.tls.key) {
            (Some(certificate), Some(key)) => {
                let identity = Self::read(certificate, key)?;
                identity.refuse_expired()?;
                Ok(Some(identity))
            }
            (None, None) => Ok(None),
            _ => {
                let problem = failed("only one of `tls.certificate` and `tls.key` is set".into());
                Err(Box::new(problem.with_help("set both, or none")))
            }
        }
    }

    fn own(settings: &Settings, address: IpAddr) -> Result<Self> {
        let certificate = settings.data.join("certificate.pem");
        let key = settings.data.join("certificate.key");
        if certificate.exists() && key.exists() {
            let identity = Self::read(&certificate, &key)?;
            let left = identity.end()?.duration_since(Timestamp::now());
            if left.as_hours() > RENEW_DAYS * 24 {
                return Ok(identity);
            }
        }
        let names = names(settings, address);
        tracing::info!(?names, "making a certificate");
        make(&names, &certificate, &key)
            .map_err(|error| failed(format!("cannot make a certificate: {error}")))?;
        Self::read(&certificate, &key)
    }

    fn read(certificate: &Path, key: &Path) -> Result<Self> {
        let chain = CertificateDer::pem_file_iter(certificate)
            .and_then(Iterator::collect::<std::result::Result<Vec<_>, _>>)
            .map_err(|error| unusable("certificate", certificate, &error))?;
        if chain.is_empty() {
            let why = "there is no `BEGIN CERTIFICATE` in it";
            return Err(Box::new(unusable("certificate", certificate, &why)));
        }
        let key = PrivateKeyDer::from_pem_file(key)
            .map_err(|error| unusable("private key", key, &error))?;
        Ok(Self {
            file: certificate.to_owned(),
            chain,
            key,
        })
    }

    fn refuse_expired(&self) -> Result<()> {
        let end = self.end()?;
        if end > Timestamp::now() {
            return Ok(());
        }
        let problem = unusable("certificate", &self.file, &format!("it ended on {end}"));
        Err(Box::new(problem.with_help("put a new one there")))
    }

    /// When the certificate ends.
    fn end(&self) -> Result<Timestamp> {
        let certificate = Certificate::from_der(&self.chain[0])
            .map_err(|error| unusable("certificate", &self.file, &error))?;
        let end = certificate.tbs_certificate().validity().not_after;
        let seconds = end.to_unix_duration().as_secs();
        let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
        Ok(Timestamp::from_second(seconds).unwrap_or(Timestamp::MAX))
    }

    /// SHA-256 of the certificate: `AB:CD:…`.
    pub(super) fn fingerprint(&self) -> String {
        let digest = Sha256::digest(&self.chain[0]);
        let bytes: Vec<_> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
        bytes.join(":")
    }

    /// How connections are encrypted: TLS 1.2, which old clients pin, and 1.3.
    pub(super) fn config(self) -> Result<Arc<ServerConfig>> {
        let file = self.file;
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(|error| failed(format!("TLS cannot be set up: {error}")))?
            .with_no_client_auth()
            .with_single_cert(self.chain, self.key);
        let mut config = config.map_err(|error| {
            let problem = unusable("certificate", &file, &error);
            problem.with_help("`tls.certificate` and `tls.key` must belong together")
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Arc::new(config))
    }
}

fn unusable(what: &str, path: &Path, why: &dyn std::fmt::Display) -> Diagnostic {
    failed(format!(
        "the {what} {} cannot be used: {why}",
        path.display()
    ))
}

/// Makes a certificate for `names`, with the key that is there already, or a new one.
fn make(
    names: &BTreeSet<String>,
    certificate: &Path,
    key: &Path,
) -> std::result::Result<(), Box<dyn std::error::Error>> {
    let pair = match fs::read_to_string(key) {
        Ok(pem) => KeyPair::from_pem(&pem)?,
        Err(_) => KeyPair::generate()?,
    };
    let mut params = CertificateParams::new(names.iter().cloned().collect::<Vec<_>>())?;
    params
        .distinguished_name
        .push(DnType::CommonName, "Mintage");
    params.is_ca = IsCa::ExplicitNoCa;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    // A day early, for clocks that go after this one.
    let start = Zoned::new(Timestamp::now(), TimeZone::UTC).checked_sub(1.day())?;
    let date = |zoned: &Zoned, years: i32| {
        let (month, day) = (zoned.month().unsigned_abs(), zoned.day().unsigned_abs());
        // The 29th of February is not in every year.
        date_time_ymd(i32::from(zoned.year()) + years, month, day.min(28))
    };
    params.not_before = date(&start, 0);
    params.not_after = date(&start, YEARS);
    let made = params.self_signed(&pair)?;
    write_private(key, pair.serialize_pem().as_bytes())?;
    write_private(certificate, made.pem().as_bytes())?;
    Ok(())
}

/// By which names and addresses clients may find the service.
fn names(settings: &Settings, address: IpAddr) -> BTreeSet<String> {
    let mut names: BTreeSet<String> = ["localhost", "127.0.0.1", "::1"].map(str::to_owned).into();
    names.insert(host_name());
    if address.is_unspecified() {
        names.extend(route_addresses());
    } else {
        names.insert(address.to_string());
    }
    let given = settings.tls.names.iter().flat_map(|list| list.split(','));
    names.extend(
        given
            .map(|name| name.trim().to_owned())
            .filter(|name| !name.is_empty()),
    );
    names
}

/// The addresses by which this machine reaches others. Connecting a datagram socket sends nothing;
/// the destinations are those reserved for documentation.
fn route_addresses() -> impl Iterator<Item = String> {
    let ways = [("0.0.0.0:0", "192.0.2.1:9"), ("[::]:0", "[2001:db8::1]:9")];
    ways.into_iter().filter_map(|(from, to)| {
        let socket = UdpSocket::bind(from).ok()?;
        socket.connect(to).ok()?;
        Some(socket.local_addr().ok()?.ip().to_string())
    })
}

/// The name of this machine.
pub(super) fn host_name() -> String {
    let name = rustix::system::uname();
    match name.nodename().to_str() {
        Ok(name) if !name.is_empty() => name.to_owned(),
        _ => "localhost".to_owned(),
    }
}
