//! The checker itself: what is planted is found, each kind, and alone.

use super::farm::{DAEMONS, Farm};
use super::is_ready;
use super::targets::ask;
use super::times::Times;
use mintage_records::model::{
    AllocatedAddress, OsVolume, ProfileState, ServerProfile, Task, TaskState,
};
use mintage_records::{Author, Change, Match, Resource, Stored};
use mintage_test_support::Environment;
use std::fs;
use std::os::unix::process::CommandExt as _;
use std::process::Command;

/// Two servers: enough for something that belongs to both.
const SERVERS: usize = 2;

#[test]
fn what_is_planted_with_profiles_is_found() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let mut farm = Farm::new(&environment, SERVERS);
    farm.post_all(&mut Times::new(SERVERS));
    farm.rest();
    assert!(farm.server.stop().success());
    files(&farm);
    rows(&farm);
    targets(&farm);
    worker(&mut farm);
    none(&farm);
    farm.server.resume();
}

#[track_caller]
fn none(farm: &Farm<'_>) {
    assert_eq!(farm.findings(), [] as [String; 0]);
}

/// There is a finding that says so.
#[track_caller]
fn found(farm: &Farm<'_>, expected: &str) {
    let mut findings = farm.findings_of_profiles();
    if findings.is_empty() {
        // It is one that any service can have; these take seconds to look for.
        findings = farm.findings();
    }
    let has = findings.iter().any(|finding| finding.contains(expected));
    assert!(has, "{expected}: {findings:#?}");
}

fn files(farm: &Farm<'_>) {
    let data = farm.server.data();
    let clone = data.join("os-volumes/.tmpclone");
    let volume = data.join("os-volumes/0a0a0a0a.img");
    let scratch = farm.environment.path("scratch-1");
    for (path, expected) in [
        (clone, "orphan file"),
        (volume, "orphan file"),
        (scratch, "left"),
    ] {
        fs::write(&path, "planted").unwrap();
        found(farm, &format!("{expected} {}", path.display()));
        fs::remove_file(&path).unwrap();
    }
    none(farm);
}

fn rows(farm: &Farm<'_>) {
    let volume = first::<OsVolume>(farm);
    let twin = OsVolume {
        name: "planted".to_owned(),
        ..volume.body.clone()
    };
    planted(farm, twin, "orphan volume");
    let address = first::<AllocatedAddress>(farm);
    let other = "10.10.3.7".parse().unwrap();
    let (kind, id) = address.body.owner().unwrap();
    let stray = AllocatedAddress::new(address.body.subnet().clone(), other, None);
    planted(farm, stray.clone(), "orphan address");
    planted(farm, stray.owned_by(kind, &id, "NIC1"), "orphan address");
    let task = first::<Task>(farm);
    let unfinished = Task {
        task_state: TaskState::Running,
        ..task.body
    };
    planted(farm, unfinished, "ends as Running");

    let profile = first::<ServerProfile>(farm);
    let busy = ServerProfile {
        state: ProfileState::Updating,
        ..profile.body.clone()
    };
    changed(farm, &profile, busy, "is Updating");
    let bare = ServerProfile {
        os_volume: None,
        ..profile.body.clone()
    };
    changed(farm, &profile, bare, "has no volume");
    let mut moved = profile.body.clone();
    let filled = &mut moved.deployment.as_mut().unwrap().filled;
    filled.insert("NIC1.ipaddress".to_owned(), "10.10.3.8".to_owned());
    changed(farm, &profile, moved, "does not hold");
    none(farm);
}

/// Stores something, looks, and takes it away.
#[track_caller]
fn planted<T: Resource>(farm: &Farm<'_>, body: T, expected: &str) {
    let id = change(farm, |change| change.insert(body)).id;
    found(farm, expected);
    change(farm, |change| change.delete::<T>(&id, &Match::Any));
}

/// Changes something, looks, and changes it back.
#[track_caller]
fn changed<T: Resource + Clone>(farm: &Farm<'_>, stored: &Stored<T>, body: T, expected: &str) {
    let write = |body: T| change(farm, |change| change.update(&stored.id, &Match::Any, body));
    write(body);
    found(farm, expected);
    write(stored.body.clone());
}

fn targets(farm: &Farm<'_>) {
    let data = farm.server.data();
    let tell = |daemon: u16, args: &str| {
        let args: Vec<&str> = args.split_whitespace().collect();
        let told = ask(farm.environment, &data, daemon, &args);
        told.unwrap_or_else(|| panic!("daemon {daemon}: {args:?}"))
    };
    for daemon in 1..=DAEMONS {
        let stray = "--mode target --tid 99";
        tell(
            daemon,
            &format!("{stray} --op new -T iqn.2026-11.example:stray"),
        );
        found(farm, &format!("daemon {daemon} has orphan target"));
        tell(daemon, &format!("{stray} --op delete"));

        let shown = tell(daemon, "--mode target --op show");
        let tid = shown.strip_prefix("Target ").unwrap();
        let (tid, _) = tid.split_once(':').unwrap();
        let other = format!("daemon {daemon} has another target");
        for (plant, take) in [
            (
                "--mode target --op bind -Q iqn.2026-11.example:other",
                "--op unbind",
            ),
            ("--mode target --op bind -I ALL", "--op unbind"),
        ] {
            tell(daemon, &format!("{plant} --tid {tid}"));
            found(farm, &other);
            tell(
                daemon,
                &format!("{plant} --tid {tid}").replace("--op bind", take),
            );
        }
        tell(
            daemon,
            "--mode account --op new --user other --password other-secret",
        );
        let account = format!("--mode account --tid {tid} --user other");
        tell(daemon, &format!("{account} --op bind"));
        found(farm, &other);
        tell(daemon, &format!("{account} --op unbind"));
        tell(daemon, "--mode account --op delete --user other");
    }
    none(farm);
    // Nobody knows its secret any more: this one comes back with the service.
    let shown = tell(1, "--mode target --op show");
    let (tid, _) = shown
        .strip_prefix("Target ")
        .unwrap()
        .split_once(':')
        .unwrap();
    tell(1, &format!("--mode target --op delete --force --tid {tid}"));
    found(farm, "daemon 1 lacks target");
}

fn worker(farm: &mut Farm<'_>) {
    let mut worker = Command::new("sleep")
        .arg0("mintage-worker")
        .arg("60")
        .spawn()
        .unwrap();
    farm.workers.push(worker.id());
    found(farm, &format!("worker {} lives on", worker.id()));
    worker.kill().unwrap();
    worker.wait().unwrap();
    farm.server.resume();
    assert!(farm.server.stop().success());
}

fn first<T: Resource>(farm: &Farm<'_>) -> Stored<T> {
    let all = farm.records().read(|view| view.all::<T>());
    let all = all.map_err(|error: mintage_records::RecordsError| error);
    all.unwrap().into_iter().next().unwrap()
}

fn change<T>(
    farm: &Farm<'_>,
    act: impl FnOnce(&mut Change<'_>) -> mintage_records::Result<T>,
) -> T {
    farm.records().change(&Author::service(), act).unwrap()
}
