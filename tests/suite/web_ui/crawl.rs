//! Every page that links lead to: nothing on the console, nothing too wide or too heavy, nothing that keeps
//! people out, and a picture of each.

use mintage_test_support::Browser;
use serde_json::json;
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

/// The most that a page may weigh with all that it loads, in bytes.
const WEIGHT: u64 = 150 << 10;
/// Where pictures of the pages go, when somebody wants them: `MINTAGE_TEST_PICTURES`.
const PICTURES: &str = "MINTAGE_TEST_PICTURES";
/// Fewer pages than this are not all of them.
const AT_LEAST: usize = 60;

/// Follows the links from the dashboard, one of each kind.
pub fn every_page(browser: &Browser, service: &str, scheme: &str) {
    let mut known = BTreeMap::from([("ui".to_owned(), format!("{service}/ui"))]);
    let mut waiting = VecDeque::from(["ui".to_owned()]);
    while let Some(name) = waiting.pop_front() {
        browser.open(&known[&name]);
        look(browser, &name, scheme);
        for link in links(browser) {
            let kind = kind(&link, service);
            if let Some(kind) = kind.filter(|kind| !known.contains_key(kind)) {
                known.insert(kind.clone(), link);
                waiting.push_back(kind);
            }
        }
    }
    assert!(known.len() >= AT_LEAST, "{:?}", known.keys());
}

fn look(browser: &Browser, name: &str, scheme: &str) {
    let text = browser.text();
    assert!(
        !text.contains("To the dashboard"),
        "{name} is refused: {text}"
    );
    assert!(!browser.is_too_wide(), "{name} is too wide");
    let weight = browser.weight();
    assert!(
        (1..WEIGHT).contains(&weight),
        "{name} weighs {weight} bytes"
    );
    assert_eq!(browser.violations(), [], "{name}");
    assert_eq!(browser.faults(), Vec::<String>::new(), "{name}");
    if let Some(folder) = std::env::var_os(PICTURES) {
        let file = format!("{}-{scheme}.png", name.replace('/', "_"));
        browser.picture(&PathBuf::from(folder).join(file));
    }
}

/// Where the page's links lead, those to files to keep excepted.
fn links(browser: &Browser) -> Vec<String> {
    let script =
        "return [...document.querySelectorAll('a[href]:not([download])')].map((link) => link.href)";
    let links = browser.js(script, &json!([]));
    let links = links.as_array().cloned().unwrap_or_default();
    links
        .iter()
        .filter_map(|link| link.as_str().map(str::to_owned))
        .collect()
}

/// What a page is of: its path, with `ID` for what is an id. Queries make no other page.
fn kind(link: &str, service: &str) -> Option<String> {
    let path = link.strip_prefix(service)?.trim_start_matches('/');
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let is_page = path.starts_with("ui") || path == "api";
    let parts = path.split('/').map(|part| match part.len() {
        36 => "ID",
        _ => part,
    });
    is_page.then(|| parts.collect::<Vec<_>>().join("/"))
}
