//! Logins, users, tokens, the audit log; and every route with every role.

use crate::support::{Service, request};
use axum::http::{Method, header};
use mintage_records::access::{NewUser, Role};
use mintage_records::model::{Task, TaskState};
use mintage_records::{Author, RecordsError};
use mintage_service::access::{Enforcement, Permission, password, token};
use serde_json::{Value as Json, json};
use std::time::Duration;

/// That of every [`user`].
pub const PASSWORD: &str = "correct horse battery";

/// A user with a password, made past the API.
pub fn user(service: &Service, name: &str, role: Role) {
    let new = NewUser {
        name: name.into(),
        full_name: String::new(),
        role,
        password_hash: password::hash(PASSWORD).unwrap(),
        is_enabled: true,
        must_change_password: false,
    };
    let made = service
        .state
        .records
        .change(&Author::service(), |change| change.insert_user(new));
    made.map_err(|error: RecordsError| error).unwrap();
}

/// A session of a user, opened past the API.
pub fn session(service: &Service, name: &str) -> String {
    let session = token::generate().unwrap().to_string();
    let hash = token::hash(&session);
    let opened = service.state.records.change(&Author::service(), |change| {
        change.open_session(name, &hash, Duration::from_secs(60))
    });
    opened.map_err(|error: RecordsError| error).unwrap();
    session
}

/// What comes of a login.
pub fn log_in(service: &Service, name: &str, password: &str) -> crate::support::Reply {
    let body = json!({"userName": name, "password": password, "loginMsgAck": true});
    let uri = "/rest/login-sessions";
    service.send_as_it_is(request(Method::POST, uri, body.to_string()))
}

/// A request with a session, or another header that proves something.
pub fn sent(
    service: &Service,
    method: Method,
    uri: &str,
    name: &str,
    value: &str,
    body: Json,
) -> crate::support::Reply {
    let mut request = request(method, uri, body.to_string());
    request.headers_mut().insert(
        header::HeaderName::from_bytes(name.as_bytes()).unwrap(),
        value.parse().unwrap(),
    );
    service.send_as_it_is(request)
}

#[test]
fn a_session_from_login_to_logout() {
    let service = Service::start();
    user(&service, "keeper", Role::SoftwareAdministrator);
    let reply = log_in(&service, "Keeper", PASSWORD);
    // HPE's own recipe takes the first quoted value.
    assert!(reply.bytes.starts_with(b"{\"sessionID\":\""));
    let id = reply.json(200)["sessionID"].as_str().unwrap().to_owned();
    let with = |method: Method, body: Json| {
        sent(&service, method, "/rest/login-sessions", "auth", &id, body)
    };
    assert_eq!(
        with(Method::PUT, Json::Null).json(200),
        json!({"sessionID": id})
    );

    let idle = "/rest/sessions/idle-timeout";
    let set = sent(
        &service,
        Method::POST,
        idle,
        "auth",
        &id,
        json!({"idleTimeout": 5000}),
    );
    assert_eq!(set.json(200), json!({"idleTimeout": 5000}));
    let got = sent(&service, Method::GET, idle, "auth", &id, json!({}));
    assert_eq!(got.json(200), json!({"idleTimeout": 5000}));
    let wrong = sent(
        &service,
        Method::POST,
        idle,
        "auth",
        &id,
        json!({"idleTimeout": 1}),
    );
    assert!(wrong.refusal(400).starts_with("INVALID_IDLE_TIMEOUT"));

    with(Method::DELETE, json!({})).empty(204);
    assert!(
        with(Method::PUT, Json::Null)
            .refusal(401)
            .starts_with("AUTHENTICATION")
    );
}

#[test]
fn a_wrong_password_and_an_unknown_user_get_the_same_reply_and_then_have_to_wait() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let wrong = log_in(&service, "keeper", "wrong");
    assert_eq!(
        wrong.refusal(401),
        log_in(&service, "nobody", PASSWORD).refusal(401)
    );
    for _ in 0..4 {
        log_in(&service, "keeper", "wrong").refusal(401);
    }
    let refused = log_in(&service, "keeper", PASSWORD);
    assert!(refused.refusal(429).starts_with("TOO_MANY_LOGINS"));
    assert!(refused.headers.contains_key(header::RETRY_AFTER));
}

