//! The files that the demo lays out: plan libraries and server profiles.

/// The sample plan for a web server, as in `sample-plans/debian-web`.
macro_rules! sample {
    ($($name:literal),* $(,)?) => {
        &[$((
            concat!("debian-web/", $name),
            include_str!(concat!("../../../../sample-plans/debian-web/", $name)),
        )),*]
    };
}

/// The plan library that the three servers are made with.
pub const DEBIAN_WEB: &[(&str, &str)] = sample![
    "build-plan.toml",
    "scripts/access.rhai",
    "scripts/boot.rhai",
    "scripts/cleanup.rhai",
    "scripts/identity.rhai",
    "scripts/network.rhai",
    "scripts/tuning.rhai",
    "templates/management.network.j2",
    "templates/motd.j2",
    "templates/sysctl.conf.j2",
];

/// A plan library with a mistake in its second step.
pub const BROKEN: &[(&str, &str)] = &[
    (
        "broken/build-plan.toml",
        r#"name  = "With a mistake"
type  = "deploy"
steps = ["scripts/first.rhai", "scripts/second.rhai"]

[attribute.HostName]
type = "hostname"
"#,
    ),
    (
        "broken/scripts/first.rhai",
        "file::write(\"/etc/hostname\", attribute(\"HostName\") + \"\\n\");\n",
    ),
    (
        "broken/scripts/second.rhai",
        r#"fn write_banner(path, name) {
    file::write(path, "Welcome to " + name + "\n");
}

write_banner("/etc/banners.d/10-welcome", attribute("HostName"));
"#,
    ),
];

/// The servers, each with its address's last number.
pub const SERVERS: [(&str, u8); 3] = [("web01", 11), ("web02", 12), ("web03", 13)];

/// The profile of a server.
pub fn profile(name: &str, number: u8) -> String {
    let profile = serde_json::json!({
        "name": name,
        "labels": { "rack": "A7" },
        "attributes": {
            "HostName": name,
            "ManagementNIC": {
                "mac": format!("52:54:00:00:00:{number:02x}"),
                "address": format!("192.0.2.{number}/24"),
                "gateway": "192.0.2.1",
                "dns": ["192.0.2.53"],
            },
            "BackupPassphrase": format!("correct horse battery staple {number}"),
            "OpsKeys": ["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG9wcy1leGFtcGxl ops@example.com"],
        },
    });
    format!("{profile:#}\n")
}

/// What the service of the demo deploys and captures with.
pub const OF_SERVICE: &[(&str, &str)] = &[
    (
        "deploy/build-plan.toml",
        r#"name  = "Web server"
type  = "deploy"
steps = ["scripts/identity.rhai"]

[attribute.HostName]
type = "hostname"

[attribute.Passphrase]
type = "password"
"#,
    ),
    (
        "deploy/scripts/identity.rhai",
        r#"hostname::set(attribute("HostName"), "127.0.1.1");
machine_id::set();
file::write("/etc/backup.key", attribute("Passphrase"), #{ mode: 0o600 });
log::info(`this is ${attribute("HostName")}`);
"#,
    ),
    (
        "capture/build-plan.toml",
        r#"name  = "Generalize"
type  = "capture"
steps = ["scripts/generalize.rhai"]
"#,
    ),
    (
        "capture/scripts/generalize.rhai",
        "file::remove(\"/etc/backup.key\");\ngeneralize::standard();\n",
    ),
];
