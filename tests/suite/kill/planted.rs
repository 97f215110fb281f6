//! The checker itself: what is planted is found.

use super::model::{BUNDLES, IMAGES, SCRIPTS, VOLUMES};
use super::{SEED, Siege};
use mintage_records::model::{GoldenImage, State};
use mintage_records::{Author, DatabaseUrl, Records, RecordsError};
use mintage_test_support::Environment;
use serde_json::json;
use std::fs;
use std::path::Path;

/// So many requests leave one of each behind.
const REQUESTS: u64 = 200;

#[test]
fn what_is_planted_is_found() {
    let environment = Environment::new();
    let url = format!("sqlite:{}", environment.path("data/records.db").display());
    let mut siege = Siege::begin(&environment, &url, SEED, 1);
    siege.clients[0].work(&siege.server, REQUESTS);
    siege.settle();
    for collection in [SCRIPTS, IMAGES, VOLUMES, BUNDLES] {
        let complete = siege.clients[0].model.complete(collection);
        assert!(!complete.is_empty(), "{collection:?}");
    }
    lost_and_made(&siege);
    assert!(siege.server.stop().success());
    assert_eq!(siege.stored_at_rest(), [] as [String; 0]);
    files(&siege);
    rows(&siege);
}

/// What the service has and the client does not know, and the other way round.
fn lost_and_made(siege: &Siege<'_>) {
    let (server, client) = (&siege.server, &siege.clients[0]);
    let found = |expected: &str| {
        let findings = client.compare(server);
        assert!(
            findings.len() == 1 && findings[0].contains(expected),
            "{expected}: {findings:#?}"
        );
    };
    let script = json!({"name": "client-0-planted", "planType": "deploy", "content": "echo"});
    let made = server.post("/rest/plan-scripts", &script).json();
    found("nobody made");
    server.delete(made["uri"].as_str().unwrap());
    assert_eq!(client.compare(server), [] as [String; 0]);

    let uri = &client.model.complete(IMAGES)[0];
    let known = &client.model.there[uri];
    server.put(uri, &json!({ "description": "planted" }));
    found("planted");
    server.put(uri, &json!({ "description": known.text }));
    assert_eq!(client.compare(server), [] as [String; 0]);

    let uri = &client.model.complete(VOLUMES)[0];
    assert_eq!(server.delete(uri).status, 204);
    found("is lost");
    // The rest of the test looks at what is stored only.
}

fn files(siege: &Siege<'_>) {
    let data = siege.server.data();
    let found = |expected: &str, path: &Path| {
        let findings = siege.stored_at_rest();
        let is_it = |finding: &String| {
            finding.contains(expected) && finding.contains(&path.display().to_string())
        };
        assert!(
            findings.len() == 1 && findings.iter().all(is_it),
            "{expected}: {findings:#?}"
        );
    };
    let planted = [
        "golden-volumes",
        "os-volumes",
        "artifact-bundles",
        "backups",
    ];
    let orphans = planted.map(|folder| data.join(folder).join("0a0a0a0a.img"));
    let more = [data.join("incoming/0a0a0a0a.part"), data.join(".tmp12")];
    for orphan in orphans.iter().chain(&more) {
        fs::write(orphan, "planted").unwrap();
        found("orphan file", orphan);
        fs::remove_file(orphan).unwrap();
    }
    for folder in ["golden-volumes", "os-volumes", "artifact-bundles"] {
        let file = fs::read_dir(data.join(folder)).unwrap().next();
        let file = file.unwrap_or_else(|| panic!("no file in {folder}"));
        let file = file.unwrap().path();
        let away = siege.server.data().with_extension("away");
        fs::rename(&file, &away).unwrap();
        found("row without its file", &file);
        fs::rename(&away, &file).unwrap();
        let whole = fs::read(&file).unwrap();
        fs::write(&file, &whole[1..]).unwrap();
        found("bytes", &file);
        if folder != "os-volumes" {
            let mut other = whole.clone();
            other[0] ^= 1;
            fs::write(&file, other).unwrap();
            found("another checksum", &file);
        }
        fs::write(&file, whole).unwrap();
    }
    assert_eq!(siege.stored_at_rest(), [] as [String; 0]);
}

/// Rows that belong to nothing.
fn rows(siege: &Siege<'_>) {
    let url = DatabaseUrl::parse(&siege.database).unwrap();
    for (state, expected) in [
        (State::Ok, "row without its file"),
        (State::Creating, "no task does it"),
        (State::Error, "left in the state Error"),
    ] {
        let records = Records::open(&url, "planted").unwrap();
        let planted = records.change(&Author::service(), |change| {
            let all = change.all::<GoldenImage>()?;
            let some = all.into_iter().find(|image| image.body.upload.is_none());
            let body = GoldenImage {
                name: "planted".to_owned(),
                state,
                ..some.unwrap().body
            };
            change.insert(body)
        });
        let id = planted.unwrap().id;
        drop(records);
        let findings = siege.stored_at_rest();
        let has = findings.iter().any(|finding| finding.contains(expected));
        assert!(has, "{expected}: {findings:#?}");
        let records = Records::open(&url, "planted").unwrap();
        let removed = records.change(&Author::service(), |change| {
            change.delete::<GoldenImage>(&id, &mintage_records::Match::Any)
        });
        removed
            .map(drop)
            .map_err(|error: RecordsError| error)
            .unwrap();
    }
    assert_eq!(siege.stored_at_rest(), [] as [String; 0]);
}
