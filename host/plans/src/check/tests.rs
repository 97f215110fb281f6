//! What a check says of plan libraries, and that the sample plans are clean.

use super::*;
use plan_stdlib::StandardLibrary;
use std::path::Path;

fn checked(attributes: &str, script: &str, template: &str) -> String {
    let plan =
        format!("name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n{attributes}");
    let files = [
        ("build-plan.toml", plan.as_str()),
        ("scripts/a.rhai", script),
        ("templates/a.j2", template),
    ];
    let files = files.iter().filter(|(_, text)| !text.is_empty());
    let files = files.map(|(name, text)| ((*name).to_owned(), (*text).to_owned()));
    let library = PlanLibrary::from_files(files.collect()).unwrap();
    said(&check(&library, &StandardLibrary))
}

fn said(findings: &[Finding]) -> String {
    let lines = findings.iter().map(|finding| {
        let diagnostic = &finding.diagnostic;
        let frame = diagnostic.frames.first();
        let place = frame.map(|frame| format!(" {}:{}", frame.line, frame.column));
        let help = diagnostic.help.as_ref().map(|help| format!(" ({help})"));
        let (place, help) = (place.unwrap_or_default(), help.unwrap_or_default());
        let (severity, code) = (finding.severity, diagnostic.code);
        format!("{severity:?}{place} {code}: {}{help}", diagnostic.message)
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn what_is_wrong_is_found() {
    insta::assert_snapshot!(checked("", "let x = ;", ""), @r"Error 1:9 P1001: unexpected `;`");
    let unknown = checked("", "file::reed(\"/a\");\nnope();\nnet::get(1);", "");
    let said = "Error 3:1 P1007: no module `net` is known here (there are `archive`, ";
    assert!(unknown.starts_with(said), "{unknown}");
    insta::assert_snapshot!(checked("", "file::reed(\"/a\");\nnope();\n\"a\".trimm();\nfile::write(\"/a\", 1);", ""), @r"
    Error 1:7 P1002: no function `file::reed` is known (did you mean `file::read(path: string) -> string`?)
    Error 2:1 P1002: no function `nope` is known
    Error 3:5 P1002: no function `trimm` is known (did you mean `trim`?)
    ");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\n[attribute.Rest]\ntype = \"string\"\n", "attribute(\"Nmae\");\nattribute(\"Other\", 1);\n", ""), @"
    Error 1:1 P4002: the build plan does not declare the attribute `Nmae` (did you mean `Name`?)
    Warning 2:1 P4002: the build plan does not declare the attribute `Other` (known here: `Name`, `Rest`)
    Warning 4:12 P5007: no script asks for the attribute `Name`
    Warning 6:12 P5007: no script asks for the attribute `Rest`
    ");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\n", "attribute(\"Na\" + \"me\");", ""), @r"Warning 1:1 P4002: the attribute's name is computed, so nobody can tell what the script needs (write the name as a plain string)");
    insta::assert_snapshot!(checked("[attribute.Name]\ntype = \"string\"\nrequired = false\n", "attribute(\"Name\");\nattribute(\"Name\", 1);", ""), @r#"
    Warning 1:1 P4001: attribute `Name` need not have a value, but the script gives no default for it (give one: `attribute("Name", default)`)
    Error 2:1 P4003: the default for `Name` has the wrong type: it must be a text
    "#);
    insta::assert_snapshot!(checked("", "file::render(\"/a\", \"b.j2\", #{});\ntemplate::render(\"a.j2\", #{});\ntemplate::render(\"c\" + \".j2\", #{});", "{% if %}"), @"
    Error 1:7 P2014: the library has no template `b.j2` (did you mean `a.j2`?)
    Error 1:1 P2014: the template `a.j2`, line 1, fails: syntax error: unexpected end of block
    ");
}

/// What is said of a library with these files besides its build plan.
fn checked_files(plan: &str, files: &[(&str, &str)]) -> String {
    let plan = format!("name = \"test\"\ntype = \"deploy\"\n{plan}");
    let plan = std::iter::once(("build-plan.toml", plan.as_str()));
    let files = plan.chain(files.iter().copied());
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let library = PlanLibrary::from_files(files.collect()).unwrap();
    said(&check(&library, &StandardLibrary))
}

/// What is said of renderings of the template `a.j2`.
fn rendered(script: &str, template: &str) -> String {
    checked("", script, template)
}

#[test]
fn variables_of_templates_are_those_that_scripts_give() {
    let call = "file::render(\"/a\", \"a.j2\", #{ name: 1, rak: 2 });";
    insta::assert_snapshot!(rendered(call, "{{ name }} {{ rack }}"), @"
    Error 1:7 P2014: the template `a.j2` needs the variable `rack` (it gets `rak`, which it does not use)
    Warning 1:40 P5007: the template `a.j2` does not use `rak`
    ");
    insta::assert_snapshot!(rendered(call, "{{ name }} {{ rak }} {{ other }}"), @"Error 1:7 P2014: the template `a.j2` needs the variable `other`");
    for fine in [
        "{{ name }} {{ rak }}",
        "{{ name }} {{ rak }} {{ rack | default('') }}",
        "{{ name }} {{ rak }} {% if rack is defined %}{{ rack }}{% endif %}",
        "{% include name ~ rak %}",
        "{% set rack = 1 %}{{ name }} {{ rak }} {{ rack }}",
    ] {
        assert_eq!(rendered(call, fine), "", "{fine}");
    }
    // What is computed is not looked at.
    let computed = "let v = #{ rak: 1 };\ntemplate::render(\"a.j2\", v);";
    assert_eq!(rendered(computed, "{{ name }}"), "");
}

#[test]
fn what_a_template_includes_counts() {
    let steps = "steps = [\"scripts/a.rhai\"]\n";
    let script = "file::render(\"/a\", \"a.j2\", #{ name: 1, deep: 2, no: 3 });";
    let files = [
        ("scripts/a.rhai", script),
        ("templates/a.j2", "{{ name }}{% include \"b.j2\" %}"),
        ("templates/b.j2", "{{ deep }}"),
        ("templates/c.j2", "{{ never }}"),
    ];
    insta::assert_snapshot!(checked_files(steps, &files), @"
    Warning 1:49 P5007: the template `a.j2` does not use `no`
    Warning P5007: no script uses the template `c.j2`
    ");
}

#[test]
fn a_default_in_a_script_has_the_type_of_the_attribute() {
    let plan = "[attribute.Count]\ntype = \"number\"\nmax = 9\n\
        [attribute.Flag]\ntype = \"boolean\"\n\
        [attribute.Name]\ntype = \"hostname\"\n\
        [attribute.Names]\ntype = \"hostname\"\nlist = true\n\
        [attribute.Word]\ntype = \"password\"\n";
    let script = "attribute(\"Count\", \"8\"); attribute(\"Count\", 10); attribute(\"Count\", 9);\n\
        attribute(\"Flag\", 1); attribute(\"Flag\", false); attribute(\"Flag\", ());\n\
        attribute(\"Name\", \"a b\"); attribute(\"Name\", 1 + 1); attribute(\"Name\", true);\n\
        attribute(\"Names\", \"a\"); attribute(\"Names\", [1]); attribute(\"Names\", []);\n\
        attribute(\"Word\", \"geheim\"); attribute(\"Word\", ());\n";
    insta::assert_snapshot!(checked(plan, script, ""), @"
    Error 1:1 P4003: the default for `Count` has the wrong type: it must be a whole number
    Warning 1:26 P4004: the default for `Count` breaks what the build plan asks of it: it must be at most 9
    Error 2:1 P4003: the default for `Flag` has the wrong type: it must be `true` or `false`
    Warning 3:1 P4004: the default for `Name` breaks what the build plan asks of it: it must have only letters of ASCII, digits and `-`
    Error 3:53 P4003: the default for `Name` has the wrong type: it must be a text
    Error 4:1 P4003: the default for `Names` has the wrong type: it must be a list
    Error 4:26 P4003: the default for `Names` has the wrong type: it must be a list, each of it a text
    Error 5:1 P4003: a default for the password `Word` stands in the script (give `()`, and ask whether there is a value)
    ");
}

#[test]
fn what_nothing_uses_or_reaches_is_found() {
    let plan = "steps = [\n  \"scripts/a.rhai\",\n  \"scripts/b.rhai\",\n  \"scripts/a.rhai\",\n]\n\
        [attribute.Unused]\ntype = \"string\"\n";
    let files = [
        ("scripts/a.rhai", "import \"shared\" as s;\ns::f();\n"),
        (
            "scripts/b.rhai",
            "if true { return; file::read(\"/a\"); }\nfail(\"no\");\n",
        ),
        ("scripts/shared.rhai", "fn f() { return 1; 2 }\n"),
        ("scripts/spare.rhai", "1"),
        ("templates/spare.j2", ""),
    ];
    insta::assert_snapshot!(checked_files(plan, &files), @"
    Warning 1:19 P1009: this statement is never reached
    Warning 1:20 P1009: this statement is never reached
    Warning P5007: no script uses the template `spare.j2`
    Warning 8:12 P5007: no script asks for the attribute `Unused`
    Warning P5007: the script `scripts/spare.rhai` is no step, and no step imports it
    Warning 6:3 P5007: the step `scripts/a.rhai` is listed twice
    Warning 6:3 P1009: the step `scripts/a.rhai` is never reached
    ");
}

#[test]
fn findings_point_at_the_build_plan_and_at_templates() {
    let plan = "name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n\
        [attribute.Spare]\ntype = \"string\"\n";
    let files = [
        ("build-plan.toml", plan),
        ("scripts/a.rhai", "template::render(\"a.j2\", #{});"),
        ("templates/a.j2", "one\n  {% if %}\n"),
    ];
    let files = files.map(|(name, text)| (name.to_owned(), text.to_owned()));
    let library = PlanLibrary::from_files(files.into()).unwrap();
    let shown = check(&library, &StandardLibrary);
    let shown = shown
        .iter()
        .map(|finding| finding.diagnostic.render(mintage_engine::Style::Plain));
    insta::assert_snapshot!(shown.collect::<String>(), @"
    error[P2014]: the template `a.j2`, line 2, fails: syntax error: unexpected end of block
     --> templates/a.j2:2:3
      |
    2 |   {% if %}
      |   ^^^^^^^^
    error[P5007]: no script asks for the attribute `Spare`
     --> build-plan.toml:4:12
      |
    4 | [attribute.Spare]
      |            ^^^^^
    ");
}

#[test]
fn the_sample_plans_are_clean() {
    let samples = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sample-plans");
    let mut checked = 0;
    for entry in std::fs::read_dir(samples).unwrap() {
        let library = PlanLibrary::load(&entry.unwrap().path()).unwrap();
        assert_eq!(said(&check(&library, &StandardLibrary)), "");
        checked += 1;
    }
    assert!(checked >= 2);
}
