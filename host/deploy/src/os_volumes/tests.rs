//! What is refused before anything is made, and what a deployment keeps: over a real store. That a
//! volume comes of it is tested with the whole program.

use super::*;
use crate::DataFolder;
use crate::os_volume;
use mintage_engine::Value;
use mintage_records::model::*;
use mintage_records::*;
use mintage_storage::store::conformance::file_of;
use std::collections::BTreeMap;
use std::fs;
use tempfile::TempDir;

/// A store with a golden image, a build plan of one script, and a deployment plan.
struct World {
    records: Records,
    sealer: Sealer,
    folder: DataFolder,
    script: Stored<PlanScript>,
    build_plan: Stored<BuildPlan>,
    plan: Stored<DeploymentPlan>,
    _directory: TempDir,
}

/// What differs from the usual world.
struct Given {
    language: Language,
    kind: &'static str,
    state: State,
    attributes: Vec<CustomAttribute>,
    settings: Vec<SettableAttribute>,
}

impl Default for Given {
    fn default() -> Self {
        Self {
            language: Language::Rhai,
            kind: "Deploy",
            state: State::Ok,
            attributes: vec![attribute("HostName", "hostname", None)],
            settings: Vec::new(),
        }
    }
}

fn attribute(name: &str, kind: &str, value: Option<AttributeValue>) -> CustomAttribute {
    CustomAttribute {
        name: name.into(),
        kind: kind.into(),
        value,
        description: None,
        constraints: None,
    }
}

fn settable(attribute: CustomAttribute, editable: bool) -> SettableAttribute {
    SettableAttribute {
        id: String::new(),
        editable,
        visible: true,
        attribute,
    }
}

fn plain(value: &str) -> Option<AttributeValue> {
    Some(AttributeValue::Plain(value.into()))
}

fn setting(name: &str, value: &str) -> Setting {
    Setting {
        name: name.into(),
        value: value.into(),
    }
}

fn golden(state: State) -> GoldenImage {
    GoldenImage {
        name: "debian".into(),
        description: None,
        state,
        size: 1 << 20,
        used: 0,
        check_sum: None,
        volume_sum: None,
        format: None,
        image_capture: false,
        provenance: None,
        imported_from_bundle: false,
        bundle_name: None,
        bundle: None,
        read_only: false,
        inspection: None,
        upload: None,
        boot_test: None,
    }
}

fn script(name: &str, language: Language) -> PlanScript {
    PlanScript {
        name: name.into(),
        description: None,
        plan_type: PlanType::Deploy,
        language,
        content: "hostname::set(attribute(\"HostName\"));".into(),
        templates: BTreeMap::new(),
        hp_provided: false,
    }
}

impl World {
    fn new(given: Given) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let url = DatabaseUrl::Sqlite(directory.path().join("records.db"));
        let records = Records::open(&url, "test").unwrap();
        let made = records.change(&Author::user("test"), |change| {
            let script = change.insert(script("set name", given.language))?;
            let build_plan = change.insert(BuildPlan {
                name: "web".into(),
                description: None,
                oe_build_plan_type: given.kind.into(),
                steps: vec![BuildStep {
                    plan_script: script.id.clone(),
                    parameters: None,
                }],
                custom_attributes: given.attributes,
                mounts: BTreeMap::new(),
                deadline_seconds: None,
                hp_provided: false,
            })?;
            let image = change.insert(golden(given.state))?;
            let plan = change.insert(DeploymentPlan {
                name: "web servers".into(),
                description: None,
                build_plan: build_plan.id.clone(),
                golden_image: Some(image.id),
                custom_attributes: given.settings,
                hp_provided: false,
            })?;
            Ok::<_, RecordsError>((script, build_plan, plan))
        });
        let (script, build_plan, plan) = made.unwrap();
        Self {
            records,
            sealer: Sealer::new(&[7; 32]),
            folder: DataFolder::open(directory.path()).unwrap(),
            script,
            build_plan,
            plan,
            _directory: directory,
        }
    }

    fn begin(&self, settings: &[Setting]) -> Result<(Stored<OsVolume>, Making), DeployError> {
        self.records.change(&Author::user("test"), |change| {
            let request = DeployRequest {
                deployment_plan: self.plan.id.clone(),
                name: None,
                description: None,
                settings: settings.to_vec(),
                seed: Some(Seed("the seed of a test".into())),
            };
            Deployment::begin(change, request, &self.sealer)
        })
    }

    /// The codes of everything that is wrong with a deployment.
    fn refused(&self, settings: &[Setting]) -> String {
        let error = self.begin(settings).unwrap_err();
        let codes = error
            .problems()
            .into_iter()
            .map(|problem| problem.error_code);
        codes.collect::<Vec<_>>().join(" ")
    }

    fn volumes(&self) -> usize {
        self.records
            .read(|view| view.all::<OsVolume>())
            .unwrap()
            .len()
    }
}

