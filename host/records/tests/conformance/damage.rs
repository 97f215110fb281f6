//! What was not written by this version, or was damaged, and what errors say of it.

use crate::samples::{author, get, put, script};
use crate::store::Store;
use mintage_records::model::PlanScript;
use mintage_records::{DatabaseUrl, Kind, Records, RecordsError};

pub fn a_newer_schema_is_refused(store: &Store) {
    let records = store.open();
    put(&records, script("one"));
    drop(records);
    store.sql("INSERT INTO migration (number) VALUES (99)");
    let refused = Records::open(&DatabaseUrl::parse(&store.url).unwrap(), "node-1");
    let text = "the database has schema 99, this version knows up to 2: start a newer version";
    assert_eq!(refused.unwrap_err().to_string(), text);
    // It has not even taken the lease.
    store.sql("DELETE FROM migration WHERE number = 99");
    assert_eq!(store.open().generation(), 2);
}

pub fn a_corrupt_record_is_named_and_not_shown(store: &Store) {
    let records = store.open();
    for body in [
        "{\"name\": \"s3cret",
        "{\"name\": \"s3cret\"}",
        "[\"s3cret\"]",
        "",
    ] {
        let made = put(&records, script("one"));
        put(&records, script("two"));
        let id = &made.id;
        store.sql(&format!(
            "UPDATE resource SET body = '{body}' WHERE id = '{id}'"
        ));
        store.sql(&format!(
            "UPDATE resource_version SET body = '{body}' WHERE id = '{id}'"
        ));
        let read = get::<PlanScript>(&records, id).map(drop);
        let list = records.read(|view| view.all::<PlanScript>()).map(drop);
        let version = records
            .read(|view| view.version::<PlanScript>(id, 1))
            .map(drop);
        for result in [read, list, version] {
            let error = result.unwrap_err();
            assert!(matches!(
                error,
                RecordsError::Corrupt {
                    kind: Kind::PlanScripts,
                    ..
                }
            ));
            let text = error.to_string();
            assert!(
                text.contains(id.as_str()) && !text.contains("s3cret"),
                "{text}"
            );
        }
        store.sql("DELETE FROM resource");
    }
}

pub fn errors_show_no_values(store: &Store) {
    let records = store.open();
    let made = put(&records, script("s3cret"));
    // The id is taken: the database itself refuses.
    let twice = records.change(&author(), |change| {
        change.insert_as(made.id.clone(), script("other s3cret"))
    });
    let error = twice.unwrap_err();
    assert!(matches!(error, RecordsError::Database(_)), "{error}");
    store.sql("DROP TABLE event");
    let change = records.change(&author(), |change| change.insert(script("more s3cret")));
    let failed = change.unwrap_err();
    assert!(matches!(failed, RecordsError::Database(_)), "{failed}");
    for error in [error, failed] {
        assert!(
            !format!("{error} {error:?}").contains("s3cret"),
            "{error:?}"
        );
    }
    let url = DatabaseUrl::parse(&store.url).unwrap();
    assert!(
        !format!("{records:?} {url:?}").contains("pass"),
        "{records:?} {url:?}"
    );
}
