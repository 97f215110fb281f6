//! Two services: what one exports the other imports to equal artifacts; clashes.

mod backups;
mod service;

use super::Contents;
use super::{AddBundle, AddBundleInput, open_upload};
use crate::golden_volume;
use mintage_records::model::{
    ArtifactBundle, BuildPlan, DeploymentPlan, GoldenImage, OsVolume, PlanScript, State, TaskState,
};
use mintage_records::{Id, Kind, Match};
use mintage_storage::store::conformance::file_of;
use service::{Service, filled};
use std::fs;

#[test]
fn what_one_service_exports_another_imports() {
    let (here, there) = (filled(), Service::new(2));
    let mut wanted = here.everything();
    wanted
        .plan_scripts
        .insert(here.id::<PlanScript>("motd"), true);
    let bundle = here.export(wanted);
    let row = here
        .records
        .read(|view| view.get::<ArtifactBundle>(&bundle))
        .unwrap()
        .body;
    assert_eq!(
        (row.plan_scripts.len(), row.golden_images.len(), row.state),
        (2, 1, State::Ok)
    );
    let archive = fs::read(here.archives.folder.artifact_bundle(&bundle)).unwrap();
    assert_eq!(row.size, archive.len() as u64);
    assert!(!archive.windows(7).any(|window| window == b"hunter2"));
    let sent = there.send(&here, &bundle);
    let task = there.extract(&sent, false);
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");

    let scripts = there.all::<PlanScript>();
    let mut expected = here.all::<PlanScript>();
    expected[0].hp_provided = true;
    assert_eq!(scripts, expected);
    let mut expected = here.all::<BuildPlan>();
    expected[0].custom_attributes[1].value = None;
    assert_eq!(there.all::<BuildPlan>(), expected);
    assert_eq!(there.all::<DeploymentPlan>(), here.all::<DeploymentPlan>());
    let (image, original) = (
        there.all::<GoldenImage>().remove(0),
        here.all::<GoldenImage>().remove(0),
    );
    assert_eq!(
        (&image.volume_sum, image.size),
        (&original.volume_sum, original.size)
    );
    assert_eq!(
        (image.imported_from_bundle, image.bundle),
        (true, Some(sent.clone()))
    );
    let volume = |service: &Service| {
        fs::read(file_of(
            service.archives.folder.store(),
            &golden_volume(&service.id::<GoldenImage>("Debian/12")),
        ))
        .unwrap()
    };
    assert!(volume(&there) == volume(&here));
    // Again, it is all there already; nothing changes, and nothing is left over.
    let before = there.records.read(|view| view.last_event()).unwrap();
    assert_eq!(there.extract(&sent, false).task_state, TaskState::Completed);
    let events = there.records.read(|view| view.events(before, 100)).unwrap();
    assert!(
        events.iter().all(|event| event.kind == Kind::Tasks),
        "{events:?}"
    );
    assert_eq!(there.files("golden-volumes").len(), 1);
    assert!(there.files("incoming").is_empty());
}

#[test]
fn clashes_are_all_reported_or_all_forced() {
    let (here, there) = (filled(), filled());
    let bundle = here.export(here.everything());
    let sent = there.send(&here, &bundle);
    // The same names, the same contents, but for references: ids differ, so the plans do not.
    there.change(|change| {
        for name in ["motd", "old"] {
            let mut script = change.find_by_name::<PlanScript>(name)?.unwrap();
            script.body.content = format!("other {name}");
            change.update(&script.id, &Match::Any, script.body)?;
        }
        let mut plan = change.find_by_name::<BuildPlan>("Web")?.unwrap();
        plan.body.description = None;
        change.update(&plan.id, &Match::Any, plan.body)?;
        Ok(())
    });
    let before = there.all::<PlanScript>();
    let task = there.extract(&sent, false);
    assert_eq!(task.task_state, TaskState::Error);
    let mut clashes: Vec<_> = task
        .errors
        .iter()
        .map(|error| error.details.as_str())
        .collect();
    clashes.sort_unstable();
    assert_eq!(
        clashes,
        [
            "build-plans: Web",
            "plan-scripts: motd",
            "plan-scripts: old"
        ]
    );
    assert!(task.errors[0].recommended_actions[1].contains("forceImport=true"));
    assert_eq!(there.all::<PlanScript>(), before);
    let id = there.id::<PlanScript>("motd");
    let task = there.extract(&sent, true);
    assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    assert_eq!(there.all::<PlanScript>(), here.all::<PlanScript>());
    // A new version of the one that was there, with its password.
    let versions = there
        .records
        .read(|view| view.versions(Kind::PlanScripts, &id))
        .unwrap();
    assert_eq!(versions.len(), 3);
    assert_eq!(there.password().as_deref(), Some("hunter2"));
    assert_eq!(there.files("golden-volumes").len(), 1);
}

