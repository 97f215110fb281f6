//! Promise 3: hostile scripts, libraries and images end in a named error, in bounded time and
//! memory, and reach nothing of the host.

use mintage_test_support::disk::small;
use mintage_test_support::environment::{fail, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[Need::Program("mke2fs")];

/// Runs one script over the small image; it must fail with `code`.
fn fails_with(
    environment: &Environment,
    image: &Path,
    name: &str,
    script: &str,
    code: &str,
) -> String {
    let library = environment.path(&format!("library-{name}"));
    fs::create_dir_all(library.join("scripts")).unwrap();
    fs::create_dir_all(library.join("templates")).unwrap();
    let toml = "name = \"Hostile\"\ntype = \"deploy\"\nsteps = [\"scripts/hostile.rhai\"]\n";
    fs::write(library.join("build-plan.toml"), toml).unwrap();
    fs::write(library.join("scripts/hostile.rhai"), script).unwrap();
    fs::write(
        library.join("templates/bomb.j2"),
        "{% for a in range(99999) %}{% for b in range(99999) %}{{ a * b }}{% endfor %}{% endfor %}",
    )
    .unwrap();
    let out = environment.path(&format!("{name}.out"));
    let mut command = environment.mintage(["run", "--seed", "x", "--deadline", "20", "--image"]);
    let started = Instant::now();
    let output = command
        .arg(image)
        .arg("--out")
        .arg(&out)
        .arg(&library)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success(), "{name} succeeded");
    assert!(
        errors.contains(&format!("error[{code}]")),
        "{name}: wanted {code}, got\n{errors}"
    );
    assert!(
        started.elapsed() < Duration::from_secs(60),
        "{name} took {:?}",
        started.elapsed()
    );
    assert!(!out.exists(), "{name} left an output");
    errors
}

#[test]
fn hostile_scripts_end_in_named_errors() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    let secret = environment.path("host-secret");
    fs::write(&secret, "of the host").unwrap();
    let read_host = format!("file::read(\"{}\");", secret.display());
    let import_host = format!("import \"{}\" as host;", environment.path("host").display());
    for (name, script, code) in [
        ("endless", "loop { }", "P2001"),
        ("recursion", "fn f(n) { f(n + 1) + 1 } f(0);", "P2002"),
        ("string", "let s = \"x\"; loop { s += s; }", "P2003"),
        ("array", "let a = []; loop { a.push(1); }", "P2003"),
        (
            "ten-gigabytes",
            "let s = \"x\"; while s.len < 524288 { s += s; } for n in 0..20480 { file::append(\"/srv/big\", s); }",
            "P3011",
        ),
        ("import-host", import_host.as_str(), "P1006"),
        ("import-up", "import \"../../etc/passwd\" as host;", "P1006"),
        ("read-host", read_host.as_str(), "P3001"),
        ("template", "template::render(\"bomb.j2\", #{});", "P2015"),
        (
            "template-host",
            "template::render(\"/etc/passwd\", #{});",
            "P2014",
        ),
        ("eval", "eval(\"1\");", "P1001"),
    ] {
        let errors = fails_with(&environment, &image, name, script, code);
        assert!(!errors.contains("of the host"), "{errors}");
    }
}

