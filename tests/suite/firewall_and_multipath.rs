//! What scripts tell firewalld and multipathd, as these read it.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};

#[test]
fn firewalld_reads_zones_and_services() {
    if !lane::can_run("firewall", &[Need::Program("firewall-offline-cmd")]) {
        return;
    }
    let environment = Environment::new();
    for layout in ["rhel-9", "sles-15"] {
        let guest = Guest::layout(layout).ran(
            "firewall::define_service(\"my-app\", #{
                 short: \"<R&D> \\\"app\\\"\", description: \"it's ours\",
                 ports: [\"8443/tcp\", \"6000-6010/udp\"], protocols: [\"gre\"],
                 source_ports: [\"500/udp\"], includes: [\"http\"],
             });
             firewall::add_service(\"public\", \"https\");
             firewall::remove_service(\"public\", \"cockpit\");
             firewall::add_port(\"public\", \"9090/tcp\");
             firewall::add_interface(\"public\", \"eth1\");
             firewall::add_service(\"internal\", \"my-app\");
             firewall::add_interface(\"internal\", \"eth1\");
             firewall::add_source(\"internal\", \"192.0.2.0/24\");
             firewall::add_source(\"internal\", \"2001:db8::/32\");
             firewall::add_source(\"internal\", \"52:54:00:aa:bb:01\");
             firewall::set_default_zone(\"internal\");",
        );
        let root = guest.export(environment.path(layout));
        let asked = |args: &[&str]| {
            let mut command = environment.program("firewall-offline-cmd");
            command
                .arg("--system-config")
                .arg(root.join("etc/firewalld"));
            // The layout has few of the services that zones name.
            command.args(["--default-config", "/usr/lib/firewalld"]);
            succeed(command.args(args))
        };
        asked(&["--check-config"]);
        assert_eq!(asked(&["--get-default-zone"]).trim(), "internal");
        let line = |shown: &str, name: &str| {
            let line = shown.lines().find_map(|line| {
                let (found, value) = line.split_once(':')?;
                (found.trim() == name).then(|| value.trim().to_owned())
            });
            line.unwrap_or_else(|| panic!("no {name}: {shown}"))
        };
        for (zone, name, expected) in [
            ("public", "services", "dhcpv6-client https ssh"),
            ("public", "ports", "9090/tcp"),
            ("public", "forward", "yes"),
            ("internal", "services", "mdns my-app ssh"),
            ("internal", "interfaces", "eth1"),
            (
                "internal",
                "sources",
                "192.0.2.0/24 2001:db8::/32 52:54:00:aa:bb:01",
            ),
        ] {
            let shown = asked(&[&format!("--zone={zone}"), "--list-all"]);
            assert_eq!(line(&shown, name), expected, "{layout} {zone}: {shown}");
        }
        // It was in this zone before it was in the other.
        let shown = asked(&["--zone=public", "--list-all"]);
        assert!(!line(&shown, "interfaces").contains("eth1"), "{shown}");
        let shown = asked(&["--info-service=my-app"]);
        for (name, expected) in [
            ("ports", "8443/tcp 6000-6010/udp"),
            ("protocols", "gre"),
            ("source-ports", "500/udp"),
            ("includes", "http"),
        ] {
            assert_eq!(line(&shown, name), expected, "{shown}");
        }
        let short = asked(&["--service=my-app", "--get-short"]);
        assert_eq!(short.trim(), "<R&D> \"app\"");
    }
}

#[test]
fn multipathd_reads_what_is_set() {
    let needs = [
        Need::Root,
        Need::Program("multipath"),
        Need::Program("unshare"),
    ];
    if !lane::can_run("multipath", &needs) {
        return;
    }
    let environment = Environment::new();
    for layout in ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"] {
        let guest = Guest::layout(layout).ran(
            "multipath::set(\"defaults\", \"user_friendly_names\", false);
             multipath::set(\"defaults\", \"path_selector\", \"service-time 0\");
             multipath::ensure_item(\"blacklist\", \"devnode\", \"^vd[a-z]{1,2} #!\");
             multipath::ensure_device(\"ACME\", \"2.5\\\" SSD\", #{ no_path_retry: \"queue\", hardware_handler: \"1 alua\" });
             multipath::alias(\"36001405abc\", \"data\");",
        );
        let root = guest.export(environment.path(layout));
        // The place of the file is built into the tool, so it gets this `/etc`.
        let mut command = environment.program("unshare");
        command.args([
            "--mount",
            "sh",
            "-c",
            "mount --bind \"$1\" /etc && exec multipath -t",
            "sh",
        ]);
        let shown = succeed(command.arg(root.join("etc")));
        for expected in [
            "\tuser_friendly_names \"no\"\n",
            "\tpath_selector \"service-time 0\"\n",
            "\tdevnode \"^vd[a-z]{1,2} #!\"\n",
            "\t\twwid \"36001405abc\"\n\t\talias \"data\"\n",
        ] {
            assert!(
                shown.contains(expected),
                "{layout}: no {expected} in {shown}"
            );
        }
        let device = shown
            .split("\tdevice {")
            .find(|text| text.contains("\"ACME\""));
        let device = device.unwrap_or_else(|| panic!("{layout}: {shown}"));
        assert!(device.contains("no_path_retry \"queue\""), "{device}");
        assert!(device.contains("hardware_handler \"1 alua\""), "{device}");
        assert!(device.contains("2.5\"\" SSD"), "{device}");
    }
}
