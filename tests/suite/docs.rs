//! The documentation as a book: every page is in its summary, and every link leads to a page.

use mintage_test_support::environment::project;
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use walkdir::WalkDir;

/// Every page, as a path in `docs`.
fn pages() -> BTreeSet<PathBuf> {
    let docs = project().join("docs");
    let files = WalkDir::new(&docs)
        .into_iter()
        .map(|file| file.unwrap().into_path());
    files
        .filter(|path| path.extension().is_some_and(|end| end == "md"))
        .map(|path| path.strip_prefix(&docs).unwrap().to_owned())
        .collect()
}

/// The targets of the links in a page, without those to sites.
fn links(text: &str) -> Vec<String> {
    let mut fenced = false;
    let mut found = Vec::new();
    for line in text.lines() {
        fenced ^= line.trim_start().starts_with("```");
        if fenced {
            continue;
        }
        // What stands in backticks is no link.
        let plain: String = line.split('`').step_by(2).collect();
        let targets = plain
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next());
        found.extend(
            targets
                .filter(|target| !target.contains("://"))
                .map(str::to_owned),
        );
    }
    found
}

/// The first heading of a page.
fn title(page: &Path) -> String {
    let text = fs::read_to_string(project().join("docs").join(page)).unwrap();
    let heading = text.lines().find_map(|line| line.strip_prefix("# "));
    heading
        .unwrap_or_else(|| panic!("{} has no heading", page.display()))
        .to_owned()
}

/// The summary that the pages make: those of `docs` itself, then each folder.
fn summary() -> String {
    let pages = pages();
    let line = |page: &PathBuf| format!("- [{}]({})\n", title(page), page.display());
    let of = |folder: &str| -> String {
        let inside = pages
            .iter()
            .filter(|page| page.parent() == Some(Path::new(folder)));
        inside
            .filter(|page| page.file_name() != Some("SUMMARY.md".as_ref()))
            .map(line)
            .collect()
    };
    let mut text = format!("# Summary\n\n{}", of(""));
    for (title, folder) in [
        ("Reference", "reference"),
        ("Standard library", "reference/stdlib"),
        ("Decisions", "decisions"),
    ] {
        text.push_str(&format!("\n# {title}\n\n{}", of(folder)));
    }
    text
}

/// `MINTAGE_UPDATE_DOCS=1` writes the summary.
#[test]
fn every_page_is_in_the_summary() {
    let path = project().join("docs/SUMMARY.md");
    if std::env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
        fs::write(&path, summary()).unwrap();
    }
    let stale = "docs/SUMMARY.md is stale: MINTAGE_UPDATE_DOCS=1 cargo test -p mintage-tests --test suite docs";
    assert_eq!(
        fs::read_to_string(&path).unwrap_or_default(),
        summary(),
        "{stale}"
    );
    let linked: BTreeSet<PathBuf> = links(&summary()).into_iter().map(PathBuf::from).collect();
    let mut pages = pages();
    pages.remove(Path::new("SUMMARY.md"));
    assert_eq!(linked, pages);
}

#[test]
fn every_link_leads_somewhere() {
    let docs = project().join("docs");
    let mut broken = Vec::new();
    let mut count = 0;
    for page in pages() {
        let text = fs::read_to_string(docs.join(&page)).unwrap();
        let folder = docs.join(&page).parent().unwrap().to_owned();
        for link in links(&text) {
            count += 1;
            let target = link.split('#').next().unwrap_or_default();
            if !target.is_empty() && !folder.join(target).exists() {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(count > 50, "{count} links");
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}
