//! Hostile requests over raw connections, and wrong types in every JSON body that the service
//! describes: a 4xx with a reason, also for a client that still sends, and nothing is left.

use crate::hostile_uploads::Left;
use mintage_test_support::{Environment, Server};
use serde_json::{Value as Json, json};
use std::io::{Read as _, Write as _};
use std::time::{Duration, Instant};
use ureq::http::Method;

const MIB: usize = 1 << 20;
/// The most memory that the service may ever have under all this, in bytes.
const MEMORY: u64 = 256 << 20;
const FORM: &str = "Content-Type: multipart/form-data; boundary=b\r\n";

/// What a client sends, piece by piece, before it listens.
struct Sent {
    what: &'static str,
    path: &'static str,
    headers: &'static str,
    first: &'static str,
    /// Then this many mebibytes, as one chunk each where the body is chunked.
    mebibytes: usize,
    /// The status, and a part of the reply.
    told: (&'static str, &'static str),
}

const SENT: &[Sent] = &[
    Sent {
        what: "100 MB of JSON",
        path: "/rest/plan-scripts",
        headers: "Content-Length: 104857601\r\n",
        first: "\"",
        mebibytes: 100,
        told: ("413", "limits.json-body"),
    },
    Sent {
        what: "endless chunks of JSON",
        path: "/rest/plan-scripts",
        headers: "Transfer-Encoding: chunked\r\n",
        first: "1\r\n\"\r\n",
        mebibytes: 64,
        told: ("413", "limits.json-body"),
    },
    Sent {
        what: "a login of 20 MB",
        path: "/rest/login-sessions",
        headers: "Content-Length: 20971521\r\n",
        first: "\"",
        mebibytes: 20,
        told: ("413", "limits.json-body"),
    },
    Sent {
        what: "a content to compare with of 20 MB",
        path: "/rest/plan-scripts/differences/00000000-0000-4000-8000-000000000000",
        headers: "Content-Length: 20971521\r\n",
        first: "\"",
        mebibytes: 20,
        told: ("413", "limits.json-body"),
    },
    Sent {
        what: "an upload to a place that is none",
        path: "/rest/golden-image",
        headers: "Content-Length: 67108865\r\n",
        first: "x",
        mebibytes: 64,
        told: ("404", "RESOURCE_NOT_FOUND"),
    },
    Sent {
        what: "a form without a boundary",
        path: "/rest/golden-images?name=a",
        headers: "Content-Type: multipart/form-data\r\nContent-Length: 33554433\r\n",
        first: "x",
        mebibytes: 32,
        told: ("400", "INVALID_MULTIPART"),
    },
    Sent {
        what: "a form that never begins",
        path: "/rest/artifact-bundles",
        headers: "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 33554433\r\n",
        first: "x",
        mebibytes: 32,
        told: ("400", "INVALID_MULTIPART"),
    },
    Sent {
        what: "a length that is none",
        path: "/rest/plan-scripts",
        headers: "Content-Length: many\r\n",
        first: "",
        mebibytes: 0,
        told: ("400", ""),
    },
    Sent {
        what: "two lengths",
        path: "/rest/plan-scripts",
        headers: "Content-Length: 1\r\nContent-Length: 2\r\n",
        first: "{}",
        mebibytes: 0,
        told: ("400", ""),
    },
    // These stop in the middle, and listen.
    Sent {
        what: "slow JSON",
        path: "/rest/plan-scripts",
        headers: "Content-Length: 100\r\n",
        first: "{",
        mebibytes: 0,
        told: ("408", "http.body-timeout"),
    },
    Sent {
        what: "a slow upload",
        path: "/rest/golden-images?name=a",
        headers: "Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 9000000\r\n",
        first: "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n",
        mebibytes: 4,
        told: ("408", "http.body-timeout"),
    },
];

fn head(server: &Server<'_>, path: &str, headers: &str) -> String {
    let session = server.session.as_deref().unwrap();
    format!("POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nauth: {session}\r\n{headers}\r\n")
}

/// Sends everything, and only then listens.
fn answer(server: &Server<'_>, sent: &Sent) -> std::io::Result<String> {
    let mut connection = server.connect();
    connection.write_all(head(server, sent.path, sent.headers).as_bytes())?;
    connection.write_all(sent.first.as_bytes())?;
    let piece = vec![b'x'; MIB];
    for _ in 0..sent.mebibytes {
        match sent.headers.contains("chunked") {
            true => connection.write_all(&[b"100000\r\n", piece.as_slice(), b"\r\n"].concat())?,
            false => connection.write_all(&piece)?,
        }
    }
    connection.flush()?;
    let mut told = Vec::new();
    let mut buffer = [0; 4096];
    // One reply fits into a piece or two; the connection may stay open behind it.
    while !String::from_utf8_lossy(&told).contains("\r\n\r\n") || told.len() < 200 {
        match connection.read(&mut buffer)? {
            0 => break,
            read => told.extend_from_slice(&buffer[..read]),
        }
    }
    Ok(String::from_utf8_lossy(&told).into_owned())
}

