//! Sample plans on real disks built from packages: Debian 12 with ifupdown, deployed and captured, and
//! Debian 13 with netplan. The programs that read the files on a server read them here.

use mintage_test_support::disk::{LoopDevice, Mounted, ROOT_START, debian};
use mintage_test_support::environment::{project, run, succeed};
use mintage_test_support::manifest::Manifest;
use mintage_test_support::{Environment, Need, lane};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NEEDS: &[Need] = &[
    Need::Root,
    Need::Program("mmdebstrap"),
    Need::Program("e2fsck"),
    Need::Program("chroot"),
    Need::Program("systemctl"),
    Need::Program("netplan"),
    Need::Program("unshare"),
];

const PASSWORD: &str = "correct horse battery staple";
const KEY: &str = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c ops@example.com";

const SERVER: &str = r#"
HostName      = "web01"
TimeZone      = "Europe/Berlin"
OpsPassword   = "correct horse battery staple"
OpsKeys       = ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c ops@example.com"]

[ManagementNIC]
mac     = "52:54:00:00:00:01"
name    = "mgmt0"
address = "192.0.2.10/24"
gateway = "192.0.2.1"
dns     = ["192.0.2.53"]
"#;

const BOND: &str = r#"
HostName   = "vm01.example.com"
GuestVlan  = 200
FirstPort  = { mode = "disabled", mac = "52:54:00:00:00:01" }
SecondPort = { mode = "disabled", mac = "52:54:00:00:00:02" }
Management = { vlan = 100, address = "192.0.2.10/24", gateway = "192.0.2.1", dns = ["192.0.2.53"] }
"#;

