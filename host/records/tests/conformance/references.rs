//! References: what is needed exists, and stays.

use crate::samples::{
    author, build_plan, deployment_plan, get, golden_image, os_volume, put, script,
};
use crate::store::Store;
use mintage_records::model::{BuildPlan, DeploymentPlan, GoldenImage, OsVolume, PlanScript};
use mintage_records::{Id, Kind, Match, RecordsError};
use std::sync::Barrier;

pub fn what_is_needed_must_exist(store: &Store) {
    let records = store.open();
    let missing = Id::parse("not-there").unwrap();
    let script = put(&records, script("one"));
    let insert = records.change(&author(), |change| {
        change.insert(build_plan("plan", &[script.id.clone(), missing.clone()]))
    });
    let text = "`buildStep` names a plan script that does not exist: `not-there`";
    assert_eq!(insert.unwrap_err().to_string(), text);
    assert_eq!(records.read(|view| view.all::<BuildPlan>()).unwrap(), []);

    // The same script twice is one reference.
    let twice = [script.id.clone(), script.id.clone()];
    let plan = put(&records, build_plan("plan", &twice));
    let update = records.change(&author(), |change| {
        change.update(&plan.id, &Match::Any, build_plan("plan", &[missing]))
    });
    assert!(matches!(
        update,
        Err(RecordsError::DanglingReference { .. })
    ));
    assert_eq!(get(&records, &plan.id).unwrap(), plan);
    // An id of another kind does not count.
    let wrong = records.change(&author(), |change| {
        change.insert(deployment_plan("web", &script.id, None))
    });
    assert!(matches!(wrong, Err(RecordsError::DanglingReference { .. })));
}

pub fn what_is_used_cannot_be_deleted(store: &Store) {
    let records = store.open();
    let script = put(&records, script("one"));
    let plans = ["b", "a", "c", "d", "e", "f"]
        .map(|name| put(&records, build_plan(name, std::slice::from_ref(&script.id))));
    let delete_script = || {
        records.change(&author(), |change| {
            change.delete::<PlanScript>(&script.id, &Match::Any)
        })
    };
    let text = "plan script `one` is used by build plan `a`, build plan `b`, build plan `c`, \
                build plan `d`, build plan `e`, 1 more";
    assert_eq!(delete_script().unwrap_err().to_string(), text);
    let uses = records.read(|view| view.used_by(Kind::PlanScripts, &script.id));
    let names: Vec<String> = uses.unwrap().into_iter().map(|used| used.name).collect();
    assert_eq!(names, ["a", "b", "c", "d", "e", "f"]);

    let image = put(&records, golden_image("debian", 1));
    let plan = put(
        &records,
        deployment_plan("web", &plans[0].id, Some(&image.id)),
    );
    let volume = put(&records, os_volume("web01", &plan));
    let delete_image = || {
        records.change(&author(), |change| {
            change.delete::<GoldenImage>(&image.id, &Match::Any)
        })
    };
    let text = "golden image `debian` is used by deployment plan `web`, OS volume `web01`";
    assert_eq!(delete_image().unwrap_err().to_string(), text);

    // What lets go of it frees it.
    let freed = records.change(&author(), |change| {
        change.delete::<OsVolume>(&volume.id, &Match::Any)?;
        change.delete::<DeploymentPlan>(&plan.id, &Match::Any)?;
        for plan in &plans[1..] {
            change.delete::<BuildPlan>(&plan.id, &Match::Any)?;
        }
        change.update(&plans[0].id, &Match::Any, build_plan("b", &[]))
    });
    freed.unwrap();
    delete_image().unwrap();
    delete_script().unwrap();
}

pub fn a_new_reference_and_a_deletion_cannot_both_win(store: &Store) {
    let records = store.open();
    for round in 0..20 {
        let script = put(&records, script(&format!("script {round}")));
        let start = Barrier::new(2);
        let (deleted, made) = std::thread::scope(|scope| {
            let deletion = scope.spawn(|| {
                start.wait();
                records.change(&author(), |change| {
                    change.delete::<PlanScript>(&script.id, &Match::Any)
                })
            });
            let user = scope.spawn(|| {
                start.wait();
                records.change(&author(), |change| {
                    let name = format!("plan {round}");
                    change.insert(build_plan(&name, std::slice::from_ref(&script.id)))
                })
            });
            (deletion.join().unwrap(), user.join().unwrap())
        });
        match (&deleted, &made) {
            (Ok(_), Err(RecordsError::DanglingReference { .. }))
            | (Err(RecordsError::InUse { .. }), Ok(_)) => {}
            _ => panic!("round {round}: {deleted:?} and {made:?}"),
        }
    }
}

pub fn uses_are_told_for_a_page(store: &Store) {
    let records = store.open();
    let scripts = ["x", "y", "z"].map(|name| put(&records, script(name)).id);
    put(&records, build_plan("one", &scripts[..2]));
    put(&records, build_plan("two", &scripts[1..]));
    let uses = records.read(|view| view.uses_of(Kind::PlanScripts, &scripts[..2]));
    let uses = uses.unwrap();
    let names = |id: &Id| {
        let used = uses.get(id).map_or(&[][..], Vec::as_slice);
        used.iter()
            .map(|used| used.name.as_str())
            .collect::<Vec<_>>()
    };
    assert_eq!(names(&scripts[0]), ["one"]);
    assert_eq!(names(&scripts[1]), ["one", "two"]);
    assert!(!uses.contains_key(&scripts[2]));
    let none = records.read(|view| view.uses_of(Kind::PlanScripts, &[]));
    assert!(none.unwrap().is_empty());
}
