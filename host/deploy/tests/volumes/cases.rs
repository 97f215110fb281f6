//! The cases.

use crate::golden::read;
use crate::profiles;
use crate::world::{World, author};
use mintage_deploy::os_volumes::{DeployError, making, preview};
use mintage_deploy::{golden_volume, os_volume};
use mintage_records::Match;
use mintage_records::model::State;
use mintage_storage::store::conformance::file_of;
use mintage_worker::Cancellation;
use std::fs;
use std::panic::catch_unwind;
use std::process::ExitCode;

pub type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("the_same_seed_gives_the_same_bytes", same_seed),
    ("a_preview_shows_the_same_and_makes_nothing", previewed),
    ("a_plan_that_fails_leaves_no_file", fails),
    ("a_second_try_replaces_what_the_first_left", again),
    ("a_cancelled_deployment_leaves_no_file", cancelled),
    ("a_captured_volume_can_be_deployed", captured),
    ("what_must_not_travel_fails_a_capture", leaks),
];

pub fn run(filter: Option<&str>) -> ExitCode {
    let chosen = |case: &&Case| filter.is_none_or(|text| case.0.contains(text));
    let mut failed = 0;
    for (name, case) in CASES.iter().chain(profiles::CASES).filter(chosen) {
        let passed = catch_unwind(case).is_ok();
        let said = if passed { "ok" } else { "FAILED" };
        println!("test volumes::{name} ... {said}");
        failed += u8::from(!passed);
    }
    ExitCode::from(failed.min(101))
}

/// Sets the host name, and an id that is derived from the seed.
const DEPLOY: &str = "\
hostname::set(attribute(\"HostName\"));
machine_id::set();
log::info(\"named\");
";

const CAPTURE: &str = "\
hostname::set(\"template\");
machine_id::reset();
";

fn same_seed() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", DEPLOY);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let before = fs::read(file_of(world.folder.store(), &golden_volume(&world.golden))).unwrap();
    let (volume, one) = world.deploy(&plan, "seed 1");
    let (_, two) = world.deploy(&plan, "seed 1");
    let (_, other) = world.deploy(&plan, "seed 2");
    assert_eq!(fs::read(&one).unwrap(), fs::read(&two).unwrap());
    assert_ne!(fs::read(&one).unwrap(), fs::read(&other).unwrap());
    let golden = file_of(world.folder.store(), &golden_volume(&world.golden));
    assert_eq!(fs::read(golden).unwrap(), before);
    assert_eq!(read(&one, "/etc/hostname").as_deref(), Some("web01\n"));

    assert_eq!(volume.body.state, State::Ok);
    assert_eq!(volume.body.size, 16 << 20);
    let record = volume.body.outcome.unwrap();
    assert_eq!(record["outcome"]["status"], "succeeded");
    let text = record.to_string();
    for shown in ["/etc/hostname", "named", "script of web", "clone"] {
        assert!(text.contains(shown), "{shown}: {text}");
    }
    for hidden in ["seed 1", world.directory.path().to_str().unwrap()] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

fn previewed() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", DEPLOY);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let (volume, path) = world.deploy(&plan, "seed 1");
    fs::remove_file(path).unwrap();
    let before = world.files();
    let settings = [mintage_deploy::os_volumes::Setting {
        name: "HostName".into(),
        value: "web01".into(),
    }];
    let (records, sealer, folder) = (&world.records, &world.sealer, &world.folder);
    let seed = mintage_deploy::os_volumes::Seed("seed 1".into());
    let record = preview(
        records,
        sealer,
        folder,
        &plan,
        &settings,
        Some(seed),
        || false,
    )
    .unwrap();
    let shown = serde_json::to_value(&record.outcome).unwrap();
    assert_eq!(shown, volume.body.outcome.unwrap()["outcome"]);
    assert!(record.volume.is_none());
    assert_eq!(world.files(), before);
}

