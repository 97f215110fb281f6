//! Documents of TOML, read and edited: comments, order and the style of the file stay.

use super::*;
use crate::structured::testing::Ask::{Ensure, Remove, RemoveItem, Set};
use crate::structured::testing::{asked, check};
use crate::structured::{Change, edited};
use proptest::prelude::*;

#[test]
fn what_is_not_meant_stays() {
    check::<Toml>(&[
        (
            "# c\na = 1 # one\n\n# t\n[t]\nx = 'y'\n",
            Set("`a`", "2"),
            "# c\na = 2 # one\n\n# t\n[t]\nx = 'y'\n",
        ),
        ("a = 1", Set("`b`", "`x`"), "a = 1\nb = \"x\""),
        (
            "a = 1\r\n[t]\r\nb = 2\r\n",
            Set("[`t`, `c`]", "true"),
            "a = 1\r\n[t]\r\nb = 2\r\nc = true\r\n",
        ),
        (
            "[a.b]\nc = 1\n",
            Set("[`a`, `b`, `c`]", "[1, 2]"),
            "[a.b]\nc = [1, 2]\n",
        ),
        (
            "a = {b = 1}\n",
            Set("[`a`, `c`]", "#{d: 1}"),
            "a = {b = 1, c = { d = 1 } }\n",
        ),
        ("", Set("[`a`, `b`]", "1"), "[a]\nb = 1\n"),
        ("a.b = 1\na.c = 2\n", Remove("[`a`, `b`]"), "a.c = 2\n"),
        (
            "# head\n\n# one\na = 1 # x\nb = 2\n",
            Remove("`a`"),
            "# head\n\n# one\nb = 2\n",
        ),
        (
            "# head\n\n[a]\nx = 1\n# in\n[a.b]\ny = 2\n\n# c\n[c]\nz = 3\n",
            Remove("`a`"),
            "# head\n\n# in\n\n# c\n[c]\nz = 3\n",
        ),
        (
            "[[s]]\nn = 1\n\n# two\n[[s]]\nn = 2\n",
            Ensure("`s`", "#{n: 3}"),
            "[[s]]\nn = 1\n\n# two\n[[s]]\nn = 2\n\n[[s]]\nn = 3\n",
        ),
        (
            "[[s]]\nn = 1\n[[s]]\nn = 2\n",
            Remove("[`s`, 0]"),
            "[[s]]\nn = 2\n",
        ),
        (
            "[[s]]\nn = 1\n[[s]]\nn = 2\n",
            Set("[`s`, 1, `n`]", "3"),
            "[[s]]\nn = 1\n[[s]]\nn = 3\n",
        ),
        (
            "l = [\n  1, # one\n  2, # two\n]\n",
            Ensure("`l`", "3"),
            "l = [\n  1, # one\n  2, # two\n  3,\n]\n",
        ),
        ("l = [1, 2]\n", Ensure("`l`", "3"), "l = [1, 2, 3]\n"),
        (
            "l = [\"a\", \"b\", \"a\"]\n",
            RemoveItem("`l`", "`a`"),
            "l = [\"b\"]\n",
        ),
        ("l = [1, 2]\n", Set("[`l`, 0]", "5"), "l = [5, 2]\n"),
        (
            "d = 2024-01-01\nf = 1.50\n",
            Set("`a.b`", "1"),
            "d = 2024-01-01\nf = 1.50\n\"a.b\" = 1\n",
        ),
        (
            "m = \"\"\"\n# no comment\n[no]\n\"\"\"\nn = 1\n",
            Remove("`m`"),
            "n = 1\n",
        ),
    ]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    for (text, ask, code) in [
        ("a = 1\n", Set("[`a`, `b`]", "1"), Code::P2016),
        ("a = 1\na = 2\n", Set("`a`", "1"), Code::P2016),
        ("a = 1\r\nb = 2\n", Set("`a`", "2"), Code::P2016),
        ("a = 1\n", Set("`b`", "()"), Code::P2013),
        ("[a\n", Set("`a`", "2"), Code::P2016),
    ] {
        assert_eq!(asked::<Toml>(text, &ask).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn hostile_texts_are_refused() {
    for text in [
        format!("a = {}", "[".repeat(1_000_000)),
        format!("a = {}", "{a=".repeat(500_000)),
        format!("[{}a]", "a.".repeat(500_000)),
        format!("{}a = 1", "a.".repeat(500_000)),
    ] {
        assert_eq!(Toml::parse(&text).unwrap_err().code, Code::P2016);
    }
}

proptest! {
    #[test]
    fn any_text_reads_back_and_nothing_else_changes(key in ".{1,12}", text in "(?s).{0,24}") {
        let before = "# c\nk = [1, { x = 'y' }] # d\n\n# e\n[t] # f\nl = 2024-01-01\n";
        let change = Change::Set(Value::Text(text.clone()));
        let keys = [Key::Name("t".to_owned()), Key::Name(key.clone())];
        if let Some(after) = edited::<Toml>(before.as_bytes(), &keys, &change).unwrap() {
            let after = String::from_utf8(after).unwrap();
            let start = after.starts_with("# c\nk = [1, { x = 'y' }] # d\n\n# e\n[t] # f\n");
            prop_assert!(start);
        }
    }
}
