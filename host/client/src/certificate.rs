//! `Certificate`: whom to trust. A service makes its own certificate, so the first login shows its
//! fingerprint, as `ssh` does; from then on exactly that certificate is trusted.

use crate::error::{ClientError, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ClientConnection, DigitallySignedStruct, SignatureScheme};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::net::{TcpStream, ToSocketAddrs as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How long connecting and the handshake may take.
const PATIENCE: Duration = Duration::from_secs(10);
/// How many characters a line of PEM has (RFC 7468).
const PEM_LINE: usize = 64;

/// One or more certificates in PEM.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Certificate {
    pem: String,
}

impl Certificate {
    /// Takes PEM as it came from a file.
    pub fn from_pem(pem: impl Into<String>) -> Self {
        Self { pem: pem.into() }
    }

    /// The PEM.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// Asks a service for the certificate that it shows, and checks nothing but that it has the key.
    /// Returns it with the SHA-256 of it, `AB:CD:…`, which a person or a given fingerprint must
    /// confirm before it is trusted.
    ///
    /// # Errors
    /// `Unreachable`.
    pub fn fetch(host: &str, port: u16) -> Result<(Self, String)> {
        let unreachable = |why: String| ClientError::Unreachable {
            url: format!("https://{host}:{port}"),
            why,
        };
        let recorder = Arc::new(Recorder::default());
        let config = ClientConfig::builder_with_provider(Arc::clone(&recorder.provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| unreachable(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::clone(&recorder) as Arc<dyn ServerCertVerifier>)
            .with_no_client_auth();
        let name = host.trim_matches(['[', ']']).to_owned();
        let name = ServerName::try_from(name).map_err(|error| unreachable(error.to_string()))?;
        let mut connection = ClientConnection::new(Arc::new(config), name)
            .map_err(|error| unreachable(error.to_string()))?;
        let mut stream = connect(host, port).map_err(|error| unreachable(error.to_string()))?;
        while connection.is_handshaking() {
            connection
                .complete_io(&mut stream)
                .map_err(|error| unreachable(error.to_string()))?;
        }
        let shown = recorder
            .shown
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let der = shown
            .as_deref()
            .ok_or_else(|| unreachable("it shows no certificate".into()))?;
        Ok((Self::from_pem(to_pem(der)), fingerprint(der)))
    }
}

/// SHA-256 of a certificate, `AB:CD:…`.
pub fn fingerprint(der: &[u8]) -> String {
    let digest = Sha256::digest(der);
    let pairs: Vec<String> = digest.iter().map(|byte| format!("{byte:02X}")).collect();
    pairs.join(":")
}

/// Whether two fingerprints are the same, however they are written.
pub fn is_same_fingerprint(one: &str, other: &str) -> bool {
    let digits = |text: &str| -> String {
        let digits = text.chars().filter(char::is_ascii_hexdigit);
        digits.map(|c| c.to_ascii_lowercase()).collect()
    };
    digits(one).len() == 64 && digits(one) == digits(other)
}

fn to_pem(der: &[u8]) -> String {
    let text = BASE64_STANDARD.encode(der);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(PEM_LINE) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

fn connect(host: &str, port: u16) -> std::io::Result<TcpStream> {
    let mut failed = std::io::Error::other("the name has no address");
    for address in (host.trim_matches(['[', ']']), port).to_socket_addrs()? {
        match TcpStream::connect_timeout(&address, PATIENCE) {
            Ok(stream) => {
                stream.set_read_timeout(Some(PATIENCE))?;
                stream.set_write_timeout(Some(PATIENCE))?;
                return Ok(stream);
            }
            Err(error) => failed = error,
        }
    }
    Err(failed)
}

/// Takes every certificate and remembers it.
#[derive(Debug)]
struct Recorder {
    provider: Arc<CryptoProvider>,
    shown: Mutex<Option<Vec<u8>>>,
}

impl Default for Recorder {
    fn default() -> Self {
        Self {
            provider: Arc::new(ring::default_provider()),
            shown: Mutex::new(None),
        }
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        *shown = Some(end_entity.to_vec());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls12_signature(message, cert, dss, algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        let algorithms = &self.provider.signature_verification_algorithms;
        verify_tls13_signature(message, cert, dss, algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        let algorithms = &self.provider.signature_verification_algorithms;
        algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_are_compared_by_their_digits() {
        let hex = "ab".repeat(32);
        let pairs = vec!["AB"; 32].join(":");
        let table = [
            (hex.as_str(), pairs.as_str(), true),
            (hex.as_str(), &hex[2..], false),
            ("", "", false),
        ];
        for (one, other, same) in table {
            assert_eq!(is_same_fingerprint(one, other), same, "{one} {other}");
        }
    }

    #[test]
    fn a_certificate_becomes_pem_that_others_read() {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()]).unwrap();
        let pem = to_pem(made.cert.der());
        assert_eq!(pem, made.cert.pem().replace("\r\n", "\n"));
    }
}
