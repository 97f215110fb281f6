//! A service to test on: its store, its data folder, its tasks; and what it is filled with.

use crate::bundles::archive::Archives;
use crate::bundles::{
    AddBundle, AddBundleInput, CreateBackup, CreateBackupInput, CreateBundle, CreateBundleInput,
    ExtractBundle, ExtractBundleInput, RestoreBackup, RestoreBackupInput, Wanted, open_upload,
};
use crate::golden_volume;
use crate::task::{Feed, NewTask, Tasks, Verb, Verbs, begin};
use crate::{DataFolder, Limits};
use mintage_records::model::{
    ArtifactBundle, AttributeValue, Backup, BuildPlan, BuildStep, CustomAttribute, DeploymentPlan,
    GoldenImage, Language, PlanScript, PlanType, SettableAttribute, State, Task, TaskState,
};
use mintage_records::{Author, Change, DatabaseUrl, Id, Records, Resource, Sealer};
use mintage_storage::store::conformance::file_of;
use mintage_volume::VolumeSum;
use serde_json::json;
use std::collections::BTreeMap;
use std::fs;
use std::sync::Arc;
use std::time::{Duration, Instant};

pub(super) struct Service {
    pub(super) records: Arc<Records>,
    pub(super) archives: Archives,
    _tasks: Arc<Tasks>,
    _place: tempfile::TempDir,
}

impl Service {
    pub(super) fn new(key: u8) -> Self {
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

    pub(super) fn change<T>(
        &self,
        act: impl FnOnce(&mut Change<'_>) -> Result<T, mintage_records::RecordsError>,
    ) -> T {
        self.records.change(&Author::user("test"), act).unwrap()
    }

    pub(super) fn all<R: Resource>(&self) -> Vec<R> {
        let all = self.records.read(|view| view.all::<R>()).unwrap();
        all.into_iter().map(|stored| stored.body).collect()
    }

    pub(super) fn id<R: Resource>(&self, name: &str) -> Id {
        let found = self
            .records
            .read(|view| view.find_by_name::<R>(name))
            .unwrap();
        found.unwrap().id
    }

    /// Begins a task and waits for its end.
    pub(super) fn run<V: Verb>(&self, input: &V::Input) -> Task {
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
    pub(super) fn done<V: Verb>(&self, input: &V::Input) {
        let task = self.run::<V>(input);
        assert_eq!(task.task_state, TaskState::Completed, "{task:?}");
    }

    pub(super) fn export(&self, wanted: Wanted) -> Id {
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

    pub(super) fn everything(&self) -> Wanted {
        Wanted {
            deployment_plans: [(self.id::<DeploymentPlan>("Web on Debian"), false)].into(),
            ..Wanted::default()
        }
    }

    /// Sends the archive of a bundle of another service.
    pub(super) fn send(&self, from: &Self, bundle: &Id) -> Id {
        let id = Id::generate();
        let archive = from.archives.folder.artifact_bundle(bundle);
        fs::copy(archive, self.archives.folder.incoming(&id)).unwrap();
        let row = open_upload(&self.archives, &id).unwrap();
        self.change(|change| change.insert_as(id.clone(), row));
        self.done::<AddBundle>(&AddBundleInput { bundle: id.clone() });
        id
    }

    pub(super) fn extract(&self, bundle: &Id, force: bool) -> Task {
        self.run::<ExtractBundle>(&ExtractBundleInput {
            bundle: bundle.clone(),
            force,
        })
    }

    pub(super) fn back_up(&self, name: &str) -> Id {
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

    pub(super) fn restore(&self, backup: &Id, uploaded: bool) -> Task {
        self.run::<RestoreBackup>(&RestoreBackupInput {
            backup: backup.clone(),
            uploaded,
        })
    }

    /// The names of the files in a folder of the data.
    pub(super) fn files(&self, folder: &str) -> Vec<String> {
        let entries = fs::read_dir(self.archives.folder.root().join(folder)).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub(super) fn password(&self) -> Option<String> {
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
pub(super) fn filled() -> Service {
    let service = Service::new(1);
    let image = Id::generate();
    let mut disk = vec![0; 3 << 20];
    disk[5000..9000].fill(7);
    fs::write(
        file_of(service.archives.folder.store(), &golden_volume(&image)),
        &disk,
    )
    .unwrap();
    let sum = VolumeSum::of(&disk);
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
                boot_test: None,
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