#[test]
fn links_in_an_image_stay_in_the_image() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let victim = environment.path("victim");
    fs::write(&victim, "of the host\n").unwrap();
    let image = small(&environment, "golden", |tree| {
        symlink(&victim, tree.join("etc/absolute")).unwrap();
        symlink(
            "../../../../../../../..".to_owned() + victim.to_str().unwrap(),
            tree.join("etc/relative"),
        )
        .unwrap();
        symlink("loop-b", tree.join("etc/loop-a")).unwrap();
        symlink("loop-a", tree.join("etc/loop-b")).unwrap();
        symlink("/proc/self/root", tree.join("etc/proc")).unwrap();
        symlink("/", tree.join("srv/root")).unwrap();
    });
    for (name, script, code) in [
        ("absolute", "file::read(\"/etc/absolute\");", "P3001"),
        (
            "relative",
            "file::write(\"/etc/relative\", \"owned\");",
            "P3001",
        ),
        ("loop", "file::read(\"/etc/loop-a\");", "P3007"),
        ("proc", "file::read(\"/etc/proc/etc/passwd\");", "P3001"),
        (
            "dots",
            "file::read(\"/../../../../../../proc/self/environ\");",
            "P3001",
        ),
    ] {
        fails_with(&environment, &image, name, script, code);
    }
    assert_eq!(fs::read_to_string(&victim).unwrap(), "of the host\n");
    let listed = succeed(
        environment
            .mintage(["cat"])
            .arg(&image)
            .arg("/srv/root/srv/root/etc/hostname"),
    );
    assert_eq!(listed, "golden\n", "a link to `/` is the volume's own root");
}

#[test]
fn hostile_names_reach_no_terminal() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |tree| {
        fs::write(tree.join("srv/a\nb\u{1b}[31mred\u{7}"), "x").unwrap();
    });
    let listings = [
        succeed(environment.mintage(["ls"]).arg(&image).arg("/srv")),
        succeed(environment.mintage(["tree"]).arg(&image).arg("/srv")),
        succeed(
            environment
                .mintage(["ls", "--json"])
                .arg(&image)
                .arg("/srv"),
        ),
    ];
    for listing in listings {
        assert!(listing.contains("red"), "{listing}");
        assert!(
            !listing.contains('\u{1b}') && !listing.contains('\u{7}'),
            "{listing:?}"
        );
    }
}

#[test]
fn a_library_cannot_link_to_the_host() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    fs::write(environment.path("host.rhai"), "// of the host").unwrap();
    fs::write(environment.path("host.j2"), "of the host").unwrap();
    for (name, link, target) in [
        ("script", "scripts/one.rhai", environment.path("host.rhai")),
        ("template", "templates/one.j2", environment.path("host.j2")),
        ("relative", "scripts/one.rhai", "../../host.rhai".into()),
        ("folder", "templates/all", "/etc".into()),
    ] {
        let library = environment.path(&format!("library-{name}"));
        fs::create_dir_all(library.join("scripts")).unwrap();
        fs::create_dir_all(library.join("templates")).unwrap();
        let toml = "name = \"Links\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n";
        fs::write(library.join("build-plan.toml"), toml).unwrap();
        fs::write(library.join("scripts/one.rhai"), "").unwrap();
        let _ = fs::remove_file(library.join(link));
        symlink(target, library.join(link)).unwrap();
        let out = environment.path("out.img");
        let mut command = environment.mintage(["run", "--seed", "x", "--image"]);
        let (_, errors) = fail(command.arg(&image).arg("--out").arg(&out).arg(&library), 3);
        assert!(errors.contains("error[P5003]"), "{name}: {errors}");
        assert!(
            !errors.contains("of the host") && !out.exists(),
            "{name}: {errors}"
        );
    }
}

#[test]
fn damaged_images_are_named() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    let bytes = fs::read(&image).unwrap();
    let damage = |name: &str, change: fn(&mut Vec<u8>)| {
        let mut bytes = bytes.clone();
        change(&mut bytes);
        let path = environment.path(name);
        fs::write(&path, bytes).unwrap();
        path
    };
    for (image, code) in [
        (damage("checksum.img", |b| b[1024 + 0x78] ^= 0xff), "P7006"),
        (damage("empty.img", |b| b.fill(0)), "P7003"),
        (
            damage("qcow2.img", |b| b[..4].copy_from_slice(b"QFI\xfb")),
            "P7004",
        ),
        (damage("cut.img", |b| b.truncate(1 << 20)), "P7006"),
    ] {
        let out = environment
            .mintage(["ls"])
            .arg(&image)
            .arg("/")
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&out.stderr).into_owned();
        assert!(
            !out.status.success() && errors.contains(&format!("error[{code}]")),
            "{image:?}: {errors}"
        );
    }
}
