//! Links of units as the real systemctl makes them, and units that the real systemd can read.

use mintage_test_support::environment::{run, succeed};
use mintage_test_support::{Environment, Guest, Need, lane};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const VENDOR: &str = "/usr/lib/systemd/system";
const ETC: &str = "/etc/systemd/system";

/// Units of every kind of `[Install]` section, by name.
const UNITS: [(&str, &str); 21] = [
    ("plain.service", "WantedBy=multi-user.target"),
    (
        "two.service",
        "WantedBy=multi-user.target graphical.target\nRequiredBy=network.target",
    ),
    ("static.service", ""),
    (
        "aliased.service",
        "WantedBy=multi-user.target\nAlias=other.service third.service",
    ),
    ("dbus-activated.service", "Alias=dbus-org.example.service"),
    (
        "rival.service",
        "WantedBy=graphical.target\nAlias=other.service",
    ),
    (
        "also.service",
        "Also=also.socket also.timer missing.service",
    ),
    ("also.socket", "WantedBy=sockets.target"),
    ("also.timer", "WantedBy=timers.target\nAlso=plain.service"),
    (
        "line@.service",
        "WantedBy=getty.target\nDefaultInstance=tty1",
    ),
    ("bare@.service", "WantedBy=getty.target"),
    ("paired@.service", "WantedBy=paired@%i.target"),
    ("up@.service", "WantedBy=up@.target"),
    (
        "spec.service",
        "WantedBy=%p.target %N-more.target\nRequiredBy=%n.target",
    ),
    ("with-dash.service", "WantedBy=%j.target"),
    (
        "taken-back.service",
        "WantedBy=no.target\nWantedBy=\nWantedBy=yes.target \\\n  more.target",
    ),
    ("quoted.service", "WantedBy=\"a.target\" 'b.target'"),
    ("dropped.service", ""),
    ("local.timer", "WantedBy=timers.target"),
    (
        "aliased@.service",
        "Alias=alias@.service\nWantedBy=x.target",
    ),
    ("mounted.mount", "WantedBy=local-fs.target"),
];

fn guest() -> Guest {
    let mut guest = Guest::text(
        "/etc/systemd/system/\n/usr/lib/systemd/system/\n/etc/os-release\n  | ID=fedora\n/usr/lib/systemd/system/linked.service -> plain.service\n/etc/systemd/system/gone.target.wants/gone.service -> /usr/lib/systemd/system/gone.service\n/etc/systemd/system/empty.service\n",
    );
    for (name, install) in UNITS {
        let text = format!("[Unit]\nDescription=x\n[Install]\n{install}\n");
        let folder = if name == "local.timer" { ETC } else { VENDOR };
        guest = guest.with_file(&format!("{folder}/{name}"), text);
    }
    guest
        .with_file(
            &format!("{ETC}/dropped.service.d/10.conf"),
            "[Install]\nWantedBy=dropped.target\n",
        )
        .with_file(
            "/etc/systemd/system-preset/10-a.preset",
            "disable two.service\nenable line@.service tty7 tty8\nenable plain.*\n# c\n",
        )
        .with_file("/usr/lib/systemd/system-preset/90-b.preset", "disable *\n")
        .with_file("/usr/lib/systemd/system-preset/10-a.preset", "enable *\n")
}

/// Every link below the directory of the administrator's units.
fn links(root: &Path) -> BTreeMap<String, String> {
    let etc = root.join(&ETC[1..]);
    let mut found = BTreeMap::new();
    for entry in walkdir::WalkDir::new(&etc) {
        let entry = entry.unwrap();
        let path = entry.path().strip_prefix(&etc).unwrap();
        if entry.path_is_symlink() {
            let target = fs::read_link(entry.path()).unwrap();
            found.insert(path.display().to_string(), target.display().to_string());
        } else if entry.file_type().is_dir() && fs::read_dir(entry.path()).unwrap().count() == 0 {
            found.insert(path.display().to_string(), "an empty directory".to_owned());
        }
    }
    found
}

