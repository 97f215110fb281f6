//! `Service`: requests to a service, and its answers.

use crate::certificate::Certificate;
use crate::error::{ClientError, Refusal, Result};
use crate::login::{Login, Token};
use serde_json::{Map, Value as Json};
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use ureq::http::{Method, Request, Response, header};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use ureq::unversioned::multipart::{Form, Part};
use ureq::{Agent, AsSendBody, Body};

/// The API version that this client speaks: the highest of the wire.
const API_VERSION: &str = "4600";
/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an answer may take to begin; a long poll takes up to a minute of it.
const ANSWER: Duration = Duration::from_secs(180);
/// The longest JSON answer, in bytes.
const MAX_ANSWER: u64 = 256 << 20;
/// How much is read at once, in bytes.
const BUFFER: usize = 128 << 10;

/// A service that requests can be sent to.
pub struct Service {
    agent: Agent,
    url: String,
    token: Option<Token>,
}

impl fmt::Debug for Service {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Service")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

/// An answer: its status and JSON, null where there is none.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// 200 to 299.
    pub status: u16,
    /// The body.
    pub body: Json,
}

impl Service {
    /// The service at `url`, `https://host:port`, of which only `trusted` is believed.
    ///
    /// # Errors
    /// `Untrusted` when there is no certificate in `trusted`.
    pub fn new(url: &str, trusted: &Certificate, token: Option<Token>) -> Result<Self> {
        let certificates: Vec<_> = parse_pem(trusted.pem().as_bytes())
            .filter_map(|item| match item {
                Ok(PemItem::Certificate(certificate)) => Some(certificate),
                _ => None,
            })
            .collect();
        if certificates.is_empty() {
            return Err(ClientError::Untrusted {
                url: url.to_owned(),
                why: "the file that says whom to trust holds no certificate".to_owned(),
            });
        }
        let provider = rustls::crypto::ring::default_provider();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::from(certificates))
            .unversioned_rustls_crypto_provider(Arc::new(provider))
            .build();
        let agent = Agent::config_builder()
            .https_only(true)
            .http_status_as_error(false)
            .max_redirects(0)
            .tls_config(tls)
            .timeout_connect(Some(CONNECT))
            .timeout_recv_response(Some(ANSWER))
            .user_agent(concat!("mintage/", env!("CARGO_PKG_VERSION")))
            .build()
            .new_agent();
        Ok(Self {
            agent,
            url: url.trim_end_matches('/').to_owned(),
            token,
        })
    }

    /// The service of a login.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn of(login: &Login) -> Result<Self> {
        Self::new(&login.url, &login.certificate, Some(login.token.clone()))
    }

    /// Where it is.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Gets what is at `path`, `/rest/…`.
    ///
    /// # Errors
    /// `Unreachable`, `Untrusted`, `Refused`, `Answer`.
    pub fn get(&self, path: &str) -> Result<Reply> {
        self.answer(self.call(Method::GET, path, &[], ())?)
    }

    /// Sends JSON to a collection, to make one of it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn post(&self, path: &str, body: &Json) -> Result<Reply> {
        self.send(Method::POST, path, body)
    }

    /// Sends JSON to a resource, to change it.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn put(&self, path: &str, body: &Json) -> Result<Reply> {
        self.send(Method::PUT, path, body)
    }

    /// Deletes a resource.
    ///
    /// # Errors
    /// As [`Self::get`].
    pub fn delete(&self, path: &str) -> Result<Reply> {
        self.send(Method::DELETE, path, &Json::Object(Map::new()))
    }

    fn send(&self, method: Method, path: &str, body: &Json) -> Result<Reply> {
        let headers = [(header::CONTENT_TYPE.as_str(), "application/json")];
        let body = body.to_string();
        self.answer(self.call(method, path, &headers, body.as_str())?)
    }

    /// Sends a file as the part `file` of a form, streamed; `sent` is told how many bytes of how
    /// many are gone.
    ///
    /// # Errors
    /// As [`Self::get`], and `File`.
    pub fn upload(
        &self,
        path: &str,
        file: &Path,
        sent: impl Fn(u64, u64) + 'static,
    ) -> Result<Reply> {
        let what = || format!("cannot read {}", file.display());
        let source = File::open(file).map_err(|error| ClientError::file(what(), &error))?;
        let length = source
            .metadata()
            .map_err(|error| ClientError::file(what(), &error))?;
        let source = Counted {
            source,
            done: 0,
            of: length.len(),
            tell: sent,
        };
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let part = Part::owned_reader(source)
            .file_name(&name)
            .mime_str("application/octet-stream")
            .map_err(|error| self.failed(&error))?;
        let form = Form::new().part("file", part);
        // Only this way does a form say which boundary it has.
        let mut request = self.agent.post(format!("{}{path}", self.url));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        let response = request.send(form).map_err(|error| self.failed(&error))?;
        self.answer(response)
    }

    /// Writes what is at `path` to `target`, streamed; `received` is told how many bytes came, of
    /// how many where that is known, else of 0. Returns how many came.
    ///
    /// # Errors
    /// As [`Self::get`], and `File`.
    pub fn download(
        &self,
        path: &str,
        target: &mut impl Write,
        received: impl Fn(u64, u64),
    ) -> Result<u64> {
        let response = self.call(Method::GET, path, &[], ())?;
        if response.status().as_u16() >= 300 {
            return self.answer(response).map(|_| 0);
        }
        let of = response.body().content_length().unwrap_or(0);
        let mut reader = response.into_body().into_reader();
        let mut buffer = vec![0; BUFFER];
        let mut done = 0;
        loop {
            let count = reader
                .read(&mut buffer)
                .map_err(|error| self.broken(&error))?;
            let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
                return Ok(done);
            };
            let written = target.write_all(bytes);
            written.map_err(|error| ClientError::file("cannot write the download", &error))?;
            done += bytes.len() as u64;
            received(done, of);
        }
    }

    fn call(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: impl AsSendBody,
    ) -> Result<Response<Body>> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url));
        for (name, value) in self.headers() {
            request = request.header(name, value);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body).map_err(|error| {
            ClientError::Answer(format!("`{path}` cannot be asked for: {error}"))
        })?;
        self.agent.run(request).map_err(|error| self.failed(&error))
    }

    /// What every request says.
    fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("X-API-Version", API_VERSION.to_owned()),
            ("accept", "application/json".to_owned()),
        ];
        headers.extend(self.token.as_ref().map(Token::header));
        headers
    }

    fn answer(&self, response: Response<Body>) -> Result<Reply> {
        let status = response.status().as_u16();
        let mut text = String::new();
        let mut reader = response.into_body().into_reader().take(MAX_ANSWER);
        reader
            .read_to_string(&mut text)
            .map_err(|error| self.broken(&error))?;
        if status >= 300 {
            return Err(ClientError::Refused(Box::new(refusal(status, &text))));
        }
        let body = match text.trim().is_empty() {
            true => Json::Null,
            false => serde_json::from_str(&text)
                .map_err(|error| ClientError::Answer(format!("it is no JSON: {error}")))?,
        };
        Ok(Reply { status, body })
    }

    fn failed(&self, error: &ureq::Error) -> ClientError {
        let url = self.url.clone();
        let why = error.to_string();
        match error {
            ureq::Error::Io(error) if is_about_certificate(error) => {
                ClientError::Untrusted { url, why }
            }
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => ClientError::Untrusted { url, why },
            _ => ClientError::Unreachable { url, why },
        }
    }

    fn broken(&self, error: &io::Error) -> ClientError {
        ClientError::Unreachable {
            url: self.url.clone(),
            why: format!("the answer broke off: {error}"),
        }
    }
}

/// Whether the handshake ended because of what the service showed.
fn is_about_certificate(error: &io::Error) -> bool {
    let inner = error
        .get_ref()
        .and_then(|e| e.downcast_ref::<rustls::Error>());
    matches!(inner, Some(rustls::Error::InvalidCertificate(_)))
}

fn refusal(status: u16, text: &str) -> Refusal {
    let mut refusal: Refusal = serde_json::from_str(text).unwrap_or_default();
    refusal.status = status;
    if refusal.message.is_empty() {
        refusal.message = format!("status {status}, without a reason");
    }
    refusal
}

/// Counts what is read.
struct Counted<F> {
    source: File,
    done: u64,
    of: u64,
    tell: F,
}

impl<F: Fn(u64, u64)> Read for Counted<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.source.read(buffer)?;
        self.done += count as u64;
        (self.tell)(self.done, self.of);
        Ok(count)
    }
}
