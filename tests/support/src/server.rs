//! `Server`: a running `mintage serve` of one test, over TLS, with its own data folder.

use crate::environment::Environment;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use serde_json::Value as Json;
use std::fs;
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};
use ureq::http::{Method, Request};
use ureq::tls::{Certificate, RootCerts, TlsConfig};

/// How long a start or a stop may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);

/// A running service. Killed when it is dropped.
pub struct Server<'e> {
    environment: &'e Environment,
    args: Vec<String>,
    child: Child,
    log: Mutex<Receiver<String>>,
    started: Json,
    password: Option<String>,
    agent: ureq::Agent,
    /// The id of the administrator's session, sent with every request.
    pub session: Option<String>,
}

impl std::fmt::Debug for Server<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Server")
            .field("started", &self.started["url"])
            .finish_non_exhaustive()
    }
}

/// What the service answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, their names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub bytes: Vec<u8>,
}

impl Answer {
    /// The body as JSON; null when it is none.
    pub fn json(&self) -> Json {
        serde_json::from_slice(&self.bytes).unwrap_or_default()
    }

    /// A header.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }
}

impl<'e> Server<'e> {
    /// Starts `mintage serve` on a free port of the loopback address, or where `--listen` says, with the
    /// folder `data` of `environment`, waits until it is ready, and logs in as the administrator.
    ///
    /// # Panics
    /// When it does not become ready; the message has its log.
    pub fn start(environment: &'e Environment, args: &[&str]) -> Self {
        let args: Vec<String> = args.iter().map(ToString::to_string).collect();
        let (child, log, started) = spawn(environment, &args);
        let mut server = Self {
            environment,
            args,
            child,
            log: Mutex::new(log),
            agent: agent(&started),
            password: started["password"].as_str().map(str::to_owned),
            started,
            session: None,
        };
        server.log_in();
        server
    }

    /// Where it is: `https://127.0.0.1:PORT`.
    ///
    /// # Panics
    /// Never; it said so when it started.
    pub fn url(&self) -> &str {
        self.started["url"].as_str().expect("a URL")
    }

    /// The file with its certificate, which is also whom to trust.
    pub fn certificate(&self) -> PathBuf {
        self.started["certificate"]
            .as_str()
            .unwrap_or_default()
            .into()
    }

    /// The certificate's fingerprint, `AB:CD:…`.
    pub fn fingerprint(&self) -> &str {
        self.started["fingerprint"].as_str().unwrap_or_default()
    }

    /// The password that the first start gave the administrator.
    pub fn password(&self) -> Option<&str> {
        self.password.as_deref()
    }

    /// Its data folder.
    pub fn data(&self) -> PathBuf {
        data(self.environment)
    }

    /// Opens a session as the administrator.
    ///
    /// # Panics
    /// When the password is refused.
    pub fn log_in(&mut self) {
        self.session = None;
        let Some(password) = self.password.clone() else {
            return;
        };
        let login = serde_json::json!({
            "userName": "administrator", "password": password, "loginMsgAck": true
        });
        let answer = self.post("/rest/login-sessions", &login);
        assert_eq!(answer.status, 200, "login: {}", answer.json());
        self.session = answer.json()["sessionID"].as_str().map(str::to_owned);
    }

