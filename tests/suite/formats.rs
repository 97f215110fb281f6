//! What editors and template filters write, as the real parsers of these formats read it.

use mintage_engine::Value as PlanValue;
use mintage_test_support::environment::project;
use mintage_test_support::{Guest, Need, lane};
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};

/// A file before, the edits, the parser, and what it must read.
type Edited = (&'static str, &'static str, &'static str, Value);

fn edited() -> Vec<Edited> {
    vec![
        (
            "[main]\n# of plugins\nplugins=keyfile\n\n[device]\nmatch = *\n",
            r#"ini::set(F, "main", "dns", "none; # no"); ini::set(F, "new", "k", "a = b"); ini::remove(F, "device", "match");"#,
            "ini",
            json!({"main": {"plugins": "keyfile", "dns": "none; # no"}, "device": {}, "new": {"k": "a = b"}}),
        ),
        (
            "[a]\nk = 1\nK = 2\n[b]\nk = 3\n",
            r#"ini::set(F, "b", "k", "100%"); ini::remove(F, "a");"#,
            "ini",
            json!({"b": {"k": "100%"}}),
        ),
        (
            "<?xml version=\"1.0\"?>\n<!-- of the zone -->\n<zone target=\"DROP\">\n  <short>Public</short>\n  <port port=\"22\"/>\n</zone>\n",
            r#"xml::set(F, ["zone", "short"], "<A> & \"B\""); xml::set(F, ["zone", "@target"], "x\"y<"); xml::set(F, ["zone", "port", "@port"], "443");"#,
            "xml",
            json!(["zone", {"target": "x\"y<"}, "", [["short", {}, "<A> & \"B\"", []], ["port", {"port": "443"}, "", []]]]),
        ),
        (
            "<a><b>1</b><c/><b>2</b></a>",
            r#"xml::remove(F, ["a", "c"]); xml::set(F, ["a", "b", 1], "zwei"); xml::set(F, ["a", "d", "e"], "neu");"#,
            "xml",
            json!([
                "a",
                {},
                "",
                [
                    ["b", {}, "1", []],
                    ["b", {}, "zwei", []],
                    ["d", {}, "", [["e", {}, "neu", []]]]
                ]
            ]),
        ),
        (
            "# head\nA=1 # one\nexport B='two'\n",
            r#"shell_vars::set(F, "A", "it's $(id) `id` \"q\" \\ $HOME"); shell_vars::set(F, "C", "a;b|c & d");"#,
            "shell",
            json!({"A": "it's $(id) `id` \"q\" \\ $HOME", "B": "two", "C": "a;b|c & d"}),
        ),
        (
            "# net\nnet.a = 1\n#net.b = 2\nnet.c=3\n",
            r#"key_value::set(F, "net.a", "9"); key_value::set(F, "net.b", "x y"); key_value::remove(F, "net.c");"#,
            "key_value",
            json!({"net.a": "9", "net.b": "x y"}),
        ),
        (
            "UMASK\t\t022\n#HOME_MODE\t0700\n",
            r#"key_value::set(F, "UMASK", "077"); key_value::set(F, "HOME_MODE", "0750");"#,
            "key_value",
            json!({"UMASK": "077", "HOME_MODE": "0750"}),
        ),
    ]
}

#[test]
fn editors_write_what_parsers_read() {
    if !lane::can_run("formats", &[Need::Program("python3")]) {
        return;
    }
    let (mut texts, mut expected) = (Vec::new(), Vec::new());
    for (before, script, reader, model) in edited() {
        let guest = Guest::layout("debian-12").with_file("/srv/f", before);
        let text = guest
            .ran(&format!("const F = \"/srv/f\";\n{script}"))
            .read("/srv/f");
        texts.push((reader.to_owned(), text));
        expected.push(model);
    }
    for ((found, expected), (_, text)) in parsed(&texts).iter().zip(&expected).zip(&texts) {
        assert_eq!(found, expected, "{text}");
    }
}

/// The filters, and which of these characters each refuses to write anywhere in a value.
const FILTERS: [(&str, &str); 6] = [
    ("sh", "\0"),
    ("json", ""),
    ("yaml", ""),
    ("toml", ""),
    ("xml", "\0\u{1b}"),
    ("ini", "\0\n\r\u{1b}\u{7f}\u{85}"),
];

/// Values that would mean something else, or break out, if they were written as they are.
fn hostile() -> Vec<String> {
    let mut values: Vec<String> = [
        "",
        " ",
        "plain",
        "no",
        "012",
        "1e3",
        "~",
        "null",
        "- a",
        "a: b",
        "# c",
        "a # c",
        "'",
        "\"",
        "it's",
        "$(id)",
        "`id`",
        "$HOME",
        "${x}",
        "a\nb",
        "a\r\nb",
        "\t",
        " blank ",
        "]]>",
        "<b>",
        "&amp;",
        "-- ",
        "%n %% %(x)s",
        ";",
        "a;b",
        "=",
        "[s]",
        "\\",
        "\\n",
        "\\'",
        "é ü 漢 🦀",
        "\u{1b}[31m",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{7f}",
        "\0",
        "a\0b",
        "!",
        "*",
        "&a",
        "{a: b}",
        "@",
        "|",
        ">",
    ]
    .map(str::to_owned)
    .into();
    values.push("x".repeat(10_000));
    // More of them, drawn from the characters above by a generator with a fixed start.
    let characters: Vec<char> = values.concat().chars().filter(|c| *c != 'x').collect();
    let mut state = 1_u64;
    for length in (1..13).cycle().take(100) {
        let mut value = String::new();
        for _ in 0..length {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            value.push(characters[usize::try_from(state >> 40).unwrap() % characters.len()]);
        }
        values.push(value);
    }
    values
}

#[test]
fn filters_write_what_parsers_read_back() {
    if !lane::can_run("formats", &[Need::Program("python3")]) {
        return;
    }
    let values = hostile();
    for (filter, refuses) in FILTERS {
        let texts = quoted(filter, &values);
        let (mut written, mut meant) = (Vec::new(), Vec::new());
        for (value, text) in values.iter().zip(texts) {
            let is_refused = value.contains(|c| refuses.contains(c))
                || (filter == "ini" && (value.trim() != value || value.ends_with('\\')));
            assert_eq!(text.is_none(), is_refused, "{filter} {value:?}");
            let Some(text) = text else { continue };
            let text = match filter {
                "xml" => format!("<v a=\"{text}\">{text}</v>"),
                _ => text,
            };
            written.push((format!("{filter}_value"), text));
            meant.push(json!(value));
        }
        assert!(written.len() > 40, "{filter} refuses nearly all");
        for ((found, meant), (_, text)) in parsed(&written).iter().zip(&meant).zip(&written) {
            assert_eq!(found, meant, "{filter}: {text:?}");
        }
    }
}

/// What the filter makes of each value; none where it refuses it.
fn quoted(filter: &str, values: &[String]) -> Vec<Option<String>> {
    let list = values.iter().cloned().map(PlanValue::Text).collect();
    let guest = Guest::layout("debian-12")
        .with_attribute("Values", PlanValue::List(list))
        .with_template("one.j2", &format!("{{{{ value | {filter} }}}}"));
    let script = r#"
        let number = 0;
        for value in attribute("Values") {
            try {
                file::write(`/srv/${number}`, template::render("one.j2", #{ value: value }));
            } catch (error) {
                if error.code != "P2014" { throw error; }
            }
            number += 1;
        }
    "#;
    let guest = guest.ran(script);
    let paths = (0..values.len()).map(|number| format!("/srv/{number}"));
    paths
        .map(|path| {
            guest
                .tree()
                .exists(&path)
                .unwrap()
                .then(|| guest.read(&path))
        })
        .collect()
}

/// What the parsers read.
fn parsed(texts: &[(String, String)]) -> Vec<Value> {
    let script = project().join("tests/fixtures/formats.py");
    let mut python = Command::new("python3")
        .arg(script)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let input = json!(texts).to_string();
    python
        .stdin
        .take()
        .unwrap()
        .write_all(input.as_bytes())
        .unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "a parser refuses what was written: {input:.2000}"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
