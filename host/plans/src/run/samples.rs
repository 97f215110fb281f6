//! The sample plans, run over a small Debian, and the documented form of a report.

use super::tests::{golden_with, run_on};
use super::*;
use crate::library::PlanLibrary;
use crate::{Profile, resolve};
use mintage_volume::diff::Style;
use std::path::{Path, PathBuf};

/// The golden image of the samples: what they edit, in the form that Debian has.
const DEBIAN: [(&str, &str); 12] = [
    (
        "/etc/os-release",
        "PRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\nID=debian\nVERSION_ID=\"12\"\n",
    ),
    ("/etc/hostname", "golden\n"),
    ("/etc/hosts", "127.0.0.1\tlocalhost\n127.0.1.1\tgolden\n"),
    ("/etc/passwd", "root:x:0:0:root:/root:/bin/bash\n"),
    ("/etc/group", "root:x:0:\n"),
    ("/etc/machine-id", "0123456789abcdef0123456789abcdef\n"),
    ("/etc/crontab", "17 * * * * root true\n"),
    (
        "/etc/default/grub",
        "GRUB_TIMEOUT=5\nGRUB_CMDLINE_LINUX=\"\"\n",
    ),
    ("/etc/ssh/ssh_host_ed25519_key", "key\n"),
    ("/etc/systemd/journald.conf", "[Journal]\n#Storage=auto\n"),
    ("/var/lib/systemd/random-seed", "seed\n"),
    ("/boot/efi/EFI/debian/grub.cfg", "search\n"),
];

const PROFILE: &str = r#"{
    "name": "web01",
    "labels": {"rack": "r12"},
    "attributes": {
        "HostName": "web01",
        "ManagementNIC.mac": "52:54:00:00:00:01",
        "ManagementNIC.ipaddress": "192.0.2.10",
        "ManagementNIC.netmask": "255.255.255.0",
        "ManagementNIC.gateway": "192.0.2.1",
        "ManagementNIC.dns1": "192.0.2.2",
        "OpsKeys": ["ssh-ed25519 AAAA ops@example.com"],
        "BackupPassphrase": "correct horse battery staple",
        "SerialConsole": true
    }
}"#;

fn folder(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

fn sample(name: &str, profile: &str) -> RunReport {
    let library = PlanLibrary::load(&folder("sample-plans").join(name)).unwrap();
    let (profile, values) = Profile::parse("profile.json", profile).unwrap();
    let values = resolve(&library, &[values]).unwrap();
    let time = parse_time("2026-01-01T00:00:00Z").unwrap();
    let mut input = RunInput::new(library, values, "web01", Some(time));
    input.profile = profile;
    run_on(&golden_with(&DEBIAN), &input)
}

#[test]
fn a_debian_web_server() {
    let report = sample("debian-web", PROFILE);
    assert_eq!(report.outcome.error, None);
    insta::assert_snapshot!(report.outcome.diff.render(Style::Plain));
    let log: Vec<&str> = report.outcome.log.iter().map(|l| l.text.as_str()).collect();
    assert_eq!(
        log,
        ["web01 is a server with Debian GNU/Linux 12 (bookworm)"]
    );
}

/// The example in the reference is what a run gives. Where this fails after a change that is
/// meant, put what the test found into the reference.
#[test]
fn the_documented_report_is_a_real_one() {
    let profile = r#"{"name": "web01", "attributes": {"HostName": "web01"}}"#;
    let mut report = sample("hello", profile);
    assert_eq!(report.outcome.error, None);
    // Timings differ between runs, which blocks change is the filesystem driver's business, and
    // hashes are of more than the example shows.
    report.timings = Timings {
        preflight: 310,
        open: 620,
        steps: report.timings.steps,
        finish: 480,
        diff: 95,
        scan: 0,
        total: 2140,
    };
    report.timings.steps[0].microseconds = 410;
    report.changes = vec![4096..12288, 65536..69632];
    report.outcome.plan.hash =
        "1edf97cd97a9e36b8b478641508b008abc38eb0d8edb724b950c12bdd0319512".to_owned();
    report.outcome.input.hash =
        "9aa67eb3d17e1f36e3d6c5647e36deefcb53e11e78e44a1c231318b6cfebaeb4".to_owned();
    report.outcome.changed_blocks = 3;
    report.outcome.changed_bytes = 12288;
    let found = serde_json::to_string_pretty(&report).unwrap();
    let page = std::fs::read_to_string(folder("docs/reference/outcome.md")).unwrap();
    let example = page
        .split("```json\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    assert_eq!(example.unwrap_or_default().trim(), found);
}
