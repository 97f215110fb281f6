//! `Idempotency-Key`: the same key never does the work twice.

use crate::support::{Reply, Service, request};
use axum::body::Body;
use axum::http::{Method, Request};
use serde_json::{Value as Json, json};
use std::time::Duration;

const SCRIPTS: &str = "/rest/plan-scripts";

fn script(name: &str) -> Json {
    json!({ "name": name, "planType": "general", "content": "echo" })
}

fn post(uri: &str, key: &str, body: &Json) -> Request<Body> {
    let mut request = request(Method::POST, uri, body.to_string());
    let headers = request.headers_mut();
    headers.insert("Idempotency-Key", key.parse().unwrap());
    request
}

fn is_replayed(reply: &Reply) -> bool {
    reply
        .headers
        .get("idempotency-replayed")
        .is_some_and(|value| value == "true")
}

fn count(service: &Service) -> Json {
    service.get(SCRIPTS).json(200)["total"].clone()
}

/// Changes the rows of all keys past the store, as a crash leaves them, and starts the service again.
fn crashed(service: Service, sets: &str) -> Service {
    let database = service.state.folder.root().join("records.db");
    let connection = rusqlite::Connection::open(database).unwrap();
    let changed = connection.execute(&format!("UPDATE idempotency SET {sets}"), ());
    assert_eq!(changed.unwrap(), 1);
    service.restart()
}

#[test]
fn the_same_request_gets_the_same_reply_also_after_a_restart() {
    let service = Service::start();
    let first = service.send(post(SCRIPTS, "k1", &script("one")));
    assert!(!is_replayed(&first));
    let made = first.json(201);
    let mut service = service;
    for _ in 0..2 {
        let again = service.send(post(SCRIPTS, "k1", &script("one")));
        assert!(is_replayed(&again));
        assert_eq!(again.headers["location"], first.headers["location"]);
        assert_eq!((again.json(201), count(&service)), (made.clone(), json!(1)));
        service = service.restart();
    }
    // Without a key it is another request.
    service.post(SCRIPTS, &script("one")).refusal(409);
}

#[test]
fn another_request_under_the_key_is_refused() {
    let service = Service::start();
    service.send(post(SCRIPTS, "k1", &script("one"))).json(201);
    for (uri, body) in [
        (SCRIPTS, script("two")),
        ("/rest/build-plans", script("one")),
        ("/rest/plan-scripts?x=1", script("one")),
    ] {
        assert_eq!(
            service.send(post(uri, "k1", &body)).refusal(422),
            "IDEMPOTENCY_KEY_REUSED: another request had this `Idempotency-Key`"
        );
    }
    assert_eq!(count(&service), json!(1));
}

#[test]
fn what_did_nothing_may_be_tried_again() {
    let service = Service::start();
    service.send(post(SCRIPTS, "k1", &script("one"))).json(201);
    let refused = service.send(post(SCRIPTS, "k2", &script("one")));
    assert!(refused.refusal(409).starts_with("DUPLICATE_NAME"));
    let other = format!("{SCRIPTS}?filter=name='one'");
    let uri = service.get(&other).json(200)["members"][0]["uri"].clone();
    service.delete(uri.as_str().unwrap());
    service.send(post(SCRIPTS, "k2", &script("one"))).json(201);
}

#[test]
fn a_reply_that_a_crash_took_is_made_of_what_was_made() {
    let service = Service::start();
    let made = service.send(post(SCRIPTS, "k1", &script("one"))).json(201);
    let service = crashed(service, "status = NULL, body = NULL");
    let again = service.send(post(SCRIPTS, "k1", &script("one")));
    assert!(is_replayed(&again));
    assert_eq!(again.headers["location"], made["uri"].as_str().unwrap());
    assert_eq!((again.json(201), count(&service)), (made.clone(), json!(1)));

    service.delete(made["uri"].as_str().unwrap());
    let gone = service.send(post(SCRIPTS, "k1", &script("one")));
    assert_eq!(
        gone.refusal(410),
        "GONE: the request was carried out, and what it made is gone"
    );
    assert_eq!(count(&service), json!(0));
}