#[test]
fn everything_that_is_wrong_is_told_at_once_and_nothing_is_made() {
    let host = [setting("HostName", "web01")];
    for (given, settings, codes) in [
        (Given::default(), &[][..], "P4001"),
        (Given::default(), &[setting("HostName", "")], "P4001"),
        (
            Given::default(),
            &[setting("HostName", "a.b"), setting("Hostname", "c")],
            "P4002 P4003",
        ),
        (
            Given::default(),
            &[setting("HostName", "a"), setting("HostName", "b")],
            "ATTRIBUTE_TWICE",
        ),
        (
            Given {
                language: Language::Guestfish,
                state: State::Creating,
                ..Given::default()
            },
            &host,
            "IMAGE_NOT_READY LANGUAGE_NOT_RUN",
        ),
        (
            Given {
                state: State::Error,
                ..Given::default()
            },
            &[],
            "IMAGE_NOT_READY P4001",
        ),
        (
            Given {
                kind: "CAPTURE",
                ..Given::default()
            },
            &host,
            "WRONG_PLAN_TYPE",
        ),
        (
            Given {
                settings: vec![settable(
                    attribute("HostName", "hostname", plain("fixed")),
                    false,
                )],
                ..Given::default()
            },
            &host,
            "ATTRIBUTE_FIXED",
        ),
        (
            Given {
                attributes: vec![attribute("HostName", "hostnam", None)],
                ..Given::default()
            },
            &host,
            "P5002",
        ),
    ] {
        let world = World::new(given);
        assert_eq!(world.refused(settings), codes, "{settings:?}");
        assert_eq!(world.volumes(), 0);
    }
}

#[test]
fn the_strongest_setting_counts() {
    let in_build_plan = |value| vec![attribute("HostName", "hostname", plain(value))];
    let in_plan = |value| {
        vec![settable(
            attribute("HostName", "hostname", plain(value)),
            true,
        )]
    };
    for (attributes, settings, request, expected) in [
        (in_build_plan("a"), Vec::new(), Vec::new(), "a"),
        (in_build_plan("a"), in_plan("b"), Vec::new(), "b"),
        (in_build_plan("a"), in_plan(""), Vec::new(), "a"),
        (
            in_build_plan("a"),
            in_plan("b"),
            vec![setting("HostName", "c")],
            "c",
        ),
        (
            in_build_plan(""),
            in_plan(""),
            vec![setting("HostName", "c")],
            "c",
        ),
    ] {
        let world = World::new(Given {
            attributes,
            settings,
            ..Given::default()
        });
        let deployment = world
            .records
            .read(|view| Deployment::current(view, &world.plan.id));
        let prepared = deployment
            .unwrap()
            .prepare(&request, &world.sealer)
            .unwrap();
        let value = prepared.values.get("HostName");
        assert_eq!(value, Some(&Value::Text(expected.into())));
    }
}

#[test]
fn a_sealed_secret_is_no_default_of_the_library() {
    let sealer = Sealer::new(&[7; 32]);
    let sealed = AttributeValue::Sealed(sealer.seal("topsecret").unwrap());
    let world = World::new(Given {
        attributes: vec![attribute("Password", "Password", Some(sealed))],
        ..Given::default()
    });
    let deployment = world
        .records
        .read(|view| Deployment::current(view, &world.plan.id));
    let prepared = deployment.unwrap().prepare(&[], &sealer).unwrap();
    assert!(
        matches!(prepared.values.get("Password"), Some(Value::Secret(s)) if s.reveal() == "topsecret")
    );
    let library = serde_json::to_string(&prepared.library).unwrap();
    assert!(!library.contains("topsecret"));
}

