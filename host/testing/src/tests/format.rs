//! Our snapshots and insta's, each read by the other; JUnit XML.

use super::Library;
use crate::record::Record;
use crate::snapshot::Snapshot;
use crate::{Update, junit};
use std::panic::AssertUnwindSafe;

const SCRIPT: &str = "file::write(\"/etc/motd\", \"---\\n'quoted' \\\"text\\\": {a} & <b>\\n\");";

/// Makes insta assert that `text` is the snapshot `expect` in `folder`.
fn insta_asserts(folder: &std::path::Path, text: &str) -> bool {
    let mut settings = insta::Settings::new();
    settings.set_snapshot_path(folder);
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    let assertion = || settings.bind(|| insta::assert_snapshot!("expect", text));
    std::panic::catch_unwind(AssertUnwindSafe(assertion)).is_ok()
}

#[test]
fn insta_reads_what_we_write() {
    let library = Library::new(SCRIPT);
    library.results(Update::Accept);
    let file = library.read("tests/one/expect.snap").unwrap();
    let text = Snapshot::read(&file).text().to_owned();
    let folder = library.path("tests/one");
    assert!(insta_asserts(&folder, &text));
    // Nor did it find anything to write anew.
    assert_eq!(library.read("tests/one/expect.snap").unwrap(), file);
}

#[test]
fn records_are_read_as_they_are_written() {
    for script in [
        SCRIPT,
        "log::info(\"a\\n\\nb\"); file::remove(\"/etc/hostname\"); file::make_dir(\"/a\")",
        "file::read(\"/none\")",
        "",
    ] {
        let library = Library::new(script);
        library.results(Update::Accept);
        let file = library.read("tests/one/expect.snap").unwrap();
        let snapshot = Snapshot::read(&file);
        let record = Record::read(snapshot.text());
        assert_eq!(record.text().trim_end(), snapshot.text(), "{script}");
    }
}

#[test]
fn junit_is_xml() {
    let library = Library::new(SCRIPT);
    library.write("tests/two/case.toml", super::CASE);
    library.results(Update::Accept);
    library.write(
        "tests/two/expect.snap",
        "succeeded: \u{1b} nothing changed\n",
    );
    let mut results = library.results(Update::Never);
    results.libraries[0].library = "plans/a&b".to_owned();
    insta::assert_snapshot!(junit::document(&results), @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <testsuites tests="2" failures="1" errors="0">
      <testsuite name="plans/a&amp;b" tests="2" failures="1" errors="0">
        <testcase classname="plans/a&amp;b" name="one"/>
        <testcase classname="plans/a&amp;b" name="two">
          <failure message="FAILED  two: something else came of it">FAILED  two: something else came of it
        the run as a whole
        -succeeded: \u{1b} nothing changed
        +succeeded: 1 added
        /etc/motd, last changed by scripts/a.rhai:1
        +A  /etc/motd                             0644 root:root
        +     +---
        +     +'quoted' &quot;text&quot;: {a} &amp; &lt;b&gt;</failure>
        </testcase>
      </testsuite>
    </testsuites>
    "#);
}
