//! What is asked for and what is kept of boot tests: over a real store. That something boots is tested with
//! the whole program.

use super::*;
use crate::DataFolder;
use crate::alerts::{ACTIVE, CLEARED};
use mintage_records::model::{Alert, BootTest, GoldenImage};
use mintage_records::{Author, DatabaseUrl, Id, Kind, Match, Records, Time};
use serde_json::json;
use tempfile::TempDir;

struct World {
    records: Records,
    folder: DataFolder,
    _directory: TempDir,
}

impl World {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("records.db"));
        Self {
            records: Records::open(&url, "test").unwrap(),
            folder: DataFolder::open(directory.path()).unwrap(),
            _directory: directory,
        }
    }

    fn image(&self, state: &str) -> Id {
        let image = json!({ "name": "debian\n12", "state": state, "size": 1, "used": 1,
            "imageCapture": true, "importedFromBundle": false, "readOnly": false });
        let image: GoldenImage = serde_json::from_value(image).unwrap();
        let stored = self
            .records
            .change(&Author::service(), |change| change.insert(image));
        stored.unwrap().id
    }

    fn keep(&self, image: &Id, test: &BootTest) -> Option<BootTest> {
        let about = (Kind::GoldenImages, image.clone());
        let kept = self.records.change(&Author::service(), |change| {
            result::keep(change, &about, test)
        });
        kept.unwrap()
    }

    fn alerts(&self) -> Vec<(String, String)> {
        let alerts = self.records.read(|view| view.all::<Alert>()).unwrap();
        let alerts = alerts.into_iter().map(|alert| alert.body);
        alerts
            .map(|alert| (alert.alert_state, alert.description))
            .collect()
    }

    fn files(&self) -> usize {
        std::fs::read_dir(self.folder.boot_tests()).unwrap().count()
    }
}

fn test(passed: bool) -> BootTest {
    BootTest {
        passed,
        reason: "the kernel panicked".into(),
        firmware: "bios".into(),
        started: Time::now(),
        milliseconds: 1500,
        task: Id::generate(),
    }
}

#[test]
fn what_cannot_be_asked_for_is_refused() {
    let usual = BootTestRequest::default;
    let long = "a".repeat(BootTestRequest::MAX_PATTERN + 1);
    for (request, code) in [
        (
            BootTestRequest {
                timeout: 0,
                ..usual()
            },
            "INVALID_TIMEOUT",
        ),
        (
            BootTestRequest {
                timeout: 3601,
                ..usual()
            },
            "INVALID_TIMEOUT",
        ),
        (
            BootTestRequest {
                pattern: "(".into(),
                ..usual()
            },
            "INVALID_PATTERN",
        ),
        (
            BootTestRequest {
                pattern: long,
                ..usual()
            },
            "INVALID_PATTERN",
        ),
    ] {
        let problems = request.check().unwrap_err().problems();
        assert_eq!(problems[0].error_code, code, "{request:?}");
        assert!(!problems[0].recommended_actions.is_empty());
    }
    usual().test().unwrap();
}

#[test]
fn only_what_is_complete_is_booted() {
    for (state, expected) in [("CREATING", false), ("ERROR", false), ("OK", true)] {
        let world = World::new();
        let about = (Kind::GoldenImages, world.image(state));
        let request = BootTestRequest::default();
        let begun = world
            .records
            .change(&Author::service(), |change| begin(change, about, request));
        assert_eq!(begun.is_ok(), expected, "{state}");
    }
}

#[test]
fn a_failed_test_is_an_alert_until_another_one_passes() {
    let world = World::new();
    let image = world.image("OK");
    let (failed, passed) = (test(false), test(true));
    assert_eq!(world.keep(&image, &failed), None);
    assert_eq!(world.keep(&image, &failed), None, "recorded once more");
    let description = "the golden image `debian\\n12` did not boot: the kernel panicked".to_owned();
    assert_eq!(world.alerts(), [(ACTIVE.to_owned(), description.clone())]);
    assert_eq!(world.keep(&image, &passed), Some(failed));
    assert_eq!(world.alerts(), [(CLEARED.to_owned(), description)]);
    let stored = world.records.read(|view| view.get::<GoldenImage>(&image));
    assert_eq!(stored.unwrap().body.boot_test, Some(passed));
}

#[test]
fn a_deleted_image_takes_its_alert_and_console_with_it() {
    let world = World::new();
    let image = world.image("OK");
    let failed = test(false);
    world.keep(&image, &failed);
    result::write_console(&world.folder, &failed.task, "panic").unwrap();
    let (records, folder, any) = (&world.records, &world.folder, &Match::Any);
    crate::golden_images::delete(records, folder, &Author::service(), &image, any).unwrap();
    assert_eq!(world.files(), 0);
    assert_eq!(world.alerts()[0].0, CLEARED);
}

#[test]
fn what_a_crash_left_is_removed_at_the_start() {
    let world = World::new();
    let kept = test(true);
    world.keep(&world.image("OK"), &kept);
    result::write_console(&world.folder, &kept.task, "kept").unwrap();
    result::write_console(&world.folder, &Id::generate(), "stray").unwrap();
    std::fs::write(world.folder.boot_tests().join(".tmpx"), "half").unwrap();
    let cut_off = world.folder.boot_tests().join("boot-test-x");
    std::fs::create_dir(&cut_off).unwrap();
    std::fs::write(cut_off.join("vl.x"), "written").unwrap();
    sweep(&world.records, &world.folder).unwrap();
    assert_eq!(world.files(), 1);
    let console = std::fs::read_to_string(world.folder.console(&kept.task)).unwrap();
    assert_eq!(console, "kept");
}
