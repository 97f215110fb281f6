//! Values against types, and layers against each other.

use super::*;
use crate::library::PlanLibrary;
use crate::{Profile, ValueLayer, resolve};
use mintage_engine::Diagnostic;
use std::collections::BTreeMap;

/// A library whose build plan declares `attributes`.
fn library(attributes: &str) -> PlanLibrary {
    let plan =
        format!("name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n{attributes}");
    let files = [
        ("build-plan.toml".to_owned(), plan),
        ("scripts/a.rhai".to_owned(), String::new()),
    ];
    PlanLibrary::from_files(files.into()).unwrap()
}

fn settings(settings: &[&str]) -> ValueLayer {
    ValueLayer::from_settings(settings).unwrap()
}

/// The values of `layers`, shown, or the errors as `code: message`.
fn resolved(library: &PlanLibrary, layers: &[ValueLayer]) -> Result<String, Vec<String>> {
    match resolve(library, layers) {
        Ok(values) => Ok(serde_json::to_string(&values.shown()).unwrap()),
        Err(problems) => Err(problems.iter().map(said).collect()),
    }
}

fn said(problem: &Diagnostic) -> String {
    format!("{}: {}", problem.code, problem.message)
}

/// What one value of a type declared as `declaration` becomes.
fn one(declaration: &str, value: &str) -> String {
    let library = library(&format!("[attribute.A]\n{declaration}"));
    let value: Json = serde_json::from_str(value).unwrap();
    let layer = ValueLayer::new(
        ValueSource::Profile,
        [("A".to_owned(), value)].into_iter().collect(),
    );
    match resolved(&library, &[layer]) {
        Ok(values) => values
            .strip_prefix("{\"A\":")
            .unwrap()
            .strip_suffix('}')
            .unwrap()
            .to_owned(),
        Err(problems) => problems.join("; "),
    }
}

#[test]
fn values_and_types() {
    let string = "type = \"string\"";
    let number = "type = \"number\"";
    for (declaration, value, expected) in [
        (string, "\"a\"", "\"a\""),
        (string, "7", "\"7\""),
        (
            string,
            "true",
            "P4003: attribute `A` cannot be `true`: it must be a text",
        ),
        (
            string,
            "\"a\\nb\"",
            "P4004: attribute `A` cannot be `a\\nb`: it must be one line without control characters",
        ),
        (
            "type = \"string\"\nmulti-line = true",
            "\"a\\nb\"",
            "\"a\\nb\"",
        ),
        (
            "type = \"string\"\nmulti-line = true",
            "\"a\\u001b\"",
            "P4004: attribute `A` cannot be `a\\u{1b}`: it must be one line without control characters",
        ),
        (
            "type = \"string\"\nmin-length = 2",
            "\"é\"",
            "P4004: attribute `A` cannot be `é`: it must have at least 2 characters",
        ),
        (
            "type = \"string\"\nmax-length = 2",
            "\"abc\"",
            "P4004: attribute `A` cannot be `abc`: it must have at most 2 characters",
        ),
        (
            "type = \"string\"\npattern = \"web*\"",
            "\"db1\"",
            "P4004: attribute `A` cannot be `db1`: it must match `web*`",
        ),
        (
            "type = \"string\"\nlist = true",
            "[\"a\", \"b\"]",
            "[\"a\",\"b\"]",
        ),
        (
            "type = \"string\"\nlist = true",
            "\"[\\\"a\\\"]\"",
            "[\"a\"]",
        ),
        ("type = \"string\"\nlist = true", "\"a\"", "[\"a\"]"),
        (number, "12", "12"),
        (number, "\"12\"", "12"),
        (
            number,
            "1.5",
            "P4003: attribute `A` cannot be `1.5`: it must be a whole number",
        ),
        (
            "type = \"number\"\nmin = 1",
            "0",
            "P4004: attribute `A` cannot be `0`: it must be at least 1",
        ),
        (
            "type = \"number\"\nmax = 1",
            "2",
            "P4004: attribute `A` cannot be `2`: it must be at most 1",
        ),
        (
            "type = \"number\"\nmultiple-of = 512",
            "513",
            "P4004: attribute `A` cannot be `513`: it must be a multiple of 512",
        ),
        ("type = \"boolean\"", "\"false\"", "false"),
        (
            "type = \"boolean\"",
            "\"no\"",
            "P4003: attribute `A` cannot be `no`: it must be `true` or `false`",
        ),
        (
            "type = \"option\"\noptions = [\"a\", \"b\"]",
            "\"b\"",
            "\"b\"",
        ),
        (
            "type = \"option\"\noptions = [\"a\", \"b\"]",
            "\"c\"",
            "P4004: attribute `A` cannot be `c`: it must be one of `a`, `b`",
        ),
        ("type = \"hostname\"", "\"web-01\"", "\"web-01\""),
        (
            "type = \"hostname\"",
            "\"web.example.com\"",
            "P4003: attribute `A` cannot be `web.example.com`: it must be a host name without a domain",
        ),
        (
            "type = \"hostname\"",
            "\"web_1\"",
            "P4003: attribute `A` cannot be `web_1`: it must have only letters of ASCII, digits and `-`",
        ),
        (
            "type = \"hostname\"",
            "\"-web\"",
            "P4003: attribute `A` cannot be `-web`: it must not start or end with `-`",
        ),
        (
            "type = \"fqdn\"",
            "\"web.example.com\"",
            "\"web.example.com\"",
        ),
        (
            "type = \"fqdn\"",
            "\"web\"",
            "P4003: attribute `A` cannot be `web`: it must be a host name with its domain, `web01.example.com`",
        ),
        (
            "type = \"fqdn\"",
            "\"web..com\"",
            "P4003: attribute `A` cannot be `web..com`: it must have 1 to 63 characters between dots",
        ),
        ("type = \"ipv4\"", "\"192.0.2.1\"", "\"192.0.2.1\""),
        (
            "type = \"ipv4\"",
            "\"192.0.2.1/24\"",
            "P4003: attribute `A` cannot be `192.0.2.1/24`: it must be an IPv4 address",
        ),
        (
            "type = \"ipv4\"\nnetwork = \"10.0.0.0/8\"",
            "\"192.0.2.1\"",
            "P4004: attribute `A` cannot be `192.0.2.1`: it must be in the network 10.0.0.0/8",
        ),
        ("type = \"ipv6\"", "\"2001:DB8::0:1\"", "\"2001:db8::1\""),
    ] {
        assert_eq!(one(declaration, value), expected, "{declaration} {value}");
    }
}

