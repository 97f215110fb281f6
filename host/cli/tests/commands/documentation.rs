//! The command that shows the reference.

use crate::place::Place;
use std::fs;

#[test]
fn functions_modules_and_codes_are_found_by_name() {
    let place = Place::new();
    for (name, expected) in [
        ("", "hostname"),
        ("file", "## `file::read("),
        ("functions", "## `attribute("),
        (
            "file::write",
            "## `file::write(path: string, content: any, options: map) -> bool`",
        ),
        ("ensure_line", "## `file::ensure_line("),
        (
            "server::identity",
            "(name: string, address: string) -> bool",
        ),
        ("P3004", "# P3004: "),
        ("p2013", "# P2013: argument"),
        ("unknown-function", "# P1002: "),
    ] {
        let shown = place.mintage(format!("doc {name}").trim_end()).text();
        assert!(shown.contains(expected), "{name}: {shown}");
    }
    let json = place.mintage("doc --json file::exists").json();
    assert_eq!(json[0]["signature"], "file::exists(path: string) -> bool");
}

#[test]
fn a_misspelt_name_is_answered_with_the_nearest() {
    let place = Place::new();
    let ended = place.mintage("doc file::wirte");
    assert_eq!(ended.code, 2, "{ended:?}");
    assert!(
        ended.err.contains("did you mean `file::write`?"),
        "{}",
        ended.err
    );
    let ended = place.mintage("doc something-that-nobody-has");
    assert!(
        ended.err.contains("`mintage doc` lists the modules"),
        "{}",
        ended.err
    );
}

#[test]
fn the_reference_is_written_as_a_book_and_as_definitions() {
    let place = Place::new();
    place.mintage("doc --export book").text();
    let summary = fs::read_to_string(place.path("book/src/SUMMARY.md")).unwrap();
    let links = summary
        .split("](")
        .skip(1)
        .map(|rest| rest.split(')').next().unwrap());
    let links: Vec<&str> = links.collect();
    assert!(links.len() > 10, "{summary}");
    for link in links {
        assert!(place.path("book/src").join(link).is_file(), "{link}");
    }
    place.mintage("doc --definitions defs").text();
    let file = fs::read_to_string(place.path("defs/file.d.rhai")).unwrap();
    assert!(file.starts_with("module file;\n"), "{file}");
    assert!(
        file.contains("\nfn read(path: String) -> String;\n"),
        "{file}"
    );
}
