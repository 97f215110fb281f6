//! Users, passwords, keys and rules that plans write, as the real tools of the guest read them.

use mintage_engine::{Secret, Value};
use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};
use std::fs;
use std::path::Path;

const LAYOUTS: [&str; 4] = ["debian-12", "rhel-9", "sles-15", "ubuntu-24.04"];

/// A public key of the laptop of somebody.
const KEY: &str =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIqI4910CfGV/VLbLTy6XXLKZwm/HZQSG/N0iAG0D29c";

fn password(text: &str) -> Value {
    Value::Secret(Secret::new(text))
}

#[test]
fn files_of_accounts_are_what_pwck_and_grpck_take() {
    let needs = [Need::Root, Need::Program("pwck"), Need::Program("grpck")];
    if !lane::can_run("accounts", &needs) {
        return;
    }
    for layout in LAYOUTS {
        let guest = Guest::layout(layout).with_attribute("Password", password("correct horse"));
        let guest = guest.ran(
            r#"
            group::ensure("app", #{ members: ["root"] });
            group::ensure("appsys", #{ system: true });
            user::ensure("web", #{
                comment: "Web", groups: ["app"], password: attribute("Password"), expires: "2030-01-01",
            });
            user::ensure("worker", #{ system: true, locked: true });
            user::ensure("gone", #{ groups: ["app"] });
            user::remove("gone", #{ home: true });
            user::lock("root");
            "#,
        );
        let environment = Environment::new();
        let root = guest.export(environment.path("root"));
        let etc = root.join("etc");
        // The tools look for names by way of this; only the module `files` is in the C library.
        let sources = "passwd: files\ngroup: files\nshadow: files\n";
        // In some it is a link, which would lead into this machine.
        drop(fs::remove_file(etc.join("nsswitch.conf")));
        fs::write(etc.join("nsswitch.conf"), sources).unwrap();
        // What was wrong in the layout already is not ours; no line of ours is complained of.
        for (tool, files) in [
            ("pwck", ["passwd", "shadow"]),
            ("grpck", ["group", "gshadow"]),
        ] {
            let mut command = environment.program(tool);
            command.args(["-r", "-R"]).arg(&root);
            let files = files.iter().map(|file| format!("/etc/{file}"));
            let files: Vec<String> = files
                .filter(|file| root.join(&file[1..]).exists())
                .collect();
            let ended = mintage_test_support::environment::run(command.args(&files));
            let said = [ended.stdout, ended.stderr].concat();
            let said = String::from_utf8_lossy(&said).into_owned();
            for name in [
                "web",
                "worker",
                "gone",
                "app",
                "appsys",
                "invalid",
                "duplicate",
            ] {
                let complaint = said.lines().find(|line| line.contains(name));
                assert_eq!(complaint, None, "{layout}: {said}");
            }
        }
        let shadow = fs::read_to_string(etc.join("shadow")).unwrap();
        assert!(
            !shadow.contains("correct horse") && shadow.contains("web:$"),
            "{layout}"
        );
    }
}

/// Texts of every kind, the same in every run.
fn passwords() -> Vec<String> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state
    };
    let letters: Vec<char> = ('!'..='~').chain([' ', 'é', '€', '😀', 'ß']).collect();
    let many = (1..=40).map(|len| {
        let letter = |_| letters[usize::try_from(next() % 99).unwrap() % letters.len()];
        (0..len).map(letter).collect()
    });
    many.chain(["x".repeat(511), "a b\tc".to_owned()]).collect()
}

#[test]
fn hashes_are_those_of_crypt() {
    if !lane::can_run("hashes of passwords", &[Need::Program("perl")]) {
        return;
    }
    let environment = Environment::new();
    let mut lines = String::new();
    for (index, text) in passwords().iter().enumerate() {
        let guest = Guest::text("/etc/\n").with_attribute("P", password(text));
        let guest = guest.ran(&format!(
            r#"for method in ["yescrypt", "sha512"] {{
                file::write("/etc/" + method, attribute("P").crypt(method, "test {index}"));
            }}"#
        ));
        for method in ["yescrypt", "sha512"] {
            let hash = guest.read(&format!("/etc/{method}"));
            let start = if method == "sha512" { "$6$" } else { "$y$j9T$" };
            assert!(hash.starts_with(start), "{hash}");
            lines.push_str(&format!("{hash}\0{text}\n"));
        }
    }
    let input = environment.path("hashes");
    fs::write(&input, &lines).unwrap();
    // crypt(3) of the machine's own libcrypt gives each hash again, and no other password does.
    let script = r#"
        while (<>) {
            chomp; my ($hash, $text) = split /\0/, $_, 2;
            print crypt($text, $hash) eq $hash ? "same\n" : "other $hash\n";
            print crypt("$text.", $hash) eq $hash ? "also $hash\n" : "same\n" if length $text < 500;
        }"#;
    let said = succeed(environment.program("perl").args(["-e", script]).arg(&input));
    let wrong: Vec<&str> = said.lines().filter(|line| *line != "same").collect();
    assert_eq!(wrong, [""; 0]);
    assert!(said.lines().count() >= 160);
}

