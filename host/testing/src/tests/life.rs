//! The life of a snapshot: unseen, accepted, passed, different.

use super::Library;
use crate::Update;

const SNAPSHOT: &str = "tests/one/expect.snap";
const NEW: &str = "tests/one/expect.snap.new";

const SCRIPT: &str = "// Who the server is.\n\
    file::write(\"/etc/hostname\", attribute(\"Name\") + \"\\n\");\n\
    log::info(\"named\");\n";

#[test]
fn a_case_without_a_snapshot_fails_and_is_kept_beside() {
    let library = Library::new(SCRIPT);
    insta::assert_snapshot!(library.report(Update::Never), @r"
      FAILED  one: it has no snapshot; this came of it
        +succeeded: 1 changed
        +info: named
        +
        +M  /etc/hostname                         0644 root:root
        +     -golden
        +     +web01
    1 case: 1 failed
    ");
    assert_eq!((library.read(SNAPSHOT), library.read(NEW)), (None, None));
    let report = library.report(Update::Beside);
    assert!(
        report.contains("kept in tests/one/expect.snap.new"),
        "{report}"
    );
    assert_eq!(library.read(SNAPSHOT), None);
    assert_eq!(
        library.report(Update::Unseen),
        "  accepted one\n1 case: 1 accepted\n"
    );
    assert_eq!(library.read(NEW), None);
    insta::assert_snapshot!(library.read(SNAPSHOT).unwrap(), @r"
    ---
    source: tests/one/case.toml
    expression: mintage test
    ---
    succeeded: 1 changed
    info: named

    M  /etc/hostname                         0644 root:root
         -golden
         +web01
    ");
    assert_eq!(
        library.report(Update::Never),
        "  ok      one\n1 case: 1 passed\n"
    );
}

#[test]
fn a_comment_more_in_a_script_changes_no_snapshot() {
    let library = Library::new(SCRIPT);
    library.results(Update::Accept);
    library.write("scripts/a.rhai", &format!("// More.\n\n{SCRIPT}"));
    assert!(library.results(Update::Never).is_good());
}

#[test]
fn a_difference_is_shown_with_the_line_that_made_it() {
    let library = Library::new(SCRIPT);
    library.results(Update::Accept);
    let accepted = library.read(SNAPSHOT).unwrap();
    let script = "fn put(path, text) {\n    file::write(path, text);\n}\n\
        file::write(\"/etc/hostname\", \"first\\n\");\n\
        put(\"/etc/hostname\", \"second\\n\");\nfile::write(\"/etc/motd\", \"hi\\n\");\n";
    library.write("scripts/a.rhai", script);
    insta::assert_snapshot!(library.report(Update::Beside), @r"
      FAILED  one: something else came of it
        the run as a whole
        -succeeded: 1 changed
        -info: named
        +succeeded: 1 changed, 1 added
        /etc/hostname, last changed by scripts/a.rhai:2
         M  /etc/hostname                         0644 root:root
              -golden
        -     +web01
        +     +second
        /etc/motd, last changed by scripts/a.rhai:6
        +A  /etc/motd                             0644 root:root
        +     +hi
        it is kept in tests/one/expect.snap.new; `--accept` makes it the snapshot
    1 case: 1 failed
    ");
    assert_eq!(library.read(SNAPSHOT).as_ref(), Some(&accepted));
    assert!(library.read(NEW).is_some());
    // Right again, nothing waits any more.
    library.write("scripts/a.rhai", SCRIPT);
    assert!(library.results(Update::Beside).is_good());
    assert_eq!(library.read(NEW), None);
}

#[test]
fn what_no_script_changes_any_more_is_said() {
    let library = Library::new(SCRIPT);
    library.results(Update::Accept);
    library.write("scripts/a.rhai", "log::info(\"named\");");
    insta::assert_snapshot!(library.report(Update::Never), @r"
      FAILED  one: something else came of it
        the run as a whole
        -succeeded: 1 changed
        +succeeded: nothing changed
         info: named
        /etc/hostname, not changed by any script now
        -M  /etc/hostname                         0644 root:root
        -     -golden
        -     +web01
    1 case: 1 failed
    ");
}

#[test]
fn a_failure_is_an_outcome_and_so_is_a_refusal() {
    let library = Library::new("log::warning(\"soon\");\nfile::read(\"/etc/none\");\n");
    library.write(
        "tests/two/case.toml",
        "volume = \"debian-12\"\n[attributes]\nName = \"not a name\"\n",
    );
    library.results(Update::Accept);
    assert!(library.results(Update::Never).is_good());
    insta::assert_snapshot!(library.read(SNAPSHOT).unwrap(), @r#"
    ---
    source: tests/one/case.toml
    expression: mintage test
    ---
    failed: nothing was changed
    warning: soon

    error[P3001]: cannot look up `/etc/none`: it does not exist
     --> scripts/a.rhai:2:7
      |
    2 | file::read("/etc/none");
      |       ^^^^
    "#);
    let refused = library.read("tests/two/expect.snap").unwrap();
    insta::assert_snapshot!(refused, @"
    ---
    source: tests/two/case.toml
    expression: mintage test
    ---
    refused: the build plan did not run

    error[P4003]: attribute `Name` cannot be `not a name`: it must have only letters of ASCII, digits and `-`
     |
     = note: the value comes from the test case
    ");
}

#[test]
fn a_secret_is_in_no_snapshot_and_no_report() {
    const SECRET: &str = "Korrekt-Pferd.Batterie";
    let library = Library::new(
        "file::write(\"/etc/key\", attribute(\"Password\"));\n\
         file::write(\"/etc/guess\", \"Korrekt-Pferd.\" + \"Batterie\\n\");\n\
         log::info(\"Korrekt-Pferd.\" + \"Batterie\");\n",
    );
    let case = format!("{}Password = \"{SECRET}\"\n", super::CASE);
    library.write("tests/one/case.toml", &case);
    let report = library.report(Update::Unseen) + library.read(SNAPSHOT).unwrap().as_str();
    assert!(!report.contains(SECRET), "{report}");
    assert!(report.contains("/etc/key "), "{report}");
    assert!(report.contains("1 line, secret"), "{report}");
    library.write("scripts/a.rhai", "log::info(attribute(\"Password\"));");
    let report = library.report(Update::Beside) + library.read(NEW).unwrap().as_str();
    assert!(
        report.contains("P4005") && !report.contains(SECRET),
        "{report}"
    );
}
