//! Runs of capture plans: what is left fails them, what is allowed does not, and deleted data is gone.

use super::tests::{golden_with, run_on};
use super::*;
use crate::library::PlanLibrary;
use crate::{ValueLayer, resolve};
use mintage_engine::Style;
use mintage_volume::block::{MemoryDevice, commit};
use plan_stdlib::StandardLibrary;

const SOURCE: &[(&str, &str)] = &[
    ("/etc/os-release", "PRETTY_NAME=\"Testing 1\"\n"),
    ("/etc/hostname", "web01-source\n"),
    ("/etc/passwd", "root:x:0:0::/root:/bin/sh\n"),
    ("/root/notes", "call web01-source\n"),
    ("/root/.bash_history", "passwd\n"),
];

const TEXT: &str = "\
/etc/os-release
  | ID=testing
/etc/hostname
  | web01-source
/root/notes
  | call web01-source
/root/.bash_history
  | passwd
";

fn input(kind: &str, script: &str) -> RunInput {
    let plan = format!("name = \"test\"\ntype = \"{kind}\"\nsteps = [\"scripts/1.rhai\"]\n");
    let files = [
        ("build-plan.toml", plan.as_str()),
        ("scripts/1.rhai", script),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let library = PlanLibrary::from_files(files.into_iter().collect()).unwrap();
    let values = resolve(
        &library,
        &[ValueLayer::from_settings(&[] as &[&str]).unwrap()],
    )
    .unwrap();
    RunInput::new(library, values, "seed", Some(Default::default()))
}

fn over_text(kind: &str, script: &str) -> RunReport {
    let input = input(kind, script);
    run_over_text(&input, TEXT, &StandardLibrary, &input.control())
}

#[test]
fn what_is_left_fails_the_run_and_is_named() {
    let report = over_text("capture", "hostname::set(\"template-1\");\n");
    let error = report.outcome.error.unwrap();
    insta::assert_snapshot!(error.render(Style::Plain));
    let findings = report.outcome.scan.unwrap().findings;
    let names: Vec<&str> = findings
        .iter()
        .map(|finding| finding.name.as_str())
        .collect();
    assert_eq!(
        names,
        [
            "shell-history in /root/.bash_history",
            "host-name in /root/notes"
        ]
    );
}

#[test]
fn what_is_allowed_is_recorded_with_its_reason() {
    let script = "\
hostname::set(\"template-1\");
scan::allow(\"host-name in /root/notes\", \"a note\");
scan::allow(\"shell-history in /root\", \"harmless\");
scan::allow(\"token in /srv\", \"never there\");
";
    let report = over_text("capture", script);
    assert_eq!(report.outcome.error, None);
    let scan = report.outcome.scan.unwrap();
    let used: Vec<(&str, u64)> = scan
        .allowances
        .iter()
        .map(|a| (a.name.as_str(), a.used))
        .collect();
    assert_eq!(
        used,
        [
            ("host-name in /root/notes", 1),
            ("shell-history in /root", 1),
            ("token in /srv", 0)
        ]
    );
    assert_eq!(
        scan.notes,
        ["nothing was found that `token in /srv` allows"]
    );
}

#[test]
fn a_wrong_name_is_an_error_and_a_deploy_plan_has_no_scan() {
    let report = over_text("capture", "scan::allow(\"tokens in /srv\", \"x\");\n");
    let error = report.outcome.error.unwrap();
    assert_eq!(error.code.as_str(), "P2013");
    assert!(
        error.message.contains("`tokens` is no kind of finding"),
        "{}",
        error.message
    );
    let report = over_text("deploy", "scan::allow(\"token in /srv\", \"x\");\n");
    assert_eq!(report.outcome.error, None);
    assert_eq!(report.outcome.scan, None);
    assert_eq!(
        report.outcome.notes,
        ["`scan::allow` does nothing in a deploy plan: only a capture is scanned"]
    );
}

/// Over an image, what the steps took out is nowhere on the device, and twice the same bytes come out.
#[test]
fn what_was_taken_out_is_nowhere_on_the_volume() {
    let golden = golden_with(SOURCE);
    let input = input(
        "capture",
        "hostname::set(\"template-1\");\nfile::remove(\"/root/notes\");\nfile::remove(\"/root/.bash_history\");\n",
    );
    let captured = || {
        let scratch = Arc::new(MemoryDevice::new(golden.len()));
        let (base, control) = (Arc::clone(&golden) as _, input.control());
        let report = run(
            &input,
            base,
            Arc::clone(&scratch) as _,
            &StandardLibrary,
            &control,
        );
        assert_eq!(report.outcome.error, None);
        let mut volume = content(&golden);
        let target = MemoryDevice::from(&volume[..]);
        commit(&report.changes, &*scratch, &target).unwrap();
        target.read_at(0, &mut volume).unwrap();
        volume
    };
    let has = |bytes: &[u8], text: &str| bytes.windows(text.len()).any(|w| w == text.as_bytes());
    let (first, second) = (captured(), captured());
    for text in ["web01-source", "notes", "bash_history"] {
        assert!(has(&content(&golden), text), "{text} before");
        assert!(!has(&first, text), "{text} after");
    }
    assert!(has(&first, "template-1") && first == second);
    assert_eq!(run_on(&golden, &input).outcome.status, Status::Succeeded);
}

fn content(device: &MemoryDevice) -> Vec<u8> {
    let mut all = vec![0; usize::try_from(device.len()).unwrap()];
    device.read_at(0, &mut all).unwrap();
    all
}
