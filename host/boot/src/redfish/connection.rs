//! `Connection`: requests to a BMC, as somebody who is logged in.

use super::answer::{reason, text_of};
use super::settings::{Bmc, BmcPassword, Trust};
use super::tls::Tls;
use crate::power::{PowerError, Result};
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};
use std::io::{self, Read as _};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};
use ureq::Agent;
use ureq::http::{Method, Request, Uri, header};
use ureq::unversioned::resolver::DefaultResolver;
use ureq::unversioned::transport::{Connector as _, TcpConnector};
use zeroize::Zeroizing;

/// How long connecting may take.
const CONNECT: Duration = Duration::from_secs(10);
/// How long one request may take; BMCs are slow.
const REQUEST: Duration = Duration::from_secs(20);
/// How long all requests of one call may take.
const CALL: Duration = Duration::from_secs(60);
/// How long the end of a session may take.
const GOODBYE: Duration = Duration::from_secs(2);
/// The longest answer, in bytes.
const MAX_ANSWER: u64 = 1 << 20;
/// The longest path that an answer may point to, in bytes.
const MAX_PATH: usize = 1024;
/// Where sessions are made (DSP0266, 13.3.4: this path may be relied upon).
const SESSIONS: &str = "/redfish/v1/SessionService/Sessions";

/// A BMC, and who is logged in.
pub(super) struct Connection {
    agent: Agent,
    base: String,
    address: String,
    user: String,
    password: BmcPassword,
    pass: Mutex<Option<Pass>>,
}

/// How a request says who it is from.
#[derive(Clone)]
enum Pass {
    /// A session, and where it is ended.
    Session {
        token: Zeroizing<String>,
        at: Option<String>,
    },
    /// Name and password each time: the BMC has no sessions.
    Basic,
}

/// One call of the contract: its requests, in bounded time.
pub(super) struct Call<'a> {
    connection: &'a Connection,
    until: Instant,
}

/// An answer.
struct Answer {
    status: u16,
    token: Option<Zeroizing<String>>,
    location: Option<String>,
    asks_for_basic: bool,
    body: Vec<u8>,
}

impl Connection {
    pub(super) fn new(bmc: &Bmc) -> Result<Self> {
        let wrong = |why: &str| PowerError::Settings(why.to_owned());
        let base = bmc.url.trim_end_matches('/').to_owned();
        let uri: Uri = base.parse().map_err(|_| wrong("its address is no URL"))?;
        let authority = uri
            .authority()
            .ok_or_else(|| wrong("its URL has no address"))?;
        if authority.as_str().contains('@') || uri.path() != "/" || uri.query().is_some() {
            return Err(wrong(
                "its URL is to be `https://ADDRESS` or `https://ADDRESS:PORT`",
            ));
        }
        let is_plain = uri.scheme_str() == Some("http");
        if !is_plain && uri.scheme_str() != Some("https") {
            return Err(wrong("its URL begins with `https://`"));
        }
        if is_plain && bmc.trust != Trust::Insecure {
            return Err(wrong("`http://` has to be declared insecure"));
        }
        if bmc.user.contains([':', '\n', '\r']) {
            return Err(wrong(
                "the name of its account has a character that no name has",
            ));
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_connect(Some(CONNECT))
            .user_agent(concat!("mintage/", env!("CARGO_PKG_VERSION")))
            .build();
        let connector = ().chain(TcpConnector::default()).chain(Tls::new(&bmc.trust)?);
        Ok(Self {
            agent: Agent::with_parts(config, connector, DefaultResolver::default()),
            address: text_of(authority.as_str()),
            base,
            user: bmc.user.clone(),
            password: bmc.password.clone(),
            pass: Mutex::new(None),
        })
    }

    pub(super) fn address(&self) -> String {
        self.address.clone()
    }

    pub(super) fn call(&self) -> Call<'_> {
        Call {
            connection: self,
            until: Instant::now() + CALL,
        }
    }

    fn pass(&self) -> Option<Pass> {
        let pass = self.pass.lock().unwrap_or_else(PoisonError::into_inner);
        pass.clone()
    }

    fn keep(&self, pass: Option<Pass>) {
        *self.pass.lock().unwrap_or_else(PoisonError::into_inner) = pass;
    }

    fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, Zeroizing<String>)],
        body: Option<&Json>,
        patience: Duration,
    ) -> Result<Answer> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.base))
            .header(header::ACCEPT, "application/json")
            .header("OData-Version", "4.0");
        for (name, value) in headers {
            request = request.header(*name, value.as_str());
        }
        let text = Zeroizing::new(body.map(Json::to_string).unwrap_or_default());
        let sent = if body.is_some() {
            let request = request.header(header::CONTENT_TYPE, "application/json");
            let request = request.body(text.as_str()).map_err(|_| self.no_request())?;
            let request = self.agent.configure_request(request);
            self.agent
                .run(request.timeout_global(Some(patience)).build())
        } else {
            let request = request.body(()).map_err(|_| self.no_request())?;
            let request = self.agent.configure_request(request);
            self.agent
                .run(request.timeout_global(Some(patience)).build())
        };
        let response = sent.map_err(|error| self.failed(&error))?;
        let text = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let mut answer = Answer {
            status: response.status().as_u16(),
            token: text("x-auth-token").map(Zeroizing::new),
            location: text("location"),
            asks_for_basic: text("www-authenticate")
                .is_some_and(|how| how.to_ascii_lowercase().contains("basic")),
            body: Vec::new(),
        };
        let mut reader = response.into_body().into_reader().take(MAX_ANSWER + 1);
        reader
            .read_to_end(&mut answer.body)
            .map_err(|error| self.failed(&ureq::Error::from(error)))?;
        if answer.body.len() as u64 > MAX_ANSWER {
            return Err(self.odd(format!("it is longer than {MAX_ANSWER} bytes")));
        }
        Ok(answer)
    }

    fn no_request(&self) -> PowerError {
        PowerError::Settings("a request cannot be made of them".into())
    }

    fn failed(&self, error: &ureq::Error) -> PowerError {
        let address = self.address();
        let why = text_of(&error.to_string());
        match error {
            ureq::Error::Io(error) => match about_certificate(error) {
                Some(why) => PowerError::Untrusted { address, why },
                None => PowerError::Unreachable { address, why },
            },
            ureq::Error::Rustls(_) | ureq::Error::Tls(_) => PowerError::Untrusted { address, why },
            ureq::Error::Protocol(_)
            | ureq::Error::Http(_)
            | ureq::Error::LargeResponseHeader(..) => PowerError::Answer { address, why },
            _ => PowerError::Unreachable { address, why },
        }
    }

    fn odd(&self, why: String) -> PowerError {
        PowerError::Answer {
            address: self.address(),
            why: self.without_password(&why),
        }
    }

    /// What an error may say: a BMC may repeat the password in anything.
    fn without_password(&self, why: &str) -> String {
        match self.password.expose() {
            "" => why.to_owned(),
            password => why.replace(password, "(password)"),
        }
    }

    fn wrong_credentials(&self) -> PowerError {
        PowerError::Credentials {
            address: self.address(),
            user: text_of(&self.user),
        }
    }
}

/// BMCs have few sessions: the one of a connection ends with it.
impl Drop for Connection {
    fn drop(&mut self) {
        if let Some(Pass::Session {
            token,
            at: Some(at),
        }) = self.pass()
        {
            let header = ("X-Auth-Token", token);
            // A session that is not ended runs out.
            let _ = self.send(Method::DELETE, &at, &[header], None, GOODBYE);
        }
    }
}

