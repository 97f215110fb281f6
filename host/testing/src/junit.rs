//! Results as JUnit XML, which CI systems read. Durations are left out: they differ between runs.

use crate::report::Report;
use crate::results::{CaseResult, Counts, Results, SuiteResult};
use mintage_engine::Style;
use mintage_volume::escape::printable;

/// The results as a JUnit XML document.
pub fn document(results: &Results) -> String {
    let mut xml = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    xml.push_str(&format!("<testsuites {}>\n", counts(&results.counts)));
    for library in &results.libraries {
        suite(&mut xml, library);
    }
    xml.push_str("</testsuites>\n");
    xml
}

fn counts(counts: &Counts) -> String {
    let (total, failed) = (counts.total(), counts.failed);
    format!("tests=\"{total}\" failures=\"{failed}\" errors=\"0\"")
}

fn suite(xml: &mut String, library: &SuiteResult) {
    let name = escaped(&library.library);
    let of_library = Counts::of(library.cases.iter().map(|case| &case.verdict));
    let counts = counts(&of_library);
    xml.push_str(&format!("  <testsuite name=\"{name}\" {counts}>\n"));
    for case in &library.cases {
        let case_name = escaped(&case.name);
        let head = format!("    <testcase classname=\"{name}\" name=\"{case_name}\"");
        match case.verdict.is_good() {
            true => xml.push_str(&format!("{head}/>\n")),
            false => {
                let (message, text) = failure(case);
                let (message, text) = (escaped(&message), escaped(&text));
                let failure = format!("      <failure message=\"{message}\">{text}</failure>\n");
                xml.push_str(&format!("{head}>\n{failure}    </testcase>\n"));
            }
        }
    }
    xml.push_str("  </testsuite>\n");
}

/// The first line of what a report says of the case, and all of it.
fn failure(case: &CaseResult) -> (String, String) {
    let alone = Results {
        counts: Counts::of(std::iter::once(&case.verdict)),
        libraries: vec![SuiteResult {
            library: String::new(),
            cases: vec![case.clone()],
            strays: Vec::new(),
            pending: Vec::new(),
        }],
    };
    let report = Report {
        results: &alone,
        style: Style::Plain,
    };
    let report = report.to_string();
    let lines: Vec<&str> = report.trim().lines().collect();
    // The last line has the counts.
    let text = lines.get(..lines.len().saturating_sub(1));
    let first = lines.first().copied().unwrap_or_default();
    (first.to_owned(), text.unwrap_or_default().join("\n"))
}

/// A text for XML 1.0, which has no control characters.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in printable(text, &['\n', '\t']).chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}
