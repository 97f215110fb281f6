//! Build plan files, and folders that try to lead out of a library.

use super::*;
use std::fs;
use std::os::unix::fs::symlink;
use tempfile::TempDir;

const PLAN: &str = "name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n";

fn folder(files: &[(&str, &str)]) -> TempDir {
    let dir = TempDir::new().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn said(problems: &[Diagnostic]) -> String {
    let lines = problems.iter().map(|p| {
        let place = p.frames.first().map(|frame| {
            let (line, column, width) = (frame.line, frame.column, frame.width);
            format!(" at {}:{line}:{column} +{width}", frame.script)
        });
        let help = p.help.as_ref().map(|help| format!(" ({help})"));
        let (place, help) = (place.unwrap_or_default(), help.unwrap_or_default());
        format!("{}: {}{place}{help}", p.code, p.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn refused(dir: &TempDir) -> String {
    said(&PlanLibrary::load(dir.path()).unwrap_err())
}

fn refused_plan(text: &str) -> String {
    let files = [("build-plan.toml", text), ("scripts/a.rhai", "")];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    said(&PlanLibrary::from_files(files.into()).unwrap_err())
}

#[test]
fn a_library_is_read_and_survives_as_data() {
    let dir = folder(&[
        ("build-plan.toml", PLAN),
        ("scripts/a.rhai", "1"),
        ("scripts/lib/b.rhai", "2"),
        ("scripts/notes.txt", "not a script"),
        ("templates/etc/hosts.j2", "{{ a }}"),
        ("tests/a/case.toml", "not read"),
    ]);
    let library = PlanLibrary::load(dir.path()).unwrap();
    let names: Vec<_> = library.scripts().map(|(name, _)| name).collect();
    assert_eq!(names, ["scripts/a.rhai", "scripts/lib/b.rhai"]);
    assert_eq!(library.template("etc/hosts.j2"), Some("{{ a }}"));
    let json = serde_json::to_string(&library).unwrap();
    let back: PlanLibrary = serde_json::from_str(&json).unwrap();
    assert_eq!(back, library);
    assert_eq!(back.hash(), library.hash());
    assert_eq!(library.hash().len(), 64);
}

#[test]
fn the_hash_is_of_names_and_contents() {
    let hash = |files: &[(&str, &str)]| {
        let files = files
            .iter()
            .map(|(n, t)| ((*n).to_owned(), (*t).to_owned()));
        PlanLibrary::from_files(files.collect()).unwrap().hash()
    };
    let plan = ("build-plan.toml", PLAN);
    let hashes = [
        hash(&[plan, ("scripts/a.rhai", "")]),
        hash(&[plan, ("scripts/a.rhai", "1")]),
        hash(&[plan, ("scripts/a.rhai", ""), ("scripts/b.rhai", "")]),
        hash(&[plan, ("scripts/a.rhai", ""), ("templates/b", "")]),
    ];
    for (i, one) in hashes.iter().enumerate() {
        assert!(hashes.iter().skip(i + 1).all(|other| other != one));
    }
}

#[test]
fn a_whole_build_plan() {
    let text = format!(
        "{PLAN}\n[limits]\ndeadline = \"10m\"\n[mounts]\n\"/\" = {{ partition = 2 }}\n\
         \"/boot/efi\" = {{ label = \"ESP\" }}\n[attribute.A]\ntype = \"nic\"\nallow = [\"dhcp\"]\n"
    );
    let plan = build_plan::parse("f", &text, &["scripts/a.rhai"]).unwrap();
    assert_eq!(plan.deadline, Some(std::time::Duration::from_secs(600)));
    let mounts: Vec<_> = plan.mounts.into_iter().collect();
    assert_eq!(
        mounts,
        [
            ("/".to_owned(), MountSource::Partition(2)),
            ("/boot/efi".to_owned(), MountSource::Label("ESP".to_owned())),
        ]
    );
}

#[test]
fn what_is_wrong_in_a_build_plan_is_shown_with_its_place() {
    insta::assert_snapshot!(refused_plan("name = \"x\"\nname = 1\n"), @r"P5002: invalid TOML: duplicate key at build-plan.toml:2:1 +4");
    insta::assert_snapshot!(refused_plan(""), @r"
    P5002: `name` is missing at build-plan.toml:1:1 +1
    P5002: `type` is missing at build-plan.toml:1:1 +1
    P5002: `steps` must list 1 to 256 scripts at build-plan.toml:1:1 +1
    ");
    insta::assert_snapshot!(refused_plan("name = 1\ntype = \"depoly\"\nstpes = []\nsteps = [\"scripts/b.rhai\"]\n"), @r"
    P5002: `name` must be a text in quotes at build-plan.toml:1:8 +1
    P5002: `type` must be `deploy` or `capture` at build-plan.toml:2:8 +8
    P5002: unknown key `stpes` at build-plan.toml:3:1 +5 (did you mean `steps`?)
    P5001: the library has no script `scripts/b.rhai` at build-plan.toml:4:10 +16 (did you mean `scripts/a.rhai`?)
    ");
    insta::assert_snapshot!(refused_plan(&format!("{PLAN}[limits]\ndeadline = \"10 weeks\"\n[mounts]\nboot = {{}}\n\"/x\" = 1\n")), @r#"
    P5002: `deadline` must be a time like `"90s"`, `"10m"`, `"1h"`, at most a day at build-plan.toml:5:12 +10
    P5002: a mount point must be a path like `/boot/efi` at build-plan.toml:7:1 +4
    P5002: a mount has one of `partition` (from 1), `label`, `uuid`, `partuuid` at build-plan.toml:7:1 +4
    P5002: `mounts./x` must be a table at build-plan.toml:8:8 +1
    "#);
    insta::assert_snapshot!(refused_plan(&format!("{PLAN}[attribute.A]\ntype = \"sting\"\n[attribute.B]\n[attribute.\"a.b\"]\ntype = \"nic\"\nallow = [\"x\"]\nrequire = [\"y\"]\nlist = true\n")), @r"
    P5002: there is no attribute type `sting` at build-plan.toml:5:8 +7 (did you mean `string`?)
    P5002: `type` is missing in `[attribute.B]` at build-plan.toml:6:12 +1
    P5002: an attribute's name has letters, digits, `_` and `-`, a letter first at build-plan.toml:7:12 +5
    P5002: a `nic` attribute cannot be a list at build-plan.toml:7:12 +5
    P5002: `allow` lists `static`, `dhcp`, `disabled` at build-plan.toml:9:10 +3
    P5002: a nic has no field `y` at build-plan.toml:10:12 +3
    ");
    insta::assert_snapshot!(refused_plan(&format!("{PLAN}[attribute.P]\ntype = \"password\"\ndefault = \"x\"\n[attribute.S]\ntype = \"string\"\nmax-lenght = 1\nmin-length = -1\n[attribute.N]\ntype = \"number\"\ndefault = \"x\"\n[attribute.O]\ntype = \"option\"\n[attribute.V]\ntype = \"ipv4\"\nnetwork = \"::/0\"\n")), @r"
    P5002: a `password` attribute cannot have a default: give its value with each run at build-plan.toml:4:12 +1
    P5002: unknown key `max-lenght` in `[attribute.S]` at build-plan.toml:9:1 +10 (did you mean `max-length`?)
    P5002: `min-length` must be a whole number from 0 at build-plan.toml:10:14 +2
    P5002: the default cannot be `x`: it must be a whole number at build-plan.toml:13:11 +3
    P5002: `options` must list at least one text at build-plan.toml:14:12 +1
    P5002: `network` must be a network like `192.0.2.0/24` at build-plan.toml:18:11 +6
    ");
}

#[test]
fn nothing_outside_of_the_folder_is_read() {
    let plan = ("build-plan.toml", PLAN);
    let outside = folder(&[("secret.rhai", "1"), ("build-plan.toml", PLAN)]);

    let file_link = folder(&[plan, ("scripts/b.rhai", "")]);
    symlink(
        outside.path().join("secret.rhai"),
        file_link.path().join("scripts/a.rhai"),
    )
    .unwrap();
    assert!(refused(&file_link).starts_with("P5003: `scripts/a.rhai` is a symbolic link"));

    let folder_link = folder(&[plan]);
    symlink(outside.path(), folder_link.path().join("scripts")).unwrap();
    assert!(refused(&folder_link).starts_with("P5003: `scripts` is a symbolic link"));

    let inner_link = folder(&[plan, ("scripts/a.rhai", "")]);
    symlink("../..", inner_link.path().join("scripts/up")).unwrap();
    assert!(refused(&inner_link).starts_with("P5003: `scripts/up` is a symbolic link"));

    let plan_link = folder(&[("scripts/a.rhai", "")]);
    symlink(
        outside.path().join("build-plan.toml"),
        plan_link.path().join("build-plan.toml"),
    )
    .unwrap();
    assert!(refused(&plan_link).starts_with("P5003: `build-plan.toml` is a symbolic link"));

    let step = folder(&[
        ("build-plan.toml", &PLAN.replace("scripts/a", "../a")),
        ("a.rhai", ""),
    ]);
    assert!(refused(&step).starts_with("P5001: the library has no script `../a.rhai`"));
}

#[test]
fn special_files_and_folders_too_large_are_refused() {
    let plan = ("build-plan.toml", PLAN);
    let socket = folder(&[plan, ("scripts/b.rhai", "")]);
    let _listener =
        std::os::unix::net::UnixListener::bind(socket.path().join("scripts/a.rhai")).unwrap();
    assert_eq!(
        refused(&socket),
        "P5003: `scripts/a.rhai` is not a regular file"
    );

    let large = folder(&[plan, ("scripts/a.rhai", &"x".repeat(1024 * 1024 + 1))]);
    assert_eq!(
        refused(&large),
        "P5004: cannot read `scripts/a.rhai`: it is larger than 1 MiB"
    );

    let deep = folder(&[plan, ("scripts/1/2/3/4/5/6/7/8/a.rhai", "")]);
    assert!(refused(&deep).contains("it is nested deeper than 8 folders"));

    let many = folder(&[plan]);
    fs::create_dir(many.path().join("scripts")).unwrap();
    for number in 0..4097 {
        fs::write(many.path().join(format!("scripts/{number}")), "").unwrap();
    }
    assert_eq!(
        refused(&many),
        "P5004: cannot read `scripts`: there are more than 4096 files"
    );

    let marked = folder(&[
        ("build-plan.toml", PLAN),
        ("scripts/a.rhai", "\u{feff}let a = 1;\n"),
    ]);
    let library = PlanLibrary::load(marked.path()).unwrap();
    assert!(
        library
            .scripts()
            .all(|(_, source)| source == "let a = 1;\n")
    );

    let text = folder(&[plan]);
    fs::create_dir(text.path().join("scripts")).unwrap();
    fs::write(text.path().join("scripts/a.rhai"), [0xff]).unwrap();
    assert_eq!(
        refused(&text),
        "P5002: cannot read `scripts/a.rhai`: its content is not UTF-8"
    );
}

#[test]
fn a_folder_that_is_no_library_is_named() {
    let empty = folder(&[]);
    assert!(refused(&empty).starts_with("P5001: there is no `build-plan.toml`"));
    let missing = PlanLibrary::load(&empty.path().join("x\ny")).unwrap_err();
    assert!(
        missing[0].message.ends_with("x\\ny`"),
        "{}",
        missing[0].message
    );
}

#[test]
fn a_value_is_needed_unless_something_says_otherwise() {
    let ask = "attribute(\"A\");";
    let ask_with_default = "attribute(\"A\", 1);";
    for (declaration, script, expected) in [
        ("", ask, true),
        ("", "", true),
        ("", ask_with_default, false),
        ("", "attribute(\"A\", 1); attribute(\"A\");", true),
        ("default = \"x\"", ask, false),
        ("required = false", ask, false),
        ("required = true", ask_with_default, true),
        ("required = true\ndefault = \"x\"", ask, true),
    ] {
        let plan = format!("{PLAN}[attribute.A]\ntype = \"string\"\n{declaration}");
        let files = [
            ("build-plan.toml", plan.as_str()),
            ("scripts/a.rhai", script),
        ];
        let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
        let library = PlanLibrary::from_files(files.into()).unwrap();
        assert_eq!(library.requires("A"), expected, "{declaration} {script}");
        assert!(!library.requires("B"));
    }
}

#[test]
fn a_build_plan_full_of_faults_is_refused_soon() {
    let keys: String = (0..100_000).map(|n| format!("k{n}=1\n")).collect();
    let problems = build_plan::parse("f", &format!("{keys}{PLAN}"), &[]).unwrap_err();
    assert_eq!(problems.len(), 100);
    let steps = vec!["\"x\""; 100_000].join(",");
    let problems = build_plan::parse("f", &format!("steps = [{steps}]"), &["y"]).unwrap_err();
    assert_eq!(problems.len(), 3);
}

#[test]
fn the_documented_build_plan_is_one() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/build-plan.md");
    let page = fs::read_to_string(page).unwrap();
    let example = page
        .split("```toml\n")
        .nth(1)
        .and_then(|rest| rest.split("```").next());
    let scripts = ["scripts/identity.rhai", "scripts/network.rhai"];
    let plan = build_plan::parse("build-plan.md", example.unwrap(), &scripts).unwrap();
    assert_eq!(plan.steps, scripts);
}
