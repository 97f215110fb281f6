//! What the language of plan scripts has and has not.

use crate::codes::Code;
use crate::testing::{code, run};

/// Every way to make text of a secret, or to learn anything of it, that the language has.
const WAYS_TO_SHOW: &[&str] = &[
    "secret + \"x\"",
    "\"x\" + secret",
    "let s = \"x\"; s += secret; s",
    "let s = secret; s += \"x\"; s",
    "`${secret}`",
    "`a ${[secret]} b`",
    "`${#{a: #{b: [secret]}}}`",
    "print(secret)",
    "print([1, [secret]])",
    "print(#{a: secret})",
    "debug(secret)",
    "debug([secret])",
    "debug(#{a: secret})",
    "secret.to_string()",
    "secret.to_debug()",
    "[secret].to_string()",
    "#{a: secret}.to_debug()",
    "#{a: secret}.to_json()",
    "secret == \"x\"",
    "\"x\" == secret",
    "secret == secret",
    "secret != \"x\"",
    "secret < \"x\"",
    "secret >= secret",
    "[secret] == [secret]",
    "[\"x\"] != [secret]",
    "#{a: secret} == #{a: secret}",
    "secret in [\"x\", \"y\"]",
    "\"x\" in [secret]",
    "[secret].contains(\"x\")",
    "[\"x\"].index_of(secret)",
    "let a = [secret, secret]; a.dedup()",
    "let a = [secret, secret]; a.sort()",
    "secret.len",
    "secret.len()",
    "len(secret)",
    "secret[0]",
    "secret.x = 1",
    "secret[0] = 1",
    "#{a: 1}[secret]",
    "[1][secret]",
    "\"abc\"[secret]",
    "#{a: 1}.contains(secret)",
    "(1..secret)",
    "\"abc\".pad(9, secret)",
    "secret += \"x\"",
    "secret += secret",
    "[\"a\"] + secret == [\"a\", \"b\"]",
    "[secret].index_of(\"guess\")",
    "[secret].filter(|s| s == \"guess\")",
    "secret.sub_string(0, 1)",
    "secret.split()",
    "secret.chars()",
    "secret.contains(\"x\")",
    "\"xyz\".contains(secret)",
    "\"xyz\".replace(\"x\", secret)",
    "secret in \"xyz\"",
    "secret.to_upper()",
    "parse_int(secret)",
    "secret.bytes",
    "secret.to_blob()",
    "if secret { 1 }",
    "!secret",
    "-secret",
    "secret && secret",
    "throw secret",
    "throw [1, secret]",
    "throw #{a: [secret]}",
    "let f = || secret; throw f",
];

#[test]
fn nothing_makes_text_of_a_secret() {
    let mut wrong = Vec::new();
    for way in WAYS_TO_SHOW {
        let source = format!("let secret = attribute(\"Password\");\nlet x = {{ {way} }};");
        match run(&source) {
            Ok(log) => wrong.push(format!("{way}: nothing happened, log {log:?}")),
            Err(found) if found.code != Code::P4005 => {
                wrong.push(format!("{way}: {} {}", found.code, found.message));
            }
            Err(found) => {
                assert!(!format!("{found:?}").contains("correct horse"), "{way}");
                assert_eq!(found.frames[0].line, 2, "{way}");
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_secret_can_be_handed_on() {
    let source = r#"
        let options = #{password: attribute("Password"), groups: []};
        fn hash(options) { file::hash(options.password) }
        if hash(options) != 13 { throw "wrong" }
        if type_of(options.password) != "secret" { throw "wrong" }
        switch options.password { "correct horse" => throw "looked at", _ => () }
    "#;
    run(source).unwrap();
}

#[test]
fn what_a_plan_must_not_have_is_not_there() {
    for (source, expected) in [
        ("sleep(1)", Code::P1002),
        ("exit()", Code::P1002),
        ("timestamp()", Code::P1002),
        ("eval(\"1\")", Code::P1001),
        ("let f = Fn(\"print\");", Code::P1001),
        ("let f = |x| x; f.curry(1);", Code::P1001),
        ("net::get(\"x\")", Code::P1007),
        ("let x = mispelt;", Code::P1003),
        ("let m = #{a: 1}; m.b", Code::P2008),
    ] {
        assert_eq!(code(source), Some(expected), "{source}");
    }
}

#[test]
fn closures_and_the_rest_of_the_language_work() {
    let source = r#"
        let limit = 2;
        let names = ["a", "bb", "ccc"].filter(|name| name.len >= limit).map(|n| n.to_upper());
        print(names);
        let map = #{a: 1, b: 2};
        print(`${map.keys()} ${map.values().reduce(|sum, v| sum + v, 0)} ${7.max(3)}`);
        for (name, index) in names { debug(`${index} ${name}`); }
        print(1.5); print('c'); print(true); print(()); print("text"); print();
    "#;
    let log = run(source).unwrap();
    let texts: Vec<_> = log.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        texts,
        [
            "[\"BB\", \"CCC\"]",
            "[\"a\", \"b\"] 3 7",
            "\"0 BB\"",
            "\"1 CCC\"",
            "1.5",
            "c",
            "true",
            "",
            "text",
            "",
        ]
    );
    assert!(
        log.iter()
            .all(|line| line.script == "scripts/test.rhai" && line.line > 1)
    );
}
