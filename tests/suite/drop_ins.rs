//! Files that scripts put beside those of packages, as systemd and procps read them.

use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Guest, Need, lane};

const LAYOUTS: [&str; 4] = ["debian-12", "ubuntu-24.04", "rhel-9", "sles-15"];

#[test]
fn sysctl_reads_what_is_set() {
    if !lane::can_run("sysctl", &[Need::Program("sysctl")]) {
        return;
    }
    let environment = Environment::new();
    let guest = Guest::layout("rhel-9").ran(
        "sysctl::set(\"vm.swappiness\", 10);
         sysctl::set(\"kernel/panic\", 5);
         sysctl::set(\"net.ipv4.ip_local_port_range\", \"20000\\t60000\");",
    );
    let root = guest.export(environment.path("root"));
    let mut command = environment.program("sysctl");
    command
        .args(["--dry-run", "-p"])
        .arg(root.join("etc/sysctl.d/90-plan.conf"));
    let shown = succeed(&mut command);
    let lines: Vec<&str> = shown.lines().collect();
    assert_eq!(
        lines,
        [
            "vm.swappiness = 10",
            "kernel.panic = 5",
            "net.ipv4.ip_local_port_range = 20000\t60000",
        ]
    );
}

#[test]
fn systemd_reads_its_drop_ins() {
    let needs = [
        Need::Root,
        Need::Program("systemd-tmpfiles"),
        Need::Program("systemd-sysusers"),
        Need::Program("systemd-analyze"),
    ];
    if !lane::can_run("drop-ins of systemd", &needs) {
        return;
    }
    let environment = Environment::new();
    for layout in LAYOUTS {
        let guest = Guest::layout(layout).ran(
            "journal::set(\"SystemMaxUse\", \"200M\");
             journal::set(\"Compress\", false);
             tmpfiles::write(\"app\", \"d! /run/app 0750 root root 10d\\nf+ \\\"/var/lib/a b\\\" 0644 - - - text\\nL+ /etc/app - - - - ../usr/share/app\\n\");
             sysusers::write(\"app\", \"u app 990 \\\"The app\\\" /var/lib/app /usr/sbin/nologin\\ng crew 991\\nm app crew\\nr - 500-900\\n\");",
        );
        let root = guest.export(environment.path(layout));
        let mut command = environment.program("systemd-analyze");
        command.arg(format!("--root={}", root.display()));
        let shown = succeed(command.args(["cat-config", "systemd/journald.conf"]));
        let ours = shown.rsplit("# ").next().unwrap_or_default();
        assert!(
            ours.ends_with("90-plan.conf\n[Journal]\nSystemMaxUse=200M\nCompress=no\n"),
            "{layout}: {shown}"
        );

        // Both write into the folder, and say nothing where they understand every line.
        let mut command = environment.program("systemd-tmpfiles");
        command.arg(format!("--root={}", root.display()));
        let output = run(command.args(["--create", "--boot", "app.conf"]));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            output.status.success() && said.is_empty(),
            "{layout}: {said}"
        );
        assert!(root.join("run/app").is_dir(), "{layout}");
        let text = std::fs::read_to_string(root.join("var/lib/a b")).unwrap();
        assert_eq!(text, "text", "{layout}");
        let target = std::fs::read_link(root.join("etc/app")).unwrap();
        assert_eq!(target.to_str(), Some("../usr/share/app"), "{layout}");

        let mut command = environment.program("systemd-sysusers");
        command.arg(format!("--root={}", root.display()));
        let output = run(command.arg("app.conf"));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{layout}: {said}");
        let passwd = std::fs::read_to_string(root.join("etc/passwd")).unwrap();
        let line = "app:x:990:990:The app:/var/lib/app:/usr/sbin/nologin\n";
        assert!(passwd.contains(line), "{layout}: {passwd} {said}");
        let group = std::fs::read_to_string(root.join("etc/group")).unwrap();
        assert!(group.contains("crew:x:991:app\n"), "{layout}: {group}");
    }
}
