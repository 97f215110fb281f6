//! Real disks with Debian 12 on them: a plan's edits equal the kernel's, byte for byte where it
//! counts, and every checker of the filesystems' own makers is content.

use mintage_test_support::disk::{
    ESP, LoopDevice, Mounted, ROOT_START, copy_sparse, debian, extract,
};
use mintage_test_support::environment::{project, succeed};
use mintage_test_support::manifest::Manifest;
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeSet;
use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("mmdebstrap"),
    Need::Program("e2fsck"),
    Need::Program("fsck.vfat"),
    Need::Program("mcopy"),
];

#[test]
fn twenty_edits_equal_the_kernels_on_debian_12() {
    equals_the_kernel("debian-12", "twenty-edits", twenty_edits);
}

#[test]
fn twenty_edits_equal_the_kernels_on_ubuntu_features() {
    equals_the_kernel("ubuntu-24.04-features", "twenty-edits", twenty_edits);
}

#[test]
fn five_thousand_files_equal_the_kernels_on_debian_12() {
    equals_the_kernel("debian-12", "five-thousand-files", five_thousand_files);
}

#[test]
fn five_thousand_files_equal_the_kernels_on_ubuntu_features() {
    equals_the_kernel(
        "ubuntu-24.04-features",
        "five-thousand-files",
        five_thousand_files,
    );
}