fn fails() {
    let world = World::new();
    let script = "hostname::set(attribute(\"HostName\"));\nfail(\"not today\");\n";
    let build_plan = world.build_plan("web", "deploy", script);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let before = world.files();
    let making = world.begin(&plan, "seed");
    let error = world.make(&making, None).unwrap_err();
    let problem = &error.problems()[0];
    assert!(problem.message.contains("not today"), "{problem:?}");
    assert!(
        problem.details.contains("script of web.rhai:2:"),
        "{problem:?}"
    );
    assert_eq!(world.files(), before);
    making::delete(
        &world.records,
        &world.folder,
        &author(),
        &making.os_volume,
        &Match::Any,
    )
    .unwrap();
}

fn again() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", DEPLOY);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let (_, whole) = world.deploy(&plan, "seed");
    let making = world.begin(&plan, "seed");
    let path = file_of(world.folder.store(), &os_volume(&making.os_volume));
    fs::write(&path, "half a volume").unwrap();
    for _ in 0..2 {
        world.make(&making, None).unwrap();
        assert_eq!(fs::read(&path).unwrap(), fs::read(&whole).unwrap());
    }
}

fn cancelled() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", "attribute(\"HostName\");\nloop {}\n");
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let before = world.files();
    let making = world.begin(&plan, "seed");
    let started = std::time::Instant::now();
    let soon = Cancellation::when(move || started.elapsed().as_millis() > 300);
    let error = world.make(&making, Some(soon)).unwrap_err();
    assert!(matches!(error, DeployError::Cancelled), "{error:?}");
    assert_eq!(world.files(), before);
}

fn captured() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", DEPLOY);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let (volume, source) = world.deploy(&plan, "seed 1");
    let before = fs::read(&source).unwrap();
    let capture_plan = world.build_plan("generalize", "capture", CAPTURE);
    let (image, golden) = world
        .capture(&volume.id, &capture_plan, "template")
        .unwrap();
    let (_, twin) = world.capture(&volume.id, &capture_plan, "twin").unwrap();
    assert_eq!(fs::read(&source).unwrap(), before);
    let bytes = fs::read(&golden).unwrap();
    assert_eq!(bytes, fs::read(twin).unwrap());
    assert!(!bytes.windows(5).any(|window| window == b"web01"));
    assert_eq!(image.body.state, State::Ok);
    assert!(image.body.used > 0 && image.body.volume_sum.is_some());
    let provenance = image.body.provenance.unwrap();
    assert_eq!(provenance.os_volume, volume.id);
    assert_eq!(provenance.build_plan, capture_plan);
    assert_eq!(
        provenance.outcome.unwrap()["outcome"]["scan"]["findings"],
        serde_json::json!([])
    );

    let from_captured = world.deployment_plan("captured", &build_plan, &image.id);
    let (_, deployed) = world.deploy(&from_captured, "seed 2");
    assert_eq!(
        read(&golden, "/etc/hostname").as_deref(),
        Some("template\n")
    );
    assert_eq!(read(&deployed, "/etc/hostname").as_deref(), Some("web01\n"));
    assert_eq!(
        read(&deployed, "/etc/machine-id").map(|id| id.len()),
        Some(33)
    );
}

fn leaks() {
    let world = World::new();
    let build_plan = world.build_plan("web", "deploy", DEPLOY);
    let plan = world.deployment_plan("web", &build_plan, &world.golden);
    let (volume, _) = world.deploy(&plan, "seed 1");
    let script = "file::write(\"/etc/notes\", \"call web01\");\nhostname::set(\"template\");\n";
    let capture_plan = world.build_plan("careless", "capture", script);
    let before = world.files();
    let error = world
        .capture(&volume.id, &capture_plan, "template")
        .unwrap_err();
    assert_eq!(error.problems()[0].error_code, "P7012", "{error:?}");
    assert_eq!(world.files(), before);
}
