//! What a user does with a page: goes, looks, clicks, types.

use super::{Browser, LOOK, PATIENCE};
use serde_json::{Value as Json, json};
use std::fs;
use std::path::Path;
use std::thread::sleep;
use std::time::Instant;

/// The member of an element's reference in the protocol.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

impl Browser {
    /// Goes to a page, and waits until it is loaded.
    #[track_caller]
    pub fn open(&self, url: &str) {
        self.command("POST", "/url", &json!({"url": url}));
    }

    /// Where it is.
    #[track_caller]
    pub fn url(&self) -> String {
        let url = self.command("GET", "/url", &Json::Null);
        url.as_str().unwrap_or_default().to_owned()
    }

    /// The text of the page as it is seen.
    #[track_caller]
    pub fn text(&self) -> String {
        let text = self.js("return document.body?.innerText ?? ''", &json!([]));
        text.as_str().unwrap_or_default().to_owned()
    }

    /// What a function of a script gives.
    #[track_caller]
    pub fn js(&self, script: &str, arguments: &Json) -> Json {
        let body = json!({"script": script, "args": arguments});
        self.command("POST", "/execute/sync", &body)
    }

    /// How many elements fit `css`.
    #[track_caller]
    pub fn count(&self, css: &str) -> u64 {
        let count = self.js(
            "return document.querySelectorAll(arguments[0]).length",
            &json!([css]),
        );
        count.as_u64().unwrap_or(0)
    }

    /// The first element that fits, once it is there and can be used.
    #[track_caller]
    fn find(&self, using: &str, value: &str) -> String {
        let body = json!({"using": using, "value": value});
        let mut found = Json::Null;
        self.until(&format!("the element {value}"), || {
            found = self.request("POST", "/element", &body).unwrap_or_default();
            found[ELEMENT].is_string()
        });
        found[ELEMENT].as_str().unwrap_or_default().to_owned()
    }

    /// Clicks the first element that fits `css`.
    #[track_caller]
    pub fn click(&self, css: &str) {
        self.click_on("css selector", css);
    }

    /// Clicks, again where the page was exchanged under the pointer.
    #[track_caller]
    fn click_on(&self, using: &str, value: &str) {
        self.until(&format!("a click on {value}"), || {
            let id = self.find(using, value);
            let click = format!("/element/{id}/click");
            self.request("POST", &click, &json!({})).is_ok()
        });
    }

    /// Clicks the link or button that says `text`.
    #[track_caller]
    pub fn press(&self, text: &str) {
        let path = format!(
            "//main//*[self::a or self::button][normalize-space()='{text}' or @aria-label='{text}']"
        );
        self.click_on("xpath", &path);
    }

    /// Types into the field with this id, instead of what is in it.
    #[track_caller]
    pub fn fill(&self, field: &str, text: &str) {
        let id = self.find("css selector", &by_id(field));
        self.command("POST", &format!("/element/{id}/clear"), &json!({}));
        self.command(
            "POST",
            &format!("/element/{id}/value"),
            &json!({"text": text}),
        );
    }

    /// Chooses a file in the field with this id.
    #[track_caller]
    pub fn choose_file(&self, field: &str, path: &Path) {
        let id = self.find("css selector", &by_id(field));
        let path = path.to_str().expect("a path in UTF-8");
        self.command(
            "POST",
            &format!("/element/{id}/value"),
            &json!({"text": path}),
        );
    }

    /// Drops a file on the place around a field for files. No driver drags one out of a folder: the field
    /// gets it first, and gives it away.
    #[track_caller]
    pub fn drop_file(&self, field: &str, path: &Path) {
        self.choose_file(field, path);
        let dropped = self.js(
            "const field = document.getElementById(arguments[0]);
             const place = field.closest('.drop');
             const dragged = new DataTransfer();
             dragged.items.add(field.files[0]);
             field.form.reset();
             const drop = new DragEvent('drop', { dataTransfer: dragged, bubbles: true, cancelable: true });
             const isTaken = field.files.length === 0 && !place.dispatchEvent(drop);
             return isTaken && field.files.length === 1;",
            &json!([field]),
        );
        assert_eq!(dropped, json!(true), "the file is not taken");
    }

    /// Chooses the option that says `text` in the select with this id.
    #[track_caller]
    pub fn select(&self, field: &str, text: &str) {
        let option = format!("//select[@id='{field}']/option[normalize-space()='{text}']");
        self.click_on("xpath", &option);
    }

    /// What the field with this id holds.
    #[track_caller]
    pub fn value(&self, field: &str) -> String {
        let script = "return document.getElementById(arguments[0])?.value ?? ''";
        let value = self.js(script, &json!([field]));
        value.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the page shows `text`.
    #[track_caller]
    pub fn see(&self, text: &str) {
        self.until(&format!("the text {text:?}"), || self.text().contains(text));
    }

    /// Waits until the address has `part` in it.
    #[track_caller]
    pub fn arrive(&self, part: &str) {
        self.until(&format!("an address with {part:?}"), || {
            self.url().contains(part)
        });
    }

    /// Waits until `is_so`.
    ///
    /// # Panics
    /// When it does not come, with where the browser is and what it shows.
    #[track_caller]
    pub fn until(&self, what: &str, mut is_so: impl FnMut() -> bool) {
        let deadline = Instant::now() + PATIENCE;
        while !is_so() {
            assert!(
                Instant::now() < deadline,
                "{what} did not come; at {}:\n{}",
                self.url(),
                self.text()
            );
            sleep(LOOK);
        }
    }

    /// A picture of the page, as PNG; of one that is very long its beginning.
    #[track_caller]
    pub fn picture(&self, path: &Path) {
        let script = "return [innerWidth, Math.min(document.documentElement.scrollHeight, 8000)]";
        let size = self.js(script, &json!([]));
        let clip = json!({"x": 0, "y": 0, "width": size[0], "height": size[1], "scale": 1});
        let parameters = json!({"captureBeyondViewport": true, "clip": clip});
        let picture = self.devtools("Page.captureScreenshot", &parameters);
        let picture = picture["data"].as_str().unwrap_or_default();
        let bytes = base64::Engine::decode(&base64::prelude::BASE64_STANDARD, picture);
        fs::write(path, bytes.expect("a picture")).expect("the picture is written");
    }
}

fn by_id(id: &str) -> String {
    format!("[id=\"{id}\"]")
}
