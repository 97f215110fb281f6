//! The deepest that scripts can go, on the stack that they get. A stack overflow ends the process,
//! so each case runs in a child: this test binary once more, with the case's script in the
//! environment.

use crate::host::PlanHost;
use crate::limits::Limits;
use crate::testing::{TestLibrary, host, run_with};
use std::process::Command;

const CASE: &str = "MINTAGE_STACK_CASE";

/// Scripts that go as deep as the limits let them, and how each ends.
fn cases() -> Vec<(&'static str, String, &'static str)> {
    let mut cases = Vec::new();
    let mut add = |name, ends, source: &str| cases.push((name, source.to_owned(), ends));

    // Grown while it runs: values in values.
    let forever = |first: &str, step: &str| format!("{first} for n in 0..3_000_000 {{ {step} }}");
    for (name, first, step) in [
        ("array in array", "let a = [];", "a = [a];"),
        ("map in map", "let m = #{};", "m = #{m: m};"),
        ("array by index", "let a = [0];", "a[0] = a;"),
        ("map by key", "let m = #{};", "m.m = m;"),
        (
            "array by this",
            "fn nest() { this = [this]; } let a = [];",
            "a.nest();",
        ),
        (
            "array by a call",
            "fn nest(a) { [a] } let a = [];",
            "a = nest(a);",
        ),
        (
            "closure in closure",
            "let f = || 0;",
            "let g = f; f = || g.call();",
        ),
        (
            "closure by a call",
            "fn link(f) { || f.call() } let f = || 0;",
            "f = link(f);",
        ),
        (
            "closure by this",
            "fn link() { let f = this; || f } let f = || 0;",
            "f = f.link();",
        ),
        (
            "closure in array",
            "let a = [0];",
            "let f = a[0]; a[0] = || f;",
        ),
        (
            "closure in map",
            "let m = #{f: 0};",
            "let f = m.f; m.f = || f;",
        ),
    ] {
        add(name, "P2003", &forever(first, step));
    }
    add(
        "thrown deep",
        "P2009",
        "let a = []; for n in 0..60 { a = [a]; } throw a;",
    );
    add(
        "shown deep",
        "P2009",
        "let a = []; for n in 0..60 { a = [a]; } throw `${a}`;",
    );
    add(
        "sorting",
        "",
        "fn f(n) { [1, 2].sort(|a, b| f(n + 1)) } f(0);",
    );
    let closures = "let f = |f, n| [n].map(|n| [n].filter(|n| f.call(f, n + 1))); f.call(f, 0);";
    add("closures", "P2002", closures);

    // Deep for the parser.
    for (name, ends, first, open, inner, close, n) in [
        ("parentheses", "P1005", "let x = ", "(", "1", ")", 30_000),
        ("blocks", "P1005", "", "{", "1", "}", 30_000),
        ("operators", "P1005", "let x = 1", "", "", " + 1", 15_000),
        ("negations", "P1005", "let x = ", "- ", "1", "", 15_000),
        (
            "else if",
            "P1005",
            "if false {}",
            "",
            "",
            " else if false {}",
            3_000,
        ),
        ("texts", "P1005", "", "`${", "1", "}`", 10_000),
        ("members", "P1005", "let m = 1; m", "", "", ".a", 30_000),
        ("indexes", "P1005", "let m = 1; m", "", "", "[0]", 20_000),
    ] {
        let (open, close) = (open.repeat(n), close.repeat(n));
        add(name, ends, &format!("{first}{open}{inner}{close};"));
    }

    // As deep as expressions may be, inside of recursion: the most that both limits allow.
    for (name, open, close) in [
        ("calls in calls", "g(", ")"),
        ("calls in blocks", "if true { ", " }"),
        ("calls in arrays", "[", "]"),
        ("calls in maps", "#{a: ", "}"),
        ("calls in texts", "`${", "}`"),
        ("calls in sums", "1 + (", ")"),
        ("calls in loops", "for n in 0..1 { ", " }"),
    ] {
        let nested = |n| format!("{}f(n + 1){}", open.repeat(n), close.repeat(n));
        let recursion = |n| format!("fn g(x) {{ x }} fn f(n) {{ {} }} f(0);", nested(n));
        let deepest = (1..40)
            .rev()
            .find(|n| host().compile("deep", &recursion(*n)).is_ok());
        add(name, "P2002", &recursion(deepest.unwrap()));
    }
    cases
}

#[test]
fn the_worst_scripts_end_with_an_error() {
    if let Ok(source) = std::env::var(CASE) {
        // Half of the stack, so that what passes here is twice as far from the end as it looks.
        let mut limits = Limits::default();
        limits.stack_bytes /= 2;
        let result = run_with(&PlanHost::new(&TestLibrary, limits), &source);
        let code = result.err().map(|found| found.code.to_string());
        println!("ended: {}", code.unwrap_or_default());
        return;
    }
    let mut wrong = Vec::new();
    for (name, source, ends) in cases() {
        let output = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "stack::tests::the_worst_scripts_end_with_an_error",
                "--nocapture",
            ])
            .env(CASE, source)
            .output()
            .unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.split_once("ended: "));
        let how = line.map_or_else(|| output.status.to_string(), |(_, code)| code.to_owned());
        if how != ends {
            wrong.push(format!("{name}: {how}, not {ends}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
