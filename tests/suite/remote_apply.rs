//! `mintage apply`, against a running service.

use mintage_client::apply::{ArtifactKind, Done, Passwords, State, Wanted, act, decide};
use mintage_client::{ClientError, Service};
use mintage_test_support::environment::{fail, project};
use mintage_test_support::{Environment, Remote, Server};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;

/// Files in the environment, by name.
fn write(environment: &Environment, files: &[(&str, &str)]) {
    for (name, text) in files {
        let path = environment.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
}

/// Kind, name and what became of each artifact.
fn results<'a>(applied: &'a Json) -> Vec<[&'a str; 3]> {
    let artifacts = applied["artifacts"].as_array().unwrap();
    let of = |one: &'a Json| ["kind", "name", "result"].map(|name| one[name].as_str().unwrap());
    artifacts.iter().map(of).collect()
}

/// All artifacts of the service with their versions.
fn versions(server: &Server<'_>) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for kind in [
        "plan-scripts",
        "build-plans",
        "deployment-plans",
        "golden-images",
    ] {
        let listed = server.get(&format!("/rest/{kind}?count=-1")).json();
        for one in listed["members"].as_array().unwrap() {
            let text = |name: &str| one[name].as_str().unwrap().to_owned();
            all.push((text("uri"), text("eTag")));
        }
    }
    all.sort();
    all
}

#[test]
fn every_sample_library_is_applied_and_nothing_changes_the_second_time() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let mut count = 0;
    for folder in fs::read_dir(project().join("sample-plans")).unwrap() {
        let library = folder.unwrap().path();
        if !library.join("build-plan.toml").is_file() {
            continue;
        }
        let library = library.to_str().unwrap();
        let before = versions(&server);
        let (out, _) = fail(&mut remote.command(["apply", "--dry-run", library]), 1);
        assert!(
            out.contains("\n+ build plan ") && out.ends_with(" to create\n"),
            "{out}"
        );
        assert_eq!(versions(&server), before, "a dry run changes nothing");
        let applied = remote.json(["apply", library]);
        assert!(
            results(&applied).iter().all(|one| one[2] == "created"),
            "{applied}"
        );

        let made = versions(&server);
        let again = remote.succeed(["apply", library]);
        assert!(again.starts_with("nothing to change: "), "{again}");
        let again = remote.succeed(["apply", "--dry-run", library]);
        assert!(again.starts_with("nothing to change: "), "{again}");
        assert_eq!(remote.json(["apply", library])["changes"], 0);
        assert_eq!(versions(&server), made);
        count += 1;
    }
    assert!(count >= 5, "{count} libraries");
}

const PLAN: &str = "name = \"Web\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\", \"scripts/b.rhai\"]\n\
                    [limits]\ndeadline = \"2m\"\n";

#[test]
fn a_change_is_shown_as_a_diff_and_done_and_what_is_not_named_is_left_alone() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    write(
        &environment,
        &[
            ("web/build-plan.toml", PLAN),
            ("web/scripts/a.rhai", "let a = 1;\n"),
            ("web/scripts/b.rhai", "let b = 1;\n"),
            ("web/templates/old.j2", "old\n"),
            (
                "other.json",
                r#"{"name": "Web: c", "planType": "deploy", "language": "rhai"}"#,
            ),
        ],
    );
    remote.succeed(["create", "plan-script", "other.json"]);
    remote.succeed(["apply", "web"]);
    let before = versions(&server);

    fs::remove_file(environment.path("web/templates/old.j2")).unwrap();
    write(
        &environment,
        &[
            (
                "web/build-plan.toml",
                PLAN.split("[limits]").next().unwrap(),
            ),
            ("web/scripts/b.rhai", "let b = 2;\n"),
        ],
    );
    let (out, _) = fail(&mut remote.command(["apply", "--dry-run", "web"]), 1);
    assert_eq!(
        out,
        "\
~ plan script Web: a
  templates/old.j2
    @@ -1 +0,0 @@
    -old
~ plan script Web: b
  content
    @@ -1 +1 @@
    -let b = 1;
    +let b = 2;
  templates/old.j2
    @@ -1 +0,0 @@
    -old
~ build plan Web
  deadline
    @@ -1 +0,0 @@
    -120 s
3 to update
"
    );
    assert_eq!(versions(&server), before);
    let done = remote.succeed(["apply", "web"]);
    assert_eq!(done, out.replace("3 to update", "3 updated"));
    assert_eq!(versions(&server).len(), before.len());
    let script = remote.json(["get", "plan-script", "Web: b"]);
    assert_eq!(
        (&script["content"], &script["templates"]),
        (&json!("let b = 2;\n"), &json!({}))
    );
    assert!(
        remote
            .succeed(["apply", "web"])
            .starts_with("nothing to change: 3 unchanged")
    );
    assert_eq!(remote.json(["get", "plan-script", "Web: c"])["eTag"], "1");
}

