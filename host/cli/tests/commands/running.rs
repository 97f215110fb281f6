//! `mintage run`: a volume, or nothing.

use crate::place::{Place, ended};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;

const WRITE: &str = "file::write(\"/etc/hostname\", attribute(\"HostName\") + \"\\n\");";
const RUN: &str = "run plan --image golden.img --out web01.img --seed web01";
const BEFORE: [&str; 2] = ["golden.img", "plan"];

#[test]
fn a_run_makes_a_volume_and_leaves_the_image() {
    let place = Place::new();
    place.script(WRITE);
    let golden = fs::read(place.path("golden.img")).unwrap();
    let shown = place.mintage(RUN).text();
    assert!(shown.contains("M  /etc/hostname"), "{shown}");
    assert!(shown.contains("\n     -golden\n     +web01\n"), "{shown}");
    assert!(shown.contains("\n1 changed"), "{shown}");
    assert!(
        shown.contains("seed ac17c2102262e890, time 2026-01-01T00:00:00Z"),
        "{shown}"
    );
    assert!(
        !shown.contains('\x1b'),
        "colours without a terminal: {shown}"
    );
    assert_eq!(place.names(), ["golden.img", "plan", "web01.img"]);
    assert!(fs::read(place.path("golden.img")).unwrap() == golden);
    assert_eq!(
        place.mintage("cat web01.img /etc/hostname").text(),
        "web01\n"
    );
    let mode = fs::metadata(place.path("web01.img"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn the_same_inputs_give_the_same_volume_and_outcome() {
    let place = Place::new();
    place.script(WRITE);
    let run = |name: &str| {
        let mut json = place
            .mintage(&format!("{RUN} --json").replace("web01.img", name))
            .json();
        (json["outcome"].take(), fs::read(place.path(name)).unwrap())
    };
    let (first, second) = (run("a.img"), run("b.img"));
    assert_eq!(first.0, second.0);
    assert!(first.1 == second.1);
    assert_eq!(first.0["status"], "succeeded");
}

#[test]
fn a_report_that_cannot_be_written_does_not_deny_the_volume() {
    let place = Place::new();
    place.script(WRITE);
    for line in [
        RUN.to_owned(),
        format!("{RUN} --json").replace("web01.img", "web02.img"),
    ] {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        let ended = ended(place.command(&line).stdout(full).output().unwrap());
        assert!(
            ended.err.contains("is complete, but its report"),
            "{}",
            ended.err
        );
        assert_eq!(ended.code, 0);
    }
    assert_eq!(
        place.names(),
        ["golden.img", "plan", "web01.img", "web02.img"]
    );
    let preview = RUN.replace("--out web01.img", "--preview");
    let full = fs::File::options().write(true).open("/dev/full").unwrap();
    ended(place.command(&preview).stdout(full).output().unwrap()).fails(5, "error[P7009]");
}

#[test]
fn a_preview_makes_nothing_and_has_the_same_outcome() {
    let place = Place::new();
    place.script(WRITE);
    let preview = "run plan --image golden.img --preview --seed web01";
    let shown = place.mintage(preview).text();
    assert!(
        shown.contains("+web01") && shown.ends_with("preview: nothing was made\n"),
        "{shown}"
    );
    assert_eq!(place.names(), BEFORE);
    let preview = place.mintage(&format!("{preview} --json")).json();
    let run = place.mintage(&format!("{RUN} --json")).json();
    assert_eq!(preview["outcome"], run["outcome"]);
    assert!(preview["volume"].is_null());
    assert_eq!(run["sandbox"]["seccomp"], true);
    assert!(run["volume"]["clone"]["method"].is_string());
}

#[test]
fn a_run_that_fails_leaves_nothing() {
    let place = Place::new();
    let golden = fs::read(place.path("golden.img")).unwrap();
    for (script, code, error) in [
        (
            "file::write(\"/etc/hostname\", \"x\"); fail(\"stop\");",
            1,
            "error[P2010]: stop",
        ),
        (
            "file::write(\"/missing/x\", \"x\");",
            1,
            "--> scripts/one.rhai:1:7",
        ),
        ("let x = ;", 1, "error[P1001]"),
        ("loop {}", 1, "error[P2001]"),
        (
            "file::read(\"/dev/../../../../../proc/self/environ\");",
            1,
            "error[P3001]",
        ),
    ] {
        place.script(script);
        let ended = place.mintage(RUN).fails(code, error);
        let untouched =
            "nothing was changed, there is no new volume; the golden image is as before\n";
        assert!(ended.err.ends_with(untouched), "{}", ended.err);
        assert_eq!(place.names(), BEFORE, "after {script}");
        assert!(
            fs::read(place.path("golden.img")).unwrap() == golden,
            "after {script}"
        );
    }
}

#[test]
fn wrong_inputs_are_refused_before_anything_is_made() {
    let place = Place::new();
    place.script(WRITE);
    fs::write(place.path("taken.img"), "mine").unwrap();
    fs::hard_link(place.path("golden.img"), place.path("second-name.img")).unwrap();
    fs::write(place.path("profile.json"), "{").unwrap();
    let before = place.names();
    let line = |out: &str| RUN.replace("web01.img", out);
    for (line, code, error) in [
        (line("taken.img"), 5, "error[P7008]"),
        (line("golden.img"), 5, "error[P7011]"),
        (line("second-name.img"), 5, "error[P7011]"),
        (line("missing/web01.img"), 5, "in the folder `missing`"),
        (RUN.replace(" --seed web01", ""), 2, "needs a seed"),
        (RUN.replace("golden.img", "missing.img"), 3, "error[P7001]"),
        (RUN.replace("run plan", "run missing"), 3, "error[P5001]"),
        (format!("{RUN} --set HostName=not_a_name"), 1, "error[P400"),
        (format!("{RUN} --set Nonsense=1"), 1, "error[P4002]"),
        (format!("{RUN} --set x"), 2, "error[P4003]"),
        (format!("{RUN} --values profile.json"), 3, "error[P4003]"),
        (format!("{RUN} --profile profile.json"), 3, "error[P5005]"),
        (format!("{RUN} --profile missing.json"), 3, "error[P5005]"),
        (format!("{RUN} --values missing.toml"), 3, "error[P4003]"),
        (format!("{RUN} --time yesterday"), 2, "2026-01-01T00:00:00Z"),
        (format!("{RUN} --preview"), 2, "cannot be used with"),
        ("run plan --image golden.img --seed x".into(), 2, "--out"),
    ] {
        place.mintage(&line).fails(code, error);
        assert_eq!(place.names(), before, "after {line}");
    }
    assert_eq!(fs::read(place.path("taken.img")).unwrap(), b"mine");
}

#[test]
fn values_come_from_settings_then_files_then_the_profile() {
    let place = Place::new();
    place.script(WRITE);
    let profile = r#"{ "name": "from-profile", "attributes": { "HostName": "profile" } }"#;
    fs::write(place.path("profile.json"), profile).unwrap();
    fs::write(place.path("values.toml"), "HostName = \"values\"\n").unwrap();
    let preview = "run plan --image golden.img --preview --profile profile.json";
    for (more, host) in [
        ("", "profile"),
        (" --values values.toml", "values"),
        (" --values values.toml --set HostName=setting", "setting"),
    ] {
        let shown = place.mintage(&format!("{preview}{more}")).text();
        assert!(shown.contains(&format!("+{host}\n")), "{shown}");
        // The fingerprint of the profile's name, which is the seed.
        assert!(shown.contains("seed 317bf88d75eca605,"), "{shown}");
    }
    let seeded = place.mintage(&format!("{preview} --seed other")).text();
    assert!(seeded.contains("seed d174dad1b7841464,"), "{seeded}");
}

#[test]
fn the_time_is_given_or_the_images_and_never_the_clocks() {
    let place = Place::new();
    place.script(WRITE);
    let preview = "run plan --image golden.img --preview --seed web01";
    let with_epoch = |line: &str, epoch: &str| {
        let mut command = place.command(line);
        ended(command.env("SOURCE_DATE_EPOCH", epoch).output().unwrap())
    };
    let given = format!("{preview} --time 2030-02-03T04:05:06Z");
    for (shown, time) in [
        (place.mintage(preview).text(), "2026-01-01T00:00:00Z"),
        (place.mintage(&given).text(), "2030-02-03T04:05:06Z"),
        (with_epoch(preview, "86400").text(), "1970-01-02T00:00:00Z"),
        (with_epoch(&given, "86400").text(), "2030-02-03T04:05:06Z"),
    ] {
        assert!(shown.contains(&format!("time {time}\n")), "{shown}");
    }
    with_epoch(preview, "now").fails(2, "SOURCE_DATE_EPOCH");
}

#[test]
fn a_run_is_held_to_its_limits() {
    let place = Place::new();
    place.script("let n = 0; while true { n += 1; if n > 1000 { n = 0; } }");
    place
        .mintage(&format!("{RUN} --deadline 1"))
        .fails(1, "error[P200");
}

#[test]
fn a_killed_run_leaves_nothing_not_even_its_worker() {
    let place = Place::new();
    place.script("while true { file::write(\"/srv/x\", \"x\"); }");
    let mut child = place
        .command(RUN)
        .stderr(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let children = format!("/proc/{0}/task/{0}/children", child.id());
    let worker = wait_for(|| {
        let worker = fs::read_to_string(&children).unwrap_or_default();
        let worker = worker.trim().to_owned();
        (!worker.is_empty()).then_some(worker)
    });
    child.kill().unwrap();
    child.wait().unwrap();
    wait_for(|| is_gone(&worker).then_some(()));
    assert_eq!(place.names(), BEFORE);
}

/// Whether a process is no more, or only waits for somebody to ask how it ended.
fn is_gone(process: &str) -> bool {
    let state = fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    state.is_empty() || state.contains(") Z ")
}

/// Asks again and again, for ten seconds at most.
fn wait_for<T>(ask: impl Fn() -> Option<T>) -> T {
    for _ in 0..1000 {
        if let Some(answer) = ask() {
            return answer;
        }
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
    panic!("it did not come");
}