#[test]
fn a_deployment_keeps_the_versions_that_it_began_with() {
    let world = World::new(Given::default());
    let (volume, making) = world.begin(&[setting("HostName", "web01")]).unwrap();
    assert_eq!(volume.body.name, "OSVolume-1");
    assert_eq!(volume.body.state, State::Creating);
    let pins: Vec<(Kind, u64)> = volume
        .body
        .pins
        .iter()
        .map(|pin| (pin.kind, pin.version))
        .collect();
    let kinds = [
        Kind::DeploymentPlans,
        Kind::GoldenImages,
        Kind::BuildPlans,
        Kind::PlanScripts,
    ];
    assert_eq!(pins, kinds.map(|kind| (kind, 1)));
    // Secrets are sealed in what a task keeps.
    let kept = serde_json::to_string(&(&making, &volume.body)).unwrap();
    assert!(!kept.contains("web01") && !kept.contains("the seed of a test"));

    let author = Author::user("test");
    world
        .records
        .change(&author, |change| {
            let body = PlanScript {
                content: "changed".into(),
                ..world.script.body.clone()
            };
            change.update(&world.script.id, &Match::Any, body)
        })
        .unwrap();
    let of = |view: &mut View<'_>| PinnedPlan::at(view, &volume.body.pins);
    let pinned = world.records.read(of).unwrap();
    assert_eq!(pinned.scripts, std::slice::from_ref(&world.script));
    assert_eq!(pinned.build_plan, world.build_plan);
    let now = world
        .records
        .read(|view| PinnedPlan::current(view, &world.build_plan.id));
    assert_eq!(now.unwrap().scripts[0].version, 2);
    // What it uses cannot be deleted while it is made.
    let deleted = world.records.change(&author, |change| {
        change.delete::<DeploymentPlan>(&world.plan.id, &Match::Any)
    });
    assert!(matches!(deleted, Err(RecordsError::InUse { .. })));
}

#[test]
fn undoing_leaves_no_row_and_no_file_however_often() {
    let world = World::new(Given::default());
    let author = Author::user("test");
    let (volume, _) = world.begin(&[setting("HostName", "web01")]).unwrap();
    let (other, _) = world.begin(&[setting("HostName", "web02")]).unwrap();
    assert_eq!(other.body.name, "OSVolume-2");
    for stored in [&volume, &other] {
        fs::write(
            file_of(world.folder.store(), &os_volume(&stored.id)),
            "blocks",
        )
        .unwrap();
    }
    for _ in 0..2 {
        making::delete(
            &world.records,
            &world.folder,
            &author,
            &volume.id,
            &Match::Any,
        )
        .unwrap();
        assert!(!file_of(world.folder.store(), &os_volume(&volume.id)).exists());
    }
    // A crash after the row and before the file: the next start takes the file away, and no other.
    world
        .records
        .change(&author, |change| {
            change.delete::<OsVolume>(&other.id, &Match::Any)
        })
        .unwrap();
    let (third, _) = world.begin(&[setting("HostName", "web03")]).unwrap();
    fs::write(
        file_of(world.folder.store(), &os_volume(&third.id)),
        "blocks",
    )
    .unwrap();
    making::sweep(&world.records, &world.folder).unwrap();
    assert!(!file_of(world.folder.store(), &os_volume(&other.id)).exists());
    assert!(file_of(world.folder.store(), &os_volume(&third.id)).exists());
}

#[test]
fn templates_of_one_name_must_be_the_same() {
    let with = |name: &str, text: &str| PlanScript {
        templates: [("hosts.j2".to_owned(), text.to_owned())].into(),
        ..script(name, Language::Rhai)
    };
    let world = World::new(Given::default());
    let stored = |body: PlanScript| Stored {
        body,
        ..world.script.clone()
    };
    for (one, other, is_good) in [("a", "a", true), ("a", "b", false)] {
        let pinned = PinnedPlan {
            build_plan: world.build_plan.clone(),
            scripts: vec![stored(with("one", one)), stored(with("other", other))],
        };
        let joined = assembly::library(&pinned);
        assert_eq!(joined.is_ok(), is_good);
        if let Err(error) = joined {
            assert_eq!(
                error.to_string(),
                "plan scripts `one` and `other` bring different templates with the name `hosts.j2`"
            );
        }
    }
}
