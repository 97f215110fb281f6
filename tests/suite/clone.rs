//! Clones on real filesystems: shared blocks where the filesystem can, a copy of what is stored
//! where it cannot, and the report says which.

use mintage_test_support::disk::{Formatted, copy_sparse, small};
use mintage_test_support::environment::{fail, project, succeed};
use mintage_test_support::{Environment, Need, lane};
use serde_json::Value;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("mke2fs"),
    Need::Program("mkfs.xfs"),
];

fn run_one_edit(environment: &Environment, golden: &Path, out: &Path) -> Command {
    let library = project().join("tests/fixtures/plans/one-edit");
    let mut command = environment.mintage(["run", "--json", "--seed", "web01", "--image"]);
    command.arg(golden).arg("--out").arg(out).arg(library);
    command
}

fn method_on(mkfs: &[&str]) -> (String, u64) {
    let environment = Environment::new();
    let disk = Formatted::new(&environment, mkfs, 512 << 20);
    let golden = disk.point().join("golden.img");
    copy_sparse(&small(&environment, "golden", |_| {}), &golden);
    let before = fs::read(&golden).unwrap();
    let out = disk.point().join("web01.img");
    let report: Value =
        serde_json::from_str(&succeed(&mut run_one_edit(&environment, &golden, &out))).unwrap();
    assert!(
        fs::read(&golden).unwrap() == before,
        "the golden image changed"
    );
    let changed = fs::read(&out).unwrap();
    assert!(changed.len() == before.len() && changed != before);
    let method = report.pointer("/volume/clone/method").unwrap();
    let stored = fs::metadata(&out).unwrap().blocks() * 512;
    (method.as_str().unwrap().to_owned(), stored)
}

#[test]
fn xfs_shares_the_blocks() {
    if lane::can_run("clone", NEEDS) {
        let (method, _) = method_on(&["mkfs.xfs", "-q", "-m", "reflink=1"]);
        assert_eq!(method, "reflink");
    }
}

#[test]
fn ext4_copies_what_is_stored_and_keeps_holes() {
    if lane::can_run("clone", NEEDS) {
        let (method, stored) = method_on(&["mkfs.ext4", "-q", "-F"]);
        assert_eq!(method, "sparse-copy");
        assert!(
            stored < 16 << 20,
            "{stored} bytes of a 32 MiB image that is nearly empty"
        );
    }
}

#[test]
fn an_image_that_changes_while_the_plan_runs_is_refused() {
    if !lane::can_run("clone", NEEDS) {
        return;
    }
    for mkfs in [["mkfs.xfs", "-q", "-mreflink=1"], ["mkfs.ext4", "-q", "-F"]] {
        let environment = Environment::new();
        let disk = Formatted::new(&environment, &mkfs, 512 << 20);
        let golden = disk.point().join("golden.img");
        copy_sparse(&small(&environment, "golden", |_| {}), &golden);
        let out = disk.point().join("web01.img");
        fs::create_dir_all(environment.path("library/scripts")).unwrap();
        let plan = "name = \"Slow\"\ntype = \"deploy\"\nsteps = [\"scripts/1.rhai\"]\n";
        fs::write(environment.path("library/build-plan.toml"), plan).unwrap();
        let script = "let n = 0; while n < 2_000_000 { n += 1; } file::write(\"/srv/a\", \"a\");";
        fs::write(environment.path("library/scripts/1.rhai"), script).unwrap();

        let mut command = environment.mintage(["run", "--seed", "web01", "--image"]);
        command.arg(&golden).arg("--out").arg(&out);
        command.arg(environment.path("library"));
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let running = command.spawn().unwrap();
        wait_for_child_of(running.id());
        let file = File::options().write(true).open(&golden).unwrap();
        file.write_all_at(b"other", 0).unwrap();
        let ended = running.wait_with_output().unwrap();
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(3), "{errors}");
        assert!(errors.contains("changed"), "{errors}");
        let left: Vec<_> = fs::read_dir(disk.point())
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .filter(|name| name != "lost+found" && name != "golden.img")
            .collect();
        assert!(left.is_empty(), "{left:?}");
    }
}

/// Waits until the process has a worker: it has opened its image then.
fn wait_for_child_of(process: u32) {
    let children = || {
        let threads = fs::read_dir(format!("/proc/{process}/task")).unwrap();
        threads
            .filter_map(|thread| fs::read_to_string(thread.ok()?.path().join("children")).ok())
            .any(|children| !children.is_empty())
    };
    let began = Instant::now();
    while !children() {
        assert!(
            began.elapsed() < Duration::from_secs(30),
            "there is no worker"
        );
        thread::sleep(Duration::from_millis(1));
    }
}

#[test]
fn a_full_filesystem_is_an_error_and_leaves_nothing() {
    if !lane::can_run("clone", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let disk = Formatted::new(&environment, &["mkfs.ext4", "-q", "-F"], 4 << 20);
    let golden = small(&environment, "golden", |tree| {
        fs::write(tree.join("srv/blob"), vec![7; 8 << 20]).unwrap();
    });
    let out = disk.point().join("web01.img");
    let (report, _) = fail(&mut run_one_edit(&environment, &golden, &out), 5);
    assert!(report.contains("P7009"), "{report}");
    let left: Vec<_> = fs::read_dir(disk.point())
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .filter(|name| name != "lost+found")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}
