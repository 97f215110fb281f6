//! Edits of YAML in block and flow style, and those that are refused.

use crate::structured::testing::Ask::{Ensure, Remove, RemoveItem, Set};
use crate::structured::testing::{asked, check};
use crate::structured::{Change, Format, Key, Value, edited};
use crate::yaml::Yaml;
use mintage_engine::Code;
use proptest::prelude::*;

#[test]
fn single_values() {
    check::<Yaml>(&[
        ("a: 1 # one\nb: 2\n", Set("`a`", "5"), "a: 5 # one\nb: 2\n"),
        ("a: 'x' # c\n", Set("`a`", "`it's`"), "a: 'it''s' # c\n"),
        (
            "a: \"x\" # \u{fc}\n",
            Set("`a`", "`y`"),
            "a: \"y\" # \u{fc}\n",
        ),
        (
            "\u{fc}: \u{e9} # \u{fc}\nb: 1\n",
            Set("`b`", "2"),
            "\u{fc}: \u{e9} # \u{fc}\nb: 2\n",
        ),
        ("a: no\n", Set("`a`", "`no`"), "a: \"no\"\n"),
        ("a: no\n", Set("`a`", "false"), "a: false\n"),
        ("a: 012\n", Set("`a`", "12"), "a: 12\n"),
        ("a: 12\n", Set("`a`", "12"), "a: 12\n"),
        (
            "a: plain\n  multi # c\nb: 1\n",
            Set("`a`", "`x`"),
            "a: x # c\nb: 1\n",
        ),
        (
            "a: |\n  one\n  two\n\n# c\nb: 1\n",
            Set("`a`", "`x`"),
            "a: x\n\n# c\nb: 1\n",
        ),
        ("a: |+\n  one\n\nb: 1\n", Set("`a`", "`x`"), "a: x\nb: 1\n"),
        ("a: &x 1\n", Set("`a`", "2"), "a: &x 2\n"),
        ("a:\nb: 1\n", Set("`a`", "2"), "a: 2\nb: 1\n"),
        ("a: # c\nb: 1\n", Set("`a`", "2"), "a: 2 # c\nb: 1\n"),
        ("- 1\n-\n- 3\n", Set("[1]", "2"), "- 1\n- 2\n- 3\n"),
        (
            "a: 1\r\nb: 2\r\n",
            Set("`c`", "3"),
            "a: 1\r\nb: 2\r\nc: 3\r\n",
        ),
        (
            "--- # d\na: 1\n...\n",
            Set("`a`", "2"),
            "--- # d\na: 2\n...\n",
        ),
        ("8080: x\n", Set("`8080`", "`y`"), "8080: \"y\"\n"),
    ]);
}

#[test]
fn new_keys_and_items() {
    check::<Yaml>(&[
        ("a: 1", Set("`b`", "2"), "a: 1\nb: 2"),
        ("", Set("[`a`, `b`]", "1"), "a:\n  b: 1\n"),
        ("# c\n", Set("`a`", "1"), "# c\na: 1\n"),
        ("---\n", Set("`a`", "1"), "---\na: 1\n"),
        (
            "a:\n    b: 1 # c\n    # tail\nd: 1\n",
            Set("[`a`, `c`, `e`]", "[1, #{x: 2}]"),
            "a:\n    b: 1 # c\n    c:\n        e:\n          - 1\n          - x: 2\n    # tail\nd: 1\n",
        ),
        (
            "a:\n- x\n- y\n",
            Ensure("`a`", "`z`"),
            "a:\n- x\n- y\n- z\n",
        ),
        (
            "a:\n  - x\n  - y: 1\n    z: |\n      lit\n\nb: 1\n",
            Ensure("`a`", "#{k: 1, l: [2]}"),
            "a:\n  - x\n  - y: 1\n    z: |\n      lit\n  - k: 1\n    l:\n      - 2\n\nb: 1\n",
        ),
        ("a: [1, 2]\n", Ensure("`a`", "`3`"), "a: [1, 2, \"3\"]\n"),
        (
            "a: [\n  1, # one\n  2, # two\n]\n",
            Ensure("`a`", "3"),
            "a: [\n  1, # one\n  2, # two\n  3,\n]\n",
        ),
        (
            "a: {b: 1}\n",
            Set("[`a`, `c`]", "#{d: []}"),
            "a: {b: 1, c: {d: []}}\n",
        ),
        ("a: {}\n", Set("[`a`, `c`]", "1"), "a: {c: 1}\n"),
        ("a: {b: }\n", Set("[`a`, `c`]", "1"), "a: {b: , c: 1}\n"),
        ("a:\nb: 1\n", Set("[`a`, `c`]", "1"), "a:\n  c: 1\nb: 1\n"),
        (
            "- k: 1\n  j: 2\n- k: 3\n",
            Set("[0, `l`]", "4"),
            "- k: 1\n  j: 2\n  l: 4\n- k: 3\n",
        ),
        (
            "- - a\n  - b\n- c\n",
            Ensure("[0]", "`d`"),
            "- - a\n  - b\n  - d\n- c\n",
        ),
        ("a: x # c\n", Set("`a`", "#{b: 1}"), "a: # c\n  b: 1\n"),
        (
            "? a\n: 1\n? b\n: 2\n",
            Set("`c`", "3"),
            "? a\n: 1\n? b\n: 2\nc: 3\n",
        ),
        (
            "a: >-\n  folded\n  text\n",
            Set("`b`", "1"),
            "a: >-\n  folded\n  text\nb: 1\n",
        ),
        (
            "a: |+\n  one\n\n",
            Set("`b`", "1"),
            "a: |+\n  one\n\nb: 1\n",
        ),
        (
            "a: &m\n  d: 1\nb: *m\n",
            Set("`c`", "1"),
            "a: &m\n  d: 1\nb: *m\nc: 1\n",
        ),
    ]);
}

