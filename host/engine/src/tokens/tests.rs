//! Tokens found in scripts, hostile ones in bounded time.

use super::*;
use proptest::prelude::*;

fn texts(source: &str) -> Vec<&str> {
    tokens(source).iter().map(|token| token.text).collect()
}

#[test]
fn tokens_are_found() {
    for (source, expected) in [
        (
            "file::read(path)",
            &["file", "::", "read", "(", "path", ")"][..],
        ),
        ("a // b\n/* c /* d */ e */ f", &["a", "f"]),
        (
            "1.5e3 + 1..2 + 0xff.x",
            &["1.5e3", "+", "1", "..", "2", "+", "0xff", ".", "x"],
        ),
        (
            "'a' '\\'' \"b\\\"c\" d",
            &["'a'", "'\\''", "\"b\\\"c\"", "d"],
        ),
        ("#{a: #\"x\"y\"#}", &["#{", "a", ":", "#\"x\"y\"#", "}"]),
        (
            "`a${b + `c${d}`}e` f",
            &["`a${", "b", "+", "`c${", "d", "}`", "}e`", "f"],
        ),
        (
            "`${#{a: {1}}}`",
            &["`${", "#{", "a", ":", "{", "1", "}", "}", "}`"],
        ),
        ("\"open", &["\"open"]),
        ("\"open\nnext", &["\"open", "next"]),
    ] {
        assert_eq!(texts(source), expected, "{source}");
    }
}

#[test]
fn literals_say_what_rhai_reads() {
    let engine = rhai::Engine::new_raw();
    for source in [
        r#""plain""#,
        r#""tab\tquote\" \x41 \u00e9 \U0001F600 back\\""#,
        "\"goes \\\n      on\"",
        "    \"goes \\\n   on\"",
        r##"#"raw " \n"#"##,
        "`back``tick\nlines`",
    ] {
        let expected = engine.eval::<String>(source).unwrap();
        assert_eq!(tokens(source)[0].kind, Kind::Text(expected), "{source}");
    }
}

#[test]
fn places_count_characters() {
    let all = tokens("é = \"漢字\";\n\tx");
    let places: Vec<_> = all.iter().map(|t| (t.line, t.column, t.width())).collect();
    assert_eq!(
        places,
        [(1, 1, 1), (1, 3, 1), (1, 5, 4), (1, 9, 1), (2, 2, 1)]
    );
}

proptest! {
    #[test]
    fn any_text_is_read_to_its_end(source in "[a-z0-9 \"'`#${}()/*.:\\\\\né]{0,60}") {
        let total: usize = tokens(&source).iter().map(|token| token.text.len()).sum();
        prop_assert!(total <= source.len());
    }
}
