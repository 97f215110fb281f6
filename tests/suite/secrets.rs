//! Promise 5: the text of a secret is in the one file of the volume that was asked to hold it, and
//! in nothing else that a run leaves behind or says.

use mintage_test_support::disk::small;
use mintage_test_support::{Environment, Need, environment, lane};
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

const NEEDS: &[Need] = &[Need::Program("mke2fs"), Need::Program("debugfs")];

const SECRET: &str = "Korrekt-Pferd.Batterie_7x";
/// The same as base64 and hexadecimal digits write it.
const FORMS: [&str; 4] = [
    SECRET,
    "S29ycmVrdC1QZmVyZC5CYXR0ZXJpZV83e",
    "4b6f7272656b742d50666572642e42617474657269655f3778",
    "4B6F7272656B742D50666572642E42617474657269655F3778",
];

/// Where the caller keeps the secret; nothing else may hold it.
const VALUES: &str = "values.toml";

struct Place {
    environment: Environment,
    image: PathBuf,
}

impl Place {
    fn new() -> Self {
        let environment = Environment::new();
        let image = small(&environment, "golden", |_| {});
        let values = format!("Password = \"{SECRET}\"\n");
        fs::write(environment.path(VALUES), values).unwrap();
        Self { environment, image }
    }

    /// A library with this script, and templates that fail and succeed with a secret.
    fn library(&self, script: &str) -> PathBuf {
        let library = self.environment.path("library");
        fs::create_dir_all(library.join("scripts")).unwrap();
        fs::create_dir_all(library.join("templates")).unwrap();
        let plan = "name = \"Secrets\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n\n\
                    [attribute.Password]\ntype = \"password\"\n";
        fs::write(library.join("build-plan.toml"), plan).unwrap();
        fs::write(library.join("scripts/one.rhai"), script).unwrap();
        for (name, text) in [
            ("good.j2", "password={{ password }}\n"),
            ("missing.j2", "{{ password }}{{ password.nothing.more }}\n"),
            ("number.j2", "{{ password | int }}\n"),
            ("filter.j2", "{{ password | batch(password) }}\n"),
            ("include.j2", "{% include password %}\n"),
        ] {
            fs::write(library.join("templates").join(name), text).unwrap();
        }
        library
    }

    /// Runs the script; nothing that it says has the secret in any form. Returns whether it
    /// succeeded.
    fn run(&self, script: &str, arguments: &[&str]) -> bool {
        let library = self.library(script);
        let out = self.environment.path("out.img");
        drop(fs::remove_file(&out));
        let mut command = self.environment.mintage(["run", "--seed", "x", "--image"]);
        command.arg(&self.image).args(arguments);
        if !arguments.contains(&"--preview") {
            command.arg("--out").arg(&out);
        }
        let ended = environment::run(command.arg(library));
        for said in [&ended.stdout, &ended.stderr] {
            assert_no_secret(said, &format!("{script} {arguments:?}"));
            // Nor has it a hash of one, or a key.
            for start in DERIVED {
                assert_eq!(count(said, start), 0, "{script} {arguments:?}");
            }
        }
        ended.status.success()
    }

    /// Nothing in the folder has the secret but the caller's own file and the output.
    fn assert_folder_is_clean(&self) {
        for file in WalkDir::new(self.environment.folder()) {
            let file = file.unwrap();
            let own = [VALUES, "wrong.toml", "wrong.json", "out.img"];
            if file.file_type().is_file() && !own.iter().any(|name| file.file_name() == *name) {
                let bytes = fs::read(file.path()).unwrap();
                assert_no_secret(&bytes, &file.path().display().to_string());
            }
        }
    }
}

fn assert_no_secret(bytes: &[u8], wherever: &str) {
    for form in FORMS {
        assert_eq!(count(bytes, form), 0, "`{form}` is in {wherever}");
    }
}

fn count(bytes: &[u8], text: &str) -> usize {
    let windows = bytes.windows(text.len());
    windows.filter(|window| *window == text.as_bytes()).count()
}

/// What a hash of the secret, or a private key, begins with.
const DERIVED: [&str; 3] = ["$6$", "$y$j9T$", "PRIVATE KEY"];
/// The seed of the cases, from which keys are derived.
const SEED: &str = "Saat-8f2c.nicht_raten";

const WRITE: &str = r#"file::write("/etc/passphrase", attribute("Password"));"#;