    /// GET.
    pub fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, &[], Vec::new())
    }

    /// POST of JSON.
    pub fn post(&self, path: &str, body: &Json) -> Answer {
        self.json(Method::POST, path, body)
    }

    /// PUT of JSON.
    pub fn put(&self, path: &str, body: &Json) -> Answer {
        self.json(Method::PUT, path, body)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, &[], Vec::new())
    }

    fn json(&self, method: Method, path: &str, body: &Json) -> Answer {
        let headers = [("content-type", "application/json")];
        self.send(method, path, &headers, body.to_string().into_bytes())
    }

    /// Logs in with a password that was chosen since the first start.
    pub fn log_in_with(&mut self, password: &str) {
        self.password = Some(password.to_owned());
        self.log_in();
    }

    /// Any request, with the administrator's session.
    ///
    /// # Panics
    /// When there is no answer.
    pub fn send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Answer {
        let answer = self.try_send(method.clone(), path, headers, body);
        answer.unwrap_or_else(|error| panic!("{method} {path}: {error}\n{}", self.logged()))
    }

    /// As [`Self::send`], for a service that may be gone.
    ///
    /// # Errors
    /// When there is no answer.
    pub fn try_send(
        &self,
        method: Method,
        path: &str,
        headers: &[(&str, &str)],
        body: Vec<u8>,
    ) -> Result<Answer, ureq::Error> {
        let mut request = Request::builder()
            .method(method)
            .uri(format!("{}{path}", self.url()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(session) = &self.session {
            request = request.header("auth", session);
        }
        let mut response = self.agent.run(request.body(body)?)?;
        let headers = response.headers().iter().map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        });
        Ok(Answer {
            status: response.status().as_u16(),
            headers: headers.collect(),
            bytes: response
                .body_mut()
                .with_config()
                .limit(u64::MAX)
                .read_to_vec()?,
        })
    }

    /// A connection over TLS, for what no client would send.
    ///
    /// # Panics
    /// When there is none.
    pub fn connect(&self) -> rustls::StreamOwned<rustls::ClientConnection, TcpStream> {
        let pem = fs::read(self.certificate()).expect("its certificate");
        let mut roots = rustls::RootCertStore::empty();
        let certificate = CertificateDer::from_pem_slice(&pem).expect("PEM");
        roots.add(certificate).expect("a certificate");
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("TLS")
            .with_root_certificates(roots)
            .with_no_client_auth();
        let address = self.url().trim_start_matches("https://");
        let socket = TcpStream::connect(address).expect("a connection");
        socket.set_read_timeout(Some(PATIENCE)).expect("a timeout");
        let name = ServerName::try_from("127.0.0.1").expect("a name");
        let client = rustls::ClientConnection::new(Arc::new(config), name).expect("TLS");
        rustls::StreamOwned::new(client, socket)
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// As [`Self::kill`], while others still send requests.
    ///
    /// # Panics
    /// When it is gone already.
    pub fn kill_now(&self) {
        self.signal(rustix::process::Signal::KILL);
    }

    fn signal(&self, signal: rustix::process::Signal) {
        let pid = i32::try_from(self.pid())
            .ok()
            .and_then(rustix::process::Pid::from_raw);
        let sent = rustix::process::kill_process(pid.expect("a process id"), signal);
        sent.expect("the server to run");
    }

    /// Ends it as `kill -9` does.
    ///
    /// # Panics
    /// When it is gone already.
    pub fn kill(&mut self) {
        self.child.kill().expect("the server to run");
        let _ = self.child.wait();
    }

    /// Ends it by SIGTERM and waits.
    ///
    /// # Panics
    /// When it does not end in a minute.
    pub fn stop(&mut self) -> ExitStatus {
        self.signal(rustix::process::Signal::TERM);
        let end = Instant::now() + PATIENCE;
        while Instant::now() < end {
            if let Some(status) = self.child.try_wait().expect("the server's status") {
                return status;
            }
            thread::sleep(Duration::from_millis(20));
        }
        panic!("the server does not stop:\n{}", self.logged());
    }

    /// Starts it again after [`Self::kill`] or [`Self::stop`], over the same data; at another port,
    /// unless `--listen` named one.
    pub fn restart(&mut self) {
        self.resume();
        self.log_in();
    }

    /// As [`Self::restart`], with the session of before.
    pub fn resume(&mut self) {
        let (child, log, started) = spawn(self.environment, &self.args);
        self.child = child;
        self.log = Mutex::new(log);
        self.agent = agent(&started);
        self.started = started;
    }

    /// What it logged since the last call.
    pub fn logged(&self) -> String {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        log.try_iter().collect()
    }

    /// Waits for a line of its log, from those that nobody has read yet on; false when none comes for as
    /// long as `silence`.
    pub fn wait_for_line(&self, silence: Duration, is_it: impl Fn(&str) -> bool) -> bool {
        let log = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        while let Ok(line) = log.recv_timeout(silence) {
            if is_it(&line) {
                return true;
            }
        }
        false
    }

    /// The most memory that it had at once, in bytes (`VmHWM`).
    ///
    /// # Panics
    /// When it does not run.
    pub fn peak_memory(&self) -> u64 {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid())).expect("it runs");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib = line.and_then(|line| line.trim().strip_suffix(" kB"));
        kib.and_then(|kib| kib.parse::<u64>().ok()).expect("VmHWM") * 1024
    }
}

impl Drop for Server<'_> {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn data(environment: &Environment) -> PathBuf {
    environment.path("data")
}

/// Starts it and waits until it is ready: what it said on standard output, and its log.
fn spawn(environment: &Environment, args: &[String]) -> (Child, Receiver<String>, Json) {
    let ready = environment.path("ready.json");
    let _ = fs::remove_file(&ready);
    let mut command = environment.mintage(["--json", "serve", "--config", "/dev/null"]);
    if !args.iter().any(|arg| arg == "--listen") {
        command.args(["--listen", "127.0.0.1:0"]);
    }
    command.arg("--data").arg(data(environment));
    command.arg("--ready-file").arg(&ready).args(args);
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("mintage to start");
    let (sender, log) = mpsc::channel();
    let errors = child.stderr.take().expect("its standard error");
    thread::spawn(move || {
        for line in BufReader::new(errors).lines().map_while(Result::ok) {
            // Nobody may be interested any more.
            let _ = sender.send(line + "\n");
        }
    });
    let end = Instant::now() + PATIENCE;
    while !ready.exists() {
        let ended = child.try_wait().expect("its status");
        if ended.is_some() || Instant::now() > end {
            let _ = child.kill();
            let log: String = log.iter().collect();
            panic!("the server is not ready ({ended:?}):\n{log}");
        }
        thread::sleep(Duration::from_millis(10));
    }
    let out = child.stdout.take().expect("its standard output");
    let mut values = serde_json::Deserializer::from_reader(out).into_iter::<Json>();
    let started = values.next().expect("what it says").expect("JSON");
    (child, log, started)
}

fn agent(started: &Json) -> ureq::Agent {
    let path = started["certificate"].as_str().unwrap_or_default();
    let pem = fs::read(Path::new(path)).expect("its certificate");
    let certificate = Certificate::from_pem(&pem).expect("PEM");
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = TlsConfig::builder()
        .root_certs(RootCerts::new_with_certs(&[certificate]))
        .unversioned_rustls_crypto_provider(provider)
        .build();
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .tls_config(tls)
        .timeout_global(Some(Duration::from_secs(600)))
        .build()
        .into()
}
