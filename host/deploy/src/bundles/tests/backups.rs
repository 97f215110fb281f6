//! Backups: what they bring back, and what a restore may not change.

use super::service::{Service, filled};
use crate::golden_volume;
use mintage_records::model::{
    Backup, BuildPlan, DeploymentPlan, GoldenImage, Language, OsVolume, PlanScript, PlanType,
    State, TaskState,
};
use mintage_records::{Id, Match};
use mintage_storage::store::conformance::file_of;
use std::collections::BTreeMap;
use std::fs;

#[test]
fn a_backup_brings_back_everything_with_its_passwords() {
    let service = filled();
    let state = |service: &Service| {
        (
            service.all::<PlanScript>(),
            service.all::<BuildPlan>(),
            service.all::<DeploymentPlan>(),
            service.all::<GoldenImage>(),
        )
    };
    let before = state(&service);
    let backup = service.back_up("first");
    let ids = (
        service.id::<PlanScript>("motd"),
        service.id::<GoldenImage>("Debian/12"),
    );
    // Names change hands, things go and come.
    service.change(|change| {
        let plan = change
            .find_by_name::<DeploymentPlan>("Web on Debian")?
            .unwrap();
        change.delete::<DeploymentPlan>(&plan.id, &Match::Any)?;
        change.delete::<GoldenImage>(&ids.1, &Match::Any)?;
        let mut one = change.find_by_name::<PlanScript>("motd")?.unwrap();
        let mut two = change.find_by_name::<PlanScript>("old")?.unwrap();
        one.body.name = "between".to_owned();
        change.update(&one.id, &Match::Any, one.body.clone())?;
        two.body.name = "motd".to_owned();
        change.update(&two.id, &Match::Any, two.body.clone())?;
        one.body.name = "old".to_owned();
        change.update(&one.id, &Match::Any, one.body)?;
        two.body.name = "new".to_owned();
        change.insert(two.body)?;
        Ok(())
    });
    fs::remove_file(file_of(
        service.archives.folder.store(),
        &golden_volume(&ids.1),
    ))
    .unwrap();
    let task = service.restore(&backup, false);
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    let mut after = state(&service);
    after.3[0].inspection = before.3[0].inspection.clone();
    assert_eq!(after, before);
    assert_eq!(service.id::<PlanScript>("motd"), ids.0);
    assert_eq!(service.password().as_deref(), Some("hunter2"));
    // One at a time.
    let second = service.back_up("second");
    assert_eq!(service.all::<Backup>().len(), 1);
    assert_eq!(service.files("backups"), [format!("{second}.zip")]);
}

#[test]
fn a_backup_of_another_service_is_restored_without_its_passwords() {
    let (here, there) = (filled(), Service::new(2));
    there.change(|change| {
        change.insert(PlanScript {
            name: "goes".to_owned(),
            description: None,
            plan_type: PlanType::General,
            language: Language::Rhai,
            content: String::new(),
            templates: BTreeMap::new(),
            hp_provided: true,
        })
    });
    let backup = here.back_up("there");
    let archive = here.archives.folder.backup(&backup);
    fs::copy(archive, there.archives.folder.incoming(&backup)).unwrap();
    let name = there.archives.open_uploaded_backup(&backup).unwrap();
    let row = Backup {
        name,
        state: State::Creating,
        size: 0,
        checksum: None,
        key_id: String::new(),
    };
    there.change(|change| change.insert_as(backup.clone(), row));
    let task = there.restore(&backup, true);
    assert_eq!(task.task_state, TaskState::Warning, "{task:?}");
    assert_eq!(there.all::<PlanScript>(), here.all::<PlanScript>());
    assert_eq!(there.password(), None);
    assert_eq!(there.all::<Backup>()[0].state, State::Ok);
    assert_eq!(there.files("golden-volumes").len(), 1);
    // What is no backup is refused before anything is removed.
    let bundle = here.export(here.everything());
    let other = Id::generate();
    let bundle = here.archives.folder.artifact_bundle(&bundle);
    fs::copy(bundle, there.archives.folder.incoming(&other)).unwrap();
    let error = there.archives.open_uploaded_backup(&other).unwrap_err();
    assert_eq!(error.errors[0].error_code, "NOT_A_BACKUP");
}

#[test]
fn a_restore_that_os_volumes_forbid_changes_nothing() {
    let service = filled();
    let empty = Service::new(1);
    let backup = empty.back_up("empty");
    let archive = empty.archives.folder.backup(&backup);
    fs::copy(archive, service.archives.folder.incoming(&backup)).unwrap();
    let (plan, image) = (
        service.id::<DeploymentPlan>("Web on Debian"),
        service.id::<GoldenImage>("Debian/12"),
    );
    service.change(|change| {
        change.insert(OsVolume {
            name: "OSVolume-1".to_owned(),
            description: None,
            state: State::Ok,
            size: 1,
            deployment_plan: plan,
            golden_image: Some(image),
            pins: Vec::new(),
            seed: None,
            outcome: None,
            export: None,
            boot_test: None,
        })?;
        change.insert_as(
            backup.clone(),
            Backup {
                name: "sent".to_owned(),
                state: State::Creating,
                size: 0,
                checksum: None,
                key_id: String::new(),
            },
        )
    });
    let before = service.all::<PlanScript>();
    let task = service.restore(&backup, true);
    assert_eq!(task.task_state, TaskState::Error);
    assert_eq!(task.errors[0].error_code, "IN_USE");
    assert!(task.errors[0].message.contains("OSVolume-1"), "{task:?}");
    assert_eq!(service.all::<PlanScript>(), before);
    assert!(service.all::<Backup>().is_empty());
    assert_eq!(service.files("golden-volumes").len(), 1);
}