#[test]
fn users_are_made_changed_and_deleted() {
    let service = Service::start();
    let new = json!({"userName": "keeper", "fullName": "The keeper", "password": PASSWORD,
        "permissions": [{"roleName": "Read only"}]});
    let made = service.post("/rest/users", &new).json(201);
    assert_eq!(made["mustChangePassword"], true);
    assert!(!made.to_string().contains("argon2") && !made.to_string().contains(PASSWORD));
    assert!(
        service
            .post("/rest/users", &new)
            .refusal(409)
            .starts_with("DUPLICATE_NAME")
    );
    for (member, value, code) in [
        ("userName", json!("a/b"), "INVALID_NAME"),
        ("userName", json!("mintage"), "INVALID_NAME"),
        ("password", json!("short"), "INVALID_PASSWORD"),
        ("permissions", json!([{"roleName": "King"}]), "INVALID_ROLE"),
        ("permissions", json!([]), "INVALID_ROLE"),
        ("userName", json!(7), "INVALID_JSON"),
    ] {
        let mut wrong = new.clone();
        wrong[member] = value;
        let refusal = service.post("/rest/users", &wrong).refusal(400);
        assert!(refusal.starts_with(code), "{member}: {refusal}");
        assert!(!refusal.contains(PASSWORD));
    }

    let id = session(&service, "keeper");
    let read = |id: &str| sent(&service, Method::GET, "/rest/roles", "auth", id, json!({})).status;
    assert_eq!(read(&id), 200);
    let changed =
        json!({"permissions": [{"roleName": "Server administrator"}], "eTag": made["eTag"]});
    let changed = service.put("/rest/users/keeper", &changed).json(200);
    assert_eq!(
        changed["permissions"][0]["roleName"],
        "Server administrator"
    );
    assert_eq!(read(&id), 401, "another role ends the sessions");
    let stale = service.put(
        "/rest/users/keeper",
        &json!({"enabled": false, "eTag": made["eTag"]}),
    );
    assert!(stale.refusal(412).starts_with("CHANGED_MEANWHILE"));

    service
        .put("/rest/users/keeper", &json!({"enabled": false}))
        .json(200);
    assert!(
        log_in(&service, "keeper", PASSWORD)
            .refusal(401)
            .starts_with("INVALID_CREDENTIALS")
    );
    service.delete("/rest/users/keeper").empty(204);
    assert!(
        service
            .get("/rest/users/keeper")
            .refusal(404)
            .contains("keeper")
    );

    for reply in [
        service.delete("/rest/users/administrator"),
        service.put("/rest/users/administrator", &json!({"enabled": false})),
        service.put(
            "/rest/users/administrator",
            &json!({"permissions": [{"roleName": "Read only"}]}),
        ),
    ] {
        assert!(reply.refusal(409).starts_with("LAST_ADMINISTRATOR"));
    }
}

#[test]
fn everybody_changes_the_own_password() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let id = session(&service, "keeper");
    let change = |old: &str, new: &str| {
        let body = json!({"oldPassword": old, "newPassword": new});
        sent(
            &service,
            Method::POST,
            "/rest/users/change-password",
            "auth",
            &id,
            body,
        )
    };
    assert!(
        change("wrong", "another good one")
            .refusal(403)
            .starts_with("INVALID_CREDENTIALS")
    );
    assert!(
        change(PASSWORD, "short")
            .refusal(400)
            .starts_with("INVALID_PASSWORD")
    );
    change(PASSWORD, "another good one").empty(204);
    assert!(
        change("another good one", PASSWORD)
            .refusal(401)
            .starts_with("AUTHENTICATION")
    );
    log_in(&service, "keeper", "another good one").json(200);
}