#[test]
fn links_are_those_of_systemctl() {
    if !lane::can_run("links of units", &[Need::Program("systemctl")]) {
        return;
    }
    let environment = Environment::new();
    let mut folder = 0;
    let mut fresh = |guest: &Guest| {
        folder += 1;
        guest.export(environment.path(&folder.to_string()))
    };
    let mut wrong = Vec::new();
    for acts in [
        vec!["enable plain"],
        vec!["enable plain", "enable plain"],
        vec!["enable two.service"],
        vec!["enable two", "disable two"],
        vec!["enable aliased"],
        vec!["enable aliased", "disable aliased"],
        vec!["enable aliased", "disable other"],
        vec!["enable dbus-activated"],
        vec!["enable aliased", "disable third", "enable rival"],
        vec!["enable also"],
        vec!["enable also", "disable also"],
        vec!["enable also.timer", "disable plain"],
        vec!["enable line@"],
        vec!["enable line@.service", "enable line@tty5", "disable line@"],
        vec!["enable line@tty5", "enable line@tty6", "disable line@tty5"],
        vec!["enable bare@x"],
        vec!["enable paired@x"],
        vec!["enable up@"],
        vec!["enable up@x"],
        vec!["enable with-dash"],
        vec!["enable taken-back"],
        vec!["enable quoted"],
        vec!["enable dropped"],
        vec!["enable local.timer"],
        vec!["enable mounted.mount"],
        vec!["enable aliased@x"],
        vec!["enable aliased@x", "disable aliased@x"],
        vec!["mask plain"],
        vec!["enable plain", "mask plain", "disable plain"],
        vec!["mask plain", "unmask plain"],
        vec!["mask nowhere.timer"],
        vec!["disable gone"],
        vec!["enable plain", "enable two", "preset plain", "preset two"],
        vec!["enable quoted", "preset quoted"],
        vec!["preset line@"],
        vec!["enable linked"],
        vec!["enable spec"],
        vec!["unmask empty"],
    ] {
        let theirs = fresh(&guest());
        let mut ours = guest();
        for act in &acts {
            let (verb, unit) = act.split_once(' ').unwrap();
            let mut command = environment.program("systemctl");
            command.arg(format!("--root={}", theirs.display()));
            succeed(command.args([verb, unit]));
            ours = ours.ran(&format!("service::{verb}(\"{unit}\")"));
        }
        let ours = links(&fresh(&ours));
        let theirs = links(&theirs);
        if ours != theirs {
            wrong.push(format!("{acts:?}\n ours {ours:#?}\n theirs {theirs:#?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_systemctl_refuses_is_refused() {
    if !lane::can_run("refused units", &[Need::Program("systemctl")]) {
        return;
    }
    let environment = Environment::new();
    let root = guest().export(environment.path("root"));
    let before = links(&root);
    for act in [
        "enable nowhere",
        "enable bare@",
        "enable aliased; enable rival",
        "mask plain; enable plain",
        "mask local.timer",
        "enable empty",
    ] {
        let mut ours = guest();
        let mut refused = (false, false);
        for act in act.split("; ") {
            let (verb, unit) = act.split_once(' ').unwrap();
            let mut command = environment.program("systemctl");
            command.arg(format!("--root={}", root.display()));
            refused.0 = !run(command.args([verb, unit])).status.success();
            let result;
            (ours, result) = ours.run(&format!("service::{verb}(\"{unit}\")"));
            refused.1 = result.is_err();
        }
        assert_eq!(refused, (true, true), "{act}");
        let mut command = environment.program("systemctl");
        command.arg(format!("--root={}", root.display()));
        run(command.args(["disable", "aliased"]));
        let mut command = environment.program("systemctl");
        command.arg(format!("--root={}", root.display()));
        run(command.args(["unmask", "plain"]));
    }
    assert!(before.len() <= links(&root).len());
}

#[test]
fn states_are_those_of_systemctl() {
    if !lane::can_run("states of units", &[Need::Program("systemctl")]) {
        return;
    }
    let environment = Environment::new();
    let guest = guest().ran(
        "for unit in [\"plain\", \"aliased\", \"also.socket\", \"line@\", \"bare@x\", \"dbus-activated\"] { service::enable(unit); }
         service::mask(\"two\");",
    );
    let root = guest.export(environment.path("root"));
    let mut wrong = Vec::new();
    let mut script = String::new();
    for unit in [
        "plain",
        "two",
        "static",
        "aliased",
        "other",
        "also",
        "also.socket",
        "also.timer",
        "line@",
        "line@tty1",
        "bare@x",
        "dropped",
        "local.timer",
        "dbus-activated",
        "empty",
        "linked",
    ] {
        let mut command = environment.program("systemctl");
        command.arg(format!("--root={}", root.display()));
        let state = String::from_utf8(run(command.args(["is-enabled", unit])).stdout).unwrap();
        script.push_str(&format!(
            "file::append(\"/states\", \"{unit} \" + service::state(\"{unit}\") + \"\\n\");"
        ));
        wrong.push(format!("{unit} {}", state.trim()));
    }
    let ours = guest.ran(&script).read("/states");
    assert_eq!(ours.lines().collect::<Vec<_>>(), wrong);
}

#[test]
fn what_is_written_can_be_read_by_systemd() {
    let needs = [Need::Program("systemd-analyze")];
    if !lane::can_run("units that are written", &needs) {
        return;
    }
    let environment = Environment::new();
    let guest = Guest::layout("debian-12").ran(
        "service::write(\"sync.service\", #{
             Unit: #{ Description: \"100%% \\\"safe\\\"\" },
             Service: #{ Type: \"oneshot\", ExecStart: [\"/bin/true\", \"/bin/echo a b\"], Environment: [\"A=1\", \"'B=2 3'\", \"C=it's d -e\"] } });
         service::write(\"sync.timer\", #{ Timer: #{ OnCalendar: \"daily\", Persistent: true }, Install: #{ WantedBy: \"timers.target\" } });
         service::drop_in(\"sync.service\", \"10-limits\", #{ Service: #{ LimitNOFILE: 65536 } });",
    );
    let root = guest.export(environment.path("root"));
    let units = root.join(&ETC[1..]);
    for unit in ["sync.service", "sync.timer"] {
        let mut command = environment.program("systemd-analyze");
        command.env("SYSTEMD_UNIT_PATH", format!("{}:", units.display()));
        let output = run(command.args(["--man=no", "verify"]).arg(units.join(unit)));
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let ours: Vec<&str> = said.lines().filter(|line| line.contains("sync")).collect();
        assert_eq!(ours, [""; 0], "{unit}: {said}");
        assert!(output.status.success(), "{unit}: {said}");
    }
}
