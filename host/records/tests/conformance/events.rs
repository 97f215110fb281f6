//! Events: every committed change, in order.

use crate::samples::{author, put, script};
use crate::store::Store;
use mintage_records::model::PlanScript;
use mintage_records::{EventAction, Match, RecordsError};
use std::sync::{Arc, Mutex};

pub fn events_come_in_the_order_of_commits(store: &Store) {
    let records = store.open();
    assert_eq!(records.read(|view| view.last_event()).unwrap(), 0);
    let made = put(&records, script("one"));
    let refused = records.change(&author(), |change| {
        change.insert(script("two"))?;
        change.insert(script("one"))
    });
    assert!(matches!(refused, Err(RecordsError::NameTaken { .. })));
    let both = records.change(&author(), |change| {
        change.update(&made.id, &Match::Any, script("uno"))?;
        change.delete::<PlanScript>(&made.id, &Match::Any)
    });
    both.unwrap();
    let events = records.read(|view| view.events(0, 100)).unwrap();
    let seen: Vec<_> = events
        .iter()
        .map(|event| (event.action, event.version))
        .collect();
    let expected = [
        (EventAction::Created, 1),
        (EventAction::Updated, 2),
        (EventAction::Deleted, 2),
    ];
    assert_eq!(seen, expected);
    assert!(events.iter().all(|event| event.id == made.id));
    assert!(events.is_sorted_by(|a, b| a.sequence < b.sequence));
    let last = events[2].sequence;
    assert_eq!(records.read(|view| view.last_event()).unwrap(), last);
    let after = records
        .read(|view| view.events(events[0].sequence, 1))
        .unwrap();
    assert_eq!(after, events[1..2]);
    assert_eq!(records.read(|view| view.events(last, 10)).unwrap(), []);
}

pub fn observers_see_the_order_of_commits(store: &Store) {
    let records = store.open();
    let seen = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&seen);
    records.observe(move |events| told.lock().unwrap().extend(events.to_vec()));
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let records = &records;
            scope.spawn(move || {
                for number in 0..10 {
                    put(records, script(&format!("{thread} {number}")));
                    let refused = records.change(&author(), |change| {
                        change.insert(script(&format!("refused {thread} {number}")))?;
                        Err::<(), _>(RecordsError::Unseal)
                    });
                    assert!(matches!(refused, Err(RecordsError::Unseal)));
                }
            });
        }
    });
    let stored = records.read(|view| view.events(0, 1000)).unwrap();
    assert_eq!(stored.len(), 40);
    assert_eq!(*seen.lock().unwrap(), stored);
}
