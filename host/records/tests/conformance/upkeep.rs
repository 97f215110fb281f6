//! The check of everything, and what the store forgets.

use crate::samples::{
    author, build_plan, deployment_plan, golden_image, os_volume, put, script, task,
};
use crate::store::Store;
use mintage_records::model::{State, Task, TaskState};
use mintage_records::{Match, RecordsError, Retention};
use std::time::Duration;

pub fn a_check_finds_what_does_not_agree(store: &Store) {
    let records = store.open();
    let one = put(&records, script("one"));
    let two = put(&records, script("two"));
    let plan = put(&records, build_plan("plan", std::slice::from_ref(&one.id)));
    let image = put(&records, golden_image("debian", 1));
    let web = put(&records, deployment_plan("web", &plan.id, Some(&image.id)));
    let volume = put(&records, os_volume("web01", &web));
    let mut making = golden_image("in work", 0);
    making.state = State::Creating;
    let making = put(&records, making);
    let mut work = task(TaskState::Running);
    work.resource = Some((mintage_records::Kind::GoldenImages, making.id.clone()));
    let work = put(&records, work);
    assert_eq!(records.check().unwrap(), []);

    let by = |id: &mintage_records::Id| format!("WHERE id = '{id}'");
    let table = [
        (
            format!("UPDATE resource SET body = '{{}}' {}", by(&two.id)),
            vec![
                format!(
                    "plan-scripts `{}`: its newest version is not the document",
                    two.id
                ),
                format!("plan-scripts `{}`: the document cannot be read", two.id),
            ],
        ),
        (
            format!(
                "UPDATE resource SET name = 'x', name_key = 'X', fields = '{{}}' {}",
                by(&two.id)
            ),
            ["fields", "name", "name_key"]
                .map(|column| {
                    format!(
                        "plan-scripts `{}`: the column `{column}` is not as in the document",
                        two.id
                    )
                })
                .to_vec(),
        ),
        (
            format!("UPDATE resource SET version = 3 {}", by(&two.id)),
            vec![format!(
                "plan-scripts `{}`: its versions have gaps: 1 are kept, the newest is 3",
                two.id
            )],
        ),
        (
            "DELETE FROM reference WHERE from_kind = 'build-plans'".to_owned(),
            vec![format!(
                "build-plans `{}`: it needs plan-scripts `{}` as `buildStep`, which is not recorded",
                plan.id, one.id
            )],
        ),
        (
            format!(
                "UPDATE reference SET to_id = '{}' WHERE from_kind = 'build-plans'",
                two.id
            ),
            vec![
                format!(
                    "build-plans `{}`: it needs plan-scripts `{}` as `buildStep`, which is not recorded",
                    plan.id, one.id
                ),
                format!(
                    "build-plans `{}`: it does not need plan-scripts `{}` as `buildStep`, though it is \
                     recorded",
                    plan.id, two.id
                ),
            ],
        ),
        (
            format!("DELETE FROM resource {}", by(&one.id)),
            vec![
                format!(
                    "build-plans `{}`: it needs plan-scripts `{}` as `buildStep`, which is not there",
                    plan.id, one.id
                ),
                format!(
                    "plan-scripts `{}`: it has a row in `resource_version`, and is not there itself",
                    one.id
                ),
            ],
        ),
        (
            "UPDATE resource_version SET version = 2 WHERE kind = 'deployment-plans'; \
             UPDATE resource SET version = 2 WHERE kind = 'deployment-plans'"
                .to_owned(),
            vec![
                format!(
                    "deployment-plans `{}`: its versions have gaps: 1 are kept, the newest is 2",
                    web.id
                ),
                format!(
                    "os-volumes `{}`: it was made with deployment plan `{}`, version 1, which is not \
                     there",
                    volume.id, web.id
                ),
            ],
        ),
        (
            format!("UPDATE resource SET generation = 9 {}", by(&two.id)),
            vec![format!(
                "plan-scripts `{}`: its generation 9 is newer than the lease",
                two.id
            )],
        ),
        (
            format!("DELETE FROM resource {}", by(&work.id)),
            vec![format!(
                "golden-images `{}`: it is being made, but no task does it",
                making.id
            )],
        ),
        (
            format!("UPDATE resource SET kind = 'nonsense' {}", by(&work.id)),
            vec![
                format!(
                    "golden-images `{}`: it is being made, but no task does it",
                    making.id
                ),
                format!("nonsense `{}`: no resource can be called so", work.id),
            ],
        ),
    ];
    for table in ["resource", "resource_version", "reference"] {
        store.sql(&format!(
            "CREATE TABLE kept_{table} AS SELECT * FROM {table}"
        ));
    }
    for (damage, mut expected) in table {
        expected.sort();
        store.sql(&damage);
        let mut found: Vec<String> = records
            .check()
            .unwrap()
            .iter()
            .map(ToString::to_string)
            .collect();
        found.sort();
        assert_eq!(found, expected, "{damage}");
        for table in ["resource", "resource_version", "reference"] {
            store.sql(&format!(
                "DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}"
            ));
        }
    }
    assert_eq!(records.check().unwrap(), []);
}

