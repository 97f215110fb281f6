//! `Suite`: the test cases of one plan library.

use crate::case::TestCase;
use crate::folder::{Folder, Kind};
use crate::record::Record;
use crate::runner::Runner;
use crate::snapshot::Snapshot;
use crate::update::Update;
use crate::verdict::{Verdict, differences};
use mintage_engine::{Code, Diagnostic};
use mintage_plans::PlanLibrary;
use std::path::{Path, PathBuf};

/// The folder of a library that has its cases.
const TESTS: &str = "tests";
/// The longest snapshot, in bytes.
const MAX_SNAPSHOT: u64 = 64 << 20;

/// A plan library and the names of its test cases.
#[derive(Debug)]
pub struct Suite {
    path: PathBuf,
    folder: Folder,
    library: PlanLibrary,
    cases: Vec<String>,
    strays: Vec<String>,
}

impl Suite {
    /// Finds the cases of the plan library in the folder `dir`.
    ///
    /// # Errors
    /// Those of [`PlanLibrary::load`], and P5001, P5003, P5004 for its tests.
    pub fn load(dir: &Path) -> Result<Self, Vec<Diagnostic>> {
        let library = PlanLibrary::load(dir)?;
        let mut suite = Self {
            path: dir.to_owned(),
            folder: Folder::open(dir).map_err(|error| vec![error.into()])?,
            library,
            cases: Vec::new(),
            strays: Vec::new(),
        };
        suite.look().map_err(|error| vec![error.into()])?;
        Ok(suite)
    }

    fn look(&mut self) -> Result<(), mintage_engine::PlanError> {
        for (name, kind) in self.folder.entries(TESTS)? {
            if kind != Kind::Folder {
                self.stray(TESTS, &name, false);
                continue;
            }
            let within = format!("{TESTS}/{name}");
            let entries = self.folder.entries(&within)?;
            let is_case = entries.iter().any(|(entry, _)| entry == "case.toml");
            for (entry, _) in &entries {
                self.stray(&within, entry, is_case);
            }
            if is_case {
                self.cases.push(name);
            }
        }
        Ok(())
    }

    /// Notes a snapshot that belongs to no case.
    fn stray(&mut self, folder: &str, name: &str, is_case: bool) {
        let belongs = is_case && matches!(name, "expect.snap" | "expect.snap.new");
        if !belongs && (name.ends_with(".snap") || name.ends_with(".snap.new")) {
            self.strays.push(format!("{folder}/{name}"));
        }
    }

    /// The library's folder.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The library.
    pub fn library(&self) -> &PlanLibrary {
        &self.library
    }

    /// The names of the cases, in order.
    pub fn cases(&self) -> &[String] {
        &self.cases
    }

    /// Snapshots that belong to no case, in order: `tests/old/expect.snap`.
    pub fn strays(&self) -> &[String] {
        &self.strays
    }

    /// The new snapshots that wait for somebody to look at them, in order.
    pub(crate) fn pending(&self) -> Vec<String> {
        let paths = self.cases.iter().map(|name| new_snapshot(name));
        paths
            .filter(|path| self.folder.file(path).is_ok_and(|file| file.is_some()))
            .collect()
    }

    /// Runs the case `name`.
    pub(crate) fn run(&self, name: &str, runner: &dyn Runner, update: Update) -> Verdict {
        let judged = self
            .record(name, runner)
            .and_then(|record| self.judge(name, &record, update));
        judged.unwrap_or_else(|problems| Verdict::Broken { problems })
    }

    fn record(&self, name: &str, runner: &dyn Runner) -> Result<Record, Vec<Diagnostic>> {
        check_name(name).map_err(|error| vec![error])?;
        let case = TestCase::read(&self.folder, name).map_err(|error| vec![error])?;
        let prepared = case.prepare(&self.folder, &self.library, name)?;
        match prepared.input {
            Err(problems) => Ok(Record::of_refusal(&problems)),
            Ok(input) => {
                let report = runner.run(input, prepared.volume);
                let report = report.map_err(|error| vec![*error])?;
                Ok(Record::of_run(&report.outcome))
            }
        }
    }

    /// Compares what came of the case with its snapshot, and does to that what `update` says.
    fn judge(
        &self,
        name: &str,
        record: &Record,
        update: Update,
    ) -> Result<Verdict, Vec<Diagnostic>> {
        let text = record.text();
        let (path, new) = (snapshot(name), new_snapshot(name));
        let expected = self.folder.text(&path, MAX_SNAPSHOT);
        let expected = expected.map_err(|error| vec![error.into()])?;
        let expected = expected.map(|file| Snapshot::read(&file));
        let found = Snapshot::new(&text);
        let is_new = expected.is_none();
        if expected.as_ref() == Some(&found) {
            // Whoever waits to be looked at is answered.
            self.change(update != Update::Never, || self.folder.remove(&new))?;
            return Ok(Verdict::Passed);
        }
        let file = found.write(&TestCase::path(name));
        if update == Update::Accept || (update == Update::Unseen && is_new) {
            self.change(true, || self.folder.write(&path, &file))?;
            self.change(true, || self.folder.remove(&new))?;
            return Ok(Verdict::Accepted);
        }
        let kept = update != Update::Never;
        self.change(kept, || self.folder.write(&new, &file))?;
        let kept = kept.then_some(new);
        Ok(match expected {
            None => Verdict::Unseen { record: text, kept },
            Some(expected) => Verdict::Different {
                differences: differences(&Record::read(expected.text()), record),
                kept,
            },
        })
    }

    fn change(
        &self,
        wanted: bool,
        change: impl FnOnce() -> Result<(), mintage_engine::PlanError>,
    ) -> Result<(), Vec<Diagnostic>> {
        match wanted {
            true => change().map_err(|error| vec![error.into()]),
            false => Ok(()),
        }
    }
}

fn snapshot(case: &str) -> String {
    format!("{TESTS}/{case}/expect.snap")
}

fn new_snapshot(case: &str) -> String {
    format!("{TESTS}/{case}/expect.snap.new")
}

/// A name that stands for itself in a path, in YAML and in XML.
fn check_name(name: &str) -> Result<(), Diagnostic> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
    let good = name.starts_with(|c: char| c.is_ascii_alphanumeric()) && name.chars().all(is_plain);
    if good {
        return Ok(());
    }
    let message = format!(
        "`tests/{name}` cannot be the name of a case: it has letters, digits, `-`, `_` and `.`, a \
         letter or digit first"
    );
    Err(Diagnostic::new(Code::P5006, message))
}