#[test]
fn api_tokens_are_shown_once_and_let_no_more_than_their_role() {
    let service = Service::start();
    user(&service, "keeper", Role::SoftwareAdministrator);
    let id = session(&service, "keeper");
    let make = |body: Json| {
        sent(
            &service,
            Method::POST,
            "/rest/api-tokens",
            "auth",
            &id,
            body,
        )
    };
    let made = make(json!({"name": "CI", "role": "read only", "days": 30})).json(201);
    let text = made["token"].as_str().unwrap();
    assert!(text.starts_with("mintage_"));
    assert_eq!(made["role"], "Read only");
    assert!(
        make(json!({"name": "CI", "role": "Server administrator"}))
            .refusal(403)
            .starts_with("FORBIDDEN")
    );
    assert!(
        make(json!({"name": "", "days": 1}))
            .refusal(400)
            .starts_with("INVALID_NAME")
    );
    assert!(
        make(json!({"name": "CI", "days": 0}))
            .refusal(400)
            .starts_with("INVALID_LIFE")
    );

    let bearer = format!("Bearer {text}");
    let with = |method: Method, uri: &str, body: Json| {
        sent(&service, method, uri, "authorization", &bearer, body)
    };
    let listed = with(Method::GET, "/rest/api-tokens", json!({})).json(200);
    assert_eq!(listed["total"], 1);
    assert!(!listed.to_string().contains(text));
    assert!(
        with(Method::GET, "/rest/users", json!({}))
            .refusal(403)
            .starts_with("FORBIDDEN")
    );
    assert!(
        with(Method::POST, "/rest/api-tokens", json!({"name": "x"}))
            .refusal(403)
            .starts_with("FORBIDDEN")
    );

    let uri = made["uri"].as_str().unwrap();
    user(&service, "other", Role::ReadOnly);
    let other = session(&service, "other");
    assert!(
        sent(&service, Method::DELETE, uri, "auth", &other, json!({}))
            .refusal(404)
            .contains("API token")
    );
    sent(&service, Method::DELETE, uri, "auth", &id, json!({})).empty(204);
    assert!(
        with(Method::GET, "/rest/api-tokens", json!({}))
            .refusal(401)
            .starts_with("AUTHENTICATION")
    );
}

#[test]
fn the_audit_log_has_who_did_what_and_no_secret() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    log_in(&service, "keeper", "a wrong password");
    log_in(&service, "keeper", PASSWORD).json(200);
    service.delete("/rest/users/keeper").empty(204);
    service
        .delete("/rest/users/keeper?secret=s3cret")
        .refusal(404);
    let log = service.get("/rest/audit-logs?count=4").json(200);
    let rows: Vec<String> = log["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|entry| {
            let text = |member: &str| entry[member].as_str().unwrap().to_owned();
            format!(
                "{} {} {} {} {}",
                text("userName"),
                text("method"),
                text("path"),
                entry["outcome"],
                text("detail")
            )
        })
        .collect();
    assert_eq!(
        rows,
        [
            "administrator DELETE /rest/users/keeper 404 RESOURCE_NOT_FOUND",
            "administrator DELETE /rest/users/keeper 204 ",
            "keeper POST /rest/login-sessions 200 ",
            "keeper POST /rest/login-sessions 401 INVALID_CREDENTIALS",
        ]
    );
    for secret in ["s3cret", PASSWORD, "a wrong password"] {
        assert!(!log.to_string().contains(secret), "{secret}");
    }
    let of_keeper = service
        .get("/rest/audit-logs?user=keeper&count=1")
        .json(200);
    assert_eq!(
        (of_keeper["total"].as_u64(), of_keeper["count"].as_u64()),
        (Some(2), Some(1))
    );
    assert!(
        of_keeper["nextPageUri"]
            .as_str()
            .unwrap()
            .contains("start=1")
    );
}

