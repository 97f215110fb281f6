//! What is a filter, and what is said of what is none.

use super::filter;
use mintage_records::{Filter, Operator};
use proptest::prelude::*;

/// A filter, short.
fn shown(filter: &Filter) -> String {
    let join = |filters: &[Filter], word: &str| {
        let parts: Vec<String> = filters.iter().map(shown).collect();
        format!("({})", parts.join(word))
    };
    match filter {
        Filter::All(filters) => join(filters, " & "),
        Filter::Any(filters) => join(filters, " | "),
        Filter::Not(filter) => format!("!{}", shown(filter)),
        Filter::Compare {
            field,
            operator,
            value,
        } => {
            let sign = match operator {
                Operator::Equal => "=",
                Operator::NotEqual => "<>",
                Operator::Less => "<",
                Operator::LessOrEqual => "<=",
                Operator::Greater => ">",
                Operator::GreaterOrEqual => ">=",
                Operator::Like => "~",
            };
            format!("{field}{sign}[{value}]")
        }
    }
}

#[test]
fn filters_mean_what_clients_mean_by_them() {
    let table = [
        ("\"name='OSS'\"", "name=[OSS]"),
        (" \"name='OSS'\" ", "name=[OSS]"),
        ("name='OSS'", "name=[OSS]"),
        ("name=\"OSS\"", "name=[OSS]"),
        ("\"name\" = \"OSS\"", "name=[OSS]"),
        ("'name' eq 'OSS'", "name=[OSS]"),
        ("planType=capture", "planType=[capture]"),
        ("name matches '%web%'", "name~[%web%]"),
        (r#""'name' matches 'Enet\_%'""#, "name~[Enet_%]"),
        ("size >= 10 and size lt 20", "(size>=[10] & size<[20])"),
        ("a=1 OR b=2 AND NOT c<>3", "(a=[1] | (b=[2] & !c<>[3]))"),
        ("(a=1 or b=2) and c ne 3", "((a=[1] | b=[2]) & c<>[3])"),
        ("not (a==1)", "!a=[1]"),
        ("not = and", "not=[and]"),
        ("name=''", "name=[]"),
        ("name='it''s'", "name=[it's]"),
        (r"name='it\'s'", "name=[it's]"),
        ("\"name='it's'\"", "name=[it's]"),
        ("\"name='a \"b\" c'\"", "name=[a \"b\" c]"),
        (r"name='C:\dir\\'", r"name=[C:\dir\]"),
        (
            "name='HPE - Developer 1.0 (UEFI)'",
            "name=[HPE - Developer 1.0 (UEFI)]",
        ),
        ("name=größe", "name=[größe]"),
        (
            "created>2017-01-06T12:40:07.161Z",
            "created>[2017-01-06T12:40:07.161Z]",
        ),
    ];
    for (text, expected) in table {
        let read = filter("filter", text).map(|filter| shown(&filter));
        assert_eq!(
            read.map_err(|e| e.to_string()),
            Ok(expected.to_owned()),
            "{text}"
        );
    }
}

#[test]
fn what_is_no_filter_is_refused_with_its_place() {
    let ends = "AND, OR or the end must follow; a value with blanks needs quotes";
    let sign = "`=`, `<>`, `<`, `<=`, `>`, `>=` or `matches` must stand here";
    let table = [
        (
            "",
            "the name of a field must follow",
            "character 1, at its end",
        ),
        ("name", sign, "character 5, at its end"),
        ("name=", "a value must follow", "character 6, at its end"),
        (
            "name='x",
            "the text that begins with ' does not end",
            "character 6, at `'x`",
        ),
        ("name=web one", ends, "character 10, at `one`"),
        ("größe ~ 1", sign, "character 7, at `~ 1`"),
        (
            "a=1 AND",
            "the name of a field must follow",
            "character 8, at its end",
        ),
        ("(a=1", "a `)` is missing", "character 5, at its end"),
        ("a=1)", ends, "character 4, at `)`"),
        ("\"name=\"", "a value must follow", "character 7, at `\"`"),
        (
            "= 1",
            "the name of a field must stand here",
            "character 1, at `= 1`",
        ),
    ];
    for (text, why, place) in table {
        let error = filter("filter", text).unwrap_err();
        assert_eq!(error.status.as_u16(), 400);
        let message = format!("`filter` cannot be understood: {why}");
        assert_eq!(error.envelope.message, message, "{text}");
        assert_eq!(error.envelope.details, place, "{text}");
        assert_eq!(error.envelope.error_source.as_deref(), Some("filter"));
    }
}

#[test]
fn a_filter_has_limits() {
    for (text, is_taken) in [
        (format!("{}a=1{}", "(".repeat(16), ")".repeat(16)), true),
        (format!("{}a=1{}", "(".repeat(17), ")".repeat(17)), false),
        (format!("{}a=1", "not ".repeat(1000)), false),
        (vec!["a=1"; 50].join(" or "), true),
        (vec!["a=1"; 51].join(" or "), false),
        (format!("a='{}'", "x".repeat(9000)), false),
    ] {
        let read = filter("filter", &text);
        assert_eq!(read.is_ok(), is_taken, "{text:.60}");
        assert!(read.map_or_else(|e| e.status.as_u16() == 400, |_| true));
    }
}

proptest! {
    #[test]
    fn any_text_is_a_filter_or_a_400(text in any_text()) {
        if let Err(error) = filter("filter", &text) {
            prop_assert_eq!(error.status.as_u16(), 400);
            prop_assert!(error.envelope.details.starts_with("character "));
        }
    }

    #[test]
    fn a_quoted_value_comes_through(value in "\\PC{0,20}") {
        let quoted = value.replace('\\', "\\\\").replace('\'', "''");
        let read = filter("filter", &format!("\"name='{quoted}'\"")).map(|read| shown(&read));
        prop_assert_eq!(read.map_err(|e| e.to_string()), Ok(format!("name=[{value}]")));
    }
}

/// Texts of any characters, and texts of the language's words in any order.
fn any_text() -> impl Strategy<Value = String> {
    let word = prop::sample::select(vec![
        "name", "=", "<>", "'", "\"", "x", "AND", "or", "NOT", "(", ")", "\\", " ", "é", "matches",
    ]);
    prop_oneof![
        "\\PC{0,60}",
        prop::collection::vec(word, 0..20).prop_map(|words| words.concat())
    ]
}
