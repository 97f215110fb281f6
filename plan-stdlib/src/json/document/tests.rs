//! Documents of JSON, read and edited: comments, order and the style of the file stay.

use super::*;
use crate::structured::testing::Ask::{Ensure, Remove, RemoveItem, Set};
use crate::structured::testing::{asked, check};
use crate::structured::{Change, Key, Value, edited};
use proptest::prelude::*;

#[test]
fn what_is_not_meant_stays() {
    check::<Json>(&[
        (
            "{\n  // c\n  \"a\": 1, // one\n  \"b\": [1, 2],\n}\n",
            Set("`a`", "2"),
            "{\n  // c\n  \"a\": 2, // one\n  \"b\": [1, 2],\n}\n",
        ),
        (
            "{\n    \"a\": 1\n}",
            Set("`b`", "`x`"),
            "{\n    \"a\": 1,\n    \"b\": \"x\"\n}",
        ),
        ("{\"a\": 1}", Set("`b`", "true"), "{\"a\": 1, \"b\": true}"),
        (
            "{\r\n\t\"a\": 1\r\n}\r\n",
            Set("`b`", "2"),
            "{\r\n\t\"a\": 1,\r\n\t\"b\": 2\r\n}\r\n",
        ),
        (
            "{}\n",
            Set("[`a`, `b`]", "`\"\\n`"),
            "{\n  \"a\": {\n    \"b\": \"\\\"\\\\n\"\n  }\n}\n",
        ),
        ("", Set("`a`", "()"), "{\n  \"a\": null\n}\n"),
        (
            "/* c */ {\"a\": null}",
            Set("[`a`, `b`]", "1"),
            "/* c */ {\"a\": {\"b\": 1}}",
        ),
        (
            "{\"a\": [1, \"x\", {\"b\": null}]}",
            Set("[`a`, 2, `b`]", "false"),
            "{\"a\": [1, \"x\", {\"b\": false}]}",
        ),
        ("[1, 2, 3]", Set("[1]", "[]"), "[1, [], 3]"),
        ("{\"a\": [1, 2, 1]}", RemoveItem("`a`", "1"), "{\"a\": [2]}"),
        (
            "{\n  \"a\": 1, // one\n  \"b\": 2\n}\n",
            Remove("`b`"),
            "{\n  \"a\": 1 // one\n}\n",
        ),
        (
            "{\n  \"a\": [\n    1 // one\n  ]\n}\n",
            Ensure("`a`", "2"),
            "{\n  \"a\": [\n    1, // one\n    2\n  ]\n}\n",
        ),
        ("{\"a\": [1]}", Ensure("`a`", "1"), "{\"a\": [1]}"),
        (
            "{\"a\": 1e400, \"b\": 123456789012345678901}",
            Set("`c`", "1"),
            "{\"a\": 1e400, \"b\": 123456789012345678901, \"c\": 1}",
        ),
        ("\u{feff}{\"a\": 1}", Set("`a`", "2"), "\u{feff}{\"a\": 2}"),
    ]);
}

#[test]
fn what_does_not_fit_is_an_error() {
    for (text, ask, code) in [
        ("{\"a\": 1}", Set("[`a`, `b`]", "1"), Code::P2016),
        ("{\"a\": [1]}", Set("[`a`, 1]", "1"), Code::P2008),
        ("{\"a\": {}}", Ensure("`a`", "1"), Code::P2016),
        ("{\"a\": 1, \"a\": 2}", Set("`a`", "1"), Code::P2016),
        ("{'a': 1}", Set("`a`", "1"), Code::P2016),
        ("{\"a\": 1} x", Set("`a`", "2"), Code::P2016),
        ("{", Set("`a`", "2"), Code::P2016),
        ("{}", Set("[]", "2"), Code::P2013),
    ] {
        assert_eq!(asked::<Json>(text, &ask).unwrap_err().code, code, "{text}");
    }
}

#[test]
fn hostile_texts_are_refused() {
    for text in [
        "[".repeat(1_000_000),
        "{\"a\":".repeat(500_000),
        format!("{}{}", "[".repeat(150), "]".repeat(150)),
    ] {
        assert_eq!(Json::parse(&text).unwrap_err().code, Code::P2016);
    }
}

proptest! {
    #[test]
    fn any_text_reads_back_and_nothing_else_changes(key in ".{0,12}", text in ".{0,24}") {
        let before = "{\n  // c\n  \"k\": [1, {\"x\": \"y\"}], /* d */\n  \"l\": null\n}\n";
        let change = Change::Set(Value::Text(text.clone()));
        let keys = [Key::Name(key.clone())];
        if let Some(after) = edited::<Json>(before.as_bytes(), &keys, &change).unwrap() {
            let after = String::from_utf8(after).unwrap();
            let comments = after.contains("// c\n") && after.contains("/* d */");
            prop_assert!(comments);
            // Without the comments it is what another reader takes too.
            let plain = after.replace("// c\n", "\n").replace("/* d */", "");
            let read: serde_json::Value = serde_json::from_str(&plain).unwrap();
            prop_assert_eq!(read[&key].as_str(), Some(text.as_str()));
        }
    }
}

#[test]
fn a_change_of_too_many_steps_is_refused() {
    let removed = |items: usize| {
        let text = format!("{{\"a\": [{}2]}}", "1,".repeat(items));
        let change = Change::RemoveItem(Value::Integer(1));
        edited::<Json>(text.as_bytes(), &[Key::Name("a".to_owned())], &change)
    };
    let edited = removed(100).unwrap().unwrap();
    assert_eq!(edited, b"{\"a\": [2]}");
    assert_eq!(removed(1_000_000).unwrap_err().code, Code::P2003);
}
