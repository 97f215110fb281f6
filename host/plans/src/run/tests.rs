//! Whole runs over an ext4 image in memory, with the standard library.

use super::*;
use crate::library::PlanLibrary;
use crate::{Profile, ValueLayer, resolve};
use fs_ext4::features::FsFlavor;
use mintage_volume::VolumePath;
use mintage_volume::block::MemoryDevice;
use mintage_volume::filesystem::ext4::Ext4;
use mintage_volume::filesystem::{FileSystem, Ownership, Timestamp};
use mintage_volume::tree::{Mount, VolumeTree};
use plan_stdlib::StandardLibrary;
use std::collections::BTreeMap;

const LEN: u64 = 16 << 20;

/// The device as the formatting library wants it.
struct Formatted(Arc<MemoryDevice>);

impl fs_ext4::block_io::BlockDevice for Formatted {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> fs_ext4::error::Result<()> {
        self.0.read_at(offset, buf).unwrap();
        Ok(())
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> fs_ext4::error::Result<()> {
        self.0.write_at(offset, data).unwrap();
        Ok(())
    }

    fn size_bytes(&self) -> u64 {
        LEN
    }

    fn is_writable(&self) -> bool {
        true
    }
}

/// An image of one ext4 filesystem with a few files.
fn golden() -> Arc<MemoryDevice> {
    golden_with(&[
        ("/etc/os-release", "PRETTY_NAME=\"Testing 1\"\n"),
        ("/etc/hostname", "golden\n"),
        ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ])
}

/// An image of one ext4 filesystem with these files.
pub(super) fn golden_with(files: &[(&str, &str)]) -> Arc<MemoryDevice> {
    let device = Arc::new(MemoryDevice::new(LEN));
    let flavor = FsFlavor::Ext4;
    fs_ext4::mkfs::format_filesystem_with_flavor(
        &Formatted(Arc::clone(&device)),
        Some("root"),
        Some([7; 16]),
        LEN,
        4096,
        flavor,
    )
    .unwrap();
    let filesystem = Ext4::open(Arc::clone(&device) as _, Timestamp::default()).unwrap();
    let mut tree = VolumeTree::new(Mount {
        point: VolumePath::root(),
        filesystem: Box::new(filesystem),
        read_only: false,
        source: "test".to_owned(),
    });
    for dir in ["/etc", "/var", "/bin", "/usr", "/root"] {
        tree.make_dir(dir, Ownership::root(0o755)).unwrap();
    }
    for (path, text) in files {
        let parent = VolumePath::parse(path).unwrap().parent().unwrap();
        tree.make_dirs(&parent, Ownership::root(0o755)).unwrap();
        tree.write(path, text.as_bytes(), Ownership::root(0o644))
            .unwrap();
    }
    tree.finish().unwrap();
    device
}

fn library(attributes: &str, scripts: &[&str]) -> PlanLibrary {
    let names: Vec<String> = (1..=scripts.len())
        .map(|n| format!("scripts/{n}.rhai"))
        .collect();
    let plan = format!("name = \"test\"\ntype = \"deploy\"\nsteps = {names:?}\n{attributes}");
    let scripts = names
        .into_iter()
        .zip(scripts.iter().map(|text| (*text).to_owned()));
    let plan = std::iter::once(("build-plan.toml".to_owned(), plan));
    PlanLibrary::from_files(plan.chain(scripts).collect()).unwrap()
}

fn input(attributes: &str, settings: &[&str], scripts: &[&str]) -> RunInput {
    let library = library(attributes, scripts);
    let layer = ValueLayer::from_settings(settings).unwrap();
    let values = resolve(&library, &[layer]).unwrap();
    let time = parse_time("2026-01-01T00:00:00Z").unwrap();
    RunInput::new(library, values, "seed", Some(time))
}

pub(super) fn run_on(golden: &Arc<MemoryDevice>, input: &RunInput) -> RunReport {
    let scratch = Arc::new(MemoryDevice::new(LEN));
    run(
        input,
        Arc::clone(golden) as _,
        scratch,
        &StandardLibrary,
        &input.control(),
    )
}

fn run_scripts(scripts: &[&str]) -> RunReport {
    run_on(&golden(), &input("", &[], scripts))
}

/// The error of a run that must fail, with nothing changed.
fn failure(report: &RunReport) -> String {
    assert_eq!(report.outcome.status, Status::Failed);
    assert_eq!(report.changes, []);
    assert!(report.outcome.diff.is_empty());
    assert_eq!(
        (report.outcome.changed_blocks, report.outcome.changed_bytes),
        (0, 0)
    );
    let error = report.outcome.error.as_ref().unwrap();
    format!("{}: {}", error.code, error.message)
}

#[test]
fn steps_run_in_order_over_one_volume() {
    let report = run_scripts(&[
        r#"file::write("/etc/hostname", "web01\n"); log::info("one")"#,
        r#"log::info(file::read("/etc/hostname")); file::write("/etc/motd", "hi\n")"#,
    ]);
    let outcome = &report.outcome;
    assert_eq!(outcome.error, None);
    assert_eq!(outcome.image.as_ref().unwrap().os, "Testing 1");
    let logged: Vec<&str> = outcome.log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(logged, ["one", "web01\n"]);
    let touched: Vec<usize> = outcome.transcript.iter().map(|step| step.touched).collect();
    assert_eq!(touched, [1, 1]);
    let changed: Vec<String> = outcome
        .diff
        .entries
        .iter()
        .map(|e| e.path.to_string())
        .collect();
    assert_eq!(changed, ["/etc/hostname", "/etc/motd"]);
    let bytes: u64 = report
        .changes
        .iter()
        .map(|range| range.end - range.start)
        .sum();
    assert_eq!(outcome.changed_bytes, bytes);
    assert_eq!(outcome.changed_blocks * 4096, bytes);
    assert_eq!(report.timings.steps.len(), 2);
}

#[test]
fn what_was_committed_is_what_the_steps_wrote() {
    let golden = golden();
    let before = content(&*golden);
    let input = input("", &[], &[r#"file::write("/etc/hostname", "web01\n")"#]);
    let scratch = Arc::new(MemoryDevice::new(LEN));
    let device = Arc::clone(&golden) as Arc<dyn BlockDevice>;
    let report = run(
        &input,
        device,
        Arc::clone(&scratch) as _,
        &StandardLibrary,
        &input.control(),
    );
    assert_eq!(content(&*golden), before, "the golden image was written to");
    for range in &report.changes {
        let mut bytes = vec![0; usize::try_from(range.end - range.start).unwrap()];
        scratch.read_at(range.start, &mut bytes).unwrap();
        golden.write_at(range.start, &bytes).unwrap();
    }
    let volume = Ext4::open(golden, Timestamp::default()).unwrap();
    let path = VolumePath::parse("/etc/hostname").unwrap();
    let mut text = [0; 6];
    volume.read_at(&path, 0, &mut text).unwrap();
    assert_eq!(&text, b"web01\n");
    let modified = volume.metadata(&path).unwrap().modified;
    assert_eq!(format_time(modified), "2026-01-01T00:00:00Z");
}

fn content(device: &dyn BlockDevice) -> Vec<u8> {
    let mut bytes = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut bytes).unwrap();
    bytes
}

#[test]
fn a_failing_step_leaves_nothing() {
    let report = run_scripts(&[
        r#"file::write("/etc/hostname", "web01\n"); log::info("done")"#,
        r#"file::read("/missing")"#,
        r#"log::info("never")"#,
    ]);
    assert!(
        failure(&report).starts_with("P3001: "),
        "{}",
        failure(&report)
    );
    let frame = &report.outcome.error.as_ref().unwrap().frames[0];
    assert_eq!((frame.script.as_str(), frame.line), ("scripts/2.rhai", 1));
    let steps: Vec<Status> = report.outcome.transcript.iter().map(|s| s.status).collect();
    assert_eq!(steps, [Status::Succeeded, Status::Failed]);
    assert_eq!(report.outcome.log.len(), 1);
}

#[test]
fn a_run_that_changes_nothing_changes_no_block() {
    let report = run_scripts(&[r#"file::write("/etc/hostname", "golden\n")"#]);
    assert_eq!(report.outcome.error, None);
    assert!(report.outcome.diff.is_empty());
    assert_eq!(report.changes, []);
}

#[test]
fn everything_is_checked_before_the_first_step() {
    let report = run_scripts(&[r#"log::info("never")"#, "let x = ;", "y"]);
    assert!(
        failure(&report).starts_with("P1001: "),
        "{}",
        failure(&report)
    );
    assert_eq!(report.outcome.log, []);
    assert_eq!(report.outcome.transcript, []);
    assert!(
        report.outcome.notes[0].starts_with("also P1003: "),
        "{:?}",
        report.outcome.notes
    );

    let mut input = input("[attribute.A]\ntype = \"string\"", &["A=x"], &["1"]);
    input.values = [("B".to_owned(), mintage_engine::Value::Null)]
        .into_iter()
        .collect();
    let report = run_on(&golden(), &input);
    assert_eq!(failure(&report), "P4001: attribute `A` has no value");
    assert!(report.outcome.notes[0].starts_with("also P4002: "));
}

#[test]
fn what_is_no_image_is_an_error() {
    let input = input("", &[], &["1"]);
    let empty = Arc::new(MemoryDevice::new(LEN));
    let report = run_on(&empty, &input);
    let said = failure(&report);
    assert!(said.starts_with("P7"), "{said}");
    assert_eq!(report.outcome.image, None);

    let short = Arc::new(MemoryDevice::new(4096));
    let report = run(&input, golden(), short, &StandardLibrary, &input.control());
    assert!(
        failure(&report).starts_with("P3009: "),
        "{}",
        failure(&report)
    );
}

#[test]
fn limits_and_control_end_a_run() {
    let mut endless = input("", &[], &["loop {}"]);
    endless.limits.script.operations = 1000;
    assert!(failure(&run_on(&golden(), &endless)).starts_with("P2001: "));

    let write = r#"let s = "x"; s.pad(600000, 'x'); file::write("/big", s)"#;
    let mut large = input("", &[], &[write]);
    large.limits.changed_bytes = 65536;
    assert!(failure(&run_on(&golden(), &large)).starts_with("P3014: "));

    let cancelled = input("", &[], &["1"]);
    let control = cancelled.control();
    control.cancel();
    let scratch = Arc::new(MemoryDevice::new(LEN));
    let report = run(&cancelled, golden(), scratch, &StandardLibrary, &control);
    assert!(
        failure(&report).starts_with("P2005: "),
        "{}",
        failure(&report)
    );
}

#[test]
fn the_same_inputs_give_the_same_outcome_and_the_same_bytes() {
    let script = r#"
        file::write("/etc/motd", attribute("Name") + profile::name());
        file::symlink("/etc/link", "motd");
        file::remove("/etc/passwd");
        log::info("done");
    "#;
    let mut input = input(
        "[attribute.Name]\ntype = \"string\"",
        &["Name=x"],
        &[script],
    );
    input.profile = Profile::named("web01");
    let once = || {
        let scratch = Arc::new(MemoryDevice::new(LEN));
        let device = Arc::clone(&scratch) as _;
        let report = run(&input, golden(), device, &StandardLibrary, &input.control());
        assert_eq!(report.outcome.error, None);
        (
            serde_json::to_string(&report.outcome).unwrap(),
            report.changes,
            content(&*scratch),
        )
    };
    let (first, second) = (once(), once());
    assert_eq!(first.0, second.0);
    assert_eq!(first.1, second.1);
    assert!(first.2 == second.2, "the changed blocks differ");
}

const SECRET: &str = "correct horse battery staple";

#[test]
fn a_secret_is_nowhere_in_a_report() {
    let attributes = "[attribute.P]\ntype = \"password\"\n[attribute.T]\ntype = \"string\"\n";
    let settings = [format!("P={SECRET}"), format!("T={SECRET}")];
    let settings: Vec<&str> = settings.iter().map(String::as_str).collect();
    // `T` is the same text without the seal: what a careless caller does.
    for script in [
        r#"file::write("/etc/passphrase", attribute("P"))"#,
        r#"file::write("/etc/passphrase", attribute("T")); log::info(`it is ${attribute("T")}`)"#,
        r#"fail(`it is ${attribute("T")}`)"#,
        r#"file::read("/" + attribute("T"))"#,
        r#"file::symlink("/etc/link", attribute("T"))"#,
    ] {
        let mut input = input(attributes, &settings, &[script]);
        input.seed = SECRET.to_owned();
        input.profile = Profile::named(SECRET);
        let report = run_on(&golden(), &input);
        let json = serde_json::to_string(&report).unwrap();
        assert!(!json.contains(SECRET), "{script}: {json}");
        assert!(json.contains("secret"), "{script}: {json}");
    }
}

#[test]
fn an_input_survives_the_way_to_another_process() {
    let attributes = "[attribute.P]\ntype = \"password\"\n[mounts]\n\"/\" = { label = \"root\" }\n";
    let mut input = input(attributes, &["P=hunter22"], &["1"]);
    input.mounts = Some(BTreeMap::new());
    let json = serde_json::to_string(&input).unwrap();
    let back: RunInput = serde_json::from_str(&json).unwrap();
    assert_eq!(back, input);

    assert!(!format!("{input:?}").contains("hunter22"));
}

#[test]
fn the_input_hash_is_of_everything_but_secrets() {
    let attributes = "[attribute.P]\ntype = \"password\"\n[attribute.A]\ntype = \"string\"";
    let one = input(attributes, &["P=hunter22", "A=1"], &["1"]);
    let other_secret = input(attributes, &["P=hunter23", "A=1"], &["1"]);
    let time = one.time.unwrap();
    let later = Timestamp {
        seconds: time.seconds + 1,
        ..time
    };
    assert_eq!(one.hash(time), other_secret.hash(time));
    assert_ne!(one.hash(time), one.hash(later));
    let mut others = vec![input(attributes, &["P=hunter22", "A=2"], &["1"])];
    others.push(input(attributes, &["P=hunter22", "A=1"], &["2"]));
    others.extend([one.clone(), one.clone(), one.clone(), one.clone()]);
    others[2].seed.push('x');
    others[3].profile = Profile::named("x");
    others[4].limits.changed_bytes += 1;
    others[5].mounts = Some(BTreeMap::new());
    for (index, other) in others.iter().enumerate() {
        assert_ne!(other.hash(time), one.hash(time), "{index}");
    }
}

#[test]
fn a_report_survives_the_way_back() {
    let report = run_scripts(&[r#"file::write("/etc/motd", "hi\n"); log::info("x")"#]);
    let json = serde_json::to_string(&report).unwrap();
    let back: RunReport = serde_json::from_str(&json).unwrap();
    assert_eq!(serde_json::to_string(&back).unwrap(), json);
    assert_eq!(back.outcome, report.outcome);
}
