//! How long lists of 10,000 plan scripts take; prints a table. `tests/bench-records` runs it.
//!
//! usage: lists DATABASE-URL...

// A measurement that fails has nothing to show.
#![allow(clippy::print_stdout, clippy::unwrap_used)]

use mintage_records::model::{Language, PlanScript, PlanType};
use mintage_records::{Author, DatabaseUrl, Filter, Operator, Query, Records, RecordsError, Sort};
use std::collections::BTreeMap;
use std::time::Instant;

/// How many scripts there are.
const SCRIPTS: u64 = 10_000;
/// How often each query is asked.
const ROUNDS: usize = 15;

fn main() {
    println!("| database | query | rows | milliseconds (median of {ROUNDS}) |");
    println!("|---|---|---|---|");
    for url in std::env::args().skip(1) {
        let records = Records::open(&DatabaseUrl::parse(&url).unwrap(), "bench").unwrap();
        fill(&records);
        let database = url.split(':').next().unwrap_or_default();
        for (name, query) in queries() {
            let mut times = Vec::new();
            let mut rows = 0;
            for _ in 0..ROUNDS {
                let start = Instant::now();
                let page = records
                    .read(|view| view.list::<PlanScript>(&query))
                    .unwrap();
                times.push(start.elapsed().as_secs_f64() * 1e3);
                rows = page.members.len();
            }
            times.sort_by(f64::total_cmp);
            println!(
                "| {database} | {name} | {rows} | {:.1} |",
                times[ROUNDS / 2]
            );
        }
    }
}

fn fill(records: &Records) {
    for batch in 0..10 {
        let filled = records.change(&Author::service(), |change| {
            for number in (0..SCRIPTS).filter(|number| number % 10 == batch) {
                change.insert(script(number))?;
            }
            Ok::<_, RecordsError>(())
        });
        filled.unwrap();
    }
}

fn script(number: u64) -> PlanScript {
    PlanScript {
        name: format!("script {:05}", (number * 7919) % SCRIPTS),
        description: (!number.is_multiple_of(3)).then(|| format!("what number {number} is for")),
        plan_type: match number % 2 {
            0 => PlanType::Deploy,
            _ => PlanType::Capture,
        },
        language: Language::Rhai,
        content: format!("log::info(\"{number}\");\n").repeat(2048 / 20),
        templates: BTreeMap::new(),
        hp_provided: number.is_multiple_of(10),
    }
}

fn queries() -> Vec<(&'static str, Query)> {
    let compare = |field: &str, operator, value: &str| Filter::Compare {
        field: field.to_owned(),
        operator,
        value: value.to_owned(),
    };
    let sorted = |field: &str, descending| {
        vec![Sort {
            field: field.to_owned(),
            descending,
        }]
    };
    let sort = |field| sorted(field, true);
    let page = |filters, sort, start| Query {
        filters,
        sort,
        start,
        count: Some(25),
    };
    let by_name = vec![Filter::equal("name", "Script 04711")];
    let capture = vec![Filter::equal("planType", "capture")];
    let like = vec![compare("description", Operator::Like, "%number 99%")];
    let recent = vec![compare(
        "modified",
        Operator::Greater,
        "2020-01-01T00:00:00Z",
    )];
    vec![
        ("first page", page(vec![], vec![], 0)),
        ("last page", page(vec![], vec![], SCRIPTS - 25)),
        (
            "first page, by name",
            page(vec![], sorted("name", false), 0),
        ),
        (
            "filtered by a field, by name",
            page(capture.clone(), sorted("name", false), 2500),
        ),
        ("one, by its name", page(by_name, vec![], 0)),
        ("filtered by a field", page(capture.clone(), vec![], 0)),
        (
            "filtered by a field, last page",
            page(capture.clone(), vec![], SCRIPTS / 2 - 25),
        ),
        ("filtered by a pattern", page(like, vec![], 0)),
        ("sorted by a field", page(vec![], sort("description"), 0)),
        (
            "filtered and sorted by fields",
            page(capture, sort("description"), 2500),
        ),
        ("sorted by time", page(recent, sort("modified"), 0)),
        ("everything", Query::default()),
    ]
}
