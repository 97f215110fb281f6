//! A change is done wholly or not at all.

use crate::samples::{author, get, put, script};
use crate::store::Store;
use mintage_records::model::PlanScript;
use mintage_records::{Change, Match, Records, RecordsError, Stored};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// A bit of everything that a change can do.
fn many_things(change: &mut Change<'_>, old: &Stored<PlanScript>) -> Result<(), RecordsError> {
    change.insert(script("new"))?;
    change.update(&old.id, &Match::Any, script("renamed"))?;
    change.delete::<PlanScript>(&old.id, &Match::Any)?;
    change.set_setting("key", "new")
}

fn is_as_before(records: &Records, old: &Stored<PlanScript>) {
    assert_eq!(get::<PlanScript>(records, &old.id).unwrap(), *old);
    let (all, events, setting) = records
        .read(|view| {
            Ok::<_, RecordsError>((
                view.all::<PlanScript>()?.len(),
                view.events(0, 10)?.len(),
                view.setting("key")?,
            ))
        })
        .unwrap();
    assert_eq!((all, events, setting.as_deref()), (1, 1, Some("old")));
}

fn start(records: &Records) -> Stored<PlanScript> {
    records
        .change(&author(), |change| change.set_setting("key", "old"))
        .unwrap();
    put(records, script("one"))
}

pub fn an_error_undoes_everything(store: &Store) {
    let records = store.open();
    let old = start(&records);
    let refused = records.change(&author(), |change| {
        many_things(change, &old)?;
        Err::<(), _>(RecordsError::Unseal)
    });
    // The caller's own error, not one of the store.
    assert!(matches!(refused, Err(RecordsError::Unseal)));
    is_as_before(&records, &old);
    records
        .change(&author(), |change| many_things(change, &old))
        .unwrap();
    let setting = records.read(|view| view.setting("key"));
    assert_eq!(setting.unwrap().as_deref(), Some("new"));
}

pub fn a_panic_undoes_everything(store: &Store) {
    let records = store.open();
    let old = start(&records);
    for _ in 0..20 {
        let change = AssertUnwindSafe(|| {
            records.change(&author(), |change| {
                many_things(change, &old).unwrap();
                if true {
                    std::panic::resume_unwind(Box::new("on purpose"));
                }
                Ok::<_, RecordsError>(())
            })
        });
        assert!(catch_unwind(change).is_err());
        let read = AssertUnwindSafe(|| {
            records.read(|view| -> Result<(), RecordsError> {
                view.all::<PlanScript>()?;
                std::panic::resume_unwind(Box::new("on purpose"))
            })
        });
        assert!(catch_unwind(read).is_err());
    }
    is_as_before(&records, &old);
    put(&records, script("after"));
}
