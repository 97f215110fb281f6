//! The files of a suite: what is wrong with a case, what belongs to none, what leads outside.

use super::{CASE, Library, PLAN};
use crate::{InProcess, Options, Suite, Update, Verdict, assert_library, run};
use plan_stdlib::StandardLibrary;
use std::os::unix::fs::symlink;

/// What is wrong with the case `one` when its file is `case`.
fn problem(case: &str) -> String {
    let library = Library::new("");
    library.write("tests/one/case.toml", case);
    broken(&library)
}

fn broken(library: &Library) -> String {
    let results = library.results(Update::Accept);
    match &results.libraries[0].cases[0].verdict {
        Verdict::Broken { problems } => {
            let help = problems[0].help.as_deref().unwrap_or_default();
            let said = format!("{}: {} {help}", problems[0].code, problems[0].message);
            said.trim_end().to_owned()
        }
        other => format!("{other:?}"),
    }
}

#[test]
fn what_is_wrong_with_a_case_is_said() {
    let cases = [
        "",
        "volume = 1",
        "volume = [1]",
        "volume = \"small.tree\"\nsed = \"x\"\n",
        "volume = \"small.tree\"\nseed =",
        "volume = \"small.tree\"\ntime = \"yesterday\"\n",
        "volume = \"debian-13\"",
        "volume = \"none.tree\"",
        "volume = \"none.img\"",
        "volume = [\"small.img\"]",
        "volume = \"../secret.tree\"",
        "volume = \"small.tree\"\n[profile]\nname = 1\n",
        "volume = \"small.tree\"\n[identity]\nmachineid = \"x\"\n",
    ];
    let said = cases.map(problem).join("\n");
    insta::assert_snapshot!(said, @"
    P5006: cannot read `tests/one/case.toml`: line 1, column 1: missing field `volume`
    P5006: cannot read `tests/one/case.toml`: line 1, column 10: the volume must be a text, or a list of texts
    P5006: cannot read `tests/one/case.toml`: line 1, column 10: the volume must be a text, or a list of texts
    P5006: cannot read `tests/one/case.toml`: line 2, column 1: unknown field `sed`, expected one of `volume`, `seed`, `time`, `attributes`, `profile`, `identity`
    P5006: cannot read `tests/one/case.toml`: line 2, column 7: string values must be quoted, expected literal string
    P5006: cannot read `tests/one/case.toml`: `time` must have the form 2026-01-01T00:00:00Z
    P5006: cannot read `tests/one/case.toml`: there is no layout `debian-13` did you mean `debian-12`?; a file of the tests ends with `.tree` or `.img`
    P5006: cannot read `tests/one/case.toml`: there is neither `tests/one/none.tree` nor `tests/none.tree`
    P5006: cannot read `tests/one/case.toml`: there is neither `tests/one/none.img` nor `tests/none.img`
    P5006: cannot read `tests/one/case.toml`: there is no layout `small.img` known here: `debian-12`, `rhel-9`, `sles-15`, `ubuntu-24.04`; a file of the tests ends with `.tree` or `.img`
    P5006: cannot read `tests/one/case.toml`: the volume `../secret.tree` must be the name of a file, without a folder
    P5005: cannot read the profile `tests/one/case.toml`: `name` is not a text
    P5005: cannot read the profile `tests/one/case.toml`: `identity` has no `machineid`, did you mean `machine-id`?
    ");
}

#[test]
fn links_lead_nowhere() {
    let outside = tempfile::tempdir().unwrap();
    std::fs::write(outside.path().join("case.toml"), CASE).unwrap();
    std::fs::write(outside.path().join("secret"), "secret").unwrap();
    for link in [
        "tests/one/case.toml",
        "tests/one/expect.snap",
        "tests/one/expect.snap.new",
        "tests/small.tree",
    ] {
        let library = Library::new("");
        let _ = std::fs::remove_file(library.path(link));
        symlink(outside.path().join("secret"), library.path(link)).unwrap();
        let results = library.results(Update::Beside);
        let verdict = &results.libraries[0].cases[0].verdict;
        let Verdict::Broken { problems } = verdict else {
            panic!("{link}: {verdict:?}");
        };
        assert_eq!(problems[0].code.as_str(), "P5003", "{link}");
    }
    let library = Library::new("");
    symlink(outside.path(), library.path("tests/linked")).unwrap();
    assert_eq!(Suite::load(library.0.path()).unwrap().cases(), ["one"]);
    assert_eq!(std::fs::read_dir(outside.path()).unwrap().count(), 2);
    assert_eq!(
        std::fs::read(outside.path().join("secret")).unwrap(),
        b"secret"
    );
}

#[test]
fn a_name_must_be_plain() {
    let library = Library::new("");
    library.write("tests/a b/case.toml", CASE);
    let said = broken(&library);
    assert!(
        said.starts_with("P5006: `tests/a b` cannot be the name"),
        "{said}"
    );
}

#[test]
fn what_belongs_to_no_case_and_what_waits_is_reported() {
    let library = Library::new("");
    library.write("tests/two/case.toml", CASE);
    library.results(Update::Accept);
    library.write("tests/gone/expect.snap", "");
    library.write("tests/one/other.snap", "");
    library.write("tests/loose.snap.new", "");
    library.write("tests/two/expect.snap.new", "");
    let suite = Suite::load(library.0.path()).unwrap();
    let options = Options {
        filter: "/one",
        update: Update::Beside,
        jobs: 1,
    };
    let results = run(&[suite], &InProcess(&StandardLibrary), &options);
    let results = &results.libraries[0];
    assert_eq!(results.cases.len(), 1);
    assert_eq!(
        results.strays,
        [
            "tests/gone/expect.snap",
            "tests/loose.snap.new",
            "tests/one/other.snap"
        ]
    );
    assert_eq!(results.pending, ["tests/two/expect.snap.new"]);
    assert!(
        library
            .report(Update::Never)
            .contains("`tests/gone/expect.snap` belongs to no case")
    );
}

#[test]
fn the_profile_and_the_identity_are_the_servers() {
    let library = Library::new("log::info(`${profile::name()} ${profile::label(\"rack\")}`);");
    library.write(
        "tests/one/case.toml",
        "volume = \"small.tree\"\n[profile]\nname = \"web07\"\nlabels = { rack = \"r1\" }\n\
         attributes = { Name = \"from-profile\" }\n[identity]\nmachine-id = \"0\"\n",
    );
    library.results(Update::Accept);
    let snapshot = library.read("tests/one/expect.snap").unwrap();
    assert!(snapshot.contains("info: web07 r1"), "{snapshot}");
}

#[test]
fn a_library_can_be_asserted_in_a_line() {
    let library = Library::new("");
    library.results(Update::Accept);
    assert_library(library.0.path(), &StandardLibrary);
    for name in ["build-plan.toml", "tests/one/case.toml"] {
        let library = Library::new("");
        library.results(Update::Accept);
        library.write(name, "?");
        let asserted =
            std::panic::catch_unwind(|| assert_library(library.0.path(), &StandardLibrary));
        assert!(asserted.is_err(), "{name}");
    }
    let library = Library::new("");
    std::fs::remove_dir_all(library.path("tests")).unwrap();
    library.write("build-plan.toml", PLAN);
    let asserted = std::panic::catch_unwind(|| assert_library(library.0.path(), &StandardLibrary));
    assert!(asserted.is_err(), "a library without cases");
}

/// The file that a snapshot is written into before it has its name.
#[test]
fn no_snapshot_is_written_through_a_link() {
    let library = Library::new("");
    let link = library.path("tests/one/expect.snap.tmp");
    symlink("../../build-plan.toml", link).unwrap();
    let said = broken(&library);
    assert!(said.starts_with("P5003"), "{said}");
    assert_eq!(library.read("build-plan.toml").unwrap(), PLAN);
}
