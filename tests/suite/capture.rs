//! A real Debian with identities of every kind planted in it, in files and in what deleted ones leave:
//! the leak scan finds each of them, a capture takes all of them out, and nothing else changes.

use mintage_test_support::disk::{
    ESP, LoopDevice, Mounted, ROOT_START, copy_sparse, debian, extract,
};
use mintage_test_support::environment::{fail, project, succeed};
use mintage_test_support::manifest::Manifest;
use mintage_test_support::{Environment, Need, lane};
use serde_json::Value as Json;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("mmdebstrap"),
    Need::Program("e2fsck"),
    Need::Program("debugfs"),
    Need::Program("fsck.vfat"),
    Need::Program("mcopy"),
    Need::Program("mdel"),
];

const HOST: &str = "web01-source";
const MACHINE_ID: &str = "6d1c7b6a5f4e43d2a1b0c9d8e7f60516";
const ADDRESS: &str = "10.77.66.55";
const MAC: &str = "52:54:00:c0:ff:ee";
const INITIATOR: &str = "iqn.2020-01.org.mintage:web01";
const TOKEN: &str = "AKIAQ2W3E4R5T6Y7U8I9";
const DUID: &str = "00:01:00:01:2a:bb:cc:dd:52:54:00:c0:ff:ee";

fn hash() -> String {
    format!("$6$plantedsalt${}", "h".repeat(86))
}

/// All of it, as a file may have it.
fn everything() -> String {
    format!(
        "{HOST}\n{MACHINE_ID}\n{ADDRESS}\n{MAC}\n{INITIATOR}\n{TOKEN}\n{DUID}\n{}\n{}\n",
        hash(),
        private_key()
    )
}

fn private_key() -> String {
    let body = "MC4CAQAwBQYDK2VwBCIEIPlantedPlantedPlantedPlantedPlantedPlanted\n";
    format!("-----BEGIN PRIVATE KEY-----\n{body}-----END PRIVATE KEY-----\n")
}

/// The kinds of what [`everything`] has.
const KINDS: [&str; 9] = [
    "host-name",
    "machine-id",
    "ip-address",
    "mac-address",
    "initiator-name",
    "token",
    "duid",
    "password-hash",
    "private-key",
];

#[test]
fn every_planted_identity_is_found_before_a_capture_and_none_after() {
    captures_all_that_is_planted("debian-12");
}

#[test]
fn every_planted_identity_is_found_and_taken_out_with_ubuntus_features() {
    captures_all_that_is_planted("ubuntu-24.04-features");
}

