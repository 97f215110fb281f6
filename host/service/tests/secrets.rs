//! What is secret is in no file of the service, no line of its log and no reply but the one that gives
//! it out: not as it is, not in base64, not in hex.

use crate::support::{Reply, Service, request};
use axum::http::{Method, header};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use serde_json::{Value as Json, json};
use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::sync::{Arc, Mutex};

const PASSWORD: &str = "Planted-Pa55word-of-a-user";
const NEXT: &str = "Planted-Pa55word-that-comes-next";
const ATTRIBUTE: &str = "Planted-Pa55word-of-an-attribute";
const WRONG: &str = "Planted-Pa55word-that-is-wrong";

#[test]
fn secrets_are_in_no_file_no_log_and_no_reply() {
    let log = Log::start();
    let service = Service::start();
    let mut secrets = [PASSWORD, NEXT, WRONG, ATTRIBUTE]
        .map(str::to_owned)
        .to_vec();
    let mut replies = Vec::new();
    let mut tell = |reply: Reply| replies.extend_from_slice(&reply.bytes);

    let user = json!({"userName": "keeper", "password": PASSWORD,
        "permissions": [{"roleName": "Read only"}]});
    let made = service.post("/rest/users", &user);
    made.json(201);
    tell(made);
    tell(service.post("/rest/users", &user));
    for password in [json!(WRONG), json!([WRONG]), json!({WRONG: WRONG})] {
        let body = json!({"userName": "keeper", "password": password});
        tell(service.post("/rest/login-sessions", &body));
    }
    // Somebody's hands were quicker than the eyes.
    let body = json!({"userName": WRONG, "password": WRONG});
    tell(service.post("/rest/login-sessions", &body));

    let attribute = json!([{"name": "P", "type": "password", "value": ATTRIBUTE}]);
    let plan = json!({"name": "p", "oeBuildPlanType": "deploy", "customAttributes": attribute});
    let once = |method: Method, uri: &str, body: &Json| {
        let mut request = request(method, uri, body.to_string());
        request
            .headers_mut()
            .insert("Idempotency-Key", "once".parse().unwrap());
        service.send(request)
    };
    let made = once(Method::POST, "/rest/build-plans", &plan);
    let uri = made.json(201)["uri"].as_str().unwrap().to_owned();
    for reply in [
        made,
        once(Method::POST, "/rest/build-plans", &plan),
        service.get(&uri),
    ] {
        tell(reply);
    }
    tell(service.post("/rest/build-plans", &plan));

    let body = json!({"userName": "keeper", "password": PASSWORD});
    let session = service.post("/rest/login-sessions", &body).json(200);
    let session = session["sessionID"].as_str().unwrap().to_owned();
    let send = |method: Method, uri: &str, body: &str, name: &str, value: &str| {
        let mut request = request(method, uri, body.to_owned());
        let name = header::HeaderName::from_bytes(name.as_bytes()).unwrap();
        request.headers_mut().insert(name, value.parse().unwrap());
        service.send(request)
    };
    let token = send(
        Method::POST,
        "/rest/api-tokens",
        r#"{"name":"keeper"}"#,
        "Auth",
        &session,
    );
    let token = token.json(201)["token"].as_str().unwrap().to_owned();
    let bearer = format!("Bearer {token}");
    tell(send(
        Method::GET,
        "/rest/api-tokens",
        "",
        "Authorization",
        &bearer,
    ));
    tell(send(
        Method::GET,
        "/rest/deployment-groups",
        "",
        "AUTH",
        &session,
    ));
    for old in [WRONG, PASSWORD] {
        let body = json!({"oldPassword": old, "newPassword": NEXT}).to_string();
        tell(send(
            Method::POST,
            "/rest/users/change-password",
            &body,
            "auth",
            &session,
        ));
    }
    tell(send(
        Method::DELETE,
        "/rest/login-sessions",
        "{}",
        "auth",
        &session,
    ));
    for uri in [
        "/rest/users",
        "/rest/users/keeper",
        "/rest/api-tokens",
        "/rest/audit-logs",
    ] {
        tell(service.get(uri));
    }
    secrets.extend([session, token, service.session.clone()]);

    let mut places = vec![
        ("replies".to_owned(), replies),
        ("log".to_owned(), log.taken()),
    ];
    files(service.state.folder.root(), &mut places);
    // What is no secret is found in the files of the database, and in the replies.
    for part in ["/records.db", "replies"] {
        let mut places = places.iter().filter(|(place, _)| place.contains(part));
        assert!(places.any(|(_, bytes)| finds(bytes, "keeper")), "{part}");
    }
    for (place, bytes) in &places {
        for (secret, form) in secrets.iter().flat_map(|secret| forms(secret)) {
            assert!(!finds(bytes, &form), "{place} has {secret} as {form}");
        }
    }
}

#[test]
fn the_search_finds_every_form() {
    for bytes in [
        "x secret-text y".to_owned(),
        "7365637265742d74657874".to_owned(),
        "7365637265742D74657874".to_owned(),
        STANDARD_NO_PAD.encode("secret-text"),
        STANDARD_NO_PAD.encode("1secret-text and more"),
        URL_SAFE_NO_PAD.encode("12secret-text"),
    ] {
        let found = forms("secret-text")
            .iter()
            .any(|(_, form)| finds(bytes.as_bytes(), form));
        assert!(found, "{bytes}");
    }
}

/// A secret with each of the forms in which it is looked for.
fn forms(secret: &str) -> Vec<(String, String)> {
    let bytes = secret.as_bytes();
    let lower: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let mut forms = vec![secret.to_owned(), lower.to_uppercase(), lower];
    for engine in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for before in 0..3 {
            // What stands before and after it in the text decides on the first and the last letters.
            let text = engine.encode([&vec![0; before], bytes].concat());
            let first = [0, 2, 3][before];
            let whole = (before + bytes.len()) / 3 * 4;
            forms.push(text[first..whole].to_owned());
        }
    }
    forms
        .into_iter()
        .map(|form| (secret.to_owned(), form))
        .collect()
}

fn finds(bytes: &[u8], text: &str) -> bool {
    bytes
        .windows(text.len())
        .any(|window| window == text.as_bytes())
}

/// All files below a folder.
fn files(folder: &Path, found: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files(&path, found),
            false => found.push((path.display().to_string(), fs::read(&path).unwrap())),
        }
    }
}

/// All that this process logs, down to the last detail of the service's own crates.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn start() -> Self {
        let log = Self::default();
        let writer = log.clone();
        tracing_subscriber::fmt()
            .with_env_filter("trace")
            .with_writer(move || writer.clone())
            .init();
        tracing::info!("the log is read");
        log
    }

    fn taken(&self) -> Vec<u8> {
        let bytes = self.0.lock().unwrap().clone();
        assert!(finds(&bytes, "the log is read"));
        bytes
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
