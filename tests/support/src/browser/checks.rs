//! What is wrong with a page: faults on its console, what does not fit, what keeps people out.

use super::Browser;
use crate::lane;
use serde_json::{Value as Json, json};
use std::fs;

/// axe-core in the tests' cache.
pub const AXE: &str = "axe-core/package/axe.min.js";

/// What axe-core says keeps people out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule: `color-contrast`.
    pub rule: String,
    /// The first element, and why.
    pub place: String,
}

impl Browser {
    /// What the console said since it was asked last: errors, warnings, and what the content security
    /// policy stopped.
    #[track_caller]
    pub fn faults(&self) -> Vec<String> {
        let lines = self.command("POST", "/se/log", &json!({"type": "browser"}));
        let lines = lines.as_array().cloned().unwrap_or_default().into_iter();
        // Hints for developers have the level `DEBUG`.
        let is_fault = |line: &Json| line["level"] == "SEVERE" || line["level"] == "WARNING";
        let faults = lines.filter(is_fault);
        faults.map(|line| line["message"].to_string()).collect()
    }

    /// Whether something makes the page wider than the window.
    #[track_caller]
    pub fn is_too_wide(&self) -> bool {
        let script = "return document.documentElement.scrollWidth > window.innerWidth";
        self.js(script, &json!([])) == true
    }

    /// What the page and all that it loads weigh, in bytes over the wire, without a cache.
    #[track_caller]
    pub fn weight(&self) -> u64 {
        let script = "return performance.getEntries().filter((entry) => entry.transferSize)\
                      .reduce((sum, entry) => sum + entry.transferSize, 0)";
        self.js(script, &json!([])).as_u64().unwrap_or(0)
    }

    /// What axe-core finds.
    ///
    /// # Panics
    /// When axe-core is not in the tests' cache.
    #[track_caller]
    pub fn violations(&self) -> Vec<Violation> {
        let axe = fs::read_to_string(lane::cache(AXE)).expect("axe-core in the cache");
        self.js(&axe, &json!([]));
        let script = "const done = arguments[0]; \
            axe.run(document, {resultTypes: ['violations']}).then((found) => done(found.violations))";
        let body = json!({"script": script, "args": []});
        let found = self.command("POST", "/execute/async", &body);
        let found = found.as_array().cloned().unwrap_or_default();
        let each = found.iter().map(|one| Violation {
            rule: one["id"].as_str().unwrap_or_default().to_owned(),
            place: format!(
                "{} {}",
                one["nodes"][0]["html"], one["nodes"][0]["failureSummary"]
            ),
        });
        each.collect()
    }
}