#[test]
fn a_client_that_still_sends_hears_why_it_is_refused() {
    let environment = Environment::new();
    let server = Server::start(&environment, &["--http-body-timeout", "2 s"]);
    let mut wrong = Vec::new();
    for sent in SENT {
        let start = Instant::now();
        let told = answer(&server, sent);
        let (status, reason) = sent.told;
        let is_told = told.as_ref().is_ok_and(|told| {
            told.starts_with(&format!("HTTP/1.1 {status}")) && told.contains(reason)
        });
        if !is_told || start.elapsed() > Duration::from_secs(30) {
            wrong.push(format!("{}: {:?} {told:?}", sent.what, start.elapsed()));
        }
        if let Err(left) = Left::nothing(&server) {
            wrong.push(format!("{} leaves {left}", sent.what));
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{}",
        wrong.join("\n"),
        server.logged()
    );
    assert!(server.peak_memory() < MEMORY, "{}", server.peak_memory());
}

#[test]
fn an_upload_whose_client_goes_away_leaves_nothing() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let part = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.zip\"\r\n\r\n";
    for path in [
        "golden-images?name=a",
        "artifact-bundles",
        "artifact-bundles/backups/archive",
    ] {
        for mebibytes in [0, 1, 20] {
            let headers = format!("{FORM}Content-Length: 99000000\r\n");
            let mut connection = server.connect();
            let head = head(&server, &format!("/rest/{path}"), &headers);
            connection.write_all(head.as_bytes()).unwrap();
            connection.write_all(part.as_bytes()).unwrap();
            for _ in 0..mebibytes {
                connection.write_all(&vec![b'x'; MIB]).unwrap();
            }
            drop(connection);
            assert_eq!(
                Left::nothing(&server),
                Ok(()),
                "{path} after {mebibytes} MiB"
            );
        }
    }
}

/// A value of each JSON type, and such as break what reads them.
fn values() -> Vec<(&'static str, Json)> {
    let deep = (0..100).fold(json!(1), |inner, _| json!([inner]));
    vec![
        ("null", json!(null)),
        ("boolean", json!(true)),
        ("number", json!(1.5)),
        ("number", json!(-1)),
        ("number", json!(1e308)),
        ("number", json!(u64::MAX)),
        ("string", json!("")),
        ("string", json!("a\u{0}b\u{1b}[31m\n")),
        ("string", json!("x".repeat(MIB))),
        ("array", json!([])),
        ("array", deep),
        ("object", json!({})),
        ("object", json!({ "a": { "b": 1 } })),
    ]
}

/// The members of a schema of the document, with the types that each is declared as.
fn members(document: &Json, schema: &Json) -> Vec<(String, String)> {
    let name = schema["$ref"]
        .as_str()
        .and_then(|uri| uri.rsplit('/').next());
    let schema = name.map_or(schema, |name| &document["components"]["schemas"][name]);
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members = properties.map(|(name, member)| (name.clone(), member["type"].to_string()));
    members.collect()
}

#[test]
fn wrong_types_everywhere_are_refused_with_a_reason() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let document = server.get("/rest/openapi.json").json();
    let (mut sent, mut named, mut wrong) = (0, 0, Vec::new());
    for (path, operations) in document["paths"].as_object().unwrap() {
        let filled = path.replace("{id}", "00000000-0000-4000-8000-000000000000");
        for method in [Method::POST, Method::PUT, Method::PATCH] {
            let operation = &operations[method.as_str().to_lowercase()];
            let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
            for (member, declared) in members(&document, schema) {
                for (kind, value) in values() {
                    if declared.contains(kind) || (kind == "number" && declared.contains("integer"))
                    {
                        continue;
                    }
                    let body = json!({ &member: value }).to_string().into_bytes();
                    let headers = [("content-type", "application/json")];
                    let answer = server.send(method.clone(), &filled, &headers, body);
                    let told = answer.json();
                    let is_reason = told["errorCode"]
                        .as_str()
                        .is_some_and(|code| !code.is_empty())
                        && told["message"]
                            .as_str()
                            .is_some_and(|text| !text.is_empty());
                    if !(400..500).contains(&answer.status) || !is_reason {
                        let told = told.to_string();
                        let told: String = told.chars().take(200).collect();
                        wrong.push(format!(
                            "{method} {path} {member} {kind}: {} {told}",
                            answer.status
                        ));
                    }
                    sent += 1;
                    named += usize::from(told.to_string().contains(&member));
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {sent}:\n{}",
        wrong.len(),
        wrong.join("\n")
    );
    // Most say where; the others are about what is missing besides.
    assert!(sent > 300 && named * 2 > sent, "{named} of {sent}");
    assert_eq!(Left::nothing(&server), Ok(()));
}
