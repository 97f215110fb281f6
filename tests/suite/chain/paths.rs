//! A server with two paths to its disk loses one while it writes, and no data.

use super::is_ready;
use super::machine::{BOOTED, Machine};
use super::site::{Site, volume};
use crate::deployments::{DEPLOY, build_plan, deployment_plan, read};
use mintage_test_support::Environment;
use rustix::process::{Pid, Signal, kill_process};
use std::fs;

/// How many records the server writes.
const RECORDS: usize = 300;

/// What the server does when it is up: each record is on the disk before the next is written.
const WRITE: &str = r#"
file::write("/etc/on-boot.sh", `
number=0
while [ $number -lt 300 ]; do
    number=$((number + 1))
    echo "record $number" >> /var/log/records
    sync
    [ $((number % 50)) != 0 ] || echo "WRITTEN $number"
done
mount -o remount,ro /
echo "ALL-WRITTEN"
`);
"#;

#[test]
fn a_server_that_loses_one_of_its_two_paths_loses_no_data() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let site = Site::new(&environment);
    let golden = site.upload("tiny");
    let script = format!("{DEPLOY}{WRITE}");
    let plan = build_plan(&site.server, "writer", "deploy", &script);
    let plan = deployment_plan(&site.server, "writer", &plan, &golden);
    let profile = site.profile("db01", &plan, "db01");

    let mut machine = Machine::start_by_all_paths(&environment, &site.disk(&profile));
    machine.wait_for("MULTIPATH 2");
    assert!(machine.wait_for(BOOTED).contains("/dev/mapper/mpatha1"));
    machine.wait_for("WRITTEN 100");
    kill_daemon(&site, 1);
    machine.wait_for("ALL-WRITTEN");
    drop(machine);

    let file = site.file(&volume(&site.get(&profile)));
    let written = read(&file, "/var/log/records");
    let expected: String = (1..=RECORDS)
        .map(|number| format!("record {number}\n"))
        .collect();
    assert_eq!(written, expected);
}

/// Ends one of the daemons that export, as a crash does.
fn kill_daemon(site: &Site<'_>, number: usize) {
    let file = site.server.data().join(format!("tgt/tgtd-{number}.pid"));
    let pid = fs::read_to_string(file).unwrap().trim().parse().unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}
