//! The cases of the sample plans: green, the same bytes every time, and red where anything of a
//! plan is changed.

use mintage_engine::Diagnostic;
use mintage_plans::{Outcome, RunInput, RunReport};
use mintage_test_support::{Environment, environment};
use mintage_testing::{InProcess, Options, Runner, Suite, TestVolume, Update};
use plan_stdlib::StandardLibrary;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::sync::Mutex;
use std::thread;
use walkdir::WalkDir;

/// The sample plans, copied, by name.
struct Samples {
    environment: Environment,
    libraries: BTreeMap<String, PathBuf>,
}

impl Samples {
    fn new() -> Self {
        let environment = Environment::new();
        let original = environment::project().join("sample-plans");
        let mut libraries = BTreeMap::new();
        for file in files(&original) {
            let name = file.strip_prefix(&original).unwrap();
            let copy = environment.path("samples").join(name);
            fs::create_dir_all(copy.parent().unwrap()).unwrap();
            fs::copy(&file, copy).unwrap();
            let library = name.iter().next().unwrap().to_str().unwrap().to_owned();
            let path = environment.path("samples").join(&library);
            if path.join("build-plan.toml").is_file() {
                libraries.insert(library, path);
            }
        }
        assert!(libraries.len() >= 2);
        Self {
            environment,
            libraries,
        }
    }

