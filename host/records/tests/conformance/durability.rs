//! What was acknowledged is there after `kill -9`.
//!
//! The writer is this test binary again, as a process that can be killed.

use crate::samples::{author, script};
use crate::store::{Store, open};
use mintage_records::RecordsError;
use mintage_records::model::PlanScript;
use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Tells the writer where to write.
const URL: &str = "MINTAGE_TEST_WRITER_URL";

/// Not a test by itself: writes pairs of scripts until it is killed, and says so after each pair.
#[test]
#[ignore = "only runs as a process of other tests"]
fn writer() {
    let Ok(url) = std::env::var(URL) else {
        return;
    };
    let records = open(&url);
    let generation = records.generation();
    for number in 0.. {
        let pair = records.change(&author(), |change| {
            change.insert(script(&format!("left {generation} {number}")))?;
            change.insert(script(&format!("right {generation} {number}")))
        });
        pair.unwrap();
        // Past the harness, which captures what `println` says.
        writeln!(std::io::stderr(), "done {generation} {number}").unwrap();
    }
}

pub fn what_was_acknowledged_survives_a_kill(store: &Store) {
    let mut acknowledged = Vec::new();
    for round in 0..8_u64 {
        let mut writer = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "durability::writer", "--ignored", "--nocapture"])
            .env(URL, &store.url)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(writer.stderr.take().unwrap()).lines();
        // In each round at another moment; not before it writes at all.
        let first = lines.next().unwrap().unwrap();
        std::thread::sleep(Duration::from_millis(7 * round));
        writer.kill().unwrap();
        let rest = lines.map_while(Result::ok);
        for line in std::iter::once(first).chain(rest) {
            // The last line may be cut.
            if let Some((generation, number)) = line
                .strip_prefix("done ")
                .and_then(|rest| rest.split_once(' '))
            {
                acknowledged.push(format!("{generation} {number}"));
            }
        }
        writer.wait().unwrap();
    }
    assert!(acknowledged.len() > 8, "{acknowledged:?}");

    let records = store.open();
    let (scripts, events) = records
        .read(|view| Ok::<_, RecordsError>((view.all::<PlanScript>()?, view.events(0, u64::MAX)?)))
        .unwrap();
    let names: std::collections::BTreeSet<&str> = scripts
        .iter()
        .map(|script| script.body.name.as_str())
        .collect();
    for pair in &acknowledged {
        for side in ["left", "right"] {
            let name = format!("{side} {pair}");
            assert!(
                names.contains(name.as_str()),
                "`{name}` was acknowledged and is lost"
            );
        }
    }
    // No half of a pair, no change without its event.
    let lefts = names.iter().filter_map(|name| name.strip_prefix("left "));
    let lefts: Vec<&str> = lefts.collect();
    assert!(
        lefts
            .iter()
            .all(|pair| names.contains(format!("right {pair}").as_str()))
    );
    assert_eq!(lefts.len() * 2, names.len());
    assert_eq!(events.len(), names.len());
}