fn captures_all_that_is_planted(disk: &str) {
    if !lane::can_run("capture", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let source = environment.path("source.img");
    copy_sparse(&debian(disk), &source);
    plant_files(&environment, &source);
    plant_in_esp(&environment, &source);
    plant_below(&environment, &source);

    let before = scan(&environment, &[source.as_os_str()], 1);
    let missing: Vec<String> = planted()
        .into_iter()
        .filter(|name| !before.contains(name))
        .collect();
    assert!(
        missing.is_empty(),
        "not found: {missing:#?}\nfound: {before:#?}"
    );

    let captured = environment.path("captured.img");
    let library = project().join("tests/fixtures/plans/capture");
    let mut run = environment.mintage(["run", "--seed", "capture", "--image"]);
    succeed(run.arg(&source).arg("--out").arg(&captured).arg(library));
    let baseline = "--baseline".as_ref();
    let after = scan(
        &environment,
        &[captured.as_os_str(), baseline, source.as_os_str()],
        0,
    );
    assert_eq!(after, BTreeSet::new());

    let root = LoopDevice::attach(&captured, ROOT_START, 0);
    succeed(Command::new("e2fsck").arg("-fn").arg(root.path()));
    drop(root);
    let esp = environment.path("esp-after.img");
    extract(&captured, ESP, &esp);
    succeed(Command::new("fsck.vfat").arg("-n").arg(&esp));
    nothing_else_changed(&environment, &source, &captured);
}

/// A capture that leaves something fails, names it, and makes nothing.
#[test]
fn a_capture_that_leaves_something_makes_nothing() {
    if !lane::can_run("capture", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let source = environment.path("source.img");
    copy_sparse(&debian("debian-12"), &source);
    let root = Mounted::new(&environment, &source, ROOT_START, "rw");
    fs::write(root.point().join("etc/hostname"), HOST).unwrap();
    fs::write(root.point().join("srv/left"), everything()).unwrap();
    drop(root);
    let library = environment.path("plan");
    fs::create_dir_all(library.join("scripts")).unwrap();
    let plan = "name = \"Little\"\ntype = \"capture\"\nsteps = [\"scripts/a.rhai\"]\n";
    fs::write(library.join("build-plan.toml"), plan).unwrap();
    fs::write(library.join("scripts/a.rhai"), "generalize::standard();\n").unwrap();
    let out = environment.path("out.img");
    let mut run = environment.mintage(["run", "--seed", "capture", "--image"]);
    let (_, error) = fail(run.arg(&source).arg("--out").arg(&out).arg(&library), 1);
    assert!(error.contains("error[P7012]"), "{error}");
    assert!(error.contains("token in /srv/left, byte "), "{error}");
    assert!(!error.contains(TOKEN) && !error.contains(HOST), "{error}");
    assert!(!out.exists());
}

/// The names of what a scan finds.
fn scan(environment: &Environment, images: &[&std::ffi::OsStr], code: i32) -> BTreeSet<String> {
    let mut command = environment.mintage(["scan", "--json"]);
    let output = command.args(images).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(code), "{text}");
    for secret in [HOST, MACHINE_ID, ADDRESS, MAC, INITIATOR, TOKEN, &hash()] {
        assert!(!text.contains(secret), "`{secret}` is in the report");
    }
    let report: Json = serde_json::from_str(&text).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let name = |finding: &Json| finding["name"].as_str().unwrap().to_owned();
    findings.iter().map(name).collect()
}

/// What must be found, by name.
fn planted() -> Vec<String> {
    let mut names: Vec<String> = [
        "host-name in /etc/hostname",
        "host-name in /etc/hosts",
        "ip-address in /etc/systemd/network/10-eth0.network",
        "mac-address in /etc/systemd/network/10-eth0.network",
        "machine-id in /etc/machine-id",
        "initiator-name in /etc/iscsi/initiatorname.iscsi",
        "password-hash in /etc/shadow",
        "private-key in /etc/ssh/ssh_host_rsa_key",
        "ssh-host-key in /etc/ssh/ssh_host_rsa_key.pub",
        "shell-history in /root/.bash_history",
        "token in /root/.aws/credentials",
        "random-seed in /var/lib/systemd/random-seed",
        "machine-id in /var/log/journal/[machine-id]",
        "host-name in /srv/planted/[host-name].log",
        "host-name in /srv/planted/link",
        "mac-address in /srv/planted/attribute",
        "host-name in /boot/efi/planted/LIVE.TXT",
        "host-name in directory slack of partition 2",
        "machine-id in journal of partition 2",
        "token in free blocks of partition 1",
        "token in unused inodes of partition 2",
    ]
    .map(str::to_owned)
    .into();
    for kind in KINDS {
        names.push(format!("{kind} in /srv/planted/everything"));
        names.push(format!("{kind} in free blocks of partition 2"));
        names.push(format!("{kind} in file slack of partition 2"));
    }
    names
}

fn plant_files(environment: &Environment, image: &Path) {
    let mounted = Mounted::new(environment, image, ROOT_START, "rw");
    let put = |path: &str, text: &str| {
        let path = mounted.point().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("etc/hostname", &format!("{HOST}\n"));
    put(
        "etc/hosts",
        &format!("127.0.0.1 localhost\n127.0.1.1 {HOST}\n"),
    );
    put("etc/machine-info", "");
    put("etc/machine-id", &format!("{MACHINE_ID}\n"));
    let network = format!("[Match]\nMACAddress={MAC}\n[Network]\nAddress={ADDRESS}/24\n");
    put("etc/systemd/network/10-eth0.network", &network);
    put(
        "etc/iscsi/initiatorname.iscsi",
        &format!("InitiatorName={INITIATOR}\n"),
    );
    put("var/lib/dhcpcd/duid", &format!("{DUID}\n"));
    put("root/.bash_history", "passwd ops\n");
    put(
        "root/.aws/credentials",
        &format!("aws_access_key_id = {TOKEN}\n"),
    );
    put("var/lib/systemd/random-seed", &"planted seed".repeat(40));
    put(
        &format!("var/log/journal/{MACHINE_ID}/system.journal"),
        "LPKSHHRH",
    );
    put("srv/planted/everything", &everything());
    put(&format!("srv/planted/{HOST}.log"), "");
    put("srv/planted/slack", "short");
    put("srv/planted/attribute", "");
    put("srv/keep/kept", "kept");
    let shadow = fs::read_to_string(mounted.point().join("etc/shadow")).unwrap();
    put(
        "etc/shadow",
        &shadow.replacen("root:*:", &format!("root:{}:", hash()), 1),
    );
    assert!(
        fs::read_to_string(mounted.point().join("etc/shadow"))
            .unwrap()
            .contains(&hash())
    );
    symlink(
        format!("/data/{HOST}"),
        mounted.point().join("srv/planted/link"),
    )
    .unwrap();
    succeed(
        Command::new("setfattr")
            .args(["-n", "user.mac", "-v", MAC])
            .arg(mounted.point().join("srv/planted/attribute")),
    );
    // Deleted: what it held stays in free blocks.
    put("srv/keep/deleted", &everything().repeat(50));
    put(&format!("srv/keep/{HOST}.gone"), "");
    sync(&mounted);
    fs::remove_file(mounted.point().join("srv/keep/deleted")).unwrap();
    sync(&mounted);
}

fn sync(mounted: &Mounted) {
    succeed(Command::new("sync").arg("-f").arg(mounted.point()));
}

/// A file in the EFI system partition, and one that was deleted there.
fn plant_in_esp(environment: &Environment, image: &Path) {
    let esp = environment.path("esp.img");
    extract(image, ESP, &esp);
    let text = environment.path("esp.txt");
    fs::write(&text, everything()).unwrap();
    let tool = |program: &str, arguments: &[&str]| {
        succeed(Command::new(program).arg("-i").arg(&esp).args(arguments));
    };
    let text = text.to_str().unwrap();
    tool("mmd", &["::/planted"]);
    tool("mcopy", &[text, "::/planted/LIVE.TXT"]);
    tool("mcopy", &[text, "::/DELETED.TXT"]);
    tool("mdel", &["::/DELETED.TXT"]);
    let bytes = fs::read(&esp).unwrap();
    let disk = File::options().write(true).open(image).unwrap();
    disk.write_all_at(&bytes, ESP.0).unwrap();
}

/// Where no file is: behind a file's end, in an unused inode, between the entries of a directory.
/// Today's kernel zeroes what it cuts and the names that it removes; older ones did not, and debugfs
/// does not.
fn plant_below(environment: &Environment, image: &Path) {
    let root = LoopDevice::attach(image, ROOT_START, 0);
    let ask = |request: &str| {
        let mut command = environment.program("debugfs");
        succeed(command.args(["-R", request]).arg(root.path()))
    };
    let block: u64 = ask("bmap /srv/planted/slack 0").trim().parse().unwrap();
    let stats = ask("stats -h");
    let count = stats
        .lines()
        .find_map(|line| line.strip_prefix("Inode count:"));
    let inode = ask(&format!("imap <{}>", count.unwrap().trim()));
    let number = |after: &str| {
        let rest = inode.split(after).nth(1).unwrap().trim_start();
        let end = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        rest[..end].to_owned()
    };
    let table: u64 = number("located at block").parse().unwrap();
    let offset = u64::from_str_radix(number("offset").trim_start_matches("0x"), 16).unwrap();
    let gone = format!("rm /srv/keep/{HOST}.gone");
    let mut remove = environment.program("debugfs");
    succeed(remove.args(["-w", "-R", &gone]).arg(root.path()));
    drop(root);
    let disk = File::options().write(true).open(image).unwrap();
    let at = |block: u64| ROOT_START + block * 4096;
    disk.write_all_at(everything().as_bytes(), at(block) + 1000)
        .unwrap();
    disk.write_all_at(TOKEN.as_bytes(), at(table) + offset + 100)
        .unwrap();
}

/// What the capture may change: what it was told to, and what `generalize::standard` takes out.
const CHANGED: &[&str] = &[
    "/etc/",
    "/root",
    "/srv",
    "/var/",
    "/tmp",
    "/run",
    "/boot/efi",
];

fn nothing_else_changed(environment: &Environment, source: &Path, captured: &Path) {
    let manifest = |image: &PathBuf| {
        let mounted = Mounted::new(environment, image, ROOT_START, "ro");
        Manifest::of(mounted.point()).lines(|_| false)
    };
    let (before, after) = (manifest(&source.to_owned()), manifest(&captured.to_owned()));
    let before: BTreeSet<&String> = before.iter().collect();
    let after: BTreeSet<&String> = after.iter().collect();
    let differ: Vec<_> = before.symmetric_difference(&after).collect();
    let unexpected: Vec<_> = differ
        .iter()
        .filter(|line| !CHANGED.iter().any(|path| line.starts_with(path)))
        .collect();
    assert!(unexpected.is_empty(), "{unexpected:#?}");
    let has = |path: &str| after.iter().any(|line| line.starts_with(path));
    assert!(has("/boot/vmlinuz") && has("/boot/initrd") && has("/srv/keep/kept "));
    let esp = environment.path("esp-after.img");
    let read = succeed(
        Command::new("mtype")
            .arg("-i")
            .arg(esp)
            .arg("::/EFI/debian/grub.cfg"),
    );
    assert_eq!(read, "search.fs_label root root\n");
}
