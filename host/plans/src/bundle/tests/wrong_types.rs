//! Wrong JSON everywhere: the error names the entry and the field, and never the value.

use super::archives::{Archive, open};
use crate::bundle::BundleLimits;
use mintage_engine::Code;

const SECRET: &str = "hunter2";

#[test]
fn every_field_of_a_wrong_type_is_named() {
    let wrong = [
        ("planscript", "id", "5", "a text"),
        ("planscript", "name", "[]", "a text"),
        ("planscript", "content", "{}", "a text"),
        ("planscript", "planType", "true", "a text"),
        ("planscript", "hpProvided", "\"hunter2\"", "true or false"),
        (
            "planscript",
            "language",
            "\"hunter2\"",
            "`rhai` or `guestfish`",
        ),
        ("planscript", "templates", "\"hunter2\"", "an object"),
        ("planscript", "templates", "{\"a.j2\": 5}", "a text"),
        (
            "planscript",
            "templates",
            "{\"../a\": \"hunter2\"}",
            "a path like",
        ),
        ("planscript", "type", "\"GoldenImage\"", "`PlanScript`"),
        (
            "goldenimage",
            "size",
            "-1",
            "a whole number that is not negative",
        ),
        ("goldenimage", "size", "\"hunter2\"", "a whole number"),
        ("goldenimage", "readOnly", "1", "true or false"),
        ("goldenimage", "checkSum", "[\"hunter2\"]", "a text"),
        ("buildplan", "buildStep", "\"hunter2\"", "a list"),
        ("buildplan", "buildStep", "[5]", "an object"),
        (
            "buildplan",
            "buildStep",
            "[{\"serialNumber\": 1}]",
            "a text",
        ),
        ("buildplan", "customAttributes", "{}", "a list"),
        (
            "buildplan",
            "customAttributes",
            "[{\"name\": \"a\", \"value\": {}}]",
            "a text",
        ),
        (
            "buildplan",
            "customAttributes",
            "[{\"value\": \"hunter2\"}]",
            "and is missing",
        ),
        ("buildplan", "buildPlanid", "\"../../x\"", "an id"),
        ("deploymentplan", "oeBuildPlanURI", "[]", "a text"),
        ("deploymentplan", "goldenImageURI", "false", "a text"),
        ("deploymentplan", "customAttributes", "[null]", "an object"),
        ("deploymentplan", "name", "\"\"", "not be empty"),
        (
            "deploymentplan",
            "name",
            "\"a\\u0007b\"",
            "control characters",
        ),
        ("deploymentplan", "name", "null", "and is missing"),
    ];
    for (kind, field, value, must) in wrong {
        let name = if field == "name" {
            ""
        } else {
            "\"name\":\"n\","
        };
        let json = format!("{{{name}\"{field}\":{value}}}");
        let entry = format!("1-a_{kind}.json");
        let bytes = Archive::with(&[(&entry, json.as_bytes())]).bytes();
        let error = open(&bytes, &BundleLimits::default()).expect_err(&json);
        let message = &error.message;
        assert_eq!(error.code, Code::P5012, "{json}: {message}");
        assert!(
            message.starts_with(&format!("`{entry}`: `{field}")),
            "{json}: {message}"
        );
        assert!(message.contains(must), "{json}: {message}");
        assert!(!message.contains(SECRET), "{message}");
        assert_eq!(error.entry.as_deref(), Some(entry.as_str()));
    }
}

#[test]
fn what_is_no_json_object_says_where() {
    let deep = "[".repeat(10_000);
    for (json, why) in [
        ("[]", "it must be a JSON object, and is a list"),
        ("", "it is not JSON: line 1, column 0"),
        ("{\"name\": \"hunter2}", "it is not JSON: line 1"),
        ("{\"name\": \"hunter2\"}}", "it is not JSON: line 1"),
        (&deep, "it is not JSON"),
    ] {
        let bytes = Archive::with(&[("1-a_buildplan.json", json.as_bytes())]).bytes();
        let error = open(&bytes, &BundleLimits::default()).expect_err(json);
        assert!(error.message.contains(why), "{}", error.message);
        assert!(!error.message.contains(SECRET), "{}", error.message);
    }
    let bytes = Archive::with(&[("1-a_buildplan.json", b"{\"name\":\"\xff\"}")]).bytes();
    let error = open(&bytes, &BundleLimits::default()).unwrap_err();
    assert!(
        error.message.contains("it is not UTF-8"),
        "{}",
        error.message
    );
}
