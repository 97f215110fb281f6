//! Time zone, locale and keyboard as systemd-firstboot sets them.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};
use std::fs;

#[test]
fn settings_are_those_of_systemd_firstboot() {
    if !lane::can_run(
        "settings of systemd-firstboot",
        &[Need::Program("systemd-firstboot")],
    ) {
        return;
    }
    let environment = Environment::new();
    let guest = Guest::text("/etc/os-release\n  | ID=fedora\n")
        .with_file("/usr/share/zoneinfo/Europe/Berlin", "TZif2");
    let theirs = guest.export(environment.path("theirs"));
    let mut firstboot = environment.program("systemd-firstboot");
    firstboot.arg(format!("--root={}", theirs.display())).args([
        "--timezone=Europe/Berlin",
        "--locale=de_DE.UTF-8",
        "--keymap=de",
    ]);
    succeed(&mut firstboot);
    let guest = guest
        .ran("timezone::set(`Europe/Berlin`);\nlocale::set(`de_DE.UTF-8`);\nkeyboard::set(`de`);");
    let target = fs::read_link(theirs.join("etc/localtime")).unwrap();
    let ours = guest.tree().read_link("/etc/localtime").unwrap();
    assert_eq!(ours, target.as_os_str().as_encoded_bytes());
    // Debian's systemd has the locale in a place of its own, wherever the root is.
    let locale = ["etc/locale.conf", "etc/default/locale"].map(|path| theirs.join(path));
    let locale = locale.iter().find(|path| path.exists()).unwrap();
    for (ours, theirs) in [
        ("/etc/locale.conf", locale.clone()),
        ("/etc/vconsole.conf", theirs.join("etc/vconsole.conf")),
    ] {
        let expected = fs::read_to_string(&theirs).unwrap();
        assert_eq!(
            guest.read(ours).replace('"', ""),
            expected.replace('"', ""),
            "{ours}"
        );
    }
}
