//! Templates rendered, refused and bounded.

use super::*;
use crate::test_world::TestWorld;
use rhai::Map;
use std::time::{Duration, Instant};

fn rendered(source: &str, variables: &[(&str, Dynamic)]) -> Result<Content, PlanError> {
    let world = TestWorld::debian().with_template("main.j2", source);
    let entries = variables
        .iter()
        .map(|(key, value)| ((*key).into(), value.clone()));
    let variables = Dynamic::from_map(entries.collect::<Map>());
    render(&world, "main.j2", &variables, 64 * 1024)
}

fn text(source: &str, variables: &[(&str, Dynamic)]) -> String {
    match rendered(source, variables).unwrap() {
        Content::Text(text) => text.to_string(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn blocks_leave_no_empty_lines_and_the_last_line_break_stays() {
    let names = Dynamic::from_array(vec!["a".into(), "b".into()]);
    let source = "start\n  {% for name in names %}\n- {{ name }}\n  {% endfor %}\nend\n";
    assert_eq!(text(source, &[("names", names)]), "start\n- a\n- b\nend\n");
}

#[test]
fn nothing_is_escaped_unless_it_is_asked_for() {
    let world = TestWorld::debian().with_template("page.html", "{{ x }} {{ x | xml }}");
    let variables = Dynamic::from_map(Map::from([("x".into(), "<b>".into())]));
    let content = render(&world, "page.html", &variables, 1000).unwrap();
    assert_eq!(content.as_bytes(), b"<b> &lt;b&gt;");
}

#[test]
fn templates_use_templates_of_the_library_only() {
    let world = TestWorld::debian()
        .with_template(
            "main.j2",
            "{% include 'parts/a.j2' %}|{% include 'no' ignore missing %}",
        )
        .with_template(
            "parts/a.j2",
            "{% from 'parts/b.j2' import twice %}{{ twice('x') }}",
        )
        .with_template(
            "parts/b.j2",
            "{% macro twice(x) %}{{ x }}{{ x }}{% endmacro %}",
        )
        .with_template("../outside", "no")
        .with_template("/etc/passwd", "no");
    let none = Dynamic::from_map(Map::new());
    assert_eq!(
        render(&world, "main.j2", &none, 1000).unwrap().as_bytes(),
        b"xx|"
    );
    for name in ["../outside", "/etc/passwd", "missing.j2", ""] {
        assert_eq!(
            render(&world, name, &none, 1000).unwrap_err().code,
            Code::P2014,
            "{name}"
        );
    }
    let error = rendered("{% include '../outside' %}", &[]).unwrap_err();
    assert_eq!(error.code, Code::P2014);
}

#[test]
fn errors_name_the_innermost_template_and_line() {
    let world = TestWorld::debian()
        .with_template("main.j2", "\n{% include 'part.j2' %}")
        .with_template("part.j2", "a\nb\n{{ nobody }}");
    let error = render(&world, "main.j2", &Dynamic::from_map(Map::new()), 1000).unwrap_err();
    insta::assert_snapshot!(error.message, @"the template `part.j2`, line 3, fails: `nobody` has no value");
}

#[test]
fn a_secret_makes_the_text_a_secret_and_stays_out_of_errors() {
    let secret = Dynamic::from(Secret::new("hunter2"));
    let nested = Dynamic::from_map(Map::from([("password".into(), secret.clone())]));
    let content = rendered("user={{ ops.password }}", &[("ops", nested)]).unwrap();
    assert!(content.is_secret());
    assert_eq!(content.as_bytes(), b"user=hunter2");
    for source in [
        "{{ p | int }}",
        "{{ p + 1 }}",
        "{% for x in p.y %}{% endfor %}",
        "{% include p %}",
        "{{ p() }}",
    ] {
        let error = rendered(source, &[("p", secret.clone())]).unwrap_err();
        assert!(
            !format!("{error:?}").contains("hunter2"),
            "{source}: {error:?}"
        );
    }
}

#[test]
fn bombs_end_soon_with_a_named_error() {
    let bombs = [
        "{% for a in range(100000) %}{% for b in range(100000) %}{% endfor %}{% endfor %}",
        "{{ 'x' * 10 ** 9 }}",
        "{{ 'x' * 90000000 }}",
        "{{ [1] * 90000000 }}",
        "{% set ns = namespace(x='x') %}{% for i in range(40) %}{% set ns.x = ns.x ~ ns.x %}{% endfor %}",
        "{% macro m() %}{{ m() }}{{ m() }}{% endmacro %}{{ m() }}",
        "{% include 'main.j2' %}",
        "{% extends 'main.j2' %}",
        "{{ range(1000000000) | json }}",
        "{{ range(1000000000) | list }}",
        "{{ '%999999999d' | format(1) }}",
        "{% for i in range(100000) %}0123456789{% endfor %}",
        "{{ 'ab' | indent(999999999) }}",
        "{{ 9 ** 9 ** 9 }}",
        "{{ ([1] * 3000000) ~ 'x' }}",
        "{{ ([1] * 3000000) | string }}",
        "{{ ([1] * 90000000) | join }}",
        "{{ ([1] * 90000000) | sort }}",
    ];
    for source in bombs {
        let start = Instant::now();
        let error = rendered(source, &[]).unwrap_err();
        let named = matches!(error.code, Code::P2003 | Code::P2014 | Code::P2015);
        assert!(named, "{source}: {error:?}");
        assert!(
            start.elapsed() < Duration::from_secs(60),
            "{source}: {:?}",
            start.elapsed()
        );
    }
    let deep = format!("{{{{ {}", "(".repeat(100_000));
    assert_eq!(rendered(&deep, &[]).unwrap_err().code, Code::P2014);
}

#[test]
fn steps_and_output_have_codes_of_their_own() {
    let endless = "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}";
    assert_eq!(rendered(endless, &[]).unwrap_err().code, Code::P2015);
    let long = "{% for a in range(9999) %}0123456789{% endfor %}";
    assert_eq!(rendered(long, &[]).unwrap_err().code, Code::P2003);
}

#[test]
fn only_text_and_numbers_are_written_as_they_are() {
    assert_eq!(
        text("{{ 1 }} {{ true }} {{ [1, 'a'] | json }}", &[]),
        "1 true [1,\"a\"]"
    );
    for source in ["{{ [1] }}", "{{ {'a': 1} }}", "{{ none }}", "{{ nothing }}"] {
        assert_eq!(
            rendered(source, &[]).unwrap_err().code,
            Code::P2014,
            "{source}"
        );
    }
}

#[test]
fn variables_that_no_template_can_use_are_refused() {
    let error = rendered("{{ f }}", &[("f", Dynamic::from(rhai::Blob::new()))]).unwrap_err();
    assert_eq!(error.code, Code::P2006);
}

#[test]
fn a_template_is_parsed_without_rendering_it() {
    assert_eq!(
        variables("a.j2", "{{ unknown }} {% include \"other.j2\" %}"),
        Ok(BTreeSet::from(["unknown".to_owned()]))
    );
    let error = variables("a.j2", "one\n{% if %}").unwrap_err().error;
    assert_eq!(error.code, Code::P2014);
    assert!(
        error
            .message
            .starts_with("the template `a.j2`, line 2, fails: syntax error")
    );
    let large = " ".repeat(MAX_SOURCE + 1);
    assert_eq!(
        variables("a.j2", &large).unwrap_err().error.code,
        Code::P2003
    );
}
