//! A script for every limit, which reaches it and gets its code.

use super::*;
use crate::Style;
use crate::codes::Code;
use crate::control::RunControl;
use crate::host::PlanHost;
use crate::testing::{TestLibrary, run_with, world};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// For every limit that a script can reach: limits with a low one, and a script that reaches it.
fn reaching() -> Vec<(&'static str, Limits, String, Code)> {
    let usual = Limits::default;
    let nested = |open: &str, close: &str, n| format!("{}1{}", open.repeat(n), close.repeat(n));
    let in_function = |body: &str| format!("fn f() {{ {body} }}\nf();");
    let lines = |n, line: &str| format!("{line}\n").repeat(n);
    let functions = (0..257).map(|n| format!("fn f{n}() {{}}\n")).collect();
    let variables = (0..257).map(|n| format!("let v{n} = {n};\n")).collect();
    let small = Limits {
        operations: 1000,
        log_bytes: 100,
        ..usual()
    };
    let short = Limits {
        deadline_seconds: 0,
        ..usual()
    };
    vec![
        (
            "call-levels",
            usual(),
            "fn f(n) { f(n + 1) }\nf(0);".into(),
            Code::P2002,
        ),
        (
            "expression-depth",
            usual(),
            format!("let x = {};", nested("(", ")", 80)),
            Code::P1005,
        ),
        (
            "expression-depth",
            usual(),
            format!("let x = {};", nested("{", "}", 80)),
            Code::P1005,
        ),
        (
            "function-expression-depth",
            usual(),
            in_function(&nested("(", ")", 40)),
            Code::P1005,
        ),
        (
            "operations",
            small.clone(),
            "loop { let x = 1; }".into(),
            Code::P2001,
        ),
        ("operations", usual(), "loop {}".into(), Code::P2001),
        (
            "operations",
            small.clone(),
            "let a = [2, 1]; a.sort(|x, y| { loop { let z = 1; } 1 });".into(),
            Code::P2001,
        ),
        (
            "string-bytes",
            usual(),
            "let s = \"ab\"; loop { s += s; }".into(),
            Code::P2003,
        ),
        (
            "string-bytes",
            usual(),
            "\"a\".pad(2_000_000, \"x\")".into(),
            Code::P2003,
        ),
        (
            "array-items",
            usual(),
            "let a = []; loop { a.push(1); }".into(),
            Code::P2003,
        ),
        (
            "array-items",
            usual(),
            "let a = [1]; loop { a = [a, a]; }".into(),
            Code::P2003,
        ),
        (
            "array-items",
            usual(),
            "let a = []; a.pad(5000, 1);".into(),
            Code::P2003,
        ),
        (
            "map-items",
            usual(),
            "let m = #{}; let n = 0; loop { m[`k${n}`] = n; n += 1; }".into(),
            Code::P2003,
        ),
        (
            "value-depth",
            usual(),
            "let a = []; loop { a = [a]; }".into(),
            Code::P2003,
        ),
        (
            "value-depth",
            usual(),
            "let m = #{}; loop { m.m = m; }".into(),
            Code::P2003,
        ),
        (
            "value-depth",
            usual(),
            "let f = || 0; loop { let g = f; f = || g.call(); }".into(),
            Code::P2003,
        ),
        ("variables", usual(), variables, Code::P2018),
        ("functions", usual(), functions, Code::P1008),
        (
            "modules",
            usual(),
            (0..33)
                .map(|n| format!("import \"m{n}\" as m{n};\n"))
                .collect(),
            Code::P1008,
        ),
        (
            "source-bytes",
            usual(),
            lines(3000, &format!("// {}", "x".repeat(97))),
            Code::P1004,
        ),
        ("source-lines", usual(), lines(65_001, ""), Code::P1004),
        (
            "source-columns",
            usual(),
            format!("// {}", "x".repeat(65_000)),
            Code::P1004,
        ),
        (
            "log-bytes",
            small.clone(),
            "for n in 0..20 { print(\"0123456789\"); }".into(),
            Code::P2012,
        ),
        (
            "log-bytes",
            usual(),
            "let s = \"0123456789\"; s.pad(1000, \"x\"); for n in 0..2000 { debug(s); }".into(),
            Code::P2012,
        ),
        ("deadline-seconds", short, "loop {}".into(), Code::P2004),
    ]
}

fn reach(limits: Limits, source: &str) -> Option<Code> {
    let control = RunControl::new(limits.deadline());
    let scripts = (0..40).map(|n| (format!("m{n}"), String::new()));
    let host = PlanHost::new(&TestLibrary, limits).with_scripts(scripts.collect());
    let done = host
        .compile("scripts/test.rhai", source)
        .and_then(|script| host.run(&script, Arc::new(Mutex::new(world())), &control));
    done.err().map(|found| found.code)
}

#[test]
fn every_limit_is_reached_with_its_code() {
    for (name, limits, source, expected) in reaching() {
        let head: String = source.chars().take(80).collect();
        assert_eq!(reach(limits, &source), Some(expected), "{name}: {head}");
    }
}