#[test]
fn a_run_says_no_secret() {
    if !lane::can_run("secrets", NEEDS) {
        return;
    }
    let place = Place::new();
    for (script, succeeds) in [
        (WRITE.to_owned(), true),
        (format!("{WRITE} fail(\"stop\");"), false),
        // What a careless script tries to get the text out again.
        (
            format!("{WRITE} log::info(file::read(\"/etc/passphrase\"));"),
            false,
        ),
        (
            format!("{WRITE} fail(file::read(\"/etc/passphrase\"));"),
            false,
        ),
        (
            format!("{WRITE} throw file::read(\"/etc/passphrase\");"),
            false,
        ),
        (
            format!("{WRITE} file::read(\"/\" + file::read(\"/etc/passphrase\"));"),
            false,
        ),
        (
            format!("{WRITE} file::write(\"/etc/copy\", file::read(\"/etc/passphrase\"));"),
            false,
        ),
        (
            format!("{WRITE} file::copy(\"/etc/passphrase\", \"/etc/copy\");"),
            true,
        ),
        (
            format!("{WRITE} file::move(\"/etc/passphrase\", \"/etc/moved\");"),
            true,
        ),
        (
            "file::render(\"/etc/p\", \"good.j2\", #{ password: attribute(\"Password\") });".into(),
            true,
        ),
        (
            "file::render(\"/etc/p\", \"missing.j2\", #{ password: attribute(\"Password\") });"
                .into(),
            false,
        ),
        (
            "file::render(\"/etc/p\", \"number.j2\", #{ password: attribute(\"Password\") });"
                .into(),
            false,
        ),
        (
            "file::render(\"/etc/p\", \"filter.j2\", #{ password: attribute(\"Password\") });"
                .into(),
            false,
        ),
        (
            "file::render(\"/etc/p\", \"include.j2\", #{ password: attribute(\"Password\") });"
                .into(),
            false,
        ),
        (
            "file::write(\"/etc/h\", attribute(\"Password\").crypt(\"sha512\"));".into(),
            true,
        ),
        ("log::info(attribute(\"Password\").crypt());".into(), false),
        (
            "throw attribute(\"Password\").crypt(\"sha512\");".into(),
            false,
        ),
        (
            "user::set_password(\"nobody-here\", attribute(\"Password\"));".into(),
            false,
        ),
        (
            "ssh::ensure_authorized_key(\"root\", attribute(\"Password\"));".into(),
            false,
        ),
        (
            "sudo::ensure(\"ops\", attribute(\"Password\"));".into(),
            false,
        ),
        (
            "file::make_dir(\"/etc/ssh\"); ssh::host_keys();".into(),
            true,
        ),
        ("log::info(attribute(\"Password\"));".into(), false),
        ("print(`${attribute(\"Password\")}`);".into(), false),
        ("let x = attribute(\"Password\") + 1;".into(), false),
        (
            "ini::set(\"/etc/x.ini\", \"a\", \"b\", attribute(\"Password\"));".into(),
            true,
        ),
        ("file::make_dir(attribute(\"Password\"));".into(), false),
    ] {
        for arguments in [
            &["--preview"][..],
            &["--json"],
            &["--preview", "--json"],
            &[],
        ] {
            let arguments = [&["--values", VALUES], arguments].concat();
            assert_eq!(place.run(&script, &arguments), succeeds, "{script}");
        }
        place.assert_folder_is_clean();
    }
}

#[test]
fn inputs_that_are_refused_are_not_quoted() {
    if !lane::can_run("secrets", NEEDS) {
        return;
    }
    let place = Place::new();
    let file = |name: &str, text: String| fs::write(place.environment.path(name), text).unwrap();
    for (name, text) in [
        ("wrong.toml", format!("Password = \"{SECRET}\n")),
        ("wrong.toml", format!("Password = {SECRET}\n")),
        (
            "wrong.toml",
            format!("Password = \"{SECRET}\"\nPassword = \"{SECRET}\"\n"),
        ),
        ("wrong.toml", format!("Password = [\"{SECRET}\"]\n")),
        ("wrong.toml", format!("Password = \" {SECRET} \"\n")),
        ("wrong.toml", format!("Pasword = \"{SECRET}\"\n")),
        ("wrong.json", format!("{{\"Password\": \"{SECRET}\"")),
        ("wrong.json", format!("{{\"Password\": {SECRET}}}")),
        ("wrong.json", format!("[\"{SECRET}\"]")),
        ("wrong.json", format!("\"{SECRET}\"")),
    ] {
        file(name, text.clone());
        let profile = ["--profile", "wrong.json"];
        for arguments in [&["--values", name][..], &profile] {
            if arguments == profile && name == "wrong.toml" {
                continue;
            }
            for json in [&["--json"][..], &[]] {
                let arguments = [arguments, json].concat();
                assert!(!place.run(WRITE, &arguments), "{text}");
            }
        }
    }
    for setting in [
        SECRET.to_owned(),
        format!("={SECRET}"),
        format!("Password= {SECRET}"),
    ] {
        assert!(!place.run(WRITE, &["--set", &setting]), "{setting}");
    }
    place.assert_folder_is_clean();
}

