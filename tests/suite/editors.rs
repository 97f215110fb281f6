//! Edited files as the real parsers of their formats read them.

use mintage_test_support::environment::succeed;
use mintage_test_support::{Environment, Guest, Need, lane};
use serde_json::{Value, json};
use std::fs;

/// Documents of JSON, TOML and YAML, all with `name`, `list` and `map` in some form or other.
const DOCUMENTS: [(&str, &str); 33] = [
    ("json", ""),
    ("json", "{}"),
    ("json", "{}\n"),
    (
        "json",
        "{\"name\": \"x\", \"list\": [1, \"a\", null], \"map\": {\"k\": 1.5, \"v\": {}}}",
    ),
    (
        "json",
        "{\n  \"name\": \"x\",\n  \"list\": [\n    1,\n    {\"k\": 2}\n  ],\n  \"map\": {\n    \"k\": true\n  }\n}\n",
    ),
    (
        "json",
        "{\r\n\t\"map\": {\r\n\t\t\"k\": [ ]\r\n\t},\r\n\t\"list\": []\r\n}\r\n",
    ),
    (
        "json",
        "{\"list\" : [ 1 , 2 , 1 ] , \"name\" : \"\\u00e9\\n\" , \"big\":123456789012345678901}",
    ),
    (
        "json",
        "{\n    \"list\": [[1, 2], [3]],\n    \"map\": null\n}",
    ),
    ("toml", ""),
    (
        "toml",
        "name = \"x\"\nlist = [1, 2, 1]\n\n[map]\nk = 1.5 # c\n",
    ),
    (
        "toml",
        "# head\n\n# of name\nname = 'x' # behind\nlist = [\n  1, # one\n  \"a\",\n]\nmap = { k = 1, v = { } }\n",
    ),
    ("toml", "map.k = 1\nmap.v.w = 2\nname = \"\"\"\nx\n\"\"\"\n"),
    (
        "toml",
        "[map.v]\nw = 1\n# between\n[map]\nk = 2024-01-01T00:00:00Z\n\n[[list]]\nk = 1\n[[list]]\nk = 2\n[list.deep]\nz = 1\n",
    ),
    ("toml", "name = 1\r\n[map] # c\r\nk = \"v\"\r\n"),
    ("toml", "list = []\n\"a.b\" = 1"),
    ("yaml", ""),
    ("yaml", "# only a comment\n"),
    (
        "yaml",
        "---\n# head\nname: x\nlist:\n- 1\n- a\n-\nmap:\n  k: 1.5\n  v: {}\n",
    ),
    (
        "yaml",
        "name: \"x\" # behind\nlist:\n    - 1\n    # between\n    - k: 2\n      v: |\n        text\n\n        more\n\nmap: # behind\n    k: no\n    v: 'it''s'\n# tail\n",
    ),
    (
        "yaml",
        "name: &n x\nlist: [1, 2, 1] # c\nmap: {k: 1, v: {w: [a, b]}}\nother: *n\n",
    ),
    (
        "yaml",
        "map:\n  v:\n    w:\n      - - 1\n        - 2\n      - - 3\nlist: [\n  1, # one\n  2\n]\n",
    ),
    (
        "yaml",
        "list:\n  - k: 1\n    v: >-\n      folded\n      text\n  - k: 2\nname: |+\n  keep\n\nmap:\n",
    ),
    (
        "yaml",
        "name: plain\n  on two lines\nmap: !!map\n  k: v\nlist: !!seq\n- 1\n",
    ),
    ("yaml", "name: x\r\nlist:\r\n  - 1\r\nmap:\r\n  k: v\r\n"),
    ("yaml", "\"name\": x\n'list': []\n? map\n: k: 1\n"),
    ("yaml", "{name: x, list: [1, 2], map: {k: 1,}}\n"),
    (
        "yaml",
        "{\n  name: x, # c\n  map: {\n    k: 1 },\n  list: [ ]\n}\n",
    ),
    ("yaml", "name: x\nlist: ~\nmap: null"),
    (
        "yaml",
        "# netplan\nnetwork:\n  version: 2\n  ethernets:\n    eth0: {dhcp4: yes}\nname: \u{fc}\u{6f22} # \u{e9}\nlist: [\u{e9}]\n",
    ),
    (
        "yaml",
        "base: &b\n  k: 1\nmap:\n  <<: *b\n  v: 2\nlist:\n- *b\n",
    ),
    (
        "yaml",
        "%YAML 1.1\n---\nname: x\nmap:\n    k:\n    - 1\n...\n",
    ),
    ("yaml", "list:\n-   k: 1\n    v: 2\n-   k: 3\n"),
    ("yaml", "map:\n  k: 1 \n  v: 2  # c\nname:   x   # far\n"),
];