#[test]
fn a_failure_in_the_middle_says_what_was_done_and_the_next_time_goes_on() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    write(
        &environment,
        &[
            ("set/bundle.toml", "name = \"Set\"\n"),
            ("set/scripts/a.rhai", "let a = 1;\n"),
            ("set/scripts/b.rhai", "let b = 1;\n"),
            ("set/scripts/b.toml", "type = \"neither\"\n"),
            (
                "set/build-plans/web.toml",
                "name = \"Web\"\nsteps = [\"scripts/a.rhai\", \"scripts/b.rhai\"]\n",
            ),
        ],
    );
    let (out, err) = fail(&mut remote.command(["apply", "set"]), 6);
    assert_eq!(
        out,
        "+ plan script a\n! failed: plan script b\n  not done: build plan Web\n\
         1 created, 1 failed, 1 not done\n"
    );
    assert!(
        err.contains("P8004") && err.contains("planType") && err.contains("goes on"),
        "{err}"
    );
    let (out, err) = fail(&mut remote.command(["apply", "set", "--json"]), 6);
    assert_eq!(err, "");
    let applied: Json = serde_json::from_str(&out).unwrap();
    assert_eq!(
        results(&applied),
        [
            ["plan-script", "a", "unchanged"],
            ["plan-script", "b", "failed"],
            ["build-plan", "Web", "not-done"],
        ]
    );
    assert_eq!(applied["errors"][0]["code"], "P8004");

    write(
        &environment,
        &[("set/scripts/b.toml", "type = \"deploy\"\n")],
    );
    let out = remote.succeed(["apply", "set"]);
    assert_eq!(
        out,
        "+ plan script b\n+ build plan Web\n2 created, 1 unchanged\n"
    );
}

#[test]
fn what_cannot_be_is_told_at_once_and_nothing_is_changed() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    write(
        &environment,
        &[
            ("set/bundle.toml", "name = \"Set\"\n"),
            ("set/scripts/a.rhai", ""),
            (
                "set/deployment-plans/web.toml",
                "name = \"D\"\nbuild-plan = \"No plan\"\ngolden-image = \"No image\"\n",
            ),
            ("empty/README.md", "nothing"),
            ("wrong/build-plan.toml", "name = \"x\"\n"),
            (
                "library/build-plan.toml",
                "name = \"x\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n",
            ),
            ("library/scripts/a.rhai", ""),
            ("library/scripts/shared.rhai", ""),
            ("no.zip", "this is no bundle"),
        ],
    );
    for (source, code, told) in [
        ("set", 6, vec!["P8009", "`No plan`", "`No image`"]),
        ("empty", 3, vec!["bundle.toml"]),
        ("wrong", 3, vec!["type", "steps"]),
        ("library", 3, vec!["shared.rhai"]),
        ("no.zip", 3, vec!["P5008"]),
        ("absent", 3, vec!["P8008", "absent"]),
    ] {
        for dry in [true, false] {
            let args = ["apply", source]
                .into_iter()
                .chain(dry.then_some("--dry-run"));
            let err = remote.fail(args, code);
            assert!(
                told.iter().all(|told| err.contains(told)),
                "{source}: {err}"
            );
        }
    }
    assert_eq!(versions(&server), []);
}

#[test]
fn a_bundle_with_its_golden_image_is_applied_and_another_disk_refused() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let disk = |name: &str, byte: u8| {
        fs::write(environment.path("disk.raw"), vec![byte; 1 << 20]).unwrap();
        let path = format!("{name}/golden-images/d.zip");
        let mut zip = environment.program("zip");
        assert!(
            zip.args(["-q", &path, "disk.raw"])
                .status()
                .unwrap()
                .success()
        );
    };
    let files = |read_only: bool| {
        [
            ("bundle.toml".to_owned(), "name = \"Set\"\n".to_owned()),
            ("scripts/a.rhai".to_owned(), "let a = 1;\n".to_owned()),
            (
                "scripts/a.toml".to_owned(),
                format!("read-only = {read_only}\n"),
            ),
            (
                "golden-images/d.toml".to_owned(),
                "name = \"D\"\n".to_owned(),
            ),
            (
                "build-plans/p.toml".to_owned(),
                "name = \"P\"\nsteps = [\"scripts/a.rhai\"]\n[[attribute]]\nname = \"Root\"\n\
                 type = \"password\"\nvalue = \"Korrekt-Pferd\"\n"
                    .to_owned(),
            ),
            (
                "deployment-plans/e.toml".to_owned(),
                "name = \"E\"\nbuild-plan = \"P\"\ngolden-image = \"D\"\n".to_owned(),
            ),
        ]
    };
    for (name, text) in files(false) {
        write(&environment, &[(&format!("set/{name}"), &text)]);
    }
    disk("set", 7);
    remote.succeed(["bundle", "pack", "set", "set.zip"]);
    let applied = remote.json(["apply", "set.zip"]);
    assert_eq!(
        results(&applied),
        [
            ["golden-image", "D", "created"],
            ["plan-script", "a", "created"],
            ["build-plan", "P", "created"],
            ["deployment-plan", "E", "created"],
        ]
    );
    let image = remote.json(["get", "golden-image", "D"]);
    let plan = remote.json(["get", "deployment-plan", "E"]);
    assert_eq!(plan["goldenImageURI"], image["uri"]);
    // The same as a folder, with and without the disk.
    for _ in 0..2 {
        let again = remote.succeed(["apply", "set"]);
        assert_eq!(again, "nothing to change: 4 unchanged\n");
        let _ = fs::remove_file(environment.path("set/golden-images/d.zip"));
    }
    let out = remote.succeed(["apply", "set", "--set-passwords"]);
    assert!(
        out.contains("~ build plan P") && !out.contains("Korrekt"),
        "{out}"
    );

    disk("set", 8);
    let told = remote.fail(["apply", "set"], 6);
    assert!(
        told.contains("P8009") && told.contains("another disk"),
        "{told}"
    );
}