#[test]
fn the_volume_holds_a_secret_in_the_file_that_was_asked_to_and_nowhere_else() {
    if !lane::can_run("secrets", NEEDS) {
        return;
    }
    let place = Place::new();
    let other = "x".repeat(SECRET.len());
    for (script, times) in [
        (WRITE.to_owned(), 1),
        (format!("{WRITE} file::remove(\"/etc/passphrase\");"), 0),
        (format!("{WRITE} file::remove_all(\"/etc/passphrase\");"), 0),
        (
            format!("{WRITE} file::write(\"/etc/passphrase\", \"\");"),
            0,
        ),
        (
            format!("{WRITE} file::write(\"/etc/passphrase\", \"{other}\");"),
            0,
        ),
        (
            format!("{WRITE} file::append(\"/etc/passphrase\", \"\\n\");"),
            1,
        ),
        (
            format!(
                "file::write(\"/etc/o\", \"o\"); {WRITE} file::move(\"/etc/o\", \"/etc/passphrase\");"
            ),
            0,
        ),
        (
            format!(
                "file::write(\"/etc/o\", \"o\"); {WRITE} file::copy(\"/etc/o\", \"/etc/passphrase\");"
            ),
            0,
        ),
        (
            format!("{WRITE} file::move(\"/etc/passphrase\", \"/etc/moved\");"),
            1,
        ),
        (
            "file::make_dir(\"/etc/d\"); file::write(\"/etc/d/p\", attribute(\"Password\")); file::remove_all(\"/etc/d\");".to_owned(),
            0,
        ),
    ] {
        assert!(place.run(&script, &["--values", VALUES]), "{script}");
        let volume = fs::read(place.environment.path("out.img")).unwrap();
        assert_eq!(count(&volume, SECRET), times, "{script}");
        assert!(holds_no_other_form(&volume), "{script}");
    }
    let golden: &Path = &place.image;
    assert_no_secret(&fs::read(golden).unwrap(), "the golden image");
}

fn holds_no_other_form(volume: &[u8]) -> bool {
    FORMS.iter().skip(1).all(|form| count(volume, form) == 0)
}

