//! What is decided, as tables.

use super::super::state::Present;
use super::*;
use serde_json::json;

fn wanted(kind: ArtifactKind, name: &str, body: Json) -> Wanted {
    Wanted {
        kind,
        name: name.to_owned(),
        body: body.as_object().cloned().unwrap(),
    }
}

fn present(name: &str, body: Json) -> Present {
    let body = body.as_object().cloned().unwrap();
    Present {
        uri: format!("/rest/x/{name}"),
        name: name.to_owned(),
        e_tag: "7".to_owned(),
        read_only: body.get("hpProvided") == Some(&json!(true)),
        state: body
            .get("state")
            .and_then(Json::as_str)
            .unwrap_or("OK")
            .to_owned(),
        body,
    }
}

fn script(content: &str) -> Json {
    json!({"planType": "deploy", "language": "rhai", "content": content, "templates": {}})
}

fn decided(
    wanted: &[Wanted],
    there: &[(ArtifactKind, Present)],
    passwords: Passwords,
) -> Vec<Step> {
    decide(wanted, &State::of(there.to_vec()), passwords).unwrap()
}

#[test]
fn what_is_done_depends_on_what_is_there() {
    use ArtifactKind::PlanScript;
    let with = |member: &str, value: Json| {
        let mut body = script("a\nb\n");
        body[member] = value;
        body
    };
    for (there, action, parts) in [
        (None, Action::Create, vec![]),
        (Some(script("a\nb\n")), Action::Unchanged, vec![]),
        (
            Some(with("planType", json!("Deploy"))),
            Action::Unchanged,
            vec![],
        ),
        (
            Some(with("description", Json::Null)),
            Action::Unchanged,
            vec![],
        ),
        (
            Some(with("hpProvided", json!(true))),
            Action::Unchanged,
            vec![],
        ),
        (Some(script("a\nc\n")), Action::Update, vec!["content"]),
        (
            Some(with("description", json!("x"))),
            Action::Update,
            vec!["description"],
        ),
        (
            Some(with("templates", json!({"m": ""}))),
            Action::Update,
            vec!["templates/m"],
        ),
        (
            Some(with("language", json!("guestfish"))),
            Action::Update,
            vec!["language"],
        ),
    ] {
        let there: Vec<_> = there
            .iter()
            .map(|body| (PlanScript, present("One", body.clone())))
            .collect();
        let steps = decided(
            &[wanted(PlanScript, "One", script("a\nb\n"))],
            &there,
            Passwords::Keep,
        );
        let [step] = steps.as_slice() else {
            panic!("{steps:?}");
        };
        let found: Vec<_> = step
            .differences
            .iter()
            .map(|one| one.part.as_str())
            .collect();
        assert_eq!((step.action, found), (action, parts), "{there:?}");
    }
}

#[test]
fn what_is_read_only_and_differs_is_left_alone() {
    use ArtifactKind::PlanScript;
    let mut there = script("old");
    there["hpProvided"] = json!(true);
    let there = [(PlanScript, present("One", there))];
    let steps = decided(
        &[wanted(PlanScript, "One", script("new"))],
        &there,
        Passwords::Keep,
    );
    assert_eq!(steps[0].action, Action::ReadOnly);
    assert!(!steps[0].is_change());
}

#[test]
fn a_change_is_meant_for_the_version_that_was_compared_and_shows_its_lines() {
    use ArtifactKind::PlanScript;
    let there = [(PlanScript, present("one", script("a\nb\n")))];
    let steps = decided(
        &[wanted(PlanScript, "One", script("a\nc\n"))],
        &there,
        Passwords::Keep,
    );
    assert_eq!(steps[0].body["eTag"], "7");
    assert_eq!(steps[0].body["name"], "One");
    let shown: Vec<_> = steps[0]
        .differences
        .iter()
        .map(|one| (one.part.as_str(), one.diff.as_str()))
        .collect();
    assert_eq!(
        shown,
        [
            ("content", "@@ -1,2 +1,2 @@\n a\n-b\n+c\n"),
            ("name", "@@ -1 +1 @@\n-one\n+One\n"),
        ]
    );
}

#[test]
fn what_is_referred_to_comes_first_and_must_be_somewhere() {
    use ArtifactKind::{BuildPlan, DeploymentPlan, GoldenImage, PlanScript};
    let deployment = wanted(
        DeploymentPlan,
        "Deploy web",
        json!({"buildPlan": "Web", "goldenImage": "Debian"}),
    );
    let build = wanted(
        BuildPlan,
        "Web",
        json!({"oeBuildPlanType": "deploy", "buildStep": [{"planScriptName": "One"}]}),
    );
    let one = wanted(PlanScript, "One", script(""));
    let image = (GoldenImage, present("Debian", json!({})));
    let steps = decided(
        &[deployment.clone(), build.clone(), one],
        std::slice::from_ref(&image),
        Passwords::Keep,
    );
    let order: Vec<_> = steps.iter().map(|step| step.kind).collect();
    assert_eq!(order, [PlanScript, BuildPlan, DeploymentPlan]);

    let problems = decide(&[deployment, build], &State::default(), Passwords::Keep).unwrap_err();
    let problems: Vec<_> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(
        problems,
        [
            "deployment plan `Deploy web` needs golden image `Debian`, which is neither given nor in the service",
            "build plan `Web` needs plan script `One`, which is neither given nor in the service",
        ]
    );
}

