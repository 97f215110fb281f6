//! `Times`: how long each part of many deployments took.

use mintage_records::Stored;
use mintage_records::model::OsVolume;
use serde_json::Value as Json;
use std::time::Duration;

/// The parts in the order in which they are done. Those of the worker are within `customize`.
const PARTS: [(&str, &str); 11] = [
    ("resolve", "the reply to the request, a task begun"),
    ("customize", "all of the worker's part, until the record"),
    ("  preflight", "scripts compiled, inputs checked"),
    ("  clone", "of the golden image"),
    ("  scripts", "the plan's steps"),
    (
        "  publish",
        "changed blocks written to the clone, and synced",
    ),
    ("export", "a target of both daemons"),
    ("switch", "the profile has its volume"),
    ("boot", "nothing where there is no BMC"),
    ("finish", "the profile is ready"),
    ("task", "from its first step to its end"),
];

/// How long each part of many deployments took.
pub struct Times {
    servers: usize,
    pub whole: Duration,
    times: Vec<(&'static str, Vec<Duration>)>,
}

impl Times {
    pub fn new(servers: usize) -> Self {
        Self {
            servers,
            whole: Duration::ZERO,
            times: PARTS.map(|(name, _)| (name, Vec::new())).to_vec(),
        }
    }

    pub fn add(&mut self, part: &str, took: Duration) {
        let is_it = |(name, _): &&mut (&str, Vec<Duration>)| name.trim_start() == part;
        let found = self.times.iter_mut().find(is_it);
        found
            .unwrap_or_else(|| panic!("no part {part}"))
            .1
            .push(took);
    }

    /// The steps of a task.
    pub fn task(&mut self, task: &Json) {
        let mut whole = 0;
        for step in task["steps"].as_array().unwrap() {
            let took = step["milliseconds"].as_u64().unwrap();
            whole += took;
            self.add(step["name"].as_str().unwrap(), Duration::from_millis(took));
        }
        self.add("task", Duration::from_millis(whole));
    }

    /// What the records of the runs say.
    pub fn runs(&mut self, volumes: &[Stored<OsVolume>]) {
        for volume in volumes {
            let outcome = volume.body.outcome.as_ref().unwrap();
            let number = |pointer: &str| {
                let value = outcome.pointer(pointer).and_then(Json::as_u64);
                value.unwrap_or_else(|| panic!("no {pointer} in {outcome:#}"))
            };
            let micros = |pointer: &str| Duration::from_micros(number(pointer));
            let clone = "/volume/clone/duration";
            let seconds = Duration::from_secs(number(&format!("{clone}/secs")));
            let clone = seconds + Duration::from_nanos(number(&format!("{clone}/nanos")));
            self.add("preflight", micros("/timings/preflight"));
            self.add("clone", clone);
            self.add("scripts", micros("/timings/steps/0/microseconds"));
            self.add("publish", micros("/volume/commitMicroseconds"));
        }
    }

    /// Prints them; each part was measured for each server.
    pub fn print(&mut self) {
        say(&format!("{} servers in {:.1?}", self.servers, self.whole));
        for ((name, times), (_, what)) in self.times.iter_mut().zip(PARTS) {
            assert_eq!(times.len(), self.servers, "{name}");
            times.sort();
            let of = |percent: usize| times[(times.len() - 1) * percent / 100];
            let (middle, most) = (of(50), of(99));
            say(&format!(
                "{name:12} p50 {middle:>9.1?}  p99 {most:>9.1?}  {what}"
            ));
        }
    }
}

#[expect(clippy::print_stdout, reason = "the figures of a run")]
pub fn say(line: &str) {
    println!("{line}");
}
