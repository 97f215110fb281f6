//! Who may not any more: a request that was let in before, a stream, a token, another one's reply.

use crate::access::{sent, session, user};
use crate::support::{Reply, Service, request};
use axum::body::Body;
use axum::http::{Method, header};
use mintage_records::access::{Role, User};
use mintage_records::{Author, RecordsError};
use serde_json::{Value as Json, json};
use std::convert::Infallible;

/// Changes a user behind the service's back.
fn alter(service: &Service, name: &'static str, act: fn(&mut User)) -> impl FnOnce() + use<> {
    let records = service.state.records.clone();
    move || {
        let changed = records.change(&Author::service(), |change| {
            let mut user = change.user(name)?;
            act(&mut user);
            change.update_user(&user)
        });
        changed.map_err(|error: RecordsError| error).unwrap();
    }
}

/// POST with an API token and a key.
fn with_key(service: &Service, key: &str, credential: (&str, &str), body: &Json) -> Reply {
    let (name, value) = credential;
    let mut sent = request(Method::POST, "/rest/api-tokens", body.to_string());
    let headers = sent.headers_mut();
    headers.insert("Idempotency-Key", key.parse().unwrap());
    let name: header::HeaderName = name.parse().unwrap();
    headers.insert(name, value.parse().unwrap());
    service.send_as_it_is(sent)
}

fn made_token(service: &Service, session: &str, role: &str) -> (String, String) {
    let body = json!({"name": "robot", "role": role});
    let made = sent(
        service,
        Method::POST,
        "/rest/api-tokens",
        "auth",
        session,
        body,
    )
    .json(201);
    let text = |member: &str| made[member].as_str().unwrap().to_owned();
    (text("uri"), format!("Bearer {}", text("token")))
}

#[test]
fn who_loses_the_right_while_the_body_comes_changes_nothing() {
    let disable: fn(&mut User) = |user| user.is_enabled = false;
    let demote: fn(&mut User) = |user| user.role = Role::ReadOnly;
    for act in [disable, demote] {
        for by_token in [false, true] {
            let service = Service::start();
            user(&service, "chief", Role::InfrastructureAdministrator);
            let id = session(&service, "chief");
            let (name, value) = match by_token {
                false => ("auth", id),
                true => {
                    let (_, token) = made_token(&service, &id, "Infrastructure administrator");
                    ("authorization", token)
                }
            };
            let lose = alter(&service, "chief", act);
            let body = futures_util::stream::once(async move {
                lose();
                Ok::<_, Infallible>(r#"{"name": "late", "planType": "deploy", "content": ""}"#)
            });
            let body = Body::from_stream(body);
            let mut held = request(Method::POST, "/rest/plan-scripts", body);
            held.headers_mut().insert(name, value.parse().unwrap());
            let refused = service.send_as_it_is(held).refusal(401);
            assert!(refused.contains("another role now"), "{refused}");
            assert_eq!(service.get("/rest/plan-scripts").json(200)["total"], 0);
        }
    }
}

#[test]
fn a_stream_of_events_ends_with_the_right_to_read() {
    let service = Service::start();
    user(&service, "reader", Role::ReadOnly);
    let id = session(&service, "reader");
    let mut events = request(Method::GET, "/rest/events", "");
    events.headers_mut().insert("auth", id.parse().unwrap());
    let disable = alter(&service, "reader", |user| user.is_enabled = false);
    let records = service.state.records.clone();
    let meanwhile = || {
        disable();
        let group = mintage_records::model::DeploymentGroup {
            name: "secret project".into(),
            description: None,
        };
        let made = records.change(&Author::service(), |change| change.insert(group));
        made.map_err(|error: RecordsError| error).unwrap();
    };
    let text = service.stream(events, meanwhile, |_| false);
    assert!(!text.contains("deployment-groups"), "{text}");
}

#[test]
fn an_api_token_gets_no_reply_that_another_credential_asked_for() {
    let service = Service::start();
    user(&service, "chief", Role::InfrastructureAdministrator);
    let (first, second) = (session(&service, "chief"), session(&service, "chief"));
    let (_, reader) = made_token(&service, &first, "Read only");
    let body = json!({"name": "deploy bot"});
    let made = with_key(&service, "key", ("auth", &first), &body).json(201);
    // The same user, logged in again.
    let again = with_key(&service, "key", ("auth", &second), &body).json(201);
    assert_eq!(made["token"], again["token"]);
    let refused = with_key(&service, "key", ("authorization", &reader), &body).refusal(422);
    assert!(refused.starts_with("IDEMPOTENCY_KEY_REUSED"), "{refused}");
}

#[test]
fn an_api_token_ends_none_that_may_do_more() {
    let service = Service::start();
    user(&service, "chief", Role::InfrastructureAdministrator);
    let id = session(&service, "chief");
    let (own, reader) = made_token(&service, &id, "Read only");
    let (other, _) = made_token(&service, &id, "Infrastructure administrator");
    let delete = |uri: &str| {
        let name = "authorization";
        sent(&service, Method::DELETE, uri, name, &reader, json!({}))
    };
    delete(&other).refusal(403);
    assert_eq!(delete(&own).status, 204);
    delete(&other).refusal(401);
}

#[test]
fn a_key_stands_for_the_body_whatever_that_is_called() {
    let service = Service::start();
    let make = |name: &str| {
        let body = json!({"name": name, "planType": "deploy", "content": ""});
        let mut sent = request(Method::POST, "/rest/plan-scripts", body.to_string());
        let headers = sent.headers_mut();
        headers.insert("Idempotency-Key", "key".parse().unwrap());
        headers.insert(
            header::CONTENT_TYPE,
            "application/octet-stream".parse().unwrap(),
        );
        service.send(sent)
    };
    make("aaa1").json(201);
    make("bbb2").refusal(422);
    let mut form = request(Method::POST, "/rest/plan-scripts", "{\"name\": \"ccc3\"}");
    let kind = "multipart/form-data; boundary=x".parse().unwrap();
    form.headers_mut().insert(header::CONTENT_TYPE, kind);
    service.send(form).refusal(400);
}

#[test]
fn what_was_changed_meanwhile_is_not_deleted() {
    let service = Service::start();
    user(&service, "carl", Role::ReadOnly);
    let mut stale = request(Method::DELETE, "/rest/users/carl", "");
    stale
        .headers_mut()
        .insert(header::IF_MATCH, "\"99\"".parse().unwrap());
    service.send(stale).refusal(412);
    assert_eq!(service.delete("/rest/users/carl").status, 204);
}
