//! Names: unique within a kind, without regard to letter case.

use crate::samples::{author, build_plan, put, script};
use crate::store::Store;
use mintage_records::model::{Alert, PlanScript, Severity};
use mintage_records::{Match, RecordsError};

pub fn names_are_unique_within_a_kind(store: &Store) {
    let records = store.open();
    let first = put(&records, script("Grüße"));
    let second = put(&records, script("other"));
    let insert = |name: &str| records.change(&author(), |change| change.insert(script(name)));
    for taken in ["Grüße", "GRÜSSE".replace("SS", "ß").as_str(), "grüße"] {
        let error = insert(taken).unwrap_err();
        let text = format!("there is a plan script with the name `{taken}` already");
        assert_eq!(error.to_string(), text);
        let rename = records.change(&author(), |change| {
            change.update(&second.id, &Match::Any, script(taken))
        });
        assert!(matches!(rename, Err(RecordsError::NameTaken { .. })));
    }
    // Its own name in another letter case; another kind; another name; a name that is free again.
    let renamed = records.change(&author(), |change| {
        change.update(&first.id, &Match::Any, script("GRÜßE"))
    });
    assert_eq!(renamed.unwrap().body.name, "GRÜßE");
    put(&records, build_plan("grüße", &[]));
    insert("gruesse").unwrap();
    let free = records.change(&author(), |change| {
        change.delete::<PlanScript>(&first.id, &Match::Any)?;
        change.insert(script("grüße"))
    });
    free.unwrap();
}

pub fn names_have_a_longest(store: &Store) {
    let records = store.open();
    let insert = |name: String| records.change(&author(), |change| change.insert(script(&name)));
    // Grows when it is written in lower case.
    insert("İ".repeat(512)).unwrap();
    let error = insert("n".repeat(1025)).unwrap_err();
    let text = "the name of a plan script may have at most 1024 bytes";
    assert_eq!(error.to_string(), text);
    // An alert's name is its sentence: any number may be the same, at any length.
    let alert = Alert {
        description: "ä".repeat(100_000),
        severity: Severity::Warning,
        corrective_action: String::new(),
        alert_state: "Active".to_owned(),
        resource: None,
        cleared: None,
    };
    for _ in 0..2 {
        put(&records, alert.clone());
    }
    let alerts = records.read(|view| view.all::<Alert>()).unwrap();
    assert_eq!(alerts.len(), 2);
    assert!(alerts.iter().all(|stored| stored.body == alert));
}
