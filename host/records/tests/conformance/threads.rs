//! Many threads at once.

use crate::samples::{author, build_plan, put, script};
use crate::store::Store;
use mintage_records::model::{BuildPlan, PlanScript};
use mintage_records::{Kind, Match, RecordsError};

/// Half of the threads count a counter up, each time from what they read; the others read two
/// documents that are always changed together.
pub fn sixteen_threads_read_and_write(store: &Store) {
    const EACH: usize = 15;
    let records = store.open();
    let left = put(&records, script("0"));
    let right = put(&records, build_plan("0", std::slice::from_ref(&left.id)));
    let count_up = || loop {
        let result = records.change(&author(), |change| {
            let old = change.get::<PlanScript>(&left.id)?;
            let next = old.body.name.parse::<u64>().unwrap() + 1;
            let seen = Match::Version(old.version);
            change.update(&left.id, &seen, script(&next.to_string()))?;
            let plan = build_plan(&next.to_string(), std::slice::from_ref(&left.id));
            change.update(&right.id, &Match::Any, plan)
        });
        match result {
            Ok(_) => return,
            Err(RecordsError::Changed { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    };
    let look = || {
        let seen = records.read(|view| {
            let left = view.get::<PlanScript>(&left.id)?;
            std::thread::yield_now();
            let right = view.get::<BuildPlan>(&right.id)?;
            let uses = view.used_by(Kind::PlanScripts, &left.id)?;
            Ok::<_, RecordsError>((left, right, uses))
        });
        let (left, right, uses) = seen.unwrap();
        assert_eq!(left.body.name, right.body.name);
        assert_eq!(uses[0].name, right.body.name);
    };
    std::thread::scope(|scope| {
        for thread in 0..16 {
            scope.spawn(move || {
                for _ in 0..EACH {
                    match thread % 2 {
                        0 => count_up(),
                        _ => look(),
                    }
                }
            });
        }
    });
    let end = records
        .read(|view| view.get::<PlanScript>(&left.id))
        .unwrap();
    assert_eq!(end.body.name, (8 * EACH).to_string());
    assert_eq!(end.version, 8 * EACH as u64 + 1);
}