#[test]
fn a_refused_password_is_not_shown() {
    let declaration =
        "type = \"password\"\nmin-length = 12\nallowed-characters = \"abcdefghijklmnop\"";
    for (value, why) in [
        (
            "\"hunter2\"",
            "P4004: attribute `A` has a value that is refused: it must have at least 12 characters",
        ),
        (
            "[\"hunter2\"]",
            "P4003: attribute `A` has a value that is refused: it must be a text",
        ),
        (
            "\"hunter2hunter2\"",
            "P4004: attribute `A` has a value that is refused: it must have no other characters than `abcdefghijklmnop`",
        ),
        (
            "\"\"",
            "P4004: attribute `A` has a value that is refused: it must have at least 12 characters",
        ),
    ] {
        assert_eq!(one(declaration, value), why);
    }
    assert_eq!(one("type = \"password\"", "\"hunter2\""), "\"[secret]\"");
}

#[test]
fn a_static_nic_is_completed() {
    let nic = r#"{"mac": "52-54-00-AA-00-01", "address": "192.0.2.10/24", "gateway": "192.0.2.1", "dns": "192.0.2.2, 192.0.2.3", "vlan": 7}"#;
    insta::assert_snapshot!(one("type = \"nic\"", nic), @r#"{"address":"192.0.2.10","cidr":"192.0.2.10/24","dhcp":false,"dns":["192.0.2.2","192.0.2.3"],"domain":null,"gateway":"192.0.2.1","mac":"52:54:00:aa:00:01","mode":"static","name":null,"netmask":"255.255.255.0","network":"192.0.2.0/24","prefix":24,"vlan":7}"#);
}

#[test]
fn the_wire_names_of_a_nic_are_taken() {
    let nic = r#"{"ipaddress": "192.0.2.10", "netmask": "255.255.255.0", "dns1": "192.0.2.2", "dns2": "", "vlanid": "0", "dhcp": "false", "ipv4disable": "false", "connectionid": "3", "networkuri": "/rest/x", "constraint": "userspecified"}"#;
    insta::assert_snapshot!(one("type = \"nic\"", nic), @r#"{"address":"192.0.2.10","cidr":"192.0.2.10/24","dhcp":false,"dns":["192.0.2.2"],"domain":null,"gateway":null,"mac":null,"mode":"static","name":null,"netmask":"255.255.255.0","network":"192.0.2.0/24","prefix":24,"vlan":null}"#);
}

#[test]
fn a_dhcp_nic_has_no_address() {
    let nic = r#"{"dhcp": true, "mac": "52:54:00:00:00:01"}"#;
    insta::assert_snapshot!(one("type = \"nic\"", nic), @r#"{"address":null,"cidr":null,"dhcp":true,"dns":[],"domain":null,"gateway":null,"mac":"52:54:00:00:00:01","mode":"dhcp","name":null,"netmask":null,"network":null,"prefix":null,"vlan":null}"#);
}

#[test]
fn a_wrong_nic_is_refused() {
    let any = "type = \"nic\"";
    for (declaration, value, expected) in [
        (
            any,
            "\"x\"",
            "P4003: attribute `A` cannot be `x`: it must be a table with fields like `address`",
        ),
        (
            any,
            r#"{"adress": "192.0.2.1/24"}"#,
            "P4004: attribute `A.adress` cannot be `192.0.2.1/24`: it must not be given: a nic has no such field, did you mean `address`?",
        ),
        (
            any,
            "{}",
            "P4004: attribute `A.address` has no value: it must be given, or `dhcp` be `true`",
        ),
        (
            any,
            r#"{"address": "192.0.2.1"}"#,
            "P4004: attribute `A.prefix` has no value: it must be given, as `address = \"192.0.2.10/24\"`, as `prefix` or as `netmask`",
        ),
        (
            any,
            r#"{"address": "192.0.2.1/24", "netmask": "255.255.0.0"}"#,
            "P4004: attribute `A.prefix` cannot be `16`: it must not contradict the length 24 that is given elsewhere",
        ),
        (
            any,
            r#"{"address": "192.0.2.1/33"}"#,
            "P4004: attribute `A.prefix` cannot be `33`: it must not be longer than the address",
        ),
        (
            any,
            r#"{"address": "192.0.2.1/24", "dhcp": true}"#,
            "P4004: attribute `A.dhcp` cannot be `true`: it must be `false` where an address is given",
        ),
        (
            any,
            r#"{"address": "192.0.2.1/24", "gateway": "198.51.100.1"}"#,
            "P4004: attribute `A.gateway` cannot be `198.51.100.1`: it must be in the port's network 192.0.2.0/24",
        ),
        (
            any,
            r#"{"dhcp": true, "mac": "52:54"}"#,
            "P4003: attribute `A.mac` cannot be `52:54`: it must be six bytes like `52:54:00:00:00:01`",
        ),
        (
            any,
            r#"{"dhcp": true, "name": "a/b"}"#,
            "P4003: attribute `A.name` cannot be `a/b`: it must be a name of 1 to 15 characters",
        ),
        (
            any,
            r#"{"dhcp": true, "dns": ["x"]}"#,
            "P4003: attribute `A.dns` cannot be `x`: it must be IP addresses of name servers",
        ),
        (
            "type = \"nic\"\nallow = [\"static\"]",
            r#"{"dhcp": true}"#,
            "P4004: attribute `A.mode` cannot be `dhcp`: it must be `static`",
        ),
        (
            "type = \"nic\"\nrequire = [\"mac\"]",
            r#"{"dhcp": true}"#,
            "P4004: attribute `A.mac` has no value: it must be given",
        ),
    ] {
        assert_eq!(one(declaration, value), expected, "{declaration} {value}");
    }
}

#[test]
fn every_field_of_a_nic_is_in_the_map_of_every_mode() {
    for value in [r#"{"dhcp": true}"#, r#"{"address": "192.0.2.1/24"}"#] {
        let shown: BTreeMap<String, Json> =
            serde_json::from_str(&one("type = \"nic\"", value)).unwrap();
        let mut expected: Vec<&str> = NicType::FIELDS.to_vec();
        expected.sort_unstable();
        assert_eq!(
            shown.keys().map(String::as_str).collect::<Vec<_>>(),
            expected
        );
    }
}

const LAYERED: &str = r#"
[attribute.Host]
type = "hostname"
default = "plan"

[attribute.Nic]
type = "nic"
default = { gateway = "192.0.2.1", dns = ["192.0.2.2"] }

[attribute.Note]
type = "string"
required = false

[attribute.Size]
type = "number"
help = "how many"
"#;

#[test]
fn the_strongest_layer_counts_whatever_the_order() {
    let library = library(LAYERED);
    let text = r#"{"name": "s", "labels": {"rack": "r1"},
        "attributes": {"Host": "profile", "Size": 1, "Nic.address": "192.0.2.10/24"}}"#;
    let (profile, from_profile) = Profile::parse("p.json", text).unwrap();
    assert_eq!(profile.name(), "s");
    let layers = [
        settings(&["Host=set", "Nic.address=192.0.2.11/24"]),
        from_profile,
        ValueLayer::from_file_text("v.toml", "Host = \"file\"\nSize = 2").unwrap(),
    ];
    insta::assert_snapshot!(resolved(&library, &layers).unwrap(), @r#"{"Host":"set","Nic":{"address":"192.0.2.11","cidr":"192.0.2.11/24","dhcp":false,"dns":["192.0.2.2"],"domain":null,"gateway":"192.0.2.1","mac":null,"mode":"static","name":null,"netmask":"255.255.255.0","network":"192.0.2.0/24","prefix":24,"vlan":null},"Size":2}"#);
}

#[test]
fn all_problems_come_at_once() {
    let library = library(LAYERED);
    let layers = [settings(&["Hots=a", "Host=a.b", "Nic.gateway=x"])];
    let problems = resolve(&library, &layers).unwrap_err();
    let said: Vec<String> = problems.iter().map(said).collect();
    insta::assert_snapshot!(said.join("\n"), @r"
    P4002: build plan `test` has no attribute `Hots`
    P4003: attribute `Host` cannot be `a.b`: it must be a host name without a domain
    P4004: attribute `Nic.address` has no value: it must be given, or `dhcp` be `true`
    P4001: attribute `Size` has no value: how many
    ");
    assert_eq!(problems[0].help.as_deref(), Some("did you mean `Host`?"));
    assert_eq!(problems[0].notes, ["the value comes from the command line"]);
}

#[test]
fn the_wire_form_of_a_profile_is_taken() {
    let library = library(LAYERED);
    let text = r#"{"name": "s", "osDeploymentSettings": {"osCustomAttributes": [
        {"name": "Size", "value": "3"},
        {"name": "Nic.ipaddress", "value": "192.0.2.9"},
        {"name": "Nic.netmask", "value": "255.255.255.0"},
        {"name": "Nic.dhcp", "value": "false"}]}}"#;
    let (profile, layer) = Profile::parse("p.json", text).unwrap();
    let shown = resolved(&library, &[layer]).unwrap();
    assert!(shown.contains(r#""cidr":"192.0.2.9/24""#), "{shown}");
    assert!(shown.contains(r#""Size":3"#), "{shown}");
    assert!(!profile.shown().to_string().contains("osCustom"));
}

#[test]
fn a_profile_that_is_none_is_refused() {
    for (text, why) in [
        ("[]", "`p.json` is not a JSON object"),
        ("{", "`p.json` is not a JSON object: line 1, column 1"),
        (
            "{\"name\": 1}",
            "cannot read the profile `p.json`: `name` is not a text",
        ),
        (
            "{\"labels\": 1}",
            "cannot read the profile `p.json`: `labels` is not an object",
        ),
        (
            "{\"attributes\": []}",
            "cannot read the profile `p.json`: `attributes` is not an object",
        ),
        (
            "{\"attributes\": {\"A\": 1}, \"osCustomAttributes\": [{\"name\": \"A\", \"value\": 2}]}",
            "cannot read the profile `p.json`: it gives the attribute `A` twice",
        ),
        (
            "{\"osCustomAttributes\": [{}]}",
            "cannot read the profile `p.json`: an item of `osCustomAttributes` has no `name`",
        ),
    ] {
        let problems = Profile::parse("p.json", text).unwrap_err();
        assert_eq!(said(&problems[0]), format!("P5005: {why}"), "{text}");
    }
}

#[test]
fn settings_and_files_that_cannot_be_read_show_no_value() {
    let problems = ValueLayer::from_settings(["A=b", "hunter2"]).unwrap_err();
    assert_eq!(said(&problems[0]), "P4003: setting 2 has no name and value");
    for (name, text) in [("v.toml", "A = \"hunter2"), ("v.json", "{\"A\": hunter2}")] {
        let problems = ValueLayer::from_file_text(name, text).unwrap_err();
        assert!(!format!("{problems:?}").contains("hunter2"), "{problems:?}");
    }
}

#[test]
fn secrets_survive_the_way_to_another_process_and_show_nowhere_else() {
    let library = library("[attribute.P]\ntype = \"password\"");
    let layers = [settings(&["P=hunter2"])];
    assert!(!format!("{layers:?}").contains("hunter2"));
    let values = resolve(&library, &layers).unwrap();
    assert!(!format!("{values:?}").contains("hunter2"));
    let wire = serde_json::to_string(&values).unwrap();
    assert_eq!(wire, r#"{"P":{"secret":"hunter2"}}"#);
    let back: AttributeValues = serde_json::from_str(&wire).unwrap();
    assert_eq!(back, values);
    assert_eq!(back.secrets(), ["hunter2"]);
}

#[test]
fn values_and_lists_of_problems_have_a_limit() {
    let long = serde_json::to_string(&"x".repeat(64 * 1024 + 1)).unwrap();
    let refused = one("type = \"string\"", &long);
    assert!(
        refused.ends_with("it must be shorter than 64 KiB"),
        "{refused}"
    );

    let library = library("");
    let many: Vec<String> = (0..100_000).map(|n| format!("N{n}=x")).collect();
    let problems = resolve(&library, &[ValueLayer::from_settings(&many).unwrap()]).unwrap_err();
    assert_eq!(problems.len(), 20);
}
