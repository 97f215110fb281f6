//! Documents: stored, read, changed, deleted; versions.

use crate::samples::{
    author, build_plan, deployment_plan, get, golden_image, os_volume, put, script,
};
use crate::store::Store;
use mintage_records::model::{OsVolume, PlanScript};
use mintage_records::{Author, Id, Kind, Match, RecordsError};

pub fn what_is_stored_is_read_back(store: &Store) {
    let records = store.open();
    let made = put(&records, script("hostname"));
    assert_eq!((made.version, made.generation), (1, 1));
    assert_eq!(made.changed_by, "ada");
    assert_eq!(made.created, made.modified);
    assert_eq!(get::<PlanScript>(&records, &made.id).unwrap(), made);
    let found = records.read(|view| view.find_by_name::<PlanScript>("HostName"));
    assert_eq!(found.unwrap(), Some(made.clone()));

    let mut body = made.body.clone();
    body.content = "// nothing\n".to_owned();
    let changed = records.change(&Author::user("bob"), |change| {
        change.update(&made.id, &Match::Any, body)
    });
    let changed = changed.unwrap();
    assert_eq!((changed.version, changed.changed_by.as_str()), (2, "bob"));
    assert_eq!(changed.created, made.created);
    assert_eq!(get(&records, &made.id).unwrap(), changed);

    drop(records);
    let records = store.open();
    assert_eq!(get(&records, &made.id).unwrap(), changed);
    let deleted = records.change(&author(), |change| {
        change.delete::<PlanScript>(&made.id, &Match::Version(2))
    });
    assert_eq!(deleted.unwrap(), changed);
    let gone = get::<PlanScript>(&records, &made.id).unwrap_err();
    let text = format!("there is no plan script `{}`", made.id);
    assert_eq!(gone.to_string(), text);
    let versions = records.read(|view| view.versions(Kind::PlanScripts, &made.id));
    assert_eq!(versions.unwrap(), []);
}

pub fn versions_are_kept(store: &Store) {
    let records = store.open();
    let made = put(&records, script("motd"));
    for number in 2..=4 {
        let mut body = made.body.clone();
        body.content = format!("// {number}\n");
        let change = |change: &mut mintage_records::Change<'_>| {
            change.update(&made.id, &Match::Version(number - 1), body)
        };
        records.change(&author(), change).unwrap();
    }
    let versions = records.read(|view| view.versions(Kind::PlanScripts, &made.id));
    let numbers: Vec<u64> = versions
        .unwrap()
        .iter()
        .map(|(number, ..)| *number)
        .collect();
    assert_eq!(numbers, [4, 3, 2, 1]);
    let old = records.read(|view| view.version::<PlanScript>(&made.id, 3));
    assert_eq!(old.unwrap().body.content, "// 3\n");
    let first = records.read(|view| view.version::<PlanScript>(&made.id, 1));
    assert_eq!(first.unwrap(), made);
    let none = records.read(|view| view.version::<PlanScript>(&made.id, 5));
    assert!(matches!(none, Err(RecordsError::NotFound { .. })));

    // A kind that keeps none.
    let scripts = [made.id];
    let plan = put(&records, build_plan("plan", &scripts));
    let image = put(&records, golden_image("debian", 1));
    let plan = put(&records, deployment_plan("web", &plan.id, Some(&image.id)));
    let volume = put(&records, os_volume("web01", &plan));
    let versions = records.read(|view| view.versions(Kind::OsVolumes, &volume.id));
    assert_eq!(versions.unwrap(), []);
    assert_eq!(get::<OsVolume>(&records, &volume.id).unwrap(), volume);
}

pub fn a_change_meant_for_another_version_is_refused(store: &Store) {
    let records = store.open();
    let made = put(&records, script("motd"));
    let missing = Id::generate();
    for expected in [0, 2] {
        let expected = Match::Version(expected);
        let update = records.change(&author(), |change| {
            change.update(&made.id, &expected, script("other"))
        });
        let delete = records.change(&author(), |change| {
            change.delete::<PlanScript>(&made.id, &expected)
        });
        for result in [update, delete] {
            let changed = matches!(result, Err(RecordsError::Changed { actual: 1, .. }));
            assert!(changed, "{result:?}");
        }
    }
    for expected in [Match::Any, Match::Version(1)] {
        let update = records.change(&author(), |change| {
            change.update(&missing, &expected, script("other"))
        });
        assert!(matches!(update, Err(RecordsError::NotFound { .. })));
    }
    assert_eq!(get(&records, &made.id).unwrap(), made);
}

pub fn any_text_is_kept(store: &Store) {
    let records = store.open();
    let texts = [
        "zero \0 inside",
        "grüße \u{1f600} \u{202e} \u{feff}",
        "' \" \\ ; -- $1 ?1 %s {}",
        "\u{1}\u{7f}\r\n\t",
        "",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let mut body = script(&format!("{number} {text}"));
        body.content = text.to_owned();
        body.description = Some(text.to_owned());
        let made = put(&records, body);
        let read = get::<PlanScript>(&records, &made.id).unwrap();
        assert_eq!(read, made, "{text:?}");
        let found = records.read(|view| view.find_by_name::<PlanScript>(&made.body.name));
        assert_eq!(found.unwrap(), Some(made), "{text:?}");
    }
}
