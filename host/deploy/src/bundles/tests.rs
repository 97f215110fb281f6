//! Two services: what one exports the other imports to equal artifacts; clashes; backups.

use super::archive::Archives;
use super::{
    AddBundle, AddBundleInput, CreateBackup, CreateBackupInput, CreateBundle, CreateBundleInput,
    ExtractBundle, ExtractBundleInput, RestoreBackup, RestoreBackupInput, Wanted, open_upload,
};
use crate::task::{Feed, NewTask, Tasks, Verb, Verbs, begin};
use crate::{DataFolder, Limits};
use mintage_records::model::{
    ArtifactBundle, AttributeValue, Backup, BuildPlan, BuildStep, CustomAttribute, DeploymentPlan,
    GoldenImage, Language, OsVolume, PlanScript, PlanType, SettableAttribute, State, Task,
    TaskState,
};
use mintage_records::{Author, Change, DatabaseUrl, Id, Kind, Match, Records, Resource, Sealer};
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

struct Service {
    records: Arc<Records>,
    archives: Archives,
    _tasks: Arc<Tasks>,
    _place: tempfile::TempDir,
}

impl Service {
    fn new(key: u8) -> Self {
        let place = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(place.path().join("records.db"));
        let records = Arc::new(Records::open(&url, "test").unwrap());
        let folder = Arc::new(DataFolder::open(&place.path().join("data")).unwrap());
        let sealer = Arc::new(Sealer::new(&[key; 32]));
        let mut archives = Archives::new(folder, sealer, Arc::new(Limits::default()));
        archives.inspect = |_, _| json!({ "system": "none" });
        let verbs = Verbs::new()
            .with(AddBundle(archives.clone()))
            .with(CreateBundle(archives.clone()))
            .with(ExtractBundle(archives.clone()))
            .with(CreateBackup(archives.clone()))
            .with(RestoreBackup(archives.clone()));
        let tasks = Tasks::start(records.clone(), verbs, Feed::of(&records), 2).unwrap();
        Self {
            records,
            archives,
            _tasks: tasks,
            _place: place,
        }
    }

    fn change<T>(
        &self,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, mintage_records::RecordsError>,
    ) -> T {
        self.records.change(&Author::user("test"), act).unwrap()
    }

    fn all<R: Resource>(&self) -> Vec<R> {
        let all = self.records.read(|view| view.all::<R>()).unwrap();
        all.into_iter().map(|stored| stored.body).collect()
    }

    fn id<R: Resource>(&self, name: &str) -> Id {
        let found = self
            .records
            .read(|view| view.find_by_name::<R>(name))
            .unwrap();
        found.unwrap().id
    }

