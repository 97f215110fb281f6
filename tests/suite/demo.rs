//! `mintage demo --service`: a server's life, told by the program itself.

use mintage_test_support::environment::fail;
use mintage_test_support::{Environment, Need, lane};
use std::fs;
use std::path::Path;

#[test]
fn the_demo_of_the_service_shows_one_host_that_changes_and_another_of_what_was_captured() {
    if !lane::can_run("demo", &[Need::Program("tgtd")]) {
        return;
    }
    let environment = Environment::new();
    let mut demo = environment.mintage(["demo", "--service", "demo"]);
    let (out, _) = fail(&mut demo, 0);
    let ids: Vec<&str> = out.lines().filter(|line| is_machine_id(line)).collect();
    let [deployed, redeployed, rolled_back, other] = ids[..] else {
        panic!("{out}");
    };
    assert!(
        deployed == redeployed && redeployed == rolled_back,
        "{ids:?}"
    );
    assert_ne!(other, deployed);
    for name in ["web01", "shop01", "web02"] {
        assert!(out.lines().any(|line| line == name), "{name}: {out}");
    }
    let folder = environment.path("demo");
    let log = fs::read_to_string(folder.join("service.log")).unwrap();
    for text in [&out, &log] {
        assert!(!text.contains("correct horse"), "{text}");
    }
    for number in [1, 2] {
        let pid = fs::read_to_string(folder.join(format!("data/tgt/tgtd-{number}.pid")));
        let command = Path::new("/proc").join(pid.unwrap().trim()).join("cmdline");
        // That of a process which only waits for its parent is empty.
        let runs = fs::read(command).is_ok_and(|command| !command.is_empty());
        assert!(!runs, "tgtd {number} is left");
    }
}

fn is_machine_id(line: &str) -> bool {
    line.len() == 32 && line.bytes().all(|byte| byte.is_ascii_hexdigit())
}