#[test]
fn another_disk_takes_the_place_of_one_that_nothing_was_made_of() {
    for in_use in [false, true] {
        let (here, there) = (filled(), filled());
        let old = there.id::<GoldenImage>("Debian/12");
        let plan = there.id::<DeploymentPlan>("Web on Debian");
        there.change(|change| {
            let mut image = change.get::<GoldenImage>(&old)?.body;
            image.volume_sum = Some("another".to_owned());
            change.update(&old, &Match::Any, image)?;
            if in_use {
                change.insert(OsVolume {
                    name: "OSVolume-1".to_owned(),
                    description: None,
                    state: State::Ok,
                    size: 1,
                    deployment_plan: plan.clone(),
                    golden_image: Some(old.clone()),
                    pins: Vec::new(),
                    seed: None,
                    outcome: None,
                    export: None,
                    boot_test: None,
                })?;
            }
            Ok(())
        });
        let sent = there.send(&here, &here.export(here.everything()));
        assert_eq!(
            there.extract(&sent, false).errors[0].details,
            "golden-images: Debian/12"
        );
        assert_eq!(there.files("golden-volumes").len(), 1);
        let task = there.extract(&sent, true);
        assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
        let new = there.id::<GoldenImage>("Debian/12");
        assert_ne!(new, old);
        assert_eq!(there.all::<DeploymentPlan>()[0].golden_image, Some(new));
        let count = if in_use { 2 } else { 1 };
        assert_eq!(there.all::<GoldenImage>().len(), count);
        assert_eq!(there.files("golden-volumes").len(), count);
    }
}

#[test]
fn a_reference_that_leads_nowhere_is_named() {
    let (here, there) = (filled(), Service::new(2));
    let plan = here.id::<DeploymentPlan>("Web on Debian");
    let bundle = here.export(here.everything());
    // Without the scripts: they are taken out of the bundle, and it is packed again.
    let path = here.archives.folder.artifact_bundle(&bundle);
    let mut file = here.archives.open(&path).unwrap();
    let mut content = file.bundle().clone();
    content.plan_scripts.clear();
    content.golden_images.clear();
    let output = fs::File::create(there.archives.folder.incoming(&plan)).unwrap();
    mintage_plans::bundle::write(&content, output, &mut |_| {
        Err(std::io::ErrorKind::NotFound.into())
    })
    .unwrap();
    drop(file.check_images(tempfile::tempfile).unwrap());
    let row = open_upload(&there.archives, &plan).unwrap();
    there.change(|change| change.insert_as(plan.clone(), row));
    there.done::<AddBundle>(&AddBundleInput {
        bundle: plan.clone(),
    });
    let task = there.extract(&plan, true);
    let said: Vec<_> = task
        .errors
        .iter()
        .map(|error| error.message.as_str())
        .collect();
    assert_eq!(
        said,
        [
            "build plan `Web`: there is no plan script `motd`",
            "build plan `Web`: there is no plan script `old`",
            "deployment plan `Web on Debian`: there is no build plan `Web`",
            "deployment plan `Web on Debian`: there is no golden image `Debian/12`",
        ]
    );
    assert!(there.all::<BuildPlan>().is_empty());
}

#[test]
fn a_hostile_upload_leaves_nothing() {
    let service = Service::new(1);
    let id = Id::generate();
    fs::write(service.archives.folder.incoming(&id), b"PK\x03\x04 nothing").unwrap();
    let error = open_upload(&service.archives, &id).unwrap_err();
    assert_eq!(error.errors[0].error_code, "P5008");
    let row = ArtifactBundle {
        name: "x".to_owned(),
        description: None,
        state: State::Creating,
        size: 0,
        checksum: None,
        importbundle: true,
        read_only: false,
        plan_scripts: Vec::new(),
        build_plans: Vec::new(),
        deployment_plans: Vec::new(),
        golden_images: Vec::new(),
    };
    service.change(|change| change.insert_as(id.clone(), row));
    let task = service.run::<AddBundle>(&AddBundleInput { bundle: id });
    assert_eq!(
        (task.task_state, task.errors[0].error_code.as_str()),
        (TaskState::Error, "P5008")
    );
    assert!(service.all::<ArtifactBundle>().is_empty());
    assert!(service.files("incoming").is_empty());
}

#[test]
fn an_image_that_is_deleted_before_it_is_packed_is_told_from_a_file_that_is_lost() {
    let service = filled();
    let contents = service.records.read(Contents::all).unwrap();
    let open = || service.archives.open_volumes(&contents, &service.records);
    assert_eq!(open().unwrap().map(|volumes| volumes.len()), Some(1));
    let image = &contents.golden_images[0].id;
    fs::remove_file(file_of(
        service.archives.folder.store(),
        &golden_volume(image),
    ))
    .unwrap();
    assert!(open().is_err(), "the row says that there is a file");
    let plan = service.id::<DeploymentPlan>("Web on Debian");
    service.change(|change| {
        change.delete::<DeploymentPlan>(&plan, &Match::Any)?;
        change.delete::<GoldenImage>(image, &Match::Any)
    });
    assert!(open().unwrap().is_none(), "both are gone");
}