#[test]
fn what_is_read_only_is_left_alone() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    write(
        &environment,
        &[
            ("set/bundle.toml", "name = \"Set\"\n"),
            ("set/scripts/a.rhai", "let a = 1;\n"),
            (
                "set/scripts/a.toml",
                "read-only = true\ntype = \"deploy\"\n",
            ),
        ],
    );
    remote.succeed(["bundle", "pack", "set", "set.zip"]);
    let bundle = remote.json(["upload", "artifact-bundle", "set.zip"]);
    let uri = bundle["uri"].as_str().unwrap();
    let extract = server.put(&format!("{uri}?extract=true"), &json!({}));
    remote.succeed(["watch", extract.json()["uri"].as_str().unwrap()]);
    assert_eq!(remote.json(["get", "plan-script", "a"])["hpProvided"], true);
    assert_eq!(
        remote.succeed(["apply", "set"]),
        "nothing to change: 1 unchanged\n"
    );

    write(&environment, &[("set/scripts/a.rhai", "let a = 2;\n")]);
    let before = versions(&server);
    let (out, _) = fail(&mut remote.command(["apply", "set"]), 1);
    assert!(
        out.starts_with("= plan script a, which is read-only\n  content\n"),
        "{out}"
    );
    assert!(out.ends_with("1 read-only, left alone\n"), "{out}");
    assert_eq!(versions(&server), before);
}

#[test]
fn what_somebody_changes_meanwhile_is_not_overwritten() {
    let environment = Environment::new();
    let server = Server::start(&environment, &[]);
    let remote = Remote::log_in(&environment, &server);
    let login = mintage_client::Login::load(&remote.session_file()).unwrap();
    let service = Service::of(&login).unwrap();
    let wanted = |name: &str, content: &str| Wanted {
        kind: ArtifactKind::PlanScript,
        name: name.to_owned(),
        body: json!({"planType": "deploy", "language": "rhai", "content": content})
            .as_object()
            .cloned()
            .unwrap(),
    };
    let apply = |wanted: &[Wanted], meanwhile: &dyn Fn()| {
        let state = State::read(&service, wanted).unwrap();
        let steps = decide(wanted, &state, Passwords::Keep).unwrap();
        meanwhile();
        let no_file = |_: &str| -> Result<_, ClientError> { Ok(Path::new("/").to_owned()) };
        act(&service, &state, &steps, no_file, |_, _| {})
    };
    let made = apply(&[wanted("A", "1")], &|| {});
    assert_eq!(
        (made.done, made.error.is_none()),
        (vec![Done::Created], true)
    );

    let uri = remote.json(["get", "plan-script", "A"])["uri"]
        .as_str()
        .unwrap()
        .to_owned();
    let changed = apply(&[wanted("A", "2"), wanted("B", "")], &|| {
        assert_eq!(
            server
                .put(&uri, &json!({"content": "let theirs = 1;"}))
                .status,
            200
        );
    });
    assert_eq!(changed.done, [Done::Failed, Done::NotDone]);
    let refused = changed.error.unwrap();
    assert!(
        matches!(&refused, ClientError::Refused(refusal) if matches!(refusal.status, 409 | 412)),
        "{refused:?}"
    );
    let theirs = remote.json(["get", "plan-script", "A"]);
    assert_eq!(theirs["content"], "let theirs = 1;");

    // The same for what somebody makes meanwhile, and for what is deleted.
    let made = apply(&[wanted("C", "let ours = 1;")], &|| {
        let theirs = json!({"name": "C", "planType": "deploy", "language": "rhai", "content": "let theirs = 1;"});
        assert_eq!(server.post("/rest/plan-scripts", &theirs).status, 201);
    });
    assert_eq!(made.done, [Done::Failed]);
    let gone = apply(&[wanted("C", "let ours = 1;")], &|| {
        let theirs = remote.json(["get", "plan-script", "C"]);
        assert_eq!(server.delete(theirs["uri"].as_str().unwrap()).status, 204);
    });
    assert_eq!(gone.done, [Done::Failed]);
    let made = apply(&[wanted("C", "let ours = 1;")], &|| {});
    assert_eq!(made.done, [Done::Created]);
}
