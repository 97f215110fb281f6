//! The web UI in a real browser: the whole story of an administrator at two widths, then every page that
//! links lead to, in both colour schemes.

mod crawl;
mod story;

use crate::chain::site::{Site, free};
use crate::deployments::{golden_image, stored, upload};
use mintage_test_support::{Browser, Environment, Need, Scheme, lane};
use serde_json::json;
use std::net::Ipv4Addr;
use story::{PASSWORD, Story};
use ureq::http::Method;

/// What there is, to be shown: the story leaves it, so one browser after the other looks at it.
#[test]
fn an_administrator_deploys_captures_and_rolls_back_in_a_browser() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let site = Site::new(&environment);
    let browser = Browser::start(1280, Scheme::Light);
    let story = Story::new(&site, &browser);
    story.first_login();
    story.all_of_it("web01");
    let dark = Browser::start(1280, Scheme::Dark);
    story.log_in(&dark);
    for (browser, scheme) in [(&browser, "light"), (&dark, "dark")] {
        crawl::every_page(browser, site.server.url(), scheme);
    }
}

#[test]
fn the_same_on_a_phone() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let site = Site::new(&environment);
    let browser = Browser::start(390, Scheme::Dark);
    let story = Story::new(&site, &browser);
    story.first_login();
    story.all_of_it("web01");
    crawl::every_page(&browser, site.server.url(), "phone");
}

#[test]
fn pages_can_be_read_without_a_script_and_what_an_image_says_is_text() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let site = Site::new(&environment);
    let mut image = golden_image();
    // Of the same length, so that the filesystem stays whole.
    let (said, hostile) = (b"\"Testing 1\"", b"\"<u>1</u>.\"");
    let name = memchr::memmem::find(&image, said).unwrap();
    image[name..name + hostile.len()].copy_from_slice(hostile);
    upload(&site.server, &image);
    let cookie = format!("__Host-mintage-session={}", session(&site));
    let get = |path: &str| {
        let headers = [("cookie", cookie.as_str())];
        site.server.send(Method::GET, path, &headers, Vec::new())
    };
    let list = get("/ui/golden-images");
    let page = String::from_utf8(list.bytes.clone()).unwrap();
    assert!(page.contains("&lt;u&gt;1&lt;&#x2f;u&gt;"), "{page}");
    assert!(!page.contains("<u>"), "{page}");
    let policy = list.header("content-security-policy").unwrap();
    assert!(
        policy.contains("default-src 'none'") && !policy.contains("unsafe"),
        "{policy}"
    );
    // A form of another site, or of nowhere, changes nothing.
    let foreign = [
        ("cookie", cookie.as_str()),
        ("sec-fetch-site", "cross-site"),
        ("content-type", "application/x-www-form-urlencoded"),
    ];
    let answer = site
        .server
        .send(Method::POST, "/ui/logout", &foreign, Vec::new());
    assert_eq!(answer.status, 403);
    assert_eq!(get("/ui").status, 200);
}

#[test]
fn a_page_comes_back_by_itself_when_the_service_was_away() {
    if !is_ready() {
        return;
    }
    let environment = Environment::new();
    let [address] = free([Ipv4Addr::LOCALHOST]);
    let mut site = Site::with(&environment, &["--listen", &address]);
    let browser = Browser::start(1280, Scheme::Light);
    Story::new(&site, &browser).first_login();
    site.server.log_in_with(PASSWORD);
    browser.open(&format!("{}/ui/server-hardware", site.server.url()));
    // The page is the same one to the end: a reload would forget this.
    browser.js("window.kept = true", &json!([]));
    stored(
        &site.server,
        "/rest/server-hardware",
        &json!({"name": "rack1-u1"}),
    );
    browser.see("rack1-u1");
    site.server.kill();
    browser.see("The connection is lost.");
    site.server.restart();
    browser.until("the note to go", || browser.count(".lost") == 0);
    stored(
        &site.server,
        "/rest/server-hardware",
        &json!({"name": "rack1-u2"}),
    );
    browser.see("rack1-u2");
    assert_eq!(browser.js("return window.kept", &json!([])), json!(true));
}

/// A session of an administrator who has chosen a password.
fn session(site: &Site<'_>) -> String {
    let (old, new) = (site.server.password().unwrap(), "chosen-at-the-first-login");
    let change = json!({"oldPassword": old, "newPassword": new});
    let changed = site.server.post("/rest/users/change-password", &change);
    assert_eq!(changed.status, 204, "{}", changed.json());
    let login = json!({"userName": "administrator", "password": new});
    let opened = site.server.post("/rest/login-sessions", &login).json();
    opened["sessionID"].as_str().unwrap().to_owned()
}

fn is_ready() -> bool {
    let needs = [Need::Program("tgtd")];
    Browser::is_there("web-ui") && lane::can_run("web-ui", &needs)
}
