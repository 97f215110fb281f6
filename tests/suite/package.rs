//! The Debian package: what is in it, that its unit is sound, and that it installs, serves, and
//! goes again, all in a throw-away copy of this machine.

use mintage_test_support::environment::{project, succeed};
use mintage_test_support::lane::{cache, can_run};
use mintage_test_support::{Environment, Need};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const CARGO_DEB: &str = "cargo-deb/bin/cargo-deb";

#[test]
fn the_package_has_everything_installs_serves_and_goes_again() {
    let needs = [
        Need::Root,
        Need::Cached(CARGO_DEB),
        Need::Program("dpkg-deb"),
        Need::Program("systemd-analyze"),
        Need::Program("python3"),
        Need::Program("setpriv"),
    ];
    if !can_run("package", &needs) {
        return;
    }
    let environment = Environment::new();
    let deb = build(&environment);
    let root = environment.path("root");
    let mut extract = environment.program("dpkg-deb");
    succeed(extract.arg("-x").args([&deb, &root]));
    check_files(&environment, &root);
    check_control(&environment, &deb);
    check_unit(&environment, &root);
    install(&environment, &deb);
}

/// Packs the binary that `tests/run` built for release, or else that of this test.
fn build(environment: &Environment) -> PathBuf {
    succeed(&mut environment.mintage(["--version"]));
    let profile = match std::env::var_os("MINTAGE_RELEASE_BUILT") {
        Some(_) => "release",
        None => "dev",
    };
    let deb = environment.path("mintage.deb");
    let mut build = environment.program(project().join("packaging/build-deb"));
    // It asks cargo for the workspace.
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    for name in ["HOME", "CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN"] {
        if let Some(value) = std::env::var_os(name) {
            build.env(name, value);
        }
    }
    build.env("CARGO", cargo).env("CARGO_DEB", cache(CARGO_DEB));
    succeed(build.arg(&deb).arg(profile));
    deb
}

/// Files below `root`, as paths in it.
fn files(root: &Path) -> BTreeSet<String> {
    let all = walkdir::WalkDir::new(root).into_iter();
    let files = all.map(|entry| entry.unwrap());
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            entry
                .path()
                .strip_prefix(root)
                .unwrap()
                .display()
                .to_string()
        })
        .collect()
}

/// The binary, its configuration, its unit, and a manual page for each command.
fn check_files(environment: &Environment, root: &Path) {
    let found = files(root);
    for path in [
        "usr/bin/mintage",
        "etc/mintage/mintage.toml",
        "lib/systemd/system/mintage.service",
        "usr/lib/sysusers.d/mintage.conf",
        "usr/share/bash-completion/completions/mintage",
        "usr/share/zsh/vendor-completions/_mintage",
        "usr/share/fish/vendor_completions.d/mintage.fish",
        "usr/share/doc/mintage/copyright",
        "usr/share/doc/mintage/service.md",
        "usr/share/doc/mintage/LICENSE-APACHE",
        "usr/share/doc/mintage/LICENSE-MIT",
    ] {
        let packed = format!("{path}.gz");
        assert!(
            found.contains(path) || found.contains(&packed),
            "{path}: {found:#?}"
        );
    }
    let pages = environment.path("man");
    fs::create_dir(&pages).unwrap();
    succeed(&mut environment.mintage(["man".as_ref(), pages.as_os_str()]));
    for page in files(&pages) {
        let path = format!("usr/share/man/man1/{page}.gz");
        assert!(found.contains(&path), "{path}");
    }
    let mut check = environment.program(root.join("usr/bin/mintage"));
    check.args(["config", "check", "--config"]);
    succeed(check.arg(root.join("etc/mintage/mintage.toml")));
}

/// Its dependencies, the configuration as one that is the administrator's, and scripts that a shell
/// can read.
fn check_control(environment: &Environment, deb: &Path) {
    let control = environment.path("control");
    let mut extract = environment.program("dpkg-deb");
    succeed(extract.arg("-e").arg(deb).arg(&control));
    let read = |name: &str| fs::read_to_string(control.join(name)).unwrap();
    let fields = read("control");
    for field in [
        "\nDepends: ",
        "libc6 (>= ",
        "systemd | systemd-standalone-sysusers",
        "\nMaintainer: ",
    ] {
        assert!(fields.contains(field), "{field}: {fields}");
    }
    assert_eq!(read("conffiles").trim(), "/etc/mintage/mintage.toml");
    for script in ["postinst", "prerm", "postrm"] {
        let mut shell = environment.program("sh");
        succeed(shell.arg("-n").arg(control.join(script)));
    }
}

/// systemd understands the unit, and finds it hardened.
fn check_unit(environment: &Environment, root: &Path) {
    let unit = root.join("lib/systemd/system/mintage.service");
    let mut security = environment.program("systemd-analyze");
    security.args(["security", "--offline=true", "--threshold=30"]);
    succeed(security.arg(&unit));
    let mut verify = environment.program("systemd-analyze");
    let output = verify
        .args(["verify", "--man=no"])
        .arg(&unit)
        .output()
        .unwrap();
    let told = String::from_utf8_lossy(&output.stderr);
    // The program is not installed on the machine that runs the tests.
    let expected = "mintage.service: Command /usr/bin/mintage is not executable";
    let unexpected = |line: &&str| line.contains("mintage.service") && !line.starts_with(expected);
    assert_eq!(told.lines().find(unexpected), None, "{told}");
}

/// Installs it in a copy of this machine that nobody sees, starts what the unit starts as the user
/// that the unit names, removes it, and purges it.
fn install(environment: &Environment, deb: &Path) {
    let script = project().join("tests/fixtures/package/try");
    let mut copy = environment.program("unshare");
    copy.args(["--mount", "--net", "--pid", "--fork", "--kill-child"]);
    let said = succeed(copy.arg(script).arg(deb).arg(environment.path("copy")));
    let said: Vec<_> = said
        .lines()
        .filter_map(|line| line.strip_prefix("** "))
        .collect();
    assert_eq!(
        said,
        [
            "installed",
            "ready as mintage",
            "stopped",
            "removed: the configuration and the data are there",
            "purged: the data is there",
        ]
    );
}