#[test]
fn debian_12_is_deployed_and_captured_again() {
    if !lane::can_run("samples", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let golden = debian("debian-12");
    let before = manifest(&environment, &golden);
    let deployed = deploy_twice(&environment, "debian-12-deploy", &golden, SERVER);
    assert_eq!(manifest(&environment, &golden), before, "the golden image");
    let mounted = mount(&environment, &deployed);
    let root = mounted.point();
    accounts_are_right(root);
    logins_are_right(root);
    for unit in ["ssh.service", "systemd-timesyncd.service"] {
        let mut command = Command::new("systemctl");
        let state = succeed(command.arg("--root").arg(root).args(["is-enabled", unit]));
        assert_eq!(state.trim(), "enabled", "{unit}");
    }
    // What ifupdown makes of its files, in the volume's own release of it.
    assert!(inside(root, "ifquery --list").contains("mgmt0"));
    let interface = inside(root, "ifquery mgmt0");
    for line in ["address: 192.0.2.10", "netmask: 255.255.255.0"] {
        assert!(interface.contains(line), "{interface}");
    }
    let hosts = inside(root, "getent -s files hosts web01");
    assert!(hosts.contains("192.0.2.10"), "{hosts}");
    assert_eq!(
        read(root, "etc/hostname").trim(),
        "web01.servers.example.com"
    );
    assert!(
        fs::read_link(root.join("etc/localtime"))
            .unwrap()
            .ends_with("Europe/Berlin")
    );
    let boot = Manifest::of(&root.join("boot")).lines(|_| true);
    drop(mounted);

    let captured = environment.path("captured.img");
    run_plan(&environment, "debian-12-capture", &deployed, &captured, "");
    is_clean(&captured);
    let mut scan = environment.mintage(["scan"]);
    let scan = run(scan.arg(&captured).arg("--baseline").arg(&deployed));
    let found = String::from_utf8_lossy(&scan.stdout);
    assert!(scan.status.success(), "{found}");
    let mounted = mount(&environment, &captured);
    let root = mounted.point();
    assert_eq!(Manifest::of(&root.join("boot")).lines(|_| true), boot);
    assert!(!read(root, "etc/passwd").contains("ops:"));
    assert!(!root.join("home/ops").exists());
    assert!(!root.join("etc/ssh/ssh_host_ed25519_key").exists());
    inside(root, "pwck -r -q");
}

#[test]
fn debian_13_has_a_bond_in_netplan() {
    if !lane::can_run("samples", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let golden = debian("debian-13");
    let before = manifest(&environment, &golden);
    let deployed = deploy_twice(&environment, "bonded-network", &golden, BOND);
    assert_eq!(manifest(&environment, &golden), before, "the golden image");
    let mounted = mount(&environment, &deployed);
    let root = mounted.point();
    assert!(read(root, "etc/os-release").contains("VERSION_ID=\"13\""));
    let hosts = inside(root, "getent -s files hosts vm01");
    assert!(hosts.contains("192.0.2.10"), "{hosts}");

    // netplan writes what networkd reads, from a copy: a volume is for reading here.
    let copy = environment.path("root");
    fs::create_dir_all(copy.join("etc")).unwrap();
    let mut cp = Command::new("cp");
    succeed(
        cp.arg("-a")
            .arg(root.join("etc/netplan"))
            .arg(copy.join("etc")),
    );
    let mut netplan = Command::new("netplan");
    succeed(netplan.args(["generate", "--root-dir"]).arg(&copy));
    let networkd = copy.join("run/systemd/network");
    let unit = |name: &str| fs::read_to_string(networkd.join(name)).unwrap();
    for (file, line) in [
        ("10-netplan-bond0.netdev", "Mode=802.3ad"),
        ("10-netplan-bond0.netdev", "Kind=bond"),
        ("10-netplan-mgmt.netdev", "Id=100"),
        ("10-netplan-mgmt.network", "Address=192.0.2.10/24"),
        ("10-netplan-guests.network", "Bridge=br-guests"),
        ("10-netplan-port-525400000001.network", "Bond=bond0"),
    ] {
        assert!(unit(file).contains(line), "{file}: {}", unit(file));
    }
}

/// Runs the plan twice: both volumes have the same bytes, and what fsck and mount say is good.
fn deploy_twice(environment: &Environment, plan: &str, golden: &Path, values: &str) -> PathBuf {
    let (one, two) = (environment.path("one.img"), environment.path("two.img"));
    for out in [&one, &two] {
        run_plan(environment, plan, golden, out, values);
    }
    succeed(Command::new("cmp").arg(&one).arg(&two));
    fs::remove_file(two).unwrap();
    is_clean(&one);
    let mounted = mount(environment, &one);
    let mut fstab = Command::new("findmnt");
    fstab.args(["--verify", "--tab-file"]);
    let fstab = run(fstab.arg(mounted.point().join("etc/fstab")));
    let said = [fstab.stdout, fstab.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    // The volume's own devices are not here.
    let mut errors = said.lines().filter(|line| line.contains("[E]"));
    assert!(
        said.contains("0 parse errors") && errors.all(|line| line.contains("unreachable")),
        "{said}"
    );
    one
}

fn run_plan(environment: &Environment, plan: &str, image: &Path, out: &Path, values: &str) {
    let file = environment.path("values.toml");
    fs::write(&file, values).unwrap();
    let mut command = environment.mintage(["run", "--quiet"]);
    command.args(["--seed", "a seed of 32 characters or more: web01"]);
    command.arg("--image").arg(image).arg("--out").arg(out);
    command.arg("--values").arg(file);
    succeed(command.arg(project().join("sample-plans").join(plan)));
}

/// The administrator is whom the guest's own C library, passwd tools and sudo take it for.
fn accounts_are_right(root: &Path) {
    let ops = inside(root, "getent passwd ops");
    assert!(ops.ends_with(":Operator:/home/ops:/bin/bash\n"), "{ops}");
    assert!(inside(root, "id -Gn ops").contains("sudo"));
    inside(root, "pwck -r -q");
    inside(root, "grpck -r");
    inside(root, "visudo -c");
    let shadow = read(root, "etc/shadow");
    let field = |user: &str| {
        let line = shadow.lines().find(|line| line.starts_with(user)).unwrap();
        line.split(':').nth(1).unwrap().to_owned()
    };
    assert!(field("root:").starts_with(['!', '*']));
    let hash = field("ops:");
    let check = "use strict; my ($p, $h) = @ARGV; exit(crypt($p, $h) eq $h ? 0 : 1)";
    let mut perl = Command::new("chroot");
    perl.arg(root).args(["perl", "-e", check, PASSWORD, &hash]);
    succeed(&mut perl);
}

/// The volume's own sshd takes its configuration and keys, and says what it makes of them.
fn logins_are_right(root: &Path) {
    let keys = read(root, "home/ops/.ssh/authorized_keys");
    assert_eq!(keys.trim(), KEY);
    // sshd wants its empty folder of /run, which a mounted volume does not have: the test's own copy
    // of the view has it.
    let script = "mount -t tmpfs run /run && mkdir /run/sshd && sshd -t && sshd -T";
    let mut unshare = Command::new("unshare");
    unshare.args(["--mount", "chroot"]).arg(root);
    let effective = succeed(unshare.args(["/bin/sh", "-c", script]));
    for line in ["permitrootlogin no", "passwordauthentication no"] {
        assert!(effective.lines().any(|has| has == line), "{effective}");
    }
}

fn inside(root: &Path, command: &str) -> String {
    let mut chroot = Command::new("chroot");
    chroot.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
    succeed(chroot.arg(root).args(["/bin/sh", "-c", command]))
}

fn read(root: &Path, path: &str) -> String {
    fs::read_to_string(root.join(path)).unwrap()
}

fn mount(environment: &Environment, image: &Path) -> Mounted {
    Mounted::new(environment, image, ROOT_START, "ro")
}

fn manifest(environment: &Environment, image: &Path) -> Vec<String> {
    Manifest::of(mount(environment, image).point()).lines(|_| true)
}

fn is_clean(image: &Path) {
    let device = LoopDevice::attach(image, ROOT_START, 0);
    succeed(Command::new("e2fsck").arg("-fn").arg(device.path()));
}
