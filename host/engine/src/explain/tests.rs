//! Every way in which a script fails, as the diagnostic that its author sees.

use crate::Style;
use crate::codes::Code;
use crate::host::PlanHost;
use crate::limits::Limits;
use crate::testing::{TestLibrary, code, run, run_with};
use std::collections::BTreeSet;

/// For every code that a script alone can provoke, such a script. Their renderings are the
/// snapshots beside this file.
const PROVOKED: &[(&str, &str)] = &[
    ("P1001_missing_semicolon", "let a = 1\nlet b = 2;"),
    ("P1001_open_string", "let a = \"open;\nlet b = 2;"),
    ("P1001_end", "if true {\n    print(1);\n"),
    ("P1001_forbidden", "let x = 1;\neval(\"x\");"),
    ("P1001_constant", "const LIMIT = 1;\nLIMIT += 1;"),
    ("P1001_unexpected", "let a = [1, 2;\n"),
    ("P1002_typo", "let text = file::reed(\"/etc/hostname\");"),
    ("P1002_types", "let path = 7;\nfile::read(path);"),
    ("P1002_no_namespace", "read(\"/etc/hostname\");"),
    ("P1002_own", "fn hostname(a) { a }\n\thostnane(1);"),
    ("P1002_own_types", "fn hostname(a) { a }\nhostname(1, 2);"),
    ("P1002_unlike", "launch_missiles();"),
    ("P1003", "let hostname = 1;\nprint(hostnmae);"),
    ("P1003_module", "print(file);"),
    (
        "P1005",
        "let x = ((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((((1))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))))));",
    ),
    ("P1006_unknown", "import \"scripts/nope\" as nope;"),
    ("P1006_escape", "import \"../../etc/passwd\" as p;"),
    ("P1006_computed", "let name = \"lib\";\nimport name as lib;"),
    ("P1006_cycle", "import \"lib/a\" as a;"),
    ("P1007", "let x = fille::read(\"/a\");"),
    ("P2002", "fn again(n) {\n    again(n + 1)\n}\nagain(0);"),
    ("P2003_string", "let s = \"x\";\nwhile true { s += s; }"),
    (
        "P2003_map",
        "let m = #{};\nlet n = 0;\nloop { m[`${n}`] = n; n += 1; }",
    ),
    ("P2006_operator", "let n = 1 + #{};"),
    ("P2006_condition", "let n = 1;\nif n { print(2); }"),
    ("P2006_for", "let n = 5;\nfor x in n { }"),
    ("P2006_property", "let n = 5;\nn.length;"),
    ("P2007", "let zero = 0;\nprint(5 / zero);"),
    ("P2008_key", "let m = #{a: 1};\nprint(m.b);"),
    ("P2008_index", "let a = [1];\nprint(a[3]);"),
    (
        "P2009_text",
        "throw \"this image has no network stack that I know\";",
    ),
    ("P2009_map", "throw #{why: \"no\", n: [1, 2]};"),
    ("P2009_nothing", "throw;"),
    ("P2011", "file::read(\"/panic\");"),
    ("P2013", "file::write(\"/a\", \"\");"),
    ("P2017", "const LIMITS = [1];\nLIMITS.push(1);"),
    (
        "P3001_in_functions",
        "fn read_it(path) {\n    // \u{6f22}\u{5b57}\n\tlet s = \"\u{e9}\";  file::read(path)\n}\n\nfn outer() {\n    read_it(\"/nope\")\n}\nouter();",
    ),
    (
        "P3001_in_closure",
        "[\"/nope\"].map(|path| file::read(path));",
    ),
    (
        "P3001_in_import",
        "import \"lib/files\" as files;\n\nfiles::get(\"/nope\");",
    ),
    (
        "P3001_while_importing",
        "print(1);\nimport \"lib/broken\" as broken;",
    ),
    (
        "P3001_rethrown",
        "try { file::read(\"/nope\") } catch (err) { throw err; }",
    ),
    (
        "P7007_in_function",
        "fn save(path) {\n    file::write(path, \"x\");\n}\nsave(\"/lost\");",
    ),
    ("P4001", "let name = attribute(\"Nope\");"),
    (
        "P4005_text",
        "let password = attribute(\"Password\");\nlet line = `root:${password}`;\nfile::write(\"/a\", line);",
    ),
    (
        "P4005_function",
        "let password = attribute(\"Password\");\nfile::write(\"/a\", password);",
    ),
    ("P4005_throw", "throw #{password: attribute(\"Password\")};"),
    (
        "hostile",
        "throw \"\u{1b}[31m red \u{202e} and\\n two lines\";",
    ),
];