#[test]
fn the_api_version_is_checked() {
    let service = Service::start();
    for (version, status) in [
        ("120", 200),
        ("4600", 200),
        ("119", 400),
        ("4601", 400),
        ("x", 400),
    ] {
        let mut request = request(Method::GET, "/rest/version", "");
        request
            .headers_mut()
            .insert("X-API-Version", version.parse().unwrap());
        assert_eq!(service.send_as_it_is(request).status, status, "{version}");
    }
}

/// Every route with what it declares: a change of this file is a change of who may do what.
#[test]
fn every_route_declares_its_permission() {
    let enforcement = Enforcement::new(&mintage_service::document());
    let lines: Vec<String> = enforcement
        .routes()
        .map(|(method, path, permission)| format!("{method:6} {path}: {permission:?}"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"));
}

#[test]
fn every_route_refuses_and_lets_every_role_as_declared() {
    let service = Service::start();
    for role in Role::ALL {
        user(&service, &name(role), role);
    }
    let enforcement = Enforcement::new(&mintage_service::document());
    for (method, path, permission) in enforcement.routes() {
        let uri = path
            .replace("{id}", "none")
            .replace("{name}", "none")
            .replace(['{', '}'], "");
        let ask = |session: Option<&str>| {
            let mut request = request(method.parse().unwrap(), &uri, "{}");
            if let Some(session) = session {
                request
                    .headers_mut()
                    .insert("auth", session.parse().unwrap());
            }
            service.answered(request)
        };
        let place = format!("{method} {path}");
        if permission == Permission::Public {
            assert_ne!(ask(None).0, 401, "{place}");
            continue;
        }
        assert_eq!(ask(None).0, 401, "{place} without a session");
        assert_eq!(
            ask(Some("0123")).0,
            401,
            "{place} with a session that is none"
        );
        for role in Role::ALL {
            let (status, code) = ask(Some(&session(&service, &name(role))));
            let is_refused = status == 403 && code.as_deref() == Some("FORBIDDEN");
            assert_eq!(
                !is_refused,
                permission.is_granted_to(role),
                "{place} as {role}"
            );
            assert_ne!(status, 401, "{place} as {role}");
        }
    }
}

#[test]
fn who_may_begin_a_task_may_stop_it() {
    let service = Service::start();
    for role in Role::ALL {
        user(&service, &name(role), role);
    }
    for (verb, permission) in [
        ("os-volume.deploy", Permission::Deploy),
        ("os-volume.capture", Permission::Artifacts),
        ("take-in-golden-image", Permission::Artifacts),
        ("bundle-create", Permission::Artifacts),
        ("backup-create", Permission::Administer),
    ] {
        let task = service.state.records.change(&Author::service(), |change| {
            change.insert(Task {
                name: "Create".into(),
                owner: "anna".into(),
                task_state: TaskState::Completed,
                task_status: String::new(),
                percent_complete: 100,
                steps: Vec::new(),
                log: Vec::new(),
                errors: Vec::new(),
                warnings: Vec::new(),
                output: Vec::new(),
                resource: None,
                resource_name: None,
                verb: verb.into(),
                input: Json::Null,
                cancel_requested: false,
                started: None,
                ended: None,
            })
        });
        let task = task.map_err(|error: RecordsError| error).unwrap().id;
        for role in Role::ALL {
            let uri = format!("/rest/tasks/{task}/cancel");
            let mut request = request(Method::POST, &uri, "{}");
            let session = session(&service, &name(role));
            let headers = request.headers_mut();
            headers.insert("auth", session.parse().unwrap());
            // It has ended: who may stop it hears that.
            let expected = match permission.is_granted_to(role) {
                true => (409, "TASK_ENDED"),
                false => (403, "FORBIDDEN"),
            };
            let (status, code) = service.answered(request);
            let answer = (status.as_u16(), code.unwrap_or_default());
            assert_eq!((answer.0, answer.1.as_str()), expected, "{verb} as {role}");
        }
    }
}

fn name(role: Role) -> String {
    role.to_string().replace(' ', "-")
}