#[test]
fn removals() {
    check::<Yaml>(&[
        (
            "# head\na: 1 # one\n# b\nb: 2\n",
            Remove("`a`"),
            "# head\n# b\nb: 2\n",
        ),
        (
            "a:\n  x: 1\n  y:\n    - 1\n# c\nb: 2\n",
            Remove("`a`"),
            "# c\nb: 2\n",
        ),
        (
            "a:\n  x: 1 # c\nb: 2\n",
            Remove("[`a`, `x`]"),
            "a: {}\nb: 2\n",
        ),
        (
            "a: # keep\n  x: 1\nb: 2\n",
            Remove("[`a`, `x`]"),
            "a: {} # keep\nb: 2\n",
        ),
        ("a: 1\n", Remove("`a`"), "{}\n"),
        (
            "- k: 1\n  j: 2\n- k: 3\n",
            Remove("[0, `k`]"),
            "- j: 2\n- k: 3\n",
        ),
        ("- k: 1\n- k: 3\n", Remove("[0, `k`]"), "- {}\n- k: 3\n"),
        ("- a # one\n# c\n- b\n", Remove("[0]"), "# c\n- b\n"),
        ("a:\n- 1\n- 2\n- 1\n", RemoveItem("`a`", "1"), "a:\n- 2\n"),
        ("a:\n- 1\nb: 2\n", RemoveItem("`a`", "1"), "a: []\nb: 2\n"),
        ("a: [1, 2, 3]\n", Remove("[`a`, 0]"), "a: [2, 3]\n"),
        ("a: [1, 2, 3]\n", Remove("[`a`, 2]"), "a: [1, 2]\n"),
        ("a: [1,]\n", Remove("[`a`, 0]"), "a: []\n"),
        ("a: {b: 1, c: 2}\n", Remove("[`a`, `b`]"), "a: {c: 2}\n"),
        ("? a\n: 1\n? b\n: 2\n", Remove("`a`"), "? b\n: 2\n"),
        ("a: |\n  one\n\n  two\nb: 1\n", Remove("`a`"), "b: 1\n"),
        ("a:\nb: 1\n", Remove("`a`"), "b: 1\n"),
        ("-\n- b\n", Remove("[0]"), "- b\n"),
        ("a:\n  - x:\n      y: 1\n", Set("`a`", "1"), "a: 1\n"),
        (
            "a:\n  b: 1\nc: 2\n",
            Set("`a`", "[1, 2]"),
            "a:\n  - 1\n  - 2\nc: 2\n",
        ),
        (
            "a:\n- b\nc: 2\n",
            Set("`a`", "#{x: 1}"),
            "a:\n  x: 1\nc: 2\n",
        ),
        (
            "- a: 1\n  b: 2\n- c\n",
            Set("[0]", "#{x: 1, z: 2}"),
            "- x: 1\n  z: 2\n- c\n",
        ),
    ]);
}