    /// Begins a task and waits for its end.
    fn run<V: Verb>(&self, input: &V::Input) -> Task {
        let task = self.change(|change| {
            begin::<V>(
                change,
                NewTask {
                    name: "Test",
                    input,
                    resource: None,
                    resource_name: None,
                },
            )
        });
        let end = Instant::now() + Duration::from_secs(60);
        loop {
            let task = self
                .records
                .read(|view| view.get::<Task>(&task.id))
                .unwrap()
                .body;
            if task.task_state.is_final() {
                return task;
            }
            assert!(Instant::now() < end, "{task:?}");
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    #[track_caller]
    fn done<V: Verb>(&self, input: &V::Input) {
        let task = self.run::<V>(input);
        assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    }

    fn export(&self, wanted: Wanted) -> Id {
        let row = ArtifactBundle {
            name: "Export".to_owned(),
            description: None,
            state: State::Creating,
            size: 0,
            checksum: None,
            importbundle: false,
            read_only: false,
            plan_scripts: Vec::new(),
            build_plans: Vec::new(),
            deployment_plans: Vec::new(),
            golden_images: Vec::new(),
        };
        let bundle = self.change(|change| change.insert(row)).id;
        self.done::<CreateBundle>(&CreateBundleInput {
            bundle: bundle.clone(),
            wanted,
        });
        bundle
    }

    fn everything(&self) -> Wanted {
        Wanted {
            deployment_plans: [(self.id::<DeploymentPlan>("Web on Debian"), false)].into(),
            ..Wanted::default()
        }
    }

    /// Sends the archive of a bundle of another service.
    fn send(&self, from: &Self, bundle: &Id) -> Id {
        let id = Id::generate();
        let archive = from.archives.folder.artifact_bundle(bundle);
        fs::copy(archive, self.archives.folder.incoming(&id)).unwrap();
        let row = open_upload(&self.archives, &id).unwrap().row;
        self.change(|change| change.insert_as(id.clone(), row));
        self.done::<AddBundle>(&AddBundleInput { bundle: id.clone() });
        id
    }

    fn extract(&self, bundle: &Id, force: bool) -> Task {
        self.run::<ExtractBundle>(&ExtractBundleInput {
            bundle: bundle.clone(),
            force,
        })
    }

    fn back_up(&self, name: &str) -> Id {
        let row = Backup {
            name: name.to_owned(),
            state: State::Creating,
            size: 0,
            checksum: None,
            key_id: self.archives.sealer.key_id().to_owned(),
        };
        let backup = self.change(|change| change.insert(row)).id;
        self.done::<CreateBackup>(&CreateBackupInput {
            backup: backup.clone(),
        });
        backup
    }

    fn restore(&self, backup: &Id, uploaded: bool) -> Task {
        self.run::<RestoreBackup>(&RestoreBackupInput {
            backup: backup.clone(),
            uploaded,
        })
    }

    /// The names of the files in a folder of the data.
    fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.archives.folder.root().join(folder)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    fn password(&self) -> Option<String> {
        let plan = self.all::<BuildPlan>().remove(0);
        match plan.custom_attributes[1].value.clone()? {
            AttributeValue::Sealed(sealed) => {
                Some(self.archives.sealer.open(&sealed).unwrap().to_string())
            }
            AttributeValue::Plain(_) => panic!("a password is not sealed"),
        }
    }
}

fn attribute(name: &str, kind: &str, value: Option<AttributeValue>) -> CustomAttribute {
    CustomAttribute {
        name: name.to_owned(),
        kind: kind.to_owned(),
        value,
        description: Some("What it is for".to_owned()),
        constraints: Some("{\"helpText\":\"\"}".to_owned()),
    }
}

/// A service with two scripts, a build plan with a password, a golden image, a deployment plan.
fn filled() -> Service {
    let service = Service::new(1);
    let image = Id::generate();
    let mut disk = vec![0; 3 << 20];
    disk[5000..9000].fill(7);
    fs::write(service.archives.folder.golden_volume(&image), &disk).unwrap();
    let sum = mintage_plans::bundle::ImageFacts::read(disk.as_slice())
        .unwrap()
        .sha256;
    let sealed = service.archives.sealer.seal("hunter2").unwrap();
    service.change(|change| {
        let mut steps = Vec::new();
        for (name, language) in [("motd", Language::Rhai), ("old", Language::Guestfish)] {
            let script = PlanScript {
                name: name.to_owned(),
                description: None,
                plan_type: PlanType::Deploy,
                language,
                content: "log::info(\"hi\");\n".to_owned(),
                templates: match language {
                    Language::Rhai => [("motd.j2".to_owned(), "Hello".to_owned())].into(),
                    Language::Guestfish => BTreeMap::new(),
                },
                hp_provided: false,
            };
            steps.push(BuildStep {
                plan_script: change.insert(script)?.id,
                parameters: None,
            });
        }
        let attributes = vec![
            attribute(
                "Name",
                "String",
                Some(AttributeValue::Plain("web".to_owned())),
            ),
            attribute("Root", "password", Some(AttributeValue::Sealed(sealed))),
        ];
        let build_plan = change.insert(BuildPlan {
            name: "Web".to_owned(),
            description: Some("A plan".to_owned()),
            oe_build_plan_type: "Deploy".to_owned(),
            steps,
            custom_attributes: attributes.clone(),
            mounts: [("/boot".to_owned(), "partition:2".to_owned())].into(),
            deadline_seconds: Some(90),
            hp_provided: false,
        })?;
        change.insert_as(
            image.clone(),
            GoldenImage {
                name: "Debian/12".to_owned(),
                description: None,
                state: State::Ok,
                size: disk.len() as u64,
                used: 8192,
                check_sum: None,
                volume_sum: Some(sum),
                format: Some("raw".to_owned()),
                image_capture: false,
                provenance: None,
                imported_from_bundle: false,
                bundle_name: None,
                bundle: None,
                read_only: false,
                inspection: Some(json!({ "system": "Debian" })),
                upload: None,
            },
        )?;
        change.insert(DeploymentPlan {
            name: "Web on Debian".to_owned(),
            description: None,
            build_plan: build_plan.id,
            golden_image: Some(image),
            custom_attributes: vec![SettableAttribute {
                id: "a1".to_owned(),
                editable: true,
                visible: false,
                attribute: attributes[0].clone(),
            }],
            hp_provided: false,
        })
    });
    service
}

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
        fs::read(
            service
                .archives
                .folder
                .golden_volume(&service.id::<GoldenImage>("Debian/12")),
        )
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
    let row = open_upload(&there.archives, &plan).unwrap().row;
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
    fs::remove_file(service.archives.folder.golden_volume(&ids.1)).unwrap();
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