impl Call<'_> {
    pub(super) fn address(&self) -> String {
        self.connection.address()
    }

    /// An answer that makes no sense.
    pub(super) fn odd(&self, why: String) -> PowerError {
        self.connection.odd(why)
    }

    /// `path`, which an answer or the settings gave, if it leads to this BMC's Redfish and nowhere else.
    pub(super) fn path<'p>(&self, path: &'p str) -> Result<&'p str> {
        let fits = |byte: u8| byte.is_ascii_graphic() && !b"\\#?@\"<>{}".contains(&byte);
        let is_inside = path.starts_with("/redfish/v1/") && !path.contains("/../");
        match is_inside && path.len() <= MAX_PATH && path.bytes().all(fits) {
            true => Ok(path),
            false => Err(self.odd(format!("`{}` is no path of Redfish", text_of(path)))),
        }
    }

    pub(super) fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        let answer = self.request(Method::GET, path, &[], None)?;
        match answer.status {
            200 => serde_json::from_slice(&answer.body).map_err(|error| {
                self.odd(format!(
                    "`{}`: {}",
                    text_of(path),
                    text_of(&error.to_string())
                ))
            }),
            404 => Err(self.no_server(format!("`{}` is not there", text_of(path)))),
            _ => Err(self.refused(
                &format!("show `{}`", text_of(path)),
                reason(answer.status, &answer.body),
            )),
        }
    }

    pub(super) fn post(&self, path: &str, body: &Json, what: &str) -> Result<()> {
        let answer = self.request(Method::POST, path, &[], Some(body))?;
        self.done(&answer, what, true)
    }

    /// Changes a resource, as it was when it had the `etag`.
    pub(super) fn patch(
        &self,
        path: &str,
        etag: Option<&str>,
        body: &Json,
        what: &str,
    ) -> Result<()> {
        let answer = self.request(Method::PATCH, path, &if_match(etag), Some(body))?;
        self.done(&answer, what, true)
    }

    /// As [`Self::patch`] with secrets in the body: what the BMC says about it is not repeated.
    pub(super) fn patch_secret(
        &self,
        path: &str,
        etag: Option<&str>,
        body: &Json,
        what: &str,
    ) -> Result<()> {
        let answer = self.request(Method::PATCH, path, &if_match(etag), Some(body))?;
        self.done(&answer, what, false)
    }

    fn done(&self, answer: &Answer, what: &str, says_why: bool) -> Result<()> {
        match answer.status {
            200..=299 => Ok(()),
            405 | 501 => Err(PowerError::Unsupported {
                address: self.address(),
                what: what.to_owned(),
            }),
            _ if says_why => Err(self.refused(what, reason(answer.status, &answer.body))),
            status => Err(self.refused(what, format!("status {status}"))),
        }
    }

    fn refused(&self, what: &str, why: String) -> PowerError {
        PowerError::Refused {
            address: self.address(),
            what: self.connection.without_password(what),
            why: self.connection.without_password(&why),
        }
    }

    /// The system that is meant is not there.
    pub(super) fn no_server(&self, why: String) -> PowerError {
        PowerError::NoServer {
            address: self.address(),
            why: self.connection.without_password(&why),
        }
    }

    /// Sends a request as who is logged in; a session that ran out is made anew once.
    fn request(
        &self,
        method: Method,
        path: &str,
        more: &[(&str, Zeroizing<String>)],
        body: Option<&Json>,
    ) -> Result<Answer> {
        let path = self.path(path)?;
        let known = self.connection.pass();
        let mut may_have_run_out = matches!(known, Some(Pass::Session { .. }));
        let mut pass = known.map_or_else(|| self.log_in(), Ok)?;
        loop {
            let mut headers = vec![self.header(&pass)];
            headers.extend_from_slice(more);
            let answer =
                self.connection
                    .send(method.clone(), path, &headers, body, self.patience()?)?;
            match answer.status {
                401 if may_have_run_out => {
                    may_have_run_out = false;
                    self.connection.keep(None);
                    pass = self.log_in()?;
                }
                401 => {
                    self.connection.keep(None);
                    return Err(self.connection.wrong_credentials());
                }
                _ => return Ok(answer),
            }
        }
    }

    fn patience(&self) -> Result<Duration> {
        let left = self.until.saturating_duration_since(Instant::now());
        match left.is_zero() {
            true => Err(PowerError::Unreachable {
                address: self.address(),
                why: format!("it was too slow: {} seconds are over", CALL.as_secs()),
            }),
            false => Ok(left.min(REQUEST)),
        }
    }

    /// Makes a session, or finds that there are none.
    fn log_in(&self) -> Result<Pass> {
        let connection = self.connection;
        let body = json!({ "UserName": connection.user, "Password": connection.password.expose() });
        let answer = connection.send(Method::POST, SESSIONS, &[], Some(&body), self.patience()?)?;
        let pass = match (answer.status, answer.token) {
            (200..=299, Some(token)) => Pass::Session {
                token,
                at: answer.location.and_then(|at| self.local(&at)),
            },
            (401, _) if answer.asks_for_basic => Pass::Basic,
            (400 | 401 | 403, _) => return Err(connection.wrong_credentials()),
            (200..=299, None) | (404 | 405 | 501, _) => Pass::Basic,
            (status, _) => {
                return Err(self.refused("let somebody log in", format!("status {status}")));
            }
        };
        connection.keep(Some(pass.clone()));
        Ok(pass)
    }

    /// A path of what may be a whole URL of this BMC.
    fn local(&self, location: &str) -> Option<String> {
        let path = location
            .strip_prefix(&self.connection.base)
            .unwrap_or(location);
        self.path(path).ok().map(ToOwned::to_owned)
    }

    fn header(&self, pass: &Pass) -> (&'static str, Zeroizing<String>) {
        match pass {
            Pass::Session { token, .. } => ("X-Auth-Token", token.clone()),
            Pass::Basic => {
                let connection = self.connection;
                let both = format!("{}:{}", connection.user, connection.password.expose());
                let both = Zeroizing::new(both);
                let value = format!("Basic {}", BASE64_STANDARD.encode(both.as_bytes()));
                ("Authorization", Zeroizing::new(value))
            }
        }
    }
}

fn if_match(etag: Option<&str>) -> Vec<(&'static str, Zeroizing<String>)> {
    let etag = etag.map(|etag| ("If-Match", Zeroizing::new(etag.to_owned())));
    etag.into_iter().collect()
}

/// What is wrong with the certificate, where the handshake ended because of it.
fn about_certificate(error: &io::Error) -> Option<String> {
    let inner = error.get_ref()?.downcast_ref::<rustls::Error>()?;
    match inner {
        rustls::Error::InvalidCertificate(rustls::CertificateError::Other(why)) => {
            Some(why.to_string())
        }
        rustls::Error::InvalidCertificate(_) => Some(inner.to_string()),
        _ => None,
    }
}
