//! One X.509 certificate: read from PEM, written as PEM, and the name under which OpenSSL looks
//! for it in a directory.

use mintage_engine::{Code, PlanError};
use mintage_volume::digits::hex;
use sha1::{Digest, Sha1};
use x509_cert::Certificate as Parsed;
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::der::asn1::{Any, SetOfVec};
use x509_cert::der::pem::LineEnding;
use x509_cert::der::{Encode, EncodePem, Tag, Tagged};

/// A certificate.
#[derive(Debug, Clone)]
pub(super) struct Certificate {
    /// `-----BEGIN CERTIFICATE-----` and the rest, in lines of 64, with a line break at the end.
    pub(super) pem: String,
    /// The hash of its subject's name, eight hexadecimal digits: `openssl x509 -subject_hash`.
    pub(super) subject_hash: String,
}

impl Certificate {
    /// The one certificate in a text; what stands around it is left out.
    ///
    /// # Errors
    /// `P2013` when there is none, more than one, or one that cannot be read.
    pub(super) fn parse(text: &str) -> Result<Self, PlanError> {
        let start = text.find("-----BEGIN CERTIFICATE-----");
        let block =
            text.get(start.ok_or_else(|| refused("it has no `-----BEGIN CERTIFICATE-----`"))?..);
        let mut certificates = Parsed::load_pem_chain(block.unwrap_or_default().as_bytes())
            .map_err(|error| refused(&error.to_string()))?;
        let certificate = certificates.pop().ok_or_else(|| refused("it has none"))?;
        if !certificates.is_empty() {
            return Err(refused("it has more than one").help("add each under a name of its own"));
        }
        let failed = |error: x509_cert::der::Error| refused(&error.to_string());
        Ok(Self {
            pem: certificate.to_pem(LineEnding::LF).map_err(failed)?,
            subject_hash: subject_hash(&certificate).map_err(failed)?,
        })
    }
}

fn refused(why: &str) -> PlanError {
    PlanError::new(
        Code::P2013,
        format!("the text is no certificate in PEM: {why}"),
    )
}

/// SHA-1 over the canonical form of the name, the first four bytes as a little-endian number
/// (OpenSSL's `X509_NAME_hash_ex`).
fn subject_hash(certificate: &Parsed) -> Result<String, x509_cert::der::Error> {
    let mut canonical = Vec::new();
    for names in certificate.tbs_certificate().subject().iter_rdn() {
        let mut set = SetOfVec::new();
        for name in names.iter() {
            set.insert(AttributeTypeAndValue {
                oid: name.oid,
                value: canonical_value(&name.value)?,
            })?;
        }
        set.encode_to_vec(&mut canonical)?;
    }
    let mut hash: [u8; 4] = [0; 4];
    for (byte, from) in hash.iter_mut().rev().zip(Sha1::digest(&canonical)) {
        *byte = from;
    }
    Ok(hex(&hash))
}

/// Texts become UTF-8 without blanks around them, single blanks inside, and small ASCII letters.
fn canonical_value(value: &Any) -> Result<Any, x509_cert::der::Error> {
    let bytes = value.value();
    let text = match value.tag() {
        Tag::Utf8String | Tag::PrintableString | Tag::Ia5String | Tag::VisibleString => {
            String::from_utf8_lossy(bytes).into_owned()
        }
        // OpenSSL takes T.61 for Latin-1.
        Tag::TeletexString => bytes.iter().copied().map(char::from).collect(),
        Tag::BmpString => {
            let units = bytes.chunks(2).map(|pair| {
                pair.iter()
                    .fold(0, |unit, byte| unit << 8 | u16::from(*byte))
            });
            char::decode_utf16(units)
                .map(|char| char.unwrap_or(char::REPLACEMENT_CHARACTER))
                .collect()
        }
        _ => return Ok(value.clone()),
    };
    let words: Vec<&str> = text.split_ascii_whitespace().collect();
    Any::new(
        Tag::Utf8String,
        words.join(" ").to_ascii_lowercase().into_bytes(),
    )
}