#[test]
fn what_is_no_resource_is_not_made_twice_after_a_crash() {
    let user = json!({ "userName": "ada", "password": "correct horse battery", "fullName": "Ada",
        "permissions": [{ "roleName": "Read only" }] });
    let upload = json!({ "name": "disk", "format": "raw", "size": 1 });
    let of = |collection: &str| format!("/rest/{collection}");
    for (uri, body, expected) in [
        (of("users"), user, Ok("userName")),
        (of("golden-images/uploads"), upload, Ok("offset")),
        (of("api-tokens"), json!({ "name": "ci" }), Err("REPLY_LOST")),
    ] {
        let service = Service::start();
        service.send(post(&uri, "k1", &body)).json(201);
        let service = crashed(service, "status = NULL, body = NULL");
        let again = service.send(post(&uri, "k1", &body));
        match expected {
            Ok(member) => {
                let again = again.json(201);
                assert!(!again[member].is_null(), "{again:#}");
            }
            Err(code) => {
                let refusal = again.refusal(409);
                assert!(refusal.starts_with(code), "{refusal}");
                assert_eq!(service.get(&uri).json(200)["total"], 1);
            }
        }
    }
}

#[test]
fn work_that_a_crash_took_is_done() {
    let service = Service::start();
    let made = service.send(post(SCRIPTS, "k1", &script("one"))).json(201);
    service.delete(made["uri"].as_str().unwrap());
    let service = crashed(service, "status = NULL, body = NULL, location = NULL");
    let again = service.send(post(SCRIPTS, "k1", &script("one")));
    assert!(!is_replayed(&again));
    assert_ne!(again.json(201)["uri"], made["uri"]);
}

#[test]
fn while_a_request_runs_its_key_is_taken() {
    let service = Service::start();
    let replies = service.send_all((0..8).map(|_| post(SCRIPTS, "k1", &script("one"))));
    let mut done = 0;
    for reply in replies {
        match reply.status.as_u16() {
            201 => done += u32::from(!is_replayed(&reply)),
            _ => {
                assert_eq!(reply.headers["retry-after"], "1");
                assert!(reply.refusal(409).starts_with("REQUEST_RUNNING"));
            }
        }
    }
    assert_eq!((done, count(&service)), (1, json!(1)));
}

#[test]
fn a_client_that_goes_away_gets_its_reply_later() {
    let service = Service::start();
    let mut moments_of_work = 0;
    for made in 1..=60 {
        let name = format!("script {made}");
        let send = || post(SCRIPTS, &name, &script(&name));
        service.send_and_leave(send(), Duration::from_micros(made * 200));
        let mut reply = service.send(send());
        while reply.status == 409 {
            moments_of_work += 1;
            reply = service.send(send());
        }
        reply.json(201);
        assert_eq!(count(&service), json!(made));
    }
    assert!(
        moments_of_work > 0,
        "no client went away while its work was done"
    );
}

#[test]
fn a_key_must_be_one() {
    let service = Service::start();
    for key in [String::new(), " ".to_owned(), "x".repeat(256)] {
        assert_eq!(
            service
                .send(post(SCRIPTS, &key, &script("one")))
                .refusal(400),
            "INVALID_IDEMPOTENCY_KEY: `Idempotency-Key` must have 1 to 255 ASCII characters"
        );
    }
    let longest = "x".repeat(255);
    service
        .send(post(SCRIPTS, &longest, &script("one")))
        .json(201);
}

#[test]
fn every_post_says_that_it_takes_a_key() {
    let service = Service::start();
    let document = service.get("/rest/openapi.json").json(200);
    let posts = document["paths"].as_object().unwrap().iter();
    let posts = posts.filter_map(|(path, item)| Some((path, item.get("post")?)));
    let mut seen = 0;
    for (path, post) in posts {
        let parameters = post["parameters"].as_array().unwrap();
        assert!(
            parameters.iter().any(|p| p["name"] == "Idempotency-Key"),
            "{path}"
        );
        seen += 1;
    }
    assert!(seen > 3);
}
