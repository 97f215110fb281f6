//! Files of the system that scripts write, as the programs read them that they are for.

use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Guest, Need, lane};

#[test]
fn findmnt_reads_the_fstab_that_is_written() {
    if !lane::can_run("fstab", &[Need::Program("findmnt")]) {
        return;
    }
    let environment = Environment::new();
    let table = "# made by the installer\nUUID=1a  /         ext4  defaults      0 1\nUUID=2b  /boot     xfs   defaults      0 2\n";
    let guest = Guest::layout("debian-12").with_file("/etc/fstab", table).ran(
        "fstab::ensure(\"/srv/my data\", #{ device: \"LABEL=a b\", type: \"ext4\", options: [\"noatime\", \"_netdev\"], pass: 2 });
         fstab::ensure(\"/back\\\\slash\", #{ device: \"/dev/disk/by-label/#x\", type: \"xfs\" });
         fstab::ensure(\"/boot\", #{ options: \"ro,nofail\" });
         fstab::add_option(\"/\", \"errors=remount-ro\");
         swap::ensure(\"UUID=3c\", #{ options: \"pri=5\" });",
    );
    let root = guest.export(environment.path("root"));
    let mut command = environment.program("findmnt");
    command.arg("--tab-file").arg(root.join("etc/fstab"));
    command.args([
        "--json",
        "--list",
        "--output",
        "SOURCE,TARGET,FSTYPE,OPTIONS,FREQ,PASSNO",
    ]);
    let found: serde_json::Value = serde_json::from_str(&succeed(&mut command)).unwrap();
    let rows: Vec<String> = found["filesystems"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| {
            let text = |key: &str| match &row[key] {
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            ["source", "target", "fstype", "options", "freq", "passno"]
                .map(text)
                .join("|")
        })
        .collect();
    assert_eq!(
        rows,
        [
            "UUID=1a|/|ext4|defaults,errors=remount-ro|0|1",
            "UUID=2b|/boot|xfs|ro,nofail|0|2",
            "LABEL=a b|/srv/my data|ext4|noatime,_netdev|0|2",
            "/dev/disk/by-label/#x|/back\\slash|xfs|defaults|0|0",
            "UUID=3c|none|swap|pri=5|0|0",
        ]
    );
    let mut command = environment.program("findmnt");
    command
        .args(["--verify", "--tab-file"])
        .arg(root.join("etc/fstab"));
    let output = run(&mut command);
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("0 parse errors"), "{said}");
}

#[test]
fn systemd_reads_the_units_of_first_boot_scripts() {
    if !lane::can_run(
        "first-boot units",
        &[Need::Program("systemd-analyze"), Need::Program("sh")],
    ) {
        return;
    }
    let environment = Environment::new();
    let guest = Guest::layout("debian-12")
        .ran("first_boot::add(\"join\", \"exit 0\\n\", #{ before: [\"ssh.service\"] });");
    let root = guest.export(environment.path("root"));
    let unit = root.join("etc/systemd/system/first-boot-join.service");
    let text = std::fs::read_to_string(&unit).unwrap();
    // What the unit starts must be there for the check, and here it is below the folder.
    let scripts = "/usr/local/sbin/first-boot";
    let at_home = text.replace(
        &format!("ExecStart={scripts}"),
        &format!("ExecStart={}{scripts}", root.display()),
    );
    std::fs::write(&unit, at_home).unwrap();
    let mut command = environment.program("systemd-analyze");
    let output = run(command.args(["--man=no", "verify"]).arg(&unit));
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    let ours: Vec<&str> = said
        .lines()
        .filter(|line| line.contains("first-boot"))
        .collect();
    assert_eq!(ours, [""; 0], "{said}");
    assert!(output.status.success(), "{said}");

    // What runs at its end, as systemd would start it: `$$` is its `$`.
    let line = text
        .lines()
        .find_map(|line| line.strip_prefix("ExecStopPost=/bin/sh -c '"))
        .unwrap();
    let shell = line.strip_suffix('\'').unwrap().replace("$$", "$");
    let shell = shell.replace(" /", &format!(" {}/", root.display()));
    let link = root.join("etc/systemd/system/multi-user.target.wants/first-boot-join.service");
    for (result, status, is_left) in [("exit-code", "3", true), ("success", "0", false)] {
        let mut command = environment.program("sh");
        command
            .args(["-c", &shell])
            .env("SERVICE_RESULT", result)
            .env("EXIT_STATUS", status);
        succeed(&mut command);
        let told = std::fs::read_to_string(root.join("var/lib/first-boot/join")).unwrap();
        assert_eq!(told, format!("{result} {status}\n"));
        assert_eq!(unit.exists(), is_left);
        assert_eq!(link.is_symlink(), is_left);
        assert_eq!(root.join(&scripts[1..]).join("join").exists(), is_left);
    }
}

#[test]
fn chrony_reads_the_servers_that_are_written() {
    if !lane::can_run("time servers", &[Need::Program("chronyd")]) {
        return;
    }
    let environment = Environment::new();
    for (layout, path) in [
        ("rhel-9", "etc/chrony.conf"),
        ("sles-15", "etc/chrony.conf"),
    ] {
        let guest = Guest::layout(layout)
            .ran("time_sync::set_servers([\"ntp1.example.com\", \"192.0.2.1\", \"2001:db8::1\"]);");
        let root = guest.export(environment.path(layout));
        // Its own folders are the host's for chronyd: what a layout includes is in the folder.
        let config = root.join(path);
        let text = std::fs::read_to_string(&config).unwrap();
        let text = text.replace("include /", &format!("include {}/", root.display()));
        std::fs::write(&config, text).unwrap();
        let mut command = environment.program("chronyd");
        let printed = succeed(command.arg("-p").arg("-f").arg(&config));
        let servers: Vec<&str> = printed
            .lines()
            .filter(|line| line.starts_with("server") || line.starts_with("pool"))
            .collect();
        let expected = [
            "server ntp1.example.com iburst",
            "server 192.0.2.1 iburst",
            "server 2001:db8::1 iburst",
        ];
        assert_eq!(servers, expected, "{layout}: {printed}");
    }
}

#[test]
fn openssl_trusts_the_authorities_that_are_added() {
    if !lane::can_run("certificate authorities", &[Need::Program("openssl")]) {
        return;
    }
    let environment = Environment::new();
    let subjects = [
        "/C=AT/O=Example Ltd/CN=Example Root CA",
        "/CN=  Two   Blanks  /OU=ÜNÏCODE Straße",
        "/DC=org/DC=example/CN=UPPER lower/emailAddress=ca@Example.ORG",
    ];
    let mut script = String::new();
    for (index, subject) in subjects.iter().enumerate() {
        let pem = environment.path(&format!("{index}.pem"));
        let mut command = environment.program("openssl");
        command.args([
            "req", "-x509", "-newkey", "ed25519", "-nodes", "-utf8", "-days", "3650", "-subj",
            subject,
        ]);
        command
            .arg("-keyout")
            .arg(environment.path("key"))
            .arg("-out")
            .arg(&pem);
        succeed(&mut command);
        let pem = std::fs::read_to_string(&pem).unwrap();
        script.push_str(&format!("ca::add(\"ca{index}\", `{pem}`);\n"));
    }
    for (layout, bundle) in [
        ("debian-12", "etc/ssl/certs/ca-certificates.crt"),
        ("rhel-9", "etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"),
        ("sles-15", "var/lib/ca-certificates/ca-bundle.pem"),
    ] {
        let root = Guest::layout(layout)
            .ran(&script)
            .export(environment.path(layout));
        // The layouts' own certificates are only named, not real ones.
        let text = std::fs::read_to_string(root.join(bundle)).unwrap();
        let ours = environment.path("bundle.pem");
        let starts: Vec<usize> = text
            .match_indices("-----BEGIN CERTIFICATE-----")
            .map(|(at, _)| at)
            .collect();
        let start = starts[starts.len() - subjects.len()];
        std::fs::write(&ours, &text[start..]).unwrap();
        for index in 0..subjects.len() {
            let mut command = environment.program("openssl");
            command
                .args(["verify", "-no-CApath", "-no-CAstore", "-CAfile"])
                .arg(&ours);
            succeed(command.arg(environment.path(&format!("{index}.pem"))));
        }
    }
    let guest = Guest::text("/etc/ssl/certs/\n/etc/os-release\n  | ID=debian\n").ran(&script);
    let certs = guest
        .export(environment.path("hashed"))
        .join("etc/ssl/certs");
    let links = |folder: &std::path::Path| -> Vec<(String, String)> {
        let entries = std::fs::read_dir(folder).unwrap().map(Result::unwrap);
        let links = entries.filter(|entry| !entry.file_name().to_str().unwrap().ends_with(".pem"));
        let mut links: Vec<_> = links
            .map(|entry| {
                let target = std::fs::read_link(entry.path()).unwrap();
                (
                    entry.file_name().into_string().unwrap(),
                    target.display().to_string(),
                )
            })
            .collect();
        links.sort();
        links
    };
    let ours = links(&certs);
    assert_eq!(ours.len(), subjects.len());
    for index in 0..subjects.len() {
        let name = certs.join(format!("ca{index}.pem"));
        std::fs::remove_file(&name).unwrap();
        std::fs::copy(environment.path(&format!("{index}.pem")), name).unwrap();
        let mut command = environment.program("openssl");
        command
            .args(["verify", "-no-CAfile", "-no-CAstore", "-CApath"])
            .arg(&certs);
        succeed(command.arg(environment.path(&format!("{index}.pem"))));
    }
    for (name, _) in &ours {
        std::fs::remove_file(certs.join(name)).unwrap();
    }
    succeed(environment.program("openssl").arg("rehash").arg(&certs));
    assert_eq!(links(&certs), ours);
}

#[test]
fn package_managers_read_the_repositories_that_are_written() {
    if !lane::can_run(
        "repositories",
        &[Need::Program("apt-get"), Need::Program("python3")],
    ) {
        return;
    }
    let environment = Environment::new();
    let options = "url: \"https://packages.example.com/x\", description: \"Example: 100% good\"";
    let script = format!(
        "repository::ensure(\"on\", #{{ {options} }}); repository::ensure(\"off\", #{{ {options} }} + #{{ url: \"https://off.example.com/x\" }}); repository::disable(\"off\");"
    );
    let root = Guest::layout("debian-12")
        .ran(&script)
        .export(environment.path("debian"));
    let mut command = environment.program("apt-get");
    let folder = root.join("etc/apt/sources.list.d");
    command.args([
        "indextargets",
        "--no-release-info",
        "--format",
        "$(URI)",
        "-o",
    ]);
    command.arg(format!("Dir::Etc::sourceparts={}", folder.display()));
    command.args(["-o", "Dir::Etc::sourcelist=/dev/null", "-o"]);
    command.arg(format!(
        "Dir::State::lists={}",
        environment.folder().display()
    ));
    let output = run(&mut command);
    let targets = String::from_utf8(output.stdout).unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && said.is_empty(), "{said}");
    assert!(
        targets.contains("https://packages.example.com/x/dists/bookworm/main/binary-"),
        "{targets}"
    );
    assert!(!targets.contains("off.example.com"), "{targets}");

    for (layout, folder) in [
        ("rhel-9", "etc/yum.repos.d"),
        ("sles-15", "etc/zypp/repos.d"),
    ] {
        let root = Guest::layout(layout)
            .ran(&script)
            .export(environment.path(layout));
        let mut command = environment.program("python3");
        let program = "import configparser, sys\nfor name in ['on', 'off']:\n    c = configparser.ConfigParser(interpolation=None, strict=True)\n    c.read(f'{sys.argv[1]}/{name}.repo')\n    s = c[name]\n    print(c.sections(), s['name'], s['baseurl'], s['enabled'], s['gpgcheck'])";
        let read = succeed(command.args(["-c", program]).arg(root.join(folder)));
        let row = |name: &str, host: &str, on: u8| {
            format!("['{name}'] Example: 100% good https://{host}.example.com/x {on} 1\n")
        };
        assert_eq!(
            read,
            [row("on", "packages", 1), row("off", "off", 0)].concat()
        );
    }
}