pub fn what_is_old_is_forgotten(store: &Store) {
    let records = store.open();
    let states = [
        TaskState::New,
        TaskState::Running,
        TaskState::Suspended,
        TaskState::Stopping,
        TaskState::Completed,
        TaskState::Warning,
        TaskState::Error,
        TaskState::Terminated,
    ];
    for state in states {
        put(&records, task(state));
    }
    let many = records.change(&author(), |change| {
        for _ in 0..450 {
            change.insert(task(TaskState::Completed))?;
        }
        Ok::<_, RecordsError>(())
    });
    many.unwrap();
    // All are from yesterday, but for one that has just ended.
    store.sql("UPDATE resource SET modified = modified - 86400000 WHERE kind = 'tasks'");
    let fresh = put(&records, task(TaskState::Error));
    let touched = put(&records, task(TaskState::Running));
    let ended = records.change(&author(), |change| {
        change.update(&touched.id, &Match::Any, task(TaskState::Completed))
    });
    ended.unwrap();
    let keep = |events, hours: u64| Retention {
        events,
        tasks: Duration::from_secs(hours * 3600),
    };
    let nothing = records.tidy(keep(u64::MAX, 48)).unwrap();
    assert_eq!((nothing.tasks, nothing.events), (0, 0));
    let always = Retention {
        events: u64::MAX,
        tasks: Duration::MAX,
    };
    let nothing = records.tidy(always).unwrap();
    assert_eq!((nothing.tasks, nothing.events), (0, 0));

    let last = records.read(|view| view.last_event()).unwrap();
    let tidied = records.tidy(keep(10, 23)).unwrap();
    assert_eq!(tidied.tasks, 454);
    assert_eq!(tidied.events, 461 + 454 - 10);
    let left = records.read(|view| view.all::<Task>()).unwrap();
    assert_eq!(left.len(), 6);
    assert!(left.iter().any(|task| task.id == fresh.id));
    let final_ones = left.iter().filter(|task| task.body.task_state.is_final());
    assert_eq!(final_ones.count(), 2);
    let events = records.read(|view| view.events(0, 100)).unwrap();
    assert_eq!(events.len(), 10);
    let (first, newest) = records
        .read(|view| Ok::<_, RecordsError>((view.first_event()?, view.last_event()?)))
        .unwrap();
    assert_eq!((first, newest), (events[0].sequence, events[9].sequence));
    assert!(newest > last);

    // Even when nothing is to be kept, numbers go on.
    records.tidy(keep(0, 0)).unwrap();
    assert_eq!(records.read(|view| view.last_event()).unwrap(), newest + 2);
    put(&records, script("next"));
    assert_eq!(records.read(|view| view.last_event()).unwrap(), newest + 3);
}
