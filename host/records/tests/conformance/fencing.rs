//! Who lost the lease cannot write.

use crate::samples::{author, get, put, script};
use crate::store::Store;
use mintage_records::model::PlanScript;
use mintage_records::{Match, RecordsError};

pub fn who_lost_the_lease_cannot_write(store: &Store) {
    let first = store.open();
    assert_eq!(first.generation(), 1);
    let made = put(&first, script("one"));
    let second = store.open();
    assert_eq!(second.generation(), 2);

    let mut was_called = false;
    let refused = first.change(&author(), |change| {
        was_called = true;
        change.insert(script("two"))
    });
    let text = "another node has taken over: its generation is 2, this node's 1";
    assert_eq!(refused.unwrap_err().to_string(), text);
    assert!(!was_called);
    // It may read what the other one writes.
    let changed = second.change(&author(), |change| {
        change.update(&made.id, &Match::Version(1), script("uno"))
    });
    let changed = changed.unwrap();
    assert_eq!(changed.generation, 2);
    assert_eq!(get(&first, &made.id).unwrap(), changed);
    assert_eq!(
        first.read(|view| view.all::<PlanScript>()).unwrap().len(),
        1
    );

    // In the middle of its work: all changes before the takeover are there, none after it.
    let third = store.open();
    let done = std::thread::scope(|scope| {
        let worker = scope.spawn(|| {
            let mut done = 0;
            loop {
                let name = format!("work {done}");
                match third.change(&author(), |change| change.insert(script(&name))) {
                    Ok(_) => done += 1,
                    Err(RecordsError::Fenced { own: 3, current: 4 }) => return done,
                    Err(other) => panic!("{other}"),
                }
            }
        });
        std::thread::sleep(std::time::Duration::from_millis(50));
        let fourth = store.open();
        let seen = fourth.read(|view| view.all::<PlanScript>()).unwrap().len();
        (worker.join().unwrap(), seen)
    });
    assert_eq!(done.0 + 1, done.1);
}
