//! Edits of INI files that keep the rest byte for byte.

use super::*;

const FILE: &str = "top = 1\n# c\n[Time]\n#NTP=\nNTP=a\n\n[Other]\n  key  =  v ; not a comment\nplain\n\n[Time]\nNTP = b\n";

fn set(content: &str, section: &str, key: &str, value: &str) -> Option<String> {
    let document = Document::parse(content.as_bytes()).unwrap();
    let edited = document.set(section, key, value).unwrap();
    edited.map(|bytes| String::from_utf8(bytes).unwrap())
}

fn get(content: &str, section: &str, key: &str) -> Option<String> {
    let document = Document::parse(content.as_bytes()).unwrap();
    document
        .get(section, key)
        .map(|bytes| String::from_utf8(bytes).unwrap())
}

#[test]
fn reading() {
    for (section, key, expected) in [
        ("", "top", Some("1")),
        ("Time", "NTP", Some("b")),
        ("Other", "key", Some("v ; not a comment")),
        ("Other", "plain", None),
        ("Time", "key", None),
        ("Nowhere", "NTP", None),
    ] {
        assert_eq!(
            get(FILE, section, key).as_deref(),
            expected,
            "[{section}] {key}"
        );
    }
    let document = Document::parse(FILE.as_bytes()).unwrap();
    assert_eq!(document.sections(), [&b"Time"[..], b"Other"]);
    assert_eq!(document.keys("Time"), [b"NTP"]);
}

#[test]
fn setting_changes_one_line_only() {
    for (content, section, key, value, expected) in [
        ("[a]\nk=1\n", "a", "k", "2", Some("[a]\nk=2\n")),
        (
            "[a]\n  k  =  1\r\n",
            "a",
            "k",
            "2",
            Some("[a]\n  k  =  2\r\n"),
        ),
        ("[a]\nk=1\n", "a", "k", "1", None),
        ("[a]\nk = 1", "a", "l", "2", Some("[a]\nk = 1\nl = 2")),
        (
            "[a]\nk=1\n\n# about b\n[b]\n",
            "a",
            "l",
            "2",
            Some("[a]\nk=1\nl=2\n\n# about b\n[b]\n"),
        ),
        ("[a]\n#k=\n", "a", "k", "2", Some("[a]\nk=2\n#k=\n")),
        ("", "a", "k", "2", Some("[a]\nk=2\n")),
        (
            "[b]\nx = 1\n",
            "a",
            "k",
            "2",
            Some("[b]\nx = 1\n\n[a]\nk = 2\n"),
        ),
        ("[b]\n", "", "k", "2", Some("k=2\n[b]\n")),
        ("k=\n", "", "k", "2", Some("k=2\n")),
        ("k=1\nk=2\n", "", "k", "3", Some("k=1\nk=3\n")),
        (
            "[a]\nk=1 \\\n  2 \\\n  3\nl=4\n",
            "a",
            "k",
            "5",
            Some("[a]\nk=5\nl=4\n"),
        ),
    ] {
        assert_eq!(
            set(content, section, key, value).as_deref(),
            expected,
            "{content:?}"
        );
    }
}

#[test]
fn a_value_may_go_on_in_the_next_line() {
    assert_eq!(get("[a]\nk=1 \\\n2\nl=3", "a", "k").unwrap(), "1 \\\n2");
    assert_eq!(get("[a]\nk=1\\", "a", "k").unwrap(), "1\\");
    assert_eq!(get("[a]\nk=1 \\\nl=2\n", "a", "l"), None);
}

#[test]
fn removing() {
    let document = Document::parse(FILE.as_bytes()).unwrap();
    let removed = document.remove_key("Time", "NTP").unwrap().unwrap();
    let expected = FILE.replace("NTP=a\n", "").replace("NTP = b\n", "");
    assert_eq!(removed, expected.as_bytes());
    let removed = document.remove_section("Time").unwrap().unwrap();
    assert_eq!(
        String::from_utf8(removed).unwrap(),
        "top = 1\n# c\n[Other]\n  key  =  v ; not a comment\nplain\n\n"
    );
    assert_eq!(document.remove_key("Time", "x").unwrap(), None);
    assert_eq!(document.remove_section("x").unwrap(), None);
}

#[test]
fn files_of_another_form() {
    let error = Document::parse(b"\n[open\n").unwrap_err();
    insta::assert_snapshot!(error.message, @"line 2 starts a section and does not end it: `[open`");
    let document = Document::parse(b"\xff\0[\n=\n= 1\n").unwrap();
    assert_eq!(document.keys(""), [b""]);
}

proptest::proptest! {
    #[test]
    fn what_was_set_is_read_back_and_nothing_else_changes(
        content in "(([a-c]=[0-9]?|\\[[a-c]\\]|#[a-z]?|)(\n|\r\n)){0,12}",
        section in "[a-d]?",
        key in "[a-d]",
        value in "[x-z ]{0,3}[x-z]",
    ) {
        let document = Document::parse(content.as_bytes()).unwrap();
        if let Some(new) = document.set(&section, &key, value.trim()).unwrap() {
            let after = Document::parse(&new).unwrap();
            proptest::prop_assert_eq!(after.get(&section, &key).unwrap(), value.trim().as_bytes());
            proptest::prop_assert_eq!(after.set(&section, &key, value.trim()).unwrap(), None);
            let grown = after.lines.len() - document.lines.len();
            proptest::prop_assert!(grown <= 3);
        }
    }
}