#[test]
fn host_keys_are_what_ssh_keygen_reads() {
    if !lane::can_run("host keys", &[Need::Program("ssh-keygen")]) {
        return;
    }
    for layout in LAYOUTS {
        let environment = Environment::new();
        // A key of the server's own, made by the real tool.
        let own = environment.path("own");
        let mut make = environment.program("ssh-keygen");
        make.args(["-q", "-t", "rsa", "-b", "2048", "-N", "", "-C", "own", "-f"]);
        succeed(make.arg(&own));
        let guest = Guest::layout(layout)
            .with_file("/etc/ssh/ssh_host_dsa_key", "of the golden image")
            .with_identity(
                "ssh-host-rsa-key",
                password(&fs::read_to_string(&own).unwrap()),
            )
            .ran("ssh::host_keys();");
        let root = guest.export(environment.path("root"));
        assert!(!root.join("etc/ssh/ssh_host_dsa_key").exists(), "{layout}");
        for (kind, bits) in [("ed25519", "256"), ("ecdsa", "256"), ("rsa", "2048")] {
            let private = root.join(format!("etc/ssh/ssh_host_{kind}_key"));
            let public = private.with_extension("pub");
            // ssh-keygen itself insists on keys that nobody else reads.
            fs::set_permissions(
                &private,
                std::os::unix::fs::PermissionsExt::from_mode(0o600),
            )
            .unwrap();
            let mut read = environment.program("ssh-keygen");
            let derived = succeed(read.arg("-y").arg("-f").arg(&private));
            let written = fs::read_to_string(&public).unwrap();
            assert_eq!(words(&derived), words(&written), "{layout} {kind}");
            let mut list = environment.program("ssh-keygen");
            let listed = succeed(list.arg("-l").arg("-f").arg(&public));
            assert!(listed.starts_with(bits), "{listed}");
            sign(&environment, &private, &public);
        }
    }
}

/// The type and the key of a public key.
fn words(line: &str) -> Vec<&str> {
    line.split_whitespace().take(2).collect()
}

/// What one key signs, the other knows.
fn sign(environment: &Environment, private: &Path, public: &Path) {
    let message = environment.path("message");
    fs::write(&message, "hello\n").unwrap();
    drop(fs::remove_file(environment.path("message.sig")));
    let mut command = environment.program("ssh-keygen");
    succeed(
        command
            .args(["-Y", "sign", "-n", "test", "-f"])
            .arg(private)
            .arg(&message),
    );
    let signers = environment.path("signers");
    fs::write(
        &signers,
        format!("web01 {}", fs::read_to_string(public).unwrap()),
    )
    .unwrap();
    let mut command = environment.program("ssh-keygen");
    command
        .args(["-Y", "verify", "-n", "test", "-I", "web01", "-f"])
        .arg(&signers);
    command.arg("-s").arg(environment.path("message.sig"));
    succeed(command.stdin(fs::File::open(&message).unwrap()));
}

#[test]
fn authorized_keys_are_what_ssh_keygen_lists() {
    if !lane::can_run("authorized keys", &[Need::Program("ssh-keygen")]) {
        return;
    }
    let environment = Environment::new();
    let guest = Guest::layout("debian-12").ran(&format!(
        r#"user::ensure("web", #{{ authorized_keys: ["{KEY} laptop"] }});
           ssh::ensure_authorized_key("web", `restrict,command="/usr/bin/x \"a b\"",from="192.0.2.0/24" {KEY} laptop`);"#
    ));
    let root = guest.export(environment.path("root"));
    let file = root.join("home/web/.ssh/authorized_keys");
    let mut list = environment.program("ssh-keygen");
    let listed = succeed(list.arg("-l").arg("-f").arg(&file));
    assert_eq!(listed.lines().count(), 1, "{listed}");
    assert!(listed.contains("laptop (ED25519)"), "{listed}");
}