/// One script for each way in which a file may get a secret, or what is derived of one, and what a
/// careless script does with that file then.
const CASES: &[&str] = &[
    "json::set(\"/etc/x\", \"a\", SECRET); json::set(\"/etc/x\", \"b\", 1);",
    "json::set(\"/etc/x\", \"a\", SECRET); log::info(json::get(\"/etc/x\", \"a\"));",
    "yaml::set(\"/etc/x\", \"a\", SECRET); yaml::set(\"/etc/x\", \"b\", 1);",
    "toml::set(\"/etc/x\", \"a\", SECRET); toml::set(\"/etc/x\", \"b\", 1);",
    "file::write(\"/etc/x\", \"<a><b/></a>\"); xml::set(\"/etc/x\", [\"a\", \"b\"], SECRET); xml::get(\"/etc/x\", [\"a\", \"b\"]);",
    "key_value::set(\"/etc/x\", \"a\", SECRET); log::info(key_value::get(\"/etc/x\", \"a\"));",
    "shell_vars::set(\"/etc/x\", \"A\", SECRET); log::info(shell_vars::get(\"/etc/x\", \"A\"));",
    "ini::set(\"/etc/x\", \"a\", \"b\", SECRET); log::info(ini::get(\"/etc/x\", \"a\", \"b\"));",
    "file::write(\"/etc/x\", SECRET); toml::set(\"/etc/x\", \"a\", 1);",
    "file::write(\"/etc/x\", SECRET); yaml::set(\"/etc/x\", \"a\", 1);",
    "file::write(\"/etc/x\", SECRET); json::set(\"/etc/x\", \"a\", 1);",
    "file::write(\"/etc/x\", SECRET); xml::set(\"/etc/x\", \"a\", 1);",
    "file::write(\"/etc/x\", SECRET); gzip::compress(\"/etc/x\", \"/etc/x.gz\"); gzip::decompress(\"/etc/x.gz\", \"/etc/y\"); log::info(file::read(\"/etc/y\"));",
    "file::make_dir(\"/etc/d\"); file::write(\"/etc/d/x\", SECRET); archive::create(\"/etc/d.tgz\", \"/etc/d\"); archive::extract(\"/etc/d.tgz\", \"/etc/e\");",
    "file::make_dir(\"/etc/d\"); file::write(\"/etc/d/x\", SECRET); file::move(\"/etc/d\", \"/etc/e\"); file::copy(\"/etc/e\", \"/etc/f\"); log::info(file::read(\"/etc/f/x\"));",
    "file::write(\"/etc/x\", \"\"); file::hard_link(\"/etc/x\", \"/etc/y\"); file::write(\"/etc/x\", SECRET); file::append(\"/etc/y\", \"more\");",
    "file::hard_link(\"/etc/shadow\", \"/etc/y\"); user::set_password(\"root\", SECRET);",
    "file::hard_link(\"/etc/shadow\", \"/etc/y\"); user::set_password(\"root\", SECRET); file::copy(\"/etc/y\", \"/etc/z\");",
    "user::ensure(\"ops\", #{ password: SECRET }); file::copy(\"/etc/shadow\", \"/etc/copy\"); user::lock(\"ops\");",
    "user::ensure(\"ops\", #{ password: SECRET }); log::info(file::read(\"/etc/shadow\"));",
    "user::ensure(\"ops\", #{ comment: SECRET });",
    "first_boot::add(\"x\", SECRET);",
    "file::write(\"/etc/systemd/system/x.service\", SECRET); service::enable(\"x\");",
    "service::write(\"x.service\", #{ Service: #{ Environment: SECRET } });",
    "ssh::host_keys(); file::copy(\"/etc/ssh\", \"/etc/ssh2\");",
    "ssh::host_keys(); log::info(file::read(\"/etc/ssh/ssh_host_ed25519_key\"));",
    "file::write(\"/etc/x\", SECRET.crypt(\"sha512\")); file::append(\"/etc/x\", \"\\n\"); file::checksum(\"/etc/x\");",
    "throw #{ a: SECRET };",
    "log::info(#{ a: SECRET }.to_json());",
];

/// Nothing that `mintage test` and `mintage check` say or write has it: reports, snapshots, JUnit,
/// and what is left in the folder for temporary files.
#[test]
fn the_cases_of_a_plan_say_no_secret() {
    let place = Environment::new();
    let mut libraries = Vec::new();
    for (number, script) in CASES.iter().enumerate() {
        let library = format!("library-{number}");
        let folder = place.path(&library);
        fs::create_dir_all(folder.join("scripts")).unwrap();
        fs::create_dir_all(folder.join("tests/one")).unwrap();
        let plan = "name = \"Secrets\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n\n\
                    [attribute.Password]\ntype = \"password\"\n";
        fs::write(folder.join("build-plan.toml"), plan).unwrap();
        let script = script.replace("SECRET", "attribute(\"Password\")");
        fs::write(folder.join("scripts/one.rhai"), script).unwrap();
        let case = format!(
            "volume = \"debian-12\"\nseed = \"{SEED}\"\n[attributes]\nPassword = \"{SECRET}\"\n"
        );
        fs::write(folder.join("tests/one/case.toml"), case).unwrap();
        libraries.push(library);
    }
    for arguments in [
        &["test"][..],
        &["test", "--json"],
        &["test", "--junit", "junit.xml"],
        &["test", "--accept"],
    ] {
        let mut command = place.mintage(arguments);
        let ended = environment::run(command.args(&libraries));
        for said in [&ended.stdout, &ended.stderr] {
            assert_says_nothing(said, &format!("what {arguments:?} says"));
        }
        for file in WalkDir::new(place.folder()) {
            let file = file.unwrap();
            if file.file_type().is_file() && file.file_name() != "case.toml" {
                let bytes = fs::read(file.path()).unwrap();
                assert_says_nothing(&bytes, &file.path().display().to_string());
            }
        }
    }
    let snapshots = WalkDir::new(place.folder()).into_iter();
    let snapshots = snapshots.filter(|file| file.as_ref().unwrap().file_name() == "expect.snap");
    assert_eq!(snapshots.count(), CASES.len());
}

fn assert_says_nothing(bytes: &[u8], wherever: &str) {
    assert_no_secret(bytes, wherever);
    for text in DERIVED.iter().chain([&SEED]) {
        assert_eq!(count(bytes, text), 0, "`{text}` is in {wherever}");
    }
}
