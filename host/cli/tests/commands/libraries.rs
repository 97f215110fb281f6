//! `new`, `check` and `test`: the life of a plan library.

use crate::place::Place;
use mintage_testing::layouts;
use std::fs;
use std::os::unix::fs::symlink;

#[test]
fn a_new_library_passes_its_own_check_and_test() {
    let place = Place::new();
    for (number, layout) in layouts().enumerate() {
        for kind in ["deploy", "capture"] {
            let name = format!("{kind}{number}");
            let line = format!("new {name} --type {kind} --os {layout}");
            let said = place.mintage(&line).text();
            assert!(
                said.contains(&format!("  {name}/build-plan.toml\n")),
                "{said}"
            );
            let checked = place.mintage(&format!("check {name}"));
            assert_eq!(checked.err, "");
            assert!(checked.text().contains("0 errors, 0 warnings"));
            let tested = place.mintage(&format!("test {name}")).text();
            assert_eq!(
                tested,
                format!("{name}\n  ok      first\n1 case: 1 passed\n")
            );
            let snapshot = fs::read_to_string(place.path(&name).join("tests/first/expect.snap"));
            assert!(snapshot.unwrap().contains("\nsucceeded: "), "{line}");
        }
    }
    // Nothing temporary is left.
    assert!(place.names().iter().all(|name| !name.starts_with('.')));
}

#[test]
fn a_new_library_overwrites_nothing() {
    let place = Place::new();
    fs::create_dir(place.path("empty")).unwrap();
    fs::write(place.path("file"), "mine").unwrap();
    symlink("nowhere", place.path("link")).unwrap();
    for name in ["empty", "file", "link", "plan"] {
        let ended = place.mintage(&format!("new {name}"));
        ended.fails(5, "it exists already");
    }
    assert_eq!(fs::read_to_string(place.path("file")).unwrap(), "mine");
    for name in [
        "..",
        ".hidden",
        "a:b",
        "ü",
        "x\"y",
        "-x",
        "plans/..",
        &"x".repeat(65),
    ] {
        let ended = place.mintage(&format!("new -- {name}"));
        assert_eq!(ended.code, 2, "{name}: {ended:?}");
    }
    let ended = place.mintage("new web --os debian-13");
    assert!(
        ended.code == 2 && ended.err.contains("debian-12"),
        "{ended:?}"
    );
    place.mintage("new none/web").fails(5, "error[P7009]");
    assert_eq!(
        place.names(),
        ["empty", "file", "golden.img", "link", "plan"]
    );
}

#[test]
fn a_case_runs_on_an_image_too() {
    let place = Place::new();
    place.script("hostname::set(attribute(\"HostName\"));");
    fs::create_dir_all(place.path("plan/tests/image")).unwrap();
    fs::copy(
        place.path("golden.img"),
        place.path("plan/tests/golden.img"),
    )
    .unwrap();
    fs::write(
        place.path("plan/tests/image/case.toml"),
        "volume = \"golden.img\"\n",
    )
    .unwrap();
    let before = fs::read(place.path("golden.img")).unwrap();
    place.mintage("test plan").fails(1, "");
    place.mintage("test plan --accept").text();
    place.mintage("test plan").text();
    let snapshot = fs::read_to_string(place.path("plan/tests/image/expect.snap")).unwrap();
    assert!(snapshot.contains("     +web01\n"), "{snapshot}");
    assert!(before == fs::read(place.path("plan/tests/golden.img")).unwrap());
}

#[test]
fn a_test_says_how_it_ended() {
    let place = Place::new();
    place.mintage("test plan").fails(1, "");
    place.mintage("test nowhere").fails(3, "error[P5001]");
    fs::create_dir_all(place.path("plan/tests/loop")).unwrap();
    fs::write(
        place.path("plan/tests/loop/case.toml"),
        "volume = \"debian-12\"\n",
    )
    .unwrap();
    // What ends the worker's run is what comes of the case, and no hang of the command.
    place.script("loop {}");
    let json = place.mintage("test plan --json --accept").json();
    assert_eq!(json["counts"]["accepted"], 1);
    let snapshot = fs::read_to_string(place.path("plan/tests/loop/expect.snap")).unwrap();
    assert!(snapshot.contains("error[P2001]"), "{snapshot}");
    // Without a case that fits, nothing was tested.
    let ended = place.mintage("test plan --case other");
    assert_eq!((ended.code, ended.err.as_str()), (1, ""));
    place
        .mintage("test plan --junit none/report.xml")
        .fails(5, "error[P7009]");
}