#[test]
fn a_golden_image_is_made_or_is_there_but_never_changed() {
    use ArtifactKind::GoldenImage;
    let known = json!({"disk": "AB", "hasFile": true});
    let unknown = json!({"disk": null, "hasFile": false});
    for (wanted_body, there, expected) in [
        (&known, None, Ok(Action::Create)),
        (&known, Some(json!({"disk": "ab"})), Ok(Action::Unchanged)),
        (&unknown, Some(json!({"disk": "ab"})), Ok(Action::Unchanged)),
        (
            &known,
            Some(json!({"disk": "ab", "description": "x"})),
            Ok(Action::Update),
        ),
        (
            &known,
            Some(json!({"disk": "cd"})),
            Err("with another disk"),
        ),
        (
            &known,
            Some(json!({"disk": null, "state": "CREATING"})),
            Err("in state CREATING"),
        ),
        (&unknown, None, Err("its file is not here")),
    ] {
        let there = there
            .into_iter()
            .map(|body| (GoldenImage, present("D", body)));
        let decided = decide(
            &[wanted(GoldenImage, "D", wanted_body.clone())],
            &State::of(there),
            Passwords::Keep,
        );
        match (decided, expected) {
            (Ok(steps), Ok(action)) => assert_eq!(steps[0].action, action),
            (Err(problems), Err(text)) => {
                assert!(problems[0].to_string().contains(text), "{problems:?}");
            }
            (found, expected) => panic!("{found:?}, and not {expected:?}"),
        }
    }
}

#[test]
fn a_password_is_set_where_there_is_none_and_never_shown() {
    use ArtifactKind::BuildPlan;
    let plan = |value: Json| {
        json!({"oeBuildPlanType": "deploy", "customAttributes": [
            {"name": "Root", "type": "Password", "value": value},
        ]})
    };
    for (new, old, passwords, action, sent) in [
        (
            "s3cret",
            json!(MASK),
            Passwords::Keep,
            Action::Unchanged,
            json!(MASK),
        ),
        (
            "s3cret",
            json!(MASK),
            Passwords::Set,
            Action::Update,
            json!("s3cret"),
        ),
        (
            "s3cret",
            Json::Null,
            Passwords::Keep,
            Action::Update,
            json!("s3cret"),
        ),
        (
            "",
            json!(MASK),
            Passwords::Keep,
            Action::Unchanged,
            json!(MASK),
        ),
        (
            "",
            json!(MASK),
            Passwords::Set,
            Action::Unchanged,
            json!(MASK),
        ),
        ("", Json::Null, Passwords::Set, Action::Unchanged, json!("")),
    ] {
        let there = [(BuildPlan, present("Web", plan(old)))];
        let steps = decided(
            &[wanted(BuildPlan, "Web", plan(json!(new)))],
            &there,
            passwords,
        );
        assert_eq!(steps[0].action, action, "{new} {passwords:?}");
        assert_eq!(steps[0].body["customAttributes"][0]["value"], sent);
        let shown = serde_json::to_string(&steps[0]).unwrap();
        assert!(!shown.contains("s3cret"), "{shown}");
    }
}

#[test]
fn steps_attributes_and_mounts_are_compared_in_order_and_to_the_letter() {
    use ArtifactKind::BuildPlan;
    let plan = json!({
        "oeBuildPlanType": "deploy",
        "buildStep": [{"planScriptName": "One", "parameters": "x"}, {"planScriptName": "Two"}],
        "customAttributes": [
            {"name": "Host", "type": "hostname", "value": "a"},
            {"name": "Text", "type": "string", "value": "a\n  value: b"},
        ],
        "mounts": {"/": "label:root"},
        "deadlineSeconds": 60,
    });
    let scripts = ["One", "Two"].map(|name| (ArtifactKind::PlanScript, present(name, script(""))));
    let edit = |pointer: &str, value: Json| {
        let mut plan = plan.clone();
        *plan.pointer_mut(pointer).unwrap() = value;
        plan
    };
    for (there, parts) in [
        (plan.clone(), vec![]),
        (edit("/buildStep/0/parameters", json!("y")), vec!["steps"]),
        (
            edit("/buildStep/0/planScriptName", json!("Two")),
            vec!["steps"],
        ),
        (
            edit("/customAttributes/0/value", json!("b")),
            vec!["attributes"],
        ),
        (
            edit("/customAttributes/1/value", json!("a")),
            vec!["attributes"],
        ),
        (edit("/mounts", json!({})), vec!["mounts"]),
        (edit("/deadlineSeconds", Json::Null), vec!["deadline"]),
    ] {
        let mut all = scripts.to_vec();
        all.push((BuildPlan, present("Web", there)));
        let steps = decided(
            &[wanted(BuildPlan, "Web", plan.clone())],
            &all,
            Passwords::Keep,
        );
        let found: Vec<_> = steps[0]
            .differences
            .iter()
            .map(|one| one.part.as_str())
            .collect();
        assert_eq!(found, parts);
    }
}
