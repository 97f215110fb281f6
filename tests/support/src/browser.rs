//! `Browser`: a real headless Chromium, driven by ChromeDriver over the WebDriver protocol.

mod checks;
mod page;

pub use checks::{AXE, Violation};

use crate::lane::{self, Need};
use serde_json::{Value as Json, json};
use std::net::TcpListener;
use std::os::unix::process::CommandExt as _;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long something may take before the test fails.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked whether something has happened.
const LOOK: Duration = Duration::from_millis(40);
/// Nothing that reaches for a network, and nothing that a container does not have.
const SWITCHES: [&str; 11] = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--force-prefers-reduced-motion",
];
/// Keeps what the content security policy stops, page after page.
const WATCH: &str = "addEventListener('securitypolicyviolation', (event) => console.error(\
     `content security policy: ${event.violatedDirective} ${event.blockedURI}`))";

/// Which colours the system asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheme {
    /// Dark on light.
    Light,
    /// Light on dark.
    Dark,
}

/// A browser with one page. Ended when it is dropped, with all its processes.
#[derive(Debug)]
pub struct Browser {
    driver: Child,
    agent: ureq::Agent,
    /// Where the session's commands go.
    session: String,
    profile: TempDir,
}

impl Browser {
    /// What a lane with a browser needs.
    pub const NEEDS: [Need; 3] = [
        Need::Program("chromedriver"),
        Need::Program("chromium"),
        Need::Cached(AXE),
    ];

    /// Whether the lane `name` can run here: see [`lane::can_run`].
    pub fn is_there(name: &str) -> bool {
        lane::can_run(name, &Self::NEEDS)
    }

    /// Starts one whose page is `width` CSS pixels wide.
    ///
    /// # Panics
    /// When it does not start.
    pub fn start(width: u32, scheme: Scheme) -> Self {
        let profile = tempfile::tempdir().expect("a folder");
        let port = free_port();
        let driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A group of its own, so that Chromium's many processes end with it.
            .process_group(0)
            .spawn()
            .expect("chromedriver starts");
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(PATIENCE));
        let mut browser = Self {
            driver,
            agent: config.build().into(),
            session: format!("http://127.0.0.1:{port}"),
            profile,
        };
        browser.open_session();
        browser.set_up(width, scheme);
        browser
    }

    fn open_session(&mut self) {
        let folder = format!("--user-data-dir={}", self.profile.path().display());
        let arguments: Vec<&str> = SWITCHES.into_iter().chain([folder.as_str()]).collect();
        let wanted = json!({"capabilities": {"alwaysMatch": {
            "acceptInsecureCerts": true,
            "goog:loggingPrefs": {"browser": "ALL"},
            "goog:chromeOptions": {"args": arguments, "binary": "/usr/bin/chromium"},
        }}});
        let deadline = Instant::now() + PATIENCE;
        let opened = loop {
            match self.request("POST", "/session", &wanted) {
                Ok(opened) => break opened,
                Err(error) if Instant::now() > deadline => panic!("no browser: {error}"),
                Err(_) => sleep(LOOK),
            }
        };
        let id = opened["sessionId"].as_str().expect("a session");
        self.session = format!("{}/session/{id}", self.session);
    }

    fn set_up(&self, width: u32, scheme: Scheme) {
        let is_phone = width < 600;
        self.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": is_phone}),
        );
        let value = match scheme {
            Scheme::Light => "light",
            Scheme::Dark => "dark",
        };
        let features = json!([{"name": "prefers-color-scheme", "value": value}]);
        self.devtools("Emulation.setEmulatedMedia", &json!({"features": features}));
        self.devtools(
            "Page.addScriptToEvaluateOnNewDocument",
            &json!({"source": WATCH}),
        );
        self.devtools("Network.enable", &json!({}));
        self.devtools("Network.setCacheDisabled", &json!({"cacheDisabled": true}));
    }

    /// A command of the session.
    ///
    /// # Panics
    /// When it is refused; the message says why, and where the browser is.
    #[track_caller]
    pub(crate) fn command(&self, method: &str, path: &str, body: &Json) -> Json {
        match self.request(method, path, body) {
            Ok(value) => value,
            Err(error) => panic!("{method} {path} {body}: {error}"),
        }
    }

    /// A command of Chromium's own protocol.
    #[track_caller]
    pub(crate) fn devtools(&self, command: &str, parameters: &Json) -> Json {
        let body = json!({"cmd": command, "params": parameters});
        self.command("POST", "/goog/cdp/execute", &body)
    }

    /// Sends a command, and reads the value of its answer.
    pub(crate) fn request(&self, method: &str, path: &str, body: &Json) -> Result<Json, String> {
        let url = format!("{}{path}", self.session);
        let answer = match method {
            "GET" => self.agent.get(&url).call(),
            "DELETE" => self.agent.delete(&url).call(),
            _ => self.agent.post(&url).send_json(body),
        };
        let mut answer = answer.map_err(|error| error.to_string())?;
        let is_done = answer.status().is_success();
        let read = answer.body_mut().with_config().limit(64 << 20).read_json();
        let mut read: Json = read.map_err(|error: ureq::Error| error.to_string())?;
        let value = read["value"].take();
        match is_done {
            true => Ok(value),
            false => Err(value["message"].as_str().unwrap_or_default().to_owned()),
        }
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // Chromium ends when its session does; what did not is killed with the driver's group.
        let _ = self.request("DELETE", "", &Json::Null);
        if let Some(group) = i32::try_from(self.driver.id())
            .ok()
            .and_then(rustix::process::Pid::from_raw)
        {
            let _ = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
        }
        let _ = self.driver.wait();
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    listener.local_addr().expect("its address").port()
}
