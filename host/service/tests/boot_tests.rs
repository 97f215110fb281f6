//! Boot tests over their routes: what is refused, and what is shown. That something boots is tested with the
//! whole program.

use crate::support::Service;
use mintage_records::model::{BootTest, GoldenImage};
use mintage_records::{Author, Id, Time};
use serde_json::json;
use std::fs;

/// A golden image and its URI; `test` came of its boot test.
fn image(service: &Service, state: &str, test: Option<BootTest>) -> (Id, String) {
    let image = json!({ "name": "debian", "state": state, "size": 1, "used": 1, "imageCapture": false,
        "importedFromBundle": false, "readOnly": false, "bootTest": test });
    let image: GoldenImage = serde_json::from_value(image).unwrap();
    let made = service
        .state
        .records
        .change(&Author::service(), |change| change.insert(image));
    let id = made.unwrap().id;
    let uri = format!("/rest/golden-images/{id}");
    (id, uri)
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let service = Service::start();
    let (_, uri) = image(&service, "OK", None);
    let test = format!("{uri}/boot-test");
    for (body, code) in [
        (json!({"firmware": "coreboot"}), "INVALID_FIRMWARE"),
        (json!({"timeout": 0}), "INVALID_TIMEOUT"),
        (json!({"timeout": 3601}), "INVALID_TIMEOUT"),
        (json!({"pattern": "("}), "INVALID_PATTERN"),
    ] {
        let refusal = service.post(&test, &body).refusal(400);
        assert!(refusal.starts_with(code), "{refusal}");
    }
    for other in ["golden-images", "os-volumes"] {
        let uri = format!("/rest/{other}/{}/boot-test", Id::generate());
        service.post(&uri, &json!({})).refusal(404);
        service.get(&format!("{uri}/console")).refusal(404);
    }
}

#[test]
fn the_result_is_shown_with_the_image_and_its_console_apart() {
    let service = Service::start();
    let task = Id::generate();
    let test = BootTest {
        passed: false,
        reason: "the kernel panicked".into(),
        firmware: "uefi".into(),
        started: Time::from_millis(1_700_000_000_000),
        milliseconds: 1500,
        task: task.clone(),
    };
    let (_, uri) = image(&service, "OK", Some(test));
    let shown = service.get(&uri).json(200);
    let expected = json!({ "result": "failed", "reason": "the kernel panicked", "firmware": "uefi",
        "started": "2023-11-14T22:13:20.000Z", "seconds": 1.5, "taskUri": format!("/rest/tasks/{task}"),
        "consoleUri": format!("{uri}/boot-test/console") });
    assert_eq!(shown["bootTest"], expected);

    let console = format!("{uri}/boot-test/console");
    service.get(&console).refusal(404);
    fs::write(service.state.folder.console(&task), "Kernel panic\\u{7}\n").unwrap();
    let reply = service.get(&console);
    assert_eq!(reply.bytes, "Kernel panic\\u{7}\n");
    let kind = reply.headers["content-type"].to_str().unwrap();
    assert_eq!(kind, "text/plain; charset=utf-8");
    service.delete(&uri).empty(204);
    assert!(!service.state.folder.console(&task).exists());
}