#[test]
fn settings_of_sshd_are_what_sshd_takes() {
    if !lane::can_run("sshd settings", &[Need::Root, Need::Program("sshd")]) {
        return;
    }
    let environment = Environment::new();
    fs::create_dir_all("/run/sshd").unwrap();
    let include = format!(
        "Include {}/root/etc/ssh/sshd_config.d/*.conf",
        environment.folder().display()
    );
    let plain = "#PermitRootLogin yes\nX11Forwarding yes\nMatch User git\n\tX11Forwarding no\n";
    let late = "UsePAM no\nPermitRootLogin yes\nInclude /etc/ssh/sshd_config.d/*.conf\n";
    let first = "# comment\nInclude /etc/ssh/sshd_config.d/*.conf\nPermitRootLogin yes\n";
    for config in [plain, late, first] {
        let guest = Guest::text("/etc/ssh/sshd_config.d/\n")
            .with_file("/etc/ssh/sshd_config", config)
            .ran(
                r#"
            sshd::set("PermitRootLogin", false);
            sshd::set("PasswordAuthentication", false);
            sshd::set("MaxAuthTries", 3);
            sshd::set("AllowUsers", "web ops");
            sshd::set("Port", 2222);
            ssh::host_keys(#{ types: ["ed25519"] });
            "#,
            );
        let root = environment.path("root");
        drop(fs::remove_dir_all(&root));
        guest.export(&root);
        let main = root.join("etc/ssh/sshd_config");
        // The tool would look for the drop-ins of this machine.
        let text = fs::read_to_string(&main).unwrap();
        let text = text.replace("Include /etc/ssh/sshd_config.d/*.conf", &include);
        fs::write(&main, text).unwrap();
        let key = root.join("etc/ssh/ssh_host_ed25519_key");
        let mut command = environment.program("/usr/sbin/sshd");
        command
            .args(["-T", "-C", "user=root,host=x,addr=192.0.2.1", "-f"])
            .arg(&main)
            .arg("-h")
            .arg(&key);
        let effective = succeed(&mut command);
        for line in [
            "permitrootlogin no",
            "passwordauthentication no",
            "maxauthtries 3",
            "port 2222",
            "allowusers web",
            "allowusers ops",
        ] {
            assert!(
                effective.lines().any(|found| found == line),
                "{config}: {line}\n{effective}"
            );
        }
        assert!(
            !effective.lines().any(|found| found == "port 22"),
            "{effective}"
        );
    }
}

/// Rules that the library takes, and lines that it refuses.
const RULES: [(&str, bool); 24] = [
    ("ops ALL=(ALL:ALL) NOPASSWD: ALL", true),
    ("ops ALL = ALL", true),
    ("%wheel ALL=(ALL:ALL) ALL", true),
    ("%domain\\ admins ALL=(ALL) ALL", true),
    (
        "ops, dev web01,web02=(root) NOPASSWD: /usr/bin/systemctl restart nginx, /usr/bin/journalctl",
        true,
    ),
    (
        "ops ALL=(www-data) NOPASSWD:SETENV: /usr/bin/php /srv/app/run *",
        true,
    ),
    ("ops ALL=(:adm) /usr/bin/tail", true),
    ("ops ALL=NOEXEC: /usr/bin/less, !/usr/bin/vi", true),
    ("ops ALL=sudoedit /etc/motd", true),
    ("#1000 ALL=(ALL) ALL", true),
    ("ops 192.0.2.0/24=(root) /usr/bin/id", true),
    (
        "Cmnd_Alias RESTART = /usr/bin/systemctl restart nginx, /usr/bin/id",
        true,
    ),
    ("Defaults !lecture", true),
    ("Defaults:ops !requiretty", true),
    ("Defaults env_keep += \"LANG LC_ALL\"", true),
    ("Defaults secure_path=\"/usr/sbin:/usr/bin\"", true),
    ("ops", false),
    ("ops ALL=", false),
    ("ops ALL=(ALL ALL", false),
    ("ops ALL=(ALL) NOPASWD: ALL", false),
    ("ops ALL=(ALL) systemctl", false),
    ("ops ALL=(ALL) ALL,", false),
    ("Cmnd_Alias restart = /usr/bin/x", false),
    ("Cmnd_Alias RESTART", false),
];

#[test]
fn rules_of_sudo_are_what_visudo_takes() {
    if !lane::can_run("sudo rules", &[Need::Root, Need::Program("visudo")]) {
        return;
    }
    let environment = Environment::new();
    for (rule, is_good) in RULES {
        let main = "root ALL=(ALL:ALL) ALL\n@includedir /etc/sudoers.d\n";
        let guest = Guest::text("/etc/\n").with_file("/etc/sudoers", main);
        let literal = format!("{rule:?}");
        let (guest, result) = guest.run(&format!("sudo::ensure(\"ops\", {literal});"));
        assert_eq!(result.is_ok(), is_good, "{rule}");
        let file = environment.path("rule");
        fs::write(&file, format!("{rule}\n")).unwrap();
        if is_good {
            assert_eq!(guest.read("/etc/sudoers.d/ops"), format!("{rule}\n"));
        }
        let mut command = environment.program("visudo");
        let ended = mintage_test_support::environment::run(command.arg("-cf").arg(&file));
        assert_eq!(
            ended.status.success(),
            is_good,
            "{rule}: {}",
            String::from_utf8_lossy(&ended.stderr)
        );
    }
}