fn provoke(source: &str) -> String {
    let scripts = [
        ("scripts/lib/a.rhai", "import \"lib/b\" as b;"),
        (
            "scripts/lib/b.rhai",
            "\nimport \"scripts/lib/a.rhai\" as a;",
        ),
        (
            "scripts/lib/files.rhai",
            "fn get(path) {\n    file::read(path)\n}\n",
        ),
        ("scripts/lib/broken.rhai", "file::read(\"/nope\");\n"),
    ];
    let scripts = scripts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let host = PlanHost::new(&TestLibrary, Limits::default()).with_scripts(scripts.into());
    run_with(&host, source).unwrap_err().render(Style::Plain)
}

#[test]
fn errors_look_as_they_should() {
    for (name, source) in PROVOKED {
        insta::assert_snapshot!(*name, provoke(source), source);
    }
}

/// Codes that are provoked elsewhere in this crate: by the tests of the limits.
const BY_LIMITS: &[Code] = &[
    Code::P1004,
    Code::P1008,
    Code::P2001,
    Code::P2004,
    Code::P2005,
    Code::P2012,
    Code::P2018,
];
/// Codes that are found without a run, and provoked where that is.
const BY_READING: &[Code] = &[Code::P1009];
/// Codes of the first two ranges that only a standard library raises.
const BY_LIBRARIES: &[Code] = &[Code::P2010, Code::P2014, Code::P2015, Code::P2016];

#[test]
fn every_code_of_the_engine_is_provoked() {
    let provoked: BTreeSet<_> = PROVOKED
        .iter()
        .filter_map(|(name, _)| name.get(..5))
        .collect();
    let engine = Code::ALL.iter().filter(|code| **code < Code::P3001);
    let elsewhere = [BY_LIMITS, BY_READING, BY_LIBRARIES].concat();
    for code in engine.filter(|code| !elsewhere.contains(code)) {
        assert!(provoked.contains(code.as_str()), "{code} has no script");
    }
}

#[test]
fn a_name_starts_with_the_code_that_it_provokes() {
    for (name, source) in PROVOKED {
        let text = provoke(source);
        let expected = name.get(..5).filter(|name| name.starts_with('P'));
        assert!(
            expected.is_none_or(|code| text.contains(code)),
            "{name}: {text}"
        );
    }
}

#[test]
fn frames_go_from_the_innermost_out() {
    let error = run("fn a() { file::read(\"/x\") }\nfn b() { a() }\nb();").unwrap_err();
    let frames: Vec<_> = error
        .frames
        .iter()
        .map(|frame| (frame.line, frame.column, frame.function.as_deref()))
        .collect();
    assert_eq!(
        frames,
        [(1, 16, Some("a")), (2, 10, Some("b")), (3, 1, None)]
    );
    assert_eq!(error.frames[0].width, 4);
    assert_eq!(error.path.as_deref(), Some("/x"));
}

#[test]
fn a_diagnostic_is_the_same_after_json() {
    let error = run("fn a(p) { file::read(p) }\na(\"/x\");").unwrap_err();
    let json = serde_json::to_string(&error).unwrap();
    assert_eq!(
        serde_json::from_str::<crate::Diagnostic>(&json).unwrap(),
        *error
    );
}

#[test]
fn scripts_of_the_library_import_each_other() {
    let scripts = [
        (
            "scripts/lib/names.rhai",
            "import \"lib/base\" as base;\nfn full(n) { base::domain() + n }",
        ),
        (
            "scripts/lib/base.rhai",
            "print(\"once\"); fn domain() { \"example.org/\" }",
        ),
    ];
    let scripts = scripts.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let host = PlanHost::new(&TestLibrary, Limits::default()).with_scripts(scripts.into());
    let source = "import \"scripts/lib/base.rhai\" as b;\nimport \"lib/names\" as names;\n\
                  print(names::full(attribute(\"HostName\")) + b::domain());";
    let log = run_with(&host, source).unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|l| (l.text.as_str(), l.script.as_str()))
        .collect();
    assert_eq!(
        lines,
        [
            ("once", "scripts/lib/base.rhai"),
            ("example.org/web01example.org/", "scripts/test.rhai"),
        ]
    );
}

#[test]
fn imports_cannot_leave_the_library() {
    for name in [
        "/etc/passwd",
        "../x",
        "a/../b",
        "file:///x",
        "http://x/y",
        "a\\\\b",
        "",
        "./x",
        "~/x",
    ] {
        assert_eq!(
            code(&format!("import \"{name}\" as x;")),
            Some(Code::P1006),
            "{name}"
        );
    }
}