/// What is done to each of them: the act, the keys and the value, as JSON.
const EDITS: [(&str, &str, &str); 40] = [
    ("set", r#"["name"]"#, r#""y""#),
    ("set", r#"["name"]"#, r#""no""#),
    ("set", r#"["name"]"#, r#""012""#),
    ("set", r#"["name"]"#, r#""1:30""#),
    ("set", r#"["name"]"#, r#""- a: b # c""#),
    ("set", r#"["name"]"#, r#""two\nlines\n""#),
    (
        "set",
        r#"["name"]"#,
        r#""\"quoted\" 'it' \\ \u0007\u0085\u2028""#,
    ),
    ("set", r#"["name"]"#, r#""""#),
    ("set", r#"["name"]"#, "12"),
    ("set", r#"["name"]"#, "true"),
    ("set", r#"["name"]"#, "1.25"),
    ("set", r#"["name"]"#, "null"),
    ("set", r#"["name"]"#, r#"["a", {"b": [1, "on"]}]"#),
    (
        "set",
        r#"["name"]"#,
        r#"{"a": {"b": "2024-01-01"}, "c": []}"#,
    ),
    ("set", r#"["new"]"#, r#""v""#),
    ("set", r#"["new key: # [x]"]"#, r#""v""#),
    ("set", r#"["yes"]"#, "1"),
    ("set", r#"["a.b"]"#, "2"),
    ("set", r#"["new", "deep", "er"]"#, r#"[[1], [], {}]"#),
    ("set", r#"["map"]"#, r#"{"only": 1}"#),
    ("set", r#"["map"]"#, r#""single""#),
    ("set", r#"["map"]"#, "[1, 2]"),
    ("set", r#"["map", "k"]"#, r#""changed""#),
    ("set", r#"["map", "new"]"#, r#"{"a": 1}"#),
    ("set", r#"["map", "v", "w"]"#, "[true]"),
    ("set", r#"["map", "v", "x", "y"]"#, r#""z""#),
    ("set", r#"["list", 0]"#, r#""first""#),
    ("set", r#"["list", 1]"#, r#"{"a": 1, "b": [2]}"#),
    ("set", r#"["list", 0, "k"]"#, "9"),
    ("set", r#"["list"]"#, "[]"),
    ("remove", r#"["name"]"#, "null"),
    ("remove", r#"["map"]"#, "null"),
    ("remove", r#"["map", "k"]"#, "null"),
    ("remove", r#"["map", "v"]"#, "null"),
    ("remove", r#"["list"]"#, "null"),
    ("remove", r#"["list", 0]"#, "null"),
    ("remove", r#"["list", 1]"#, "null"),
    ("ensure_item", r#"["list"]"#, r#""item""#),
    ("ensure_item", r#"["list"]"#, r#"{"k": 7, "l": [1]}"#),
    ("remove_item", r#"["list"]"#, "1"),
];

/// A value of JSON as a script writes it.
fn literal(value: &Value) -> String {
    match value {
        Value::Null => "()".to_owned(),
        Value::Array(values) => {
            let values: Vec<String> = values.iter().map(literal).collect();
            format!("[{}]", values.join(", "))
        }
        Value::Object(entries) => {
            let entries: Vec<String> = entries
                .iter()
                .map(|(key, value)| format!("{}: {}", Value::from(key.as_str()), literal(value)))
                .collect();
            format!("#{{{}}}", entries.join(", "))
        }
        single => single.to_string(),
    }
}

/// The text after an edit, and the code of the error if there was one.
fn edited(
    kind: &str,
    text: &str,
    act: &str,
    keys: &Value,
    value: &Value,
) -> (String, Option<String>) {
    let path = format!("/etc/file.{kind}");
    let place = literal(keys);
    let call = match act {
        "remove" => format!("{kind}::remove(`{path}`, {place})"),
        _ => format!("{kind}::{act}(`{path}`, {place}, {})", literal(value)),
    };
    let guest = Guest::text("/etc/\n").with_file(&path, text);
    let (guest, result) = guest.run(&format!("{call};"));
    let after = guest.read(&path);
    if let Err(error) = result {
        return (after, Some(error.code.to_string()));
    }
    // What is removed by its place leaves another there; all else is done once.
    let is_by_place = keys
        .as_array()
        .is_some_and(|keys| keys.last().is_some_and(Value::is_i64));
    if act != "remove" || !is_by_place {
        guest.ran(&format!("assert(!{call}, `again`);"));
    }
    (after, None)
}

#[test]
fn edits_are_what_pythons_parsers_read() {
    if !lane::can_run("editors", &[Need::Program("python3")]) {
        return;
    }
    let mut edits = Vec::new();
    let mut refused = Vec::new();
    for (kind, before) in DOCUMENTS {
        for (act, keys, value) in EDITS {
            let (keys, value): (Value, Value) = (
                serde_json::from_str(keys).unwrap(),
                serde_json::from_str(value).unwrap(),
            );
            let (after, error) = edited(kind, before, act, &keys, &value);
            if let Some(code) = &error {
                assert_eq!(after, before, "{act} {keys}: an error, and yet it changed");
                refused.push(format!("{code} {kind} {act} {keys} {value} {before:?}"));
            }
            edits.push(json!({
                "kind": kind, "before": before, "after": after, "act": act,
                "keys": keys, "value": value, "error": error,
            }));
        }
    }
    // What is on the way, or not there, is refused; by far most of it is done.
    let odd = refused
        .iter()
        .filter(|line| line.starts_with("P2016"))
        .count();
    assert!(
        odd * 8 < edits.len(),
        "{odd} of {}:\n{}",
        edits.len(),
        refused.join("\n")
    );
    let environment = Environment::new();
    let input = environment.path("edits.json");
    fs::write(&input, serde_json::to_vec(&edits).unwrap()).unwrap();
    let program = mintage_test_support::environment::project().join("tests/fixtures/editors.py");
    let mut python = environment.program("python3");
    python.arg(program).stdin(fs::File::open(input).unwrap());
    succeed(&mut python);
}
