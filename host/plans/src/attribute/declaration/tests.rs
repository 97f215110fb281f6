//! Declarations as real artifacts have them, and what becomes of values.

use super::*;

fn declared<'a>(kind: &'a str, constraints: &'a str) -> Declaration<'a> {
    Declaration {
        name: "A",
        kind,
        description: "",
        value: "",
        constraints,
    }
}

/// `ok`, or the errors as `code: message`.
fn said(result: Result<(), Vec<Diagnostic>>) -> String {
    let lines = |problems: Vec<Diagnostic>| {
        let lines = problems
            .iter()
            .map(|p| format!("{}: {}", p.code, p.message));
        lines.collect::<Vec<_>>().join("; ")
    };
    result.map_or_else(lines, |()| "ok".to_owned())
}

#[test]
fn values_against_the_constraints_of_artifacts() {
    let refused = |why: &str| format!("P4004: attribute `A` cannot be {why}");
    for (kind, constraints, value, expected) in [
        (
            "string",
            r#"{"regex":"","helpText":""}"#,
            "new_vol",
            "ok".to_owned(),
        ),
        ("String", "{}", "x", "ok".to_owned()),
        ("string", r#"{"regex":"^web"}"#, "web01", "ok".to_owned()),
        ("string", r#"{"regex":"[0-9]+"}"#, "web01", "ok".to_owned()),
        (
            "string",
            r#"{"regex":"^web"}"#,
            "db01",
            refused("`db01`: it must match the expression `^web`"),
        ),
        // The list beside a text's expression is what a form suggests.
        (
            "string",
            r#"{"regex":"","options":["team0"]}"#,
            "team1",
            "ok".to_owned(),
        ),
        (
            "number",
            r#"{"minimum":"1","maximum":"4","increment":"1"}"#,
            "4",
            "ok".to_owned(),
        ),
        (
            "number",
            r#"{"minimum":"1","maximum":"4"}"#,
            "5",
            refused("`5`: it must be at most 4"),
        ),
        (
            "number",
            r#"{"minimum":1.5}"#,
            "1",
            refused("`1`: it must be at least 2"),
        ),
        (
            "number",
            r#"{"minimum":"1","increment":"2"}"#,
            "4",
            refused("`4`: it must be 1 and a multiple of 2"),
        ),
        (
            "number",
            r#"{"minimum":"1","increment":"0.5"}"#,
            "4",
            "ok".to_owned(),
        ),
        ("number", r#"{"unit":"GB"}"#, "10", "ok".to_owned()),
        (
            "option",
            r#"{"options":["Enable","Disable"]}"#,
            "Disable",
            "ok".to_owned(),
        ),
        (
            "option",
            r#"{"options":["Enable","Disable"]}"#,
            "disable",
            refused("`disable`: it must be one of `Enable`, `Disable`"),
        ),
        (
            "fqdn",
            r#"{"helpText":""}"#,
            "web01.example.com",
            "ok".to_owned(),
        ),
        (
            "ipv4",
            r#"{"helpText":"","ipType":"manage-externally"}"#,
            "192.0.2.1",
            "ok".to_owned(),
        ),
        ("boolean", "", "true", "ok".to_owned()),
        ("ipv6", "null", "2001:db8::1", "ok".to_owned()),
        (
            "password",
            r#"{"maxlen":"6"}"#,
            "too long a secret",
            "P4004: attribute `A` has a value that is refused: it must have at most 6 characters"
                .to_owned(),
        ),
        (
            "nic",
            "{}",
            r#"{"ipaddress":"192.0.2.1/24"}"#,
            "ok".to_owned(),
        ),
        (
            "nic",
            "{}",
            "eth0",
            "P4003: attribute `A` cannot be `eth0`: it must be a table with fields like `address`"
                .to_owned(),
        ),
    ] {
        let declaration = Declaration {
            value,
            ..declared(kind, constraints)
        };
        assert_eq!(
            said(declaration.read().map(drop)),
            expected,
            "{kind} {constraints} {value}"
        );
    }
}

#[test]
fn a_declaration_that_cannot_be_is_refused_with_all_that_is_wrong() {
    let wrong = |why: &str| format!("P5002: attribute `A`: {why}");
    for (kind, constraints, expected) in [
        ("strng", "{}", wrong("there is no attribute type `strng`")),
        (
            "string",
            "[]",
            wrong("its constraints are not a JSON object"),
        ),
        (
            "string",
            "{",
            wrong("its constraints are not a JSON object"),
        ),
        (
            "string",
            r#"{"regex":"(?=x)"}"#,
            wrong(
                "`regex` is no regular expression: look-around, including look-ahead and \
                 look-behind, is not supported",
            ),
        ),
        (
            "option",
            r#"{"options":[null]}"#,
            wrong("`options` must list at least one text"),
        ),
        (
            "number",
            r#"{"minimum":"a","maximum":true}"#,
            [
                wrong("`minimum` cannot be `\"a\"`: it must be a number"),
                wrong("`maximum` cannot be `true`: it must be a number"),
            ]
            .join("; "),
        ),
        (
            "nic",
            r#"{"ipv4static":false,"ipv4dhcp":"false"}"#,
            wrong("at least one of `ipv4static`, `ipv4dhcp`, `ipv4disable` must be true"),
        ),
    ] {
        let read = declared(kind, constraints).read();
        assert_eq!(said(read.map(drop)), expected, "{kind} {constraints}");
    }
    let name = Declaration {
        name: "a.b",
        ..declared("string", "")
    };
    assert!(said(name.read().map(drop)).starts_with("P5002: an attribute cannot be called `a.b`"));
}

#[test]
fn an_expression_that_grows_too_large_is_refused_at_once() {
    let constraints = r#"{"regex":"((a{1000}){1000}){1000}"}"#;
    let said = said(declared("string", constraints).read().map(drop));
    assert!(said.contains("size limit"), "{said}");
}

#[test]
fn a_secret_is_no_default_and_in_no_text() {
    let declaration = Declaration {
        value: "topsecret",
        ..declared("password", r#"{"maxlen":"20"}"#)
    };
    let attribute = declaration.read().unwrap();
    assert_eq!(attribute.default, None);
    assert_eq!(declaration.given(&attribute), Some(Json::from("topsecret")));
    assert!(!format!("{declaration:?}").contains("topsecret"));
}

#[test]
fn the_modes_of_a_port_are_those_that_are_not_ruled_out() {
    for (constraints, allowed) in [
        ("{}", "static dhcp"),
        (
            r#"{"ipv4static":true,"ipv4dhcp":true,"ipv4disable":true,"options":[null]}"#,
            "static dhcp disabled",
        ),
        (r#"{"ipv4dhcp":false}"#, "static"),
    ] {
        let AttributeType::Nic(nic) = declared("nic", constraints).read().unwrap().kind else {
            panic!("a nic");
        };
        let modes: Vec<&str> = nic.allow.iter().map(|mode| mode.as_str()).collect();
        assert_eq!(modes.join(" "), allowed);
    }
}

/// What is written is read again as the same, so that an export loses nothing.
#[test]
fn constraints_survive_being_written() {
    for (kind, constraints) in [
        (
            "string",
            r#"{"regex":"^a+$","minlen":"2","maxlen":"9","pattern":"a*","multiLine":true,"required":true}"#,
        ),
        (
            "number",
            r#"{"minimum":"-1","maximum":"9","increment":"2","multipleOf":"3","unit":"GiB","list":true}"#,
        ),
        (
            "password",
            r#"{"minlen":"8","maxlen":"20","allowedchars":"abc"}"#,
        ),
        ("option", r#"{"options":["a","b"]}"#),
        ("hostname", "{}"),
        ("fqdn", r#"{"pattern":"*.example.com"}"#),
        ("ipv4", r#"{"network":"192.0.2.0/24"}"#),
        ("ipv6", r#"{"network":"2001:db8::/32"}"#),
        (
            "nic",
            r#"{"ipv4static":true,"ipv4dhcp":false,"ipv4disable":true,"require":["gateway"]}"#,
        ),
        ("boolean", "{}"),
    ] {
        let attribute = declared(kind, constraints).read().unwrap();
        assert_eq!(attribute.kind.name(), kind);
        let written = attribute.constraints().to_string();
        assert_eq!(
            declared(kind, &written).read().unwrap(),
            attribute,
            "{written}"
        );
    }
}
