//! Elements and attributes of XML, edited where they stand.

use super::*;
use proptest::prelude::*;
use rhai::{Dynamic, Engine};

fn script(source: &str) -> Dynamic {
    Engine::new_raw().eval(source).unwrap()
}

fn made(text: &str, act: &str, at: &str, value: &str) -> Result<String, PlanError> {
    let at = keys::keys(&script(at)).unwrap();
    let value = Value::of(&script(value)).unwrap().0;
    let edited = match act {
        "set" => set(text, &at, &value),
        "ensure" => ensure_item(text, &at, &value),
        "remove" => remove(text, &at),
        _ => remove_item(text, &at, &value),
    };
    Ok(edited?.map_or_else(|| text.to_owned(), |new| String::from_utf8(new).unwrap()))
}

#[test]
fn what_is_not_meant_stays() {
    let doctype = "<?xml version=\"1.0\"?>\n<!DOCTYPE f SYSTEM \"urn:x\">\n<!-- c -->\n<f>\n\t<a b='1'>x</a>\n</f>\n";
    for (text, act, at, value, expected) in [
        (
            "<a><b>1</b></a>",
            "set",
            "[`a`, `b`]",
            "`<&\"'>`",
            "<a><b>&lt;&amp;&quot;&#39;&gt;</b></a>",
        ),
        (
            "<a>\n  <b/>\n</a>\n",
            "set",
            "[`a`, `b`]",
            "`x`",
            "<a>\n  <b>x</b>\n</a>\n",
        ),
        (
            "<a>\n  <b/>\n</a>\n",
            "set",
            "[`a`, `c`, `d`]",
            "1",
            "<a>\n  <b/>\n  <c>\n    <d>1</d>\n  </c>\n</a>\n",
        ),
        (
            "<a b = \"1\" />",
            "set",
            "[`a`, `@b`]",
            "`2`",
            "<a b = \"2\" />",
        ),
        (
            "<a b=\"x>y\" />",
            "set",
            "[`a`, `@c`]",
            "`2`",
            "<a b=\"x>y\" c=\"2\" />",
        ),
        (
            "",
            "set",
            "[`a`, `b`]",
            "true",
            "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<a>\n  <b>true</b>\n</a>\n",
        ),
        (
            doctype,
            "set",
            "[`f`, `a`, `@b`]",
            "`\"'`",
            &doctype.replace("'1'", "'&quot;&#39;'"),
        ),
        (
            doctype,
            "ensure",
            "[`f`, `a`]",
            "#{\"@b\": 2, c: [\"x\", #{}]}",
            &doctype.replace(
                "</a>\n",
                "</a>\n\t<a b=\"2\">\n\t\t<c>x</c>\n\t\t<c/>\n\t</a>\n",
            ),
        ),
        (
            doctype,
            "ensure",
            "[`f`, `a`]",
            "#{\"@b\": 1, \"#text\": `x`}",
            doctype,
        ),
        (
            doctype,
            "remove",
            "[`f`, `a`]",
            "()",
            &doctype.replace("\t<a b='1'>x</a>\n", ""),
        ),
        (
            doctype,
            "remove",
            "[`f`, `a`, `@b`]",
            "()",
            &doctype.replace(" b='1'", ""),
        ),
        (
            "<a><b/>\r\n<c/></a>",
            "remove_item",
            "[`a`, `b`]",
            "#{}",
            "<a>\r\n<c/></a>",
        ),
        (
            "<a><b>1</b><c/><b>1</b></a>",
            "remove_item",
            "[`a`, `b`]",
            "1",
            "<a><c/></a>",
        ),
        (
            "<a><b/><b/></a>",
            "set",
            "[`a`, `b`, 1, `@x`]",
            "1",
            "<a><b/><b x=\"1\"/></a>",
        ),
        (
            "<x:a xmlns:x=\"u\"><x:b/></x:a>",
            "set",
            "[`x:a`, `x:b`]",
            "1",
            "<x:a xmlns:x=\"u\"><x:b>1</x:b></x:a>",
        ),
        (
            "<a><!-- <b> --><b>1</b></a>",
            "set",
            "[`a`, `b`]",
            "2",
            "<a><!-- <b> --><b>2</b></a>",
        ),
        (
            "<a><![CDATA[<b>]]></a>",
            "set",
            "[`a`]",
            "`<b>`",
            "<a><![CDATA[<b>]]></a>",
        ),
    ] {
        match made(text, act, at, value) {
            Ok(edited) => assert_eq!(edited, expected, "from {text:?}"),
            Err(error) => panic!("{act} {at} in {text:?}: {error:?}"),
        }
    }
}

#[test]
fn what_does_not_fit_is_an_error() {
    for (text, act, at, value, code) in [
        ("<a><b/><b/></a>", "set", "[`a`, `b`]", "1", Code::P2016),
        ("<a><b/></a>", "set", "[`a`]", "1", Code::P2016),
        ("<a><b/></a>", "set", "[`a`, `b`, 1]", "1", Code::P2008),
        ("<a>x</a>", "set", "[`a`, `b`]", "1", Code::P2016),
        ("<a/>", "set", "[`b`]", "1", Code::P2008),
        ("<a/>", "set", "[`a`, `b c`]", "1", Code::P2013),
        ("<a/>", "set", "[`a`, `@b><c`]", "1", Code::P2013),
        ("<a/>", "set", "[`a`]", "\"\\x01\"", Code::P2013),
        ("<a/>", "remove", "[`a`]", "()", Code::P2016),
        ("<a/>", "remove", "[`@b`, `a`]", "()", Code::P2013),
        ("<a>&x;</a>", "set", "[`a`]", "1", Code::P2016),
        (
            "<!DOCTYPE a [<!ENTITY x \"y\">]><a>&x;</a>",
            "set",
            "[`a`]",
            "1",
            Code::P2016,
        ),
        (
            "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a/>",
            "set",
            "[`a`]",
            "1",
            Code::P2016,
        ),
        ("<a><b></a>", "set", "[`a`]", "1", Code::P2016),
    ] {
        let found = made(text, act, at, value).map_err(|error| error.code);
        assert_eq!(found, Err(code), "{act} {at} in {text:?}");
    }
}

#[test]
fn hostile_texts_are_refused() {
    let deep = format!("{}{}", "<a>".repeat(200_000), "</a>".repeat(200_000));
    let wide = format!("<a>{}</a>", "<b/>".repeat(900_000));
    for text in [deep, wide] {
        let error = set(
            &text,
            &[Key::Name("a".into()), Key::Name("c".into())],
            &Value::Null,
        );
        assert_eq!(error.unwrap_err().code, Code::P2016);
    }
}

proptest! {
    #[test]
    fn any_text_reads_back_and_nothing_else_changes(text in "[\t\n -\u{d7ff}]{0,24}") {
        let before = "<!-- c -->\n<a k=\"v\">\n  <b>1</b> <!-- d -->\n</a>\n";
        for at in [vec!["a", "b"], vec!["a", "@k"], vec!["a", "@l"], vec!["a", "c"]] {
            let at: Vec<Key> = at.into_iter().map(|name| Key::Name(name.to_owned())).collect();
            let edited = set(before, &at, &Value::Text(text.clone()));
            let edited = match edited {
                Ok(edited) => edited.map_or_else(|| before.to_owned(), |new| String::from_utf8(new).unwrap()),
                Err(error) => { prop_assert_eq!(error.code, Code::P2013); continue }
            };
            let comments = edited.starts_with("<!-- c -->\n<a ") && edited.contains(" <!-- d -->\n");
            prop_assert!(comments);
        }
    }
}
