//! Scripts that run, and what they reach of the world.

use crate::codes::Code;
use crate::testing::{code, run};

#[test]
fn a_script_reaches_its_world_and_logs() {
    let log = run(
        "print(`host ${attribute(\"HostName\")}`);\nfile::read(\"/etc/hostname\");\n\
                   debug(1);",
    )
    .unwrap();
    let lines: Vec<_> = log
        .iter()
        .map(|l| (l.text.as_str(), l.script.as_str(), l.line))
        .collect();
    assert_eq!(
        lines,
        [
            ("host web01", "scripts/test.rhai", 1),
            ("1", "scripts/test.rhai", 3)
        ]
    );
}

#[test]
fn scripts_catch_errors_by_code() {
    let source = r#"
        try { file::read("/nope") }
        catch (err) { print(`${err.code} ${err.path} ${err.help} ${err}`); }
    "#;
    let log = run(source).unwrap();
    assert_eq!(
        log[0].text,
        "P3001 /nope write it first P3001: cannot read `/nope`: it does not exist"
    );
}

#[test]
fn no_script_catches_what_ends_the_run() {
    for (source, expected) in [
        (
            r#"try { file::write("/lost", "x") } catch { print("caught") }"#,
            Code::P7007,
        ),
        (r#"try { loop {} } catch { print("caught") }"#, Code::P2001),
        (
            r#"fn f() { f() } try { f() } catch { print("caught") }"#,
            Code::P2002,
        ),
        (
            r#"let s = "x"; try { loop { s += s; } } catch { print("caught") }"#,
            Code::P2003,
        ),
        (
            r#"try { file::read("/panic") } catch { print("caught") }"#,
            Code::P2011,
        ),
        (
            r#"try { attribute("Password") + "" } catch { print("caught") }"#,
            Code::P4005,
        ),
    ] {
        assert_eq!(code(source), Some(expected), "{source}");
    }
}

#[test]
fn a_function_that_calls_back_into_the_run_is_an_error() {
    let source = "file::within(|| file::read(\"/etc/hostname\"))";
    assert_eq!(code(source), Some(Code::P2011));
}
