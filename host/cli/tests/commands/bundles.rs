//! `bundle`: a folder written by hand becomes a bundle, and back.

use crate::place::Place;
use std::fs;

fn library(place: &Place, folder: &str, script: &str) {
    let path = |name: &str| place.path(folder).join(name);
    for (name, text) in [
        (
            "bundle.toml",
            "name = \"Mine\"\ndescription = \"By hand\"\n",
        ),
        ("scripts/motd.rhai", script),
        ("templates/motd.j2", "Hello\n"),
        (
            "build-plans/web.toml",
            "name = \"Web\"\ntype = \"deploy\"\nsteps = [\"scripts/motd.rhai\"]\n",
        ),
    ] {
        fs::create_dir_all(path(name).parent().unwrap()).unwrap();
        fs::write(path(name), text).unwrap();
    }
}

#[test]
fn a_folder_becomes_a_bundle_and_back() {
    let place = Place::new();
    library(&place, "mine", "log::info(\"hi\");\n");
    let said = place.mintage("bundle pack mine mine.zip").text();
    assert!(said.starts_with("mine.zip · 2 artifacts · "), "{said}");
    let said = place.mintage("bundle verify mine.zip").text();
    assert_eq!(
        said,
        "plan scripts\n  motd\nbuild plans\n  Web\nbundle \"Mine\" · 2 artifacts · all checksums right\n"
    );
    let files = place.mintage("bundle unpack mine.zip again").text();
    assert!(files.contains("  again/scripts/motd.rhai\n"), "{files}");
    place.mintage("bundle pack again again.zip").text();
    let (one, two) = (
        fs::read(place.path("mine.zip")),
        fs::read(place.path("again.zip")),
    );
    assert!(one.unwrap() == two.unwrap());
    assert_eq!(place.mintage("bundle diff mine.zip again").text(), "");
    library(&place, "changed", "log::info(\"ho\");\n");
    let ended = place.mintage("bundle diff mine changed");
    assert_eq!(ended.code, 1, "{ended:?}");
    let shown = String::from_utf8(ended.out).unwrap();
    assert_eq!(
        shown,
        "~ plan script motd\n  content\n    @@ -1 +1 @@\n    -log::info(\"hi\");\n    +log::info(\"ho\");\n"
    );
    let json = place.mintage("bundle verify --json mine.zip").json();
    assert_eq!(json["artifacts"][1]["name"], "Web");
    assert!(place.names().iter().all(|name| !name.starts_with('.')));
}

#[test]
fn nothing_is_overwritten_and_nothing_half_done_is_left() {
    let place = Place::new();
    library(&place, "mine", "");
    fs::write(place.path("taken"), "mine").unwrap();
    for line in ["bundle pack mine taken", "bundle unpack mine.zip mine"] {
        place.mintage("bundle pack mine mine.zip");
        place.mintage(line).fails(5, "it exists already");
    }
    let whole = fs::read(place.path("mine.zip")).unwrap();
    fs::write(place.path("cut.zip"), &whole[..whole.len() / 2]).unwrap();
    for command in ["verify cut.zip", "unpack cut.zip new", "diff cut.zip mine"] {
        place
            .mintage(&format!("bundle {command}"))
            .fails(3, "error[P5008]");
    }
    fs::write(place.path("mine/scripts/lonely.toml"), "name = \"x\"").unwrap();
    place
        .mintage("bundle pack mine new.zip")
        .fails(3, "error[P5012]");
    place
        .mintage("bundle pack nowhere new.zip")
        .fails(3, "error[P5001]");
    assert_eq!(
        place.names(),
        ["cut.zip", "golden.img", "mine", "mine.zip", "plan", "taken"]
    );
}