#[test]
fn what_would_change_more_is_refused() {
    for (text, ask, code) in [
        ("a: &x 1\nb: *x\n", Set("`a`", "2"), Code::P2016),
        ("a: &x\n  c: 1\nb: *x\n", Remove("`a`"), Code::P2016),
        (
            "a: &x\n  c: 1\nb: *x\n",
            Set("[`b`, `c`]", "2"),
            Code::P2016,
        ),
        (
            "a: &x {c: 1}\nb:\n  <<: *x\n",
            Remove("[`b`, `c`]"),
            Code::P2016,
        ),
        ("a: !!map\n  c: 1\n", Set("`a`", "[1]"), Code::P2016),
        ("a: !!str 1\n", Set("`a`", "2"), Code::P2016),
        ("a: 1\n---\nb: 2\n", Set("`a`", "2"), Code::P2016),
        ("a: 1\na: 2\n", Set("`a`", "3"), Code::P2016),
        ("? [a]\n: 1\n", Set("`b`", "3"), Code::P2016),
        ("a: b: c\n", Set("`b`", "3"), Code::P2016),
        ("a: [1\n", Set("`b`", "3"), Code::P2016),
        ("a: 1\n", Set("[`a`, `b`]", "3"), Code::P2016),
        ("a: [1]\n", Set("[`a`, 1]", "3"), Code::P2008),
    ] {
        assert_eq!(asked::<Yaml>(text, &ask).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn readers_follow_references_as_far_as_is_good_for_them() {
    let text = "base: &b {x: 1, y: [1]}\nuse: *b\nmore:\n  <<: *b\n  x: 2\n";
    let read = |key: &str, name: &str| {
        let keys = [Key::Name(key.to_owned()), Key::Name(name.to_owned())];
        crate::structured::keys::find(&Yaml::read(text).unwrap(), &keys).cloned()
    };
    assert_eq!(read("use", "x"), Some(Value::Integer(1)));
    assert_eq!(read("more", "x"), Some(Value::Integer(2)));
    assert_eq!(
        read("more", "y"),
        Some(Value::List(vec![Value::Integer(1)]))
    );
    let mut bomb = "a0: &a0 [x]\n".to_owned();
    for n in 1..40 {
        let before = n - 1;
        bomb.push_str(&format!("a{n}: &a{n} [*a{before}, *a{before}]\n"));
    }
    assert_eq!(Yaml::read(&bomb).unwrap_err().code, Code::P2016);
    assert!(
        asked::<Yaml>(&bomb, &Set("`b`", "1"))
            .unwrap()
            .ends_with("]\nb: 1\n")
    );
    assert_eq!(Yaml::read("a: &a [*a]\n").unwrap_err().code, Code::P2016);
}

#[test]
fn hostile_texts_are_refused() {
    for text in [
        "[".repeat(1_000_000),
        "- ".repeat(1_000_000),
        "{a: ".repeat(500_000),
        "? ".repeat(500_000),
        (0..3000).map(|n| format!("{:n$}a:\n", "")).collect(),
    ] {
        assert_eq!(Yaml::parse(&text).unwrap_err().code, Code::P2016);
    }
}

proptest! {
    #[test]
    fn any_text_reads_back_and_nothing_else_changes(key in ".{0,12}", text in "(?s).{0,24}") {
        let before = "# c\nk:\n- 1 # d\n- {x: 'y'}\n\n# e\nt: # f\n    l: 2024-01-01\n# g\nu: v\n";
        let change = Change::Set(Value::Text(text.clone()));
        let keys = [Key::Name("t".to_owned()), Key::Name(key.clone())];
        if let Some(after) = edited::<Yaml>(before.as_bytes(), &keys, &change).unwrap() {
            let after = String::from_utf8(after).unwrap();
            let start = after.starts_with("# c\nk:\n- 1 # d\n- {x: 'y'}\n\n# e\nt: # f\n    ");
            let end = after.ends_with("\n# g\nu: v\n");
            prop_assert!(start && end);
        }
    }

    /// Whatever the text: it is edited right, or not at all, and nothing panics.
    #[test]
    fn odd_texts_are_edited_right_or_refused(
        parts in prop::collection::vec(
            prop_oneof![
                Just("a: "), Just("b:"), Just("\n"), Just("\n  "), Just("\n    "), Just("- "), Just("[1, "),
                Just("]"), Just("{c: "), Just("}"), Just("# x\n"), Just("&x "), Just("*x"), Just("|\n"),
                Just("'q'"), Just("\"d\""), Just("é"), Just(", "), Just("? "), Just(": "), Just("!t "), Just("z"),
            ],
            0..14,
        ),
    ) {
        let text = parts.concat();
        for ask in [Set("`a`", "`x`"), Set("[`b`, `c`]", "#{d: [1, #{e: 2}]}"), Remove("`a`"), Ensure("`b`", "1"), Set("[0]", "[1]")] {
            let _ = asked::<Yaml>(&text, &ask);
        }
    }
}
