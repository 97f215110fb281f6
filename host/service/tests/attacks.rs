//! What those try who may not: guessing passwords, keeping out of the audit log, filling it.

use crate::access::{PASSWORD, log_in, sent, session, user};
use crate::support::{Service, request};
use axum::body::Body;
use axum::http::{Method, Request};
use mintage_records::RecordsError;
use mintage_records::access::Role;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn who_may_not_do_it_is_named_in_the_audit_log_and_strangers_are_not_in_it() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let id = session(&service, "keeper");
    let uri = "/rest/users/keeper";
    sent(&service, Method::DELETE, uri, "auth", &id, json!({})).refusal(403);
    sent(&service, Method::DELETE, uri, "auth", "0123", json!({})).refusal(401);
    let body = json!({"userName": "keeper"}).to_string();
    service
        .send_as_it_is(request(Method::POST, "/rest/login-sessions", body))
        .refusal(400);
    // Somebody's hands were quicker than the eyes: the name is no user's.
    log_in(&service, "my very own password", "").refusal(401);
    let log = service.get("/rest/audit-logs").json(200);
    let rows = log["members"].as_array().unwrap().iter().map(|entry| {
        let text = |member: &str| entry[member].as_str().unwrap().to_owned();
        [text("userName"), text("path"), text("detail")].join(" ")
    });
    assert_eq!(
        rows.collect::<Vec<_>>(),
        [
            " /rest/login-sessions INVALID_CREDENTIALS",
            "keeper /rest/users/keeper FORBIDDEN",
        ]
    );
}

#[test]
fn a_change_is_audited_when_its_client_goes_away() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let records = service.state.records.clone();
    let is_gone = || {
        let found = records.read(|view| view.find_user("keeper"));
        found
            .map_err(|error: RecordsError| error)
            .unwrap()
            .is_none()
    };
    let delete = request(Method::DELETE, "/rest/users/keeper", "{}");
    service.abandon_when(delete, is_gone);
    let start = Instant::now();
    let entry = loop {
        let log = service.get("/rest/audit-logs").json(200);
        if log["total"] != 0 {
            break log["members"][0].clone();
        }
        assert!(
            start.elapsed() < Duration::from_secs(20),
            "it is not in the log"
        );
    };
    assert_eq!(
        (&entry["path"], &entry["outcome"]),
        (&json!("/rest/users/keeper"), &json!(204))
    );
}

#[test]
fn logins_that_come_together_do_not_get_past_the_limit() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let body = |password: &str| json!({"userName": "keeper", "password": password}).to_string();
    let attempt = |password: &str| request(Method::POST, "/rest/login-sessions", body(password));
    let statuses = |requests: &mut dyn Iterator<Item = Request<Body>>| -> Vec<u16> {
        let replies = service.send_all(requests);
        replies.iter().map(|reply| reply.status.as_u16()).collect()
    };
    // Many that are right may come together, many that are wrong not.
    let all = statuses(&mut (0..8).map(|_| attempt(PASSWORD)));
    assert!(all.iter().all(|status| *status == 200), "{all:?}");
    let all = statuses(&mut (0..20).map(|_| attempt("wrong")));
    let compared = all.iter().filter(|status| **status == 401).count();
    // Two are compared at once.
    assert!((5..=6).contains(&compared), "{all:?}");
    assert_eq!(
        all.iter().filter(|status| **status == 429).count(),
        20 - compared
    );
}

#[test]
fn the_old_password_cannot_be_found_by_trying() {
    let service = Service::start();
    user(&service, "keeper", Role::ReadOnly);
    let id = session(&service, "keeper");
    let uri = "/rest/users/change-password";
    let body = json!({"oldPassword": "wrong", "newPassword": "another good one"});
    for _ in 0..5 {
        sent(&service, Method::POST, uri, "auth", &id, body.clone()).refusal(403);
    }
    sent(&service, Method::POST, uri, "auth", &id, body).refusal(429);
}