#[test]
fn every_limit_has_a_script_that_reaches_it() {
    let names = serde_json::to_value(Limits::default()).unwrap();
    let reached: Vec<_> = reaching().iter().map(|(name, ..)| *name).collect();
    for name in names.as_object().unwrap().keys() {
        // The stack is not for scripts to reach: the tests of `stack` see to that.
        assert!(
            name == "stack-bytes" || reached.contains(&name.as_str()),
            "{name}"
        );
    }
}

#[test]
fn steps_share_deadline_and_log() {
    let limits = Limits {
        log_bytes: 25,
        ..Limits::default()
    };
    let host = PlanHost::new(&TestLibrary, limits);
    let step = host.compile("step", "print(\"0123456789\")").unwrap();
    let (world, control) = (Arc::new(Mutex::new(world())), RunControl::default());
    let run = || {
        host.run(&step, world.clone(), &control)
            .err()
            .map(|found| found.code)
    };
    assert_eq!([run(), run(), run()], [None, None, Some(Code::P2012)]);
    control.cancel();
    assert_eq!(run(), Some(Code::P2005));
}

#[test]
fn the_end_of_a_run_reads_well() {
    let error = |control: RunControl| {
        let host = PlanHost::new(&TestLibrary, Limits::default());
        let step = host.compile("scripts/step.rhai", "file::read(\"/a\");");
        let error = host.run(&step.unwrap(), Arc::new(Mutex::new(world())), &control);
        error.unwrap_err().render(Style::Plain)
    };
    insta::assert_snapshot!("P2004", error(RunControl::new(Duration::ZERO)));
    let cancelled = RunControl::default();
    cancelled.cancel();
    insta::assert_snapshot!("P2005", error(cancelled));
}

#[test]
fn a_running_script_is_cancelled() {
    let host = PlanHost::new(
        &TestLibrary,
        Limits {
            operations: u64::MAX,
            ..Limits::default()
        },
    );
    let script = host.compile("forever", "loop {}").unwrap();
    let control = RunControl::default();
    std::thread::scope(|scope| {
        let run = scope.spawn(|| host.run(&script, Arc::new(Mutex::new(world())), &control));
        std::thread::sleep(Duration::from_millis(20));
        control.cancel();
        assert_eq!(run.join().unwrap().unwrap_err().code, Code::P2005);
    });
    assert!(control.interrupt()().is_err());
}

#[test]
fn limits_are_read_and_written() {
    let limits: Limits = serde_json::from_str(r#"{"operations": 5}"#).unwrap();
    assert_eq!(
        limits,
        Limits {
            operations: 5,
            ..Limits::default()
        }
    );
    assert!(serde_json::from_str::<Limits>(r#"{"operation": 5}"#).is_err());
}

#[test]
fn within_the_limits_real_scripts_fit() {
    let source: String = (0..200)
        .map(|n| format!("fn f{n}(a) {{ a + {n} }}\n"))
        .collect();
    let source = source + "let s = 0; for n in 0..100_000 { s += f1(n); } print(s);";
    let host = PlanHost::new(&TestLibrary, Limits::default()).with_scripts(BTreeMap::new());
    assert_eq!(run_with(&host, &source).unwrap()[0].text, "5000050000");
}

/// The page that gives the reasons for the limits.
const PAGE: &str = include_str!("../../../../docs/reference/limits.md");

#[test]
fn the_page_about_limits_has_every_limit_with_its_number() {
    let cells = |row: &str| -> Vec<String> {
        let cells = row
            .split('|')
            .map(|cell| cell.trim().replace(['`', ','], ""));
        cells.collect()
    };
    let rows = PAGE.lines().filter(|line| line.starts_with("| `"));
    let documented: BTreeMap<_, _> = rows
        .map(cells)
        .map(|cells| (cells[1].clone(), cells[2].parse::<u64>().unwrap()))
        .collect();
    let limits = serde_json::to_value(Limits::default()).unwrap();
    let actual: BTreeMap<_, _> = limits
        .as_object()
        .unwrap()
        .iter()
        .map(|(name, value)| (name.clone(), value.as_u64().unwrap()))
        .collect();
    assert_eq!(documented, actual);
}

#[test]
fn the_page_about_limits_has_every_limit_with_its_code() {
    for (name, _, _, code) in reaching() {
        let row = format!("| `{name}` ");
        let row = PAGE.lines().find(|line| line.starts_with(&row)).unwrap();
        assert!(row.contains(code.as_str()), "{row}");
    }
}

#[test]
fn scripts_made_to_be_slow_to_read_are_read_soon() {
    let start = std::time::Instant::now();
    for (unit, times) in [
        ("import \"m1\" as m;\n", 13_000),
        ("#", 64_000),
        ("'\\", 32_000),
        ("`${", 20_000),
        ("/*", 30_000),
        ("\"\n", 60_000),
        ("fn f(){\n", 25_000),
        ("attribute(", 26_000),
    ] {
        let source = unit.repeat(times);
        let _ = reach(Limits::default(), &source);
        crate::attributes::attribute_uses(&source);
    }
    assert!(
        start.elapsed() < Duration::from_secs(60),
        "{:?}",
        start.elapsed()
    );
}
