//! Libraries in temporary folders, through the whole life of their snapshots.

mod files;
mod format;
mod life;

use crate::{InProcess, Options, Report, Results, Suite, Update, run};
use mintage_engine::Style;
use plan_stdlib::StandardLibrary;
use std::fs;
use std::path::PathBuf;

/// A plan library in a temporary folder.
struct Library(tempfile::TempDir);

const PLAN: &str = "name = \"test\"\ntype = \"deploy\"\nsteps = [\"scripts/a.rhai\"]\n\
    [attribute.Name]\ntype = \"hostname\"\n\
    [attribute.Password]\ntype = \"password\"\nrequired = false\n";

const CASE: &str = "volume = \"small.tree\"\n[attributes]\nName = \"web01\"\n";

impl Library {
    /// A library of one script with one case, `one`.
    fn new(script: &str) -> Self {
        let library = Self(tempfile::tempdir().unwrap());
        library.write("build-plan.toml", PLAN);
        library.write("scripts/a.rhai", script);
        library.write("tests/small.tree", "/etc/hostname\n  | golden\n/etc/passwd\n  | root:x:0:0:::\n/etc/group\n  | root:x:0:\n");
        library.write("tests/one/case.toml", CASE);
        library
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.path(name)).ok()
    }

    fn results(&self, update: Update) -> Results {
        let suite = Suite::load(self.0.path()).unwrap();
        let options = Options {
            filter: "",
            update,
            jobs: 3,
        };
        run(&[suite], &InProcess(&StandardLibrary), &options)
    }

    /// The report, without the folder's name.
    fn report(&self, update: Update) -> String {
        let results = self.results(update);
        let report = Report {
            results: &results,
            style: Style::Plain,
        };
        let report = report.to_string();
        let (_, rest) = report.split_once('\n').unwrap();
        rest.to_owned()
    }
}
