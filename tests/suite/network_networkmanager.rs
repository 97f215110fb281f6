//! libnm, NetworkManager's own library, reads the keyfiles and finds them right; NetworkManager
//! reads its settings.

use crate::network::{guest, scripts};
use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

/// Reads keyfiles as NetworkManager does: prints what it warns of, checks the connection as a
/// whole, and prints all of its values.
const READ: &str = r#"
import sys, gi
gi.require_version("NM", "1.0")
from gi.repository import NM, GLib
for path in sys.argv[1:]:
    file = GLib.KeyFile()
    file.load_from_file(path, GLib.KeyFileFlags.NONE)
    def warn(file, connection, kind, data, *rest):
        message = NM.KeyfileHandlerData.warn_get(data)
        print("WARNING", path, message)
        return True
    connection = NM.keyfile_read(file, "/", NM.KeyfileHandlerFlags.NONE, warn, None)
    connection.normalize()
    connection.verify()
    known = NM.keyfile_write(connection, NM.KeyfileHandlerFlags.NONE, None, None)
    for group in file.get_groups()[0]:
        for key in file.get_keys(group)[0]:
            try:
                print(path.split("/")[-1], group, key, known.get_value(group, key))
            except GLib.Error:
                value = file.get_value(group, key)
                # libnm writes a gateway behind the first address, and leaves out what is the default.
                if key == "gateway" and known.get_value(group, "address1").endswith("," + value):
                    continue
                if (group, key, value) == ("bridge", "stp", "true"):
                    continue
                print("DROPPED", path, group, key, file.get_value(group, key))
    print("GOOD", path)
"#;

const NEEDS: [Need; 1] = [Need::Program("nmcli")];

/// What libnm says of the keyfiles below a root, by file, section and key.
fn read(environment: &Environment, root: &Path) -> (usize, String) {
    let folder = root.join("etc/NetworkManager/system-connections");
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    files.sort();
    for file in &files {
        assert_eq!(
            fs::metadata(file).unwrap().permissions().mode() & 0o7777,
            0o600
        );
    }
    let mut python = environment.program("/usr/bin/python3");
    (files.len(), succeed(python.args(["-c", READ]).args(&files)))
}

#[test]
fn libnm_reads_every_keyfile() {
    if !lane::can_run("NetworkManager", &NEEDS) {
        return;
    }
    for (name, script) in scripts() {
        let environment = Environment::new();
        let root = guest("rhel-9", "networkmanager", &script).export(environment.path("root"));
        let (files, said) = read(&environment, &root);
        let good = said.lines().filter(|line| line.starts_with("GOOD")).count();
        assert_eq!(good, files, "{name}: {said}");
        let bad = |line: &&str| line.starts_with("WARNING") || line.starts_with("DROPPED");
        assert_eq!(said.lines().find(bad), None, "{name}: {said}");
    }
}

#[test]
fn libnm_understands_what_was_meant() {
    if !lane::can_run("NetworkManager, values", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let (_, lacp) = scripts()
        .into_iter()
        .find(|(name, _)| name == "lacp")
        .unwrap();
    let root = guest("rhel-9", "networkmanager", &lacp).export(environment.path("root"));
    let (_, said) = read(&environment, &root);
    let values: BTreeMap<&str, &str> = said
        .lines()
        .filter_map(|line| line.rsplit_once(' '))
        .collect();
    for (key, value) in [
        ("bond0.nmconnection bond mode", "802.3ad"),
        ("bond0.nmconnection bond lacp_rate", "fast"),
        ("bond0.nmconnection bond xmit_hash_policy", "layer3+4"),
        (
            "bond0.nmconnection ipv4 address1",
            "192.0.2.10/24,192.0.2.1",
        ),
        ("port-525400000001.nmconnection connection master", "bond0"),
        (
            "port-525400000001.nmconnection ethernet mac-address",
            "52:54:00:00:00:01",
        ),
    ] {
        assert_eq!(values.get(key), Some(&value), "{key}\n{said}");
    }
}

#[test]
fn libnm_would_complain() {
    if !lane::can_run("NetworkManager, a wrong file", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let guest = guest(
        "rhel-9",
        "networkmanager",
        "network::interface(\"eth0\", #{ addresses: \"192.0.2.10/24\" });",
    );
    let path = "/etc/NetworkManager/system-connections/eth0.nmconnection";
    let broken = guest
        .read(path)
        .replace("method=manual", "method=manual\nmay-failed=true");
    let broken = broken.replace("192.0.2.10/24", "192.0.2.10/99");
    let guest = guest.ran(&format!("file::write(\"{path}\", {broken:?});"));
    let (_, said) = read(&environment, &guest.export(environment.path("root")));
    assert!(
        said.contains("WARNING") && said.contains("DROPPED"),
        "{said}"
    );
}

#[test]
fn networkmanager_reads_the_settings_for_dns_and_the_boot_port() {
    if !lane::can_run("NetworkManager, settings", &NEEDS) {
        return;
    }
    let environment = Environment::new();
    let script = "network::boot_interface(\"52:54:00:00:00:09\");\
        network::dns(#{ servers: [\"192.0.2.53\", \"2001:db8::53\"], search: \"example.com\" });";
    let root = guest("rhel-9", "networkmanager", script).export(environment.path("root"));
    let settings = root.join("etc/NetworkManager");
    let mut print = environment.program("NetworkManager");
    print
        .arg("--print-config")
        .arg("--config")
        .arg(settings.join("none.conf"))
        .arg("--config-dir")
        .arg(settings.join("conf.d"));
    fs::write(settings.join("none.conf"), "").unwrap();
    let output = run(&mut print);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let complaints = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(
        !text.contains("unknown") && !complaints.contains("unknown"),
        "{text}{complaints}"
    );
    for line in [
        "no-auto-default=52:54:00:00:00:09",
        "[device-boot-interface]",
        "match-device=mac:52:54:00:00:00:09",
        "keep-configuration=yes",
        "[global-dns-domain-*]",
        "servers=192.0.2.53,2001:db8::53",
        "searches=example.com",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
}