#[test]
fn same_inputs_twice_are_the_same_bytes() {
    if !lane::can_run("debian", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let golden = debian("debian-12");
    let outcome = |name: &str| {
        let report = run_plan(
            &environment,
            "twenty-edits",
            &golden,
            &environment.path(name),
        );
        let report: serde_json::Value = serde_json::from_str(&report).unwrap();
        report
            .get("outcome")
            .expect("the outcome in the report")
            .to_string()
    };
    assert_eq!(outcome("one.img"), outcome("two.img"));
    let same = Command::new("cmp")
        .arg(environment.path("one.img"))
        .arg(environment.path("two.img"))
        .status();
    assert!(
        same.unwrap().success(),
        "two runs of the same inputs differ"
    );
}

/// Runs `plan` over the golden disk, makes the same edits in a copy through the kernel, and
/// compares everything.
fn equals_the_kernel(disk: &str, plan: &str, edit: fn(&Path)) {
    if !lane::can_run("debian", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let golden = debian(disk);
    let ours = environment.path("ours.img");
    run_plan(&environment, plan, &golden, &ours);
    filesystems_are_clean(&environment, &ours);
    outside_of_partitions_is_unchanged(&golden, &ours);

    let kernels = environment.path("kernels.img");
    copy_sparse(&golden, &kernels);
    let edited = Mounted::new(&environment, &kernels, ROOT_START, "rw");
    let before = Manifest::of(edited.point());
    edit(edited.point());
    let expected = Manifest::of(edited.point());
    drop(edited);
    let mounted = Mounted::new(&environment, &ours, ROOT_START, "ro");
    let found = Manifest::of(mounted.point());
    assert_same(&expected.lines(|_| false), &found.lines(|_| false));
    // What nobody touched has its old times in both; what was touched has this run's declared one.
    let untouched = common(&before.lines(|_| true), &expected.lines(|_| true));
    assert_eq!(
        common(&untouched, &found.lines(|_| true)),
        untouched,
        "times changed"
    );
    if plan == "twenty-edits" {
        esp_holds(&environment, &ours, "::/EFI/mintage/server.txt", "web01\n");
        esp_holds(
            &environment,
            &ours,
            "::/EFI/debian/grub.cfg",
            "search.fs_label root root\n",
        );
    }
}

fn run_plan(environment: &Environment, plan: &str, golden: &Path, out: &Path) -> String {
    let library = project().join("tests/fixtures/plans").join(plan);
    let mut command = environment.mintage(["run", "--json", "--seed", "web01", "--image"]);
    command.arg(golden).arg("--out").arg(out).arg(library);
    if plan == "twenty-edits" {
        command.args(["--set", "HostName=web01"]);
    }
    succeed(&mut command)
}

fn filesystems_are_clean(environment: &Environment, image: &Path) {
    let root = LoopDevice::attach(image, ROOT_START, 0);
    succeed(Command::new("e2fsck").arg("-fn").arg(root.path()));
    let esp = environment.path("esp.img");
    extract(image, ESP, &esp);
    succeed(Command::new("fsck.vfat").arg("-n").arg(&esp));
}

/// The partition table with its backup, and the gaps.
fn outside_of_partitions_is_unchanged(golden: &Path, ours: &Path) {
    let len = fs::metadata(golden).unwrap().len();
    assert_eq!(fs::metadata(ours).unwrap().len(), len);
    for range in [0..ESP.0, ESP.0 + ESP.1..ROOT_START, len - 34 * 512..len] {
        assert!(
            part(golden, &range) == part(ours, &range),
            "bytes in {range:?} differ"
        );
    }
}

fn part(image: &Path, range: &std::ops::Range<u64>) -> Vec<u8> {
    let mut file = File::open(image).unwrap();
    file.seek(SeekFrom::Start(range.start)).unwrap();
    let mut bytes = Vec::new();
    file.take(range.end - range.start)
        .read_to_end(&mut bytes)
        .unwrap();
    bytes
}

/// The kernel here has no vfat: mtools, another implementation, reads the partition.
fn esp_holds(environment: &Environment, image: &Path, path: &str, content: &str) {
    let esp = environment.path("esp.img");
    extract(image, ESP, &esp);
    let read = succeed(Command::new("mtype").arg("-i").arg(&esp).arg(path));
    assert_eq!(read, content);
}

fn assert_same(expected: &[String], found: &[String]) {
    let (expected, found): (BTreeSet<_>, BTreeSet<_>) =
        (expected.iter().collect(), found.iter().collect());
    let missing: Vec<_> = expected.difference(&found).collect();
    let extra: Vec<_> = found.difference(&expected).collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "the kernel has, we have not: {missing:#?}\nwe have, the kernel has not: {extra:#?}"
    );
}

fn common(one: &[String], other: &[String]) -> Vec<String> {
    let other: BTreeSet<&String> = other.iter().collect();
    one.iter()
        .filter(|line| other.contains(line))
        .cloned()
        .collect()
}

/// The edits of tests/fixtures/plans/twenty-edits, by the kernel.
fn twenty_edits(root: &Path) {
    let at = |path: &str| root.join(path.trim_start_matches('/'));
    let append = |path: &str, text: &str| {
        let mut file = OpenOptions::new()
            .append(true)
            .create(true)
            .open(at(path))
            .unwrap();
        file.write_all(text.as_bytes()).unwrap();
    };
    write(&at("/etc/hostname"), "web01\n");
    append("/etc/hosts", "192.0.2.10\tweb01\n");
    write(
        &at("/etc/sysctl.d/90-web.conf"),
        "net.core.somaxconn = 4096\n",
    );
    write(
        &at("/etc/ssh/sshd_config.d/10-ops.conf"),
        "PermitRootLogin no\n",
    );
    mode(&at("/etc/ssh/sshd_config.d/10-ops.conf"), 0o600);
    write(&at("/etc/machine-id"), "");
    append("/etc/fstab", "tmpfs /tmp tmpfs nosuid,nodev 0 0\n");
    append(
        "/root/.bashrc",
        "# BEGIN mintage\nexport EDITOR=vi\nalias ll='ls -l'\n# END mintage\n",
    );
    write(&at("/srv/grüße \u{1F5A5}.txt"), "non-ASCII names\n");
    write(&at("/opt/blob"), &"0123456789abcdef".repeat(65536));

    symlink(
        "/lib/systemd/system/web.service",
        at("/etc/systemd/system/multi-user.target.wants/web.service"),
    )
    .unwrap();
    fs::remove_file(at("/etc/motd")).unwrap();
    mode(&at("/etc/sudoers.d"), 0o700);
    std::os::unix::fs::chown(at("/srv"), Some(1000), Some(1000)).unwrap();
    succeed(
        Command::new("setfattr")
            .args(["-n", "user.mintage", "-v", "golden"])
            .arg(at("/etc/hostname")),
    );
    succeed(
        Command::new("cp")
            .arg("-a")
            .arg(at("/etc/passwd"))
            .arg(at("/etc/passwd.golden")),
    );
    fs::rename(at("/etc/issue"), at("/etc/issue.golden")).unwrap();
    fs::hard_link(at("/etc/issue.golden"), at("/etc/issue.again")).unwrap();
    fs::create_dir_all(at("/opt/app/releases/1")).unwrap();
    fs::remove_dir_all(at("/usr/share/bash-completion")).unwrap();
}

/// The edits of tests/fixtures/plans/five-thousand-files, by the kernel.
fn five_thousand_files(root: &Path) {
    for d in 0..50 {
        let dir: PathBuf = root.join(format!("opt/many/{d}"));
        fs::create_dir_all(&dir).unwrap();
        for f in 0..100 {
            write(
                &dir.join(format!("file-{f}")),
                &format!("file {f} of directory {d}\n"),
            );
        }
    }
}

fn write(path: &Path, text: &str) {
    fs::write(path, text).unwrap();
}

fn mode(path: &Path, mode: u32) {
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}
