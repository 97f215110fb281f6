//! Bundles as folders: nothing is lost on the way, and what is wrong is named.

use super::archives::{Archive, image_of};
use super::round_trip::{read as read_bundle, sample};
use crate::bundle::folder::{FolderBundle, layout, load, read};
use crate::bundle::{Bundle, BundleDiff, BundleFile, BundleLimits, Change, ImageFacts};
use std::collections::BTreeMap;
use std::fs;
use std::io::Cursor;

fn file(bytes: &[u8]) -> BundleFile<Cursor<&[u8]>> {
    BundleFile::open(Cursor::new(bytes), &BundleLimits::default()).unwrap()
}

/// A bundle with all that is hard to keep.
fn hard() -> Bundle {
    let (mut bundle, _) = read_bundle(&sample());
    let script = bundle.plan_scripts[0].clone();
    for (id, name, templates) in [
        (
            "a1",
            "MOTD",
            vec![("motd.j2", "other\r\n"), ("etc", "a file")],
        ),
        ("a2", "mo/td", vec![]),
        (
            "a3",
            "\u{feff}mark",
            vec![("motd.j2", "Hello {{ name }}\n")],
        ),
    ] {
        let mut more = script.clone();
        (more.id, more.name) = (id.to_owned(), name.to_owned());
        more.content = format!("\u{feff}{name}\r\n'''\"\"\"\u{1}\ttab");
        let templates = templates
            .into_iter()
            .map(|(n, t)| (n.to_owned(), t.to_owned()));
        more.templates = templates.collect();
        more.more = serde_json::from_str(
            r#"{"big":18446744073709551615,"nested":{"b":null,"a":[{"x":1.5}]},"z":"\n","a b":true,"":0}"#,
        )
        .unwrap();
        bundle.plan_scripts.push(more);
    }
    let plan = &mut bundle.build_plans[0];
    plan.attributes[0].constraints = Some("not JSON".to_owned());
    plan.attributes.push(plan.attributes[0].clone());
    plan.attributes[1].constraints = Some(r#"{"b":"1","a":[1,true,"x"]}"#.to_owned());
    plan.attributes[1].description = Some("two\nlines \\ and 'quotes'".to_owned());
    let mut step = plan.steps[0].clone();
    step.serial_number = Some("7".to_owned());
    step.script_uri = None;
    plan.steps.push(step);
    bundle.finish().unwrap()
}

#[test]
fn every_field_comes_back() {
    let bundle = hard();
    let laid_out = layout(&bundle, &BTreeMap::new());
    let FolderBundle {
        bundle: again,
        images,
    } = read(&laid_out.texts).unwrap();
    assert_eq!(again, bundle);
    let nothing = ImageFacts::of(b"");
    assert_eq!(
        images["22-bb"],
        (laid_out.images["22-bb"].clone(), Some(nothing))
    );
    assert_eq!(layout(&again, &BTreeMap::new()), laid_out);
}

#[test]
fn the_files_are_those_that_people_would_write() {
    let (bundle, _) = read_bundle(&sample());
    let texts = layout(&bundle, &BTreeMap::new()).texts;
    let shown: String = texts
        .iter()
        .map(|(path, text)| format!("--- {path}\n{text}\n"))
        .collect();
    insta::assert_snapshot!(shown);
}

#[test]
fn a_folder_on_disk_packs_to_the_same_bytes_again() {
    let place = tempfile::tempdir().unwrap();
    let bytes = sample();
    for (name, with_images) in [("with", true), ("without", false)] {
        let dir = place.path().join(name);
        fs::create_dir(&dir).unwrap();
        let files = file(&bytes).unpack(&dir, with_images).unwrap();
        assert_eq!(files.iter().any(|file| file.ends_with(".zip")), with_images);
        let loaded = load(&dir).unwrap();
        assert_eq!(loaded.bundle(), file(&bytes).bundle());
        let facts = loaded.image_facts().unwrap();
        assert_eq!(facts["22-bb"], ImageFacts::of(&read_bundle(&bytes).1[0]));
        let packed = loaded.pack(Cursor::new(Vec::new()));
        if !with_images {
            let error = packed.unwrap_err();
            assert!(
                error
                    .message
                    .contains("cannot read `golden-images/Debian-12.zip`"),
                "{error}"
            );
            continue;
        }
        let packed = packed.unwrap().into_inner();
        let again = place.path().join("again");
        fs::create_dir(&again).unwrap();
        file(&packed).unpack(&again, true).unwrap();
        let repacked = load(&again)
            .unwrap()
            .pack(Cursor::new(Vec::new()))
            .unwrap()
            .into_inner();
        assert!(packed == repacked);
        assert_eq!(read_bundle(&packed), read_bundle(&bytes));
        // Another image is noticed, whoever put it there.
        fs::write(
            again.join("golden-images/Debian-12.zip"),
            image_of(b"another"),
        )
        .unwrap();
        let error = load(&again)
            .unwrap()
            .pack(Cursor::new(Vec::new()))
            .unwrap_err();
        assert!(error.message.contains("and the folder says"), "{error}");
    }
}

#[test]
fn a_link_in_a_folder_is_refused() {
    let place = tempfile::tempdir().unwrap();
    file(&sample()).unpack(place.path(), true).unwrap();
    let image = place.path().join("golden-images/Debian-12.zip");
    fs::rename(&image, place.path().join("moved")).unwrap();
    std::os::unix::fs::symlink("../moved", &image).unwrap();
    assert!(load(place.path()).is_err());
}

#[test]
fn what_people_write_by_hand_may_be_short() {
    let texts = [
        ("bundle.toml", "name = 'Mine'"),
        ("scripts/motd.rhai", "log::info(\"hi\");"),
        ("scripts/old.gfs", "mount /dev/sda1 /"),
        ("templates/motd.j2", "Hello"),
        (
            "build-plans/web.toml",
            "name = 'Web'\nsteps = ['scripts/motd.rhai']",
        ),
        ("README.md", "ignored"),
    ];
    let texts = texts
        .map(|(path, text)| (path.to_owned(), text.to_owned()))
        .into();
    let bundle = read(&texts).unwrap().bundle;
    let script = bundle
        .plan_scripts
        .iter()
        .find(|script| script.name == "motd")
        .unwrap();
    assert_eq!(script.templates["motd.j2"], "Hello");
    assert_eq!(script.id.len(), 36);
    assert_eq!(
        bundle.build_plans[0].steps[0].script_id(),
        Some(script.id.as_str())
    );
    assert_eq!(read(&texts).unwrap().bundle, bundle);
}

#[test]
fn what_is_wrong_in_a_folder_is_named() {
    for (path, text, why) in [
        (
            "bundle.toml",
            "nme = 'x'",
            "`bundle.toml`: `name`: it must be a text, and is missing",
        ),
        (
            "bundle.toml",
            "name = 'x'\nfoo = 1",
            "`bundle.toml`: `foo`: there is no such field",
        ),
        ("bundle.toml", "name = 'x", "`bundle.toml`: line 1: "),
        (
            "scripts/a.toml",
            "",
            "there is no script `scripts/a.rhai` or `scripts/a.gfs`",
        ),
        (
            "scripts/motd.toml",
            "templates = ['x']",
            "there is no template `templates/x`",
        ),
        (
            "scripts/motd.toml",
            "templates = 5",
            "`templates`: it must list names",
        ),
        ("scripts/motd.toml", "id = 'a/b'", "`id`: it must be an id"),
        (
            "build-plans/w.toml",
            "name = 'w'\nsteps = ['x']",
            "`steps[0]`: there is no script `x`",
        ),
        (
            "build-plans/w.toml",
            "name = 'w'\n[[attribute]]\nvalue = 1\nname = 'a'",
            "`attribute[0].value`: it must be a text",
        ),
        (
            "golden-images/g.toml",
            "name = 'g'\n[file]\nsize = 1",
            "`file.sha256`: it must be a text, and is missing",
        ),
    ] {
        let mut texts = BTreeMap::from([
            ("bundle.toml".to_owned(), "name = 'x'".to_owned()),
            ("scripts/motd.rhai".to_owned(), String::new()),
        ]);
        texts.insert(path.to_owned(), text.to_owned());
        let error = read(&texts).expect_err(text);
        assert!(error.message.contains(why), "{}", error.message);
    }
}

#[test]
fn a_diff_shows_lines_and_no_secret() {
    let (before, _) = read_bundle(&sample());
    let mut after = before.clone();
    assert!(diff(&before, &after).is_empty());
    after.plan_scripts[0].id = "other".to_owned();
    after.build_plans[0].steps[0].script_uri = Some("/rest/plan-scripts/other".to_owned());
    after.manifest.time_stamp = "later".to_owned();
    assert!(diff(&before, &after).is_empty());
    after.plan_scripts[0]
        .content
        .push_str("\nlog::info(\"hi\");\n");
    after.build_plans[0].name = "Web 2".to_owned();
    let mut password = after.deployment_plans[0].attributes[0].clone();
    password.value = Some("hunter2".to_owned());
    after.deployment_plans[0].attributes[0] = password;
    let changes = diff(&before, &after);
    let shown: Vec<_> = changes
        .artifacts
        .iter()
        .map(|c| (c.name.as_str(), c.change))
        .collect();
    assert_eq!(
        shown,
        [
            ("motd", Change::Changed),
            ("Web", Change::Removed),
            ("Web 2", Change::Added),
            ("Web on Debian", Change::Changed),
        ]
    );
    assert!(
        changes.artifacts[0].parts[0]
            .diff
            .contains("+log::info(\"hi\");\n")
    );
    let json = serde_json::to_string(&changes).unwrap();
    assert!(
        json.contains("[another secret]") && !json.contains("hunter2"),
        "{json}"
    );
    let same = diff(&after, &after);
    assert!(same.is_empty());
}

fn diff(before: &Bundle, after: &Bundle) -> BundleDiff {
    let nothing = BTreeMap::new();
    BundleDiff::between((before, &nothing), (after, &nothing))
}

#[test]
fn an_image_that_differs_is_a_difference() {
    let of = |disk: &[u8]| Archive::with_image(&image_of(disk)).bytes();
    let facts = |bytes: &[u8]| {
        let (bundle, images) = read_bundle(bytes);
        (
            bundle,
            BTreeMap::from([("22-bb".to_owned(), ImageFacts::of(&images[0]))]),
        )
    };
    let (one, two) = (facts(&of(b"one")), facts(&of(b"two")));
    let changes = BundleDiff::between((&one.0, &one.1), (&two.0, &two.1));
    assert_eq!(changes.artifacts[0].parts[0].name, "image");
}