    /// Runs the cases of all libraries.
    fn test(&self, arguments: &[&str]) -> Output {
        let mut command = self.environment.mintage(["test"]);
        let names = self.libraries.keys();
        let libraries = names.map(|name| format!("samples/{name}"));
        environment::run(command.args(libraries).args(arguments))
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = WalkDir::new(folder).sort_by_file_name().into_iter();
    let entries = entries.map(|entry| entry.unwrap().into_path());
    entries.filter(|path| path.is_file()).collect()
}

#[test]
fn the_sample_plans_pass_with_the_same_bytes_every_time() {
    let samples = Samples::new();
    for arguments in [&[][..], &["--json"], &["--junit", "report.xml"]] {
        let run = |jobs: &str| {
            let ended = samples.test(&[arguments, &["--jobs", jobs]].concat());
            let said = String::from_utf8(ended.stdout).unwrap();
            assert!(ended.status.success(), "{said}");
            assert!(ended.stderr.is_empty());
            (said, fs::read(samples.environment.path("report.xml")).ok())
        };
        assert_eq!(run("1"), run("4"));
    }
    for file in files(&samples.environment.path("samples")) {
        let name = file.to_str().unwrap();
        assert!(!name.ends_with(".snap.new"), "{name}");
    }
}

/// The outcomes of the runs that it does; a refused build plan does not come to it.
#[derive(Default)]
struct Observer(Mutex<Vec<Outcome>>);

impl Runner for Observer {
    fn run(&self, input: RunInput, volume: TestVolume) -> Result<RunReport, Box<Diagnostic>> {
        let report = InProcess(&StandardLibrary).run(input, volume)?;
        self.0.lock().unwrap().push(report.outcome.clone());
        Ok(report)
    }
}

/// The cases in the folder `library` that `filter` takes, and whether each is green.
fn verdicts(library: &Path, runner: &dyn Runner, filter: &str) -> BTreeMap<String, bool> {
    let suite = Suite::load(library).unwrap();
    let options = Options {
        filter,
        update: Update::Never,
        jobs: 1,
    };
    let results = mintage_testing::run(&[suite], runner, &options);
    let cases = results.libraries.into_iter().flat_map(|one| one.cases);
    cases
        .map(|case| (case.name, case.verdict.is_good()))
        .collect()
}

/// What came of every case of a library that nobody changed; nothing where the plan was refused.
fn baseline(library: &Path) -> BTreeMap<String, Option<Outcome>> {
    let folder = library.file_name().unwrap().to_str().unwrap();
    let cases = Suite::load(library).unwrap().cases().to_vec();
    let outcome = |case: &String| {
        let observer = Observer::default();
        let ran = verdicts(library, &observer, &format!("{folder}/{case}"));
        assert_eq!(
            ran,
            BTreeMap::from([(case.clone(), true)]),
            "green, and the start of no other case's name"
        );
        observer.0.into_inner().unwrap().pop()
    };
    let cases = cases.iter();
    cases.map(|case| (case.clone(), outcome(case))).collect()
}

/// Every script and template of a library.
fn parts(library: &Path) -> Vec<PathBuf> {
    let folders = ["scripts", "templates"].map(|folder| library.join(folder));
    let folders = folders.iter().filter(|folder| folder.is_dir());
    folders.flat_map(|folder| files(folder)).collect()
}

fn is_script(part: &Path) -> bool {
    part.extension()
        .is_some_and(|extension| extension == "rhai")
}

/// What makes a script or template do something else.
fn changed(part: &Path, text: &str) -> String {
    match is_script(part) {
        true => format!("log::info(\"a change\");\n{text}"),
        false => format!("a change\n{text}"),
    }
}

/// The files that scripts of the library render from a template, as the calls say.
fn rendered_from(library: &Path, template: &str) -> BTreeSet<String> {
    let scripts = files(&library.join("scripts")).into_iter();
    let text: String = scripts
        .map(|script| fs::read_to_string(script).unwrap())
        .collect();
    let calls = text.split("file::render(\"").skip(1);
    let paths = calls.filter_map(|call| {
        let (path, rest) = call.split_once("\", \"")?;
        rest.starts_with(&format!("{template}\""))
            .then(|| path.to_owned())
    });
    paths.collect()
}

/// Whether a run comes to a script or template, as its outcome tells: the script is a step in its
/// transcript, which has the step that failed and none after it; of the template, a file that is
/// rendered from it is in the diff, which is empty when the run failed.
fn reaches(outcome: &Outcome, library: &Path, part: &Path) -> bool {
    if is_script(part) {
        let name = part.strip_prefix(library).unwrap().to_str().unwrap();
        return outcome.transcript.iter().any(|step| step.script == name);
    }
    let template = part.strip_prefix(library.join("templates")).unwrap();
    let rendered = rendered_from(library, template.to_str().unwrap());
    assert!(!rendered.is_empty(), "nothing renders {}", part.display());
    let mut entries = outcome.diff.entries.iter();
    entries.any(|entry| rendered.contains(&entry.path.to_string()))
}

/// Changes one script or template after the other, and puts it back.
fn every_change_turns_exactly_its_cases_red(library: &Path) {
    let baseline = baseline(library);
    for part in parts(library) {
        let expected: BTreeMap<String, bool> = baseline
            .iter()
            .map(|(case, outcome)| {
                let reached = outcome
                    .as_ref()
                    .is_some_and(|outcome| reaches(outcome, library, &part));
                (case.clone(), !reached)
            })
            .collect();
        let name = part.display();
        assert!(expected.values().any(|green| !green), "no case has {name}");
        let text = fs::read_to_string(&part).unwrap();
        fs::write(&part, changed(&part, &text)).unwrap();
        let found = verdicts(library, &InProcess(&StandardLibrary), "");
        assert_eq!(found, expected, "green cases after a change of {name}");
        fs::write(&part, text).unwrap();
    }
    let green = verdicts(library, &InProcess(&StandardLibrary), "");
    assert!(green.values().all(|green| *green), "{green:?}");
}

/// In this process, with the scripts' functions that the program has: hundreds of runs.
#[test]
fn a_change_of_any_script_or_template_turns_exactly_its_cases_red() {
    let samples = Samples::new();
    thread::scope(|scope| {
        for library in samples.libraries.values() {
            scope.spawn(|| every_change_turns_exactly_its_cases_red(library));
        }
    });
}
