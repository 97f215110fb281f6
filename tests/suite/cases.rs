//! The cases of the sample plans: green, the same bytes every time, and red where anything of a
//! plan is changed.

use mintage_test_support::{Environment, environment};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;
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

    /// The cases that failed, `LIBRARY/CASE`.
    fn red(&self) -> BTreeSet<String> {
        let ended = self.test(&["--json"]);
        let results: serde_json::Value = serde_json::from_slice(&ended.stdout).unwrap();
        let mut red = BTreeSet::new();
        for library in results["libraries"].as_array().unwrap() {
            let name = library["library"].as_str().unwrap();
            let name = name.trim_start_matches("samples/");
            for case in library["cases"].as_array().unwrap() {
                if case["verdict"] != "passed" {
                    red.insert(format!("{name}/{}", case["name"].as_str().unwrap()));
                }
            }
        }
        assert_eq!(ended.status.success(), red.is_empty());
        red
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

/// What makes any script or template do something else.
fn change(path: &Path) {
    let text = fs::read_to_string(path).unwrap();
    let changed = match path
        .extension()
        .is_some_and(|extension| extension == "rhai")
    {
        true => format!("log::info(\"a change\");\n{text}"),
        false => format!("a change\n{text}"),
    };
    fs::write(path, changed).unwrap();
}

#[test]
fn a_change_of_any_script_or_template_turns_cases_of_its_library_red() {
    let samples = Samples::new();
    let parts: Vec<(&String, Vec<PathBuf>)> = samples
        .libraries
        .iter()
        .map(|(name, path)| {
            let parts = ["scripts", "templates"].map(|folder| path.join(folder));
            let parts = parts.iter().filter(|folder| folder.is_dir());
            (name, parts.flat_map(|folder| files(folder)).collect())
        })
        .collect();
    let rounds = parts.iter().map(|(_, files)| files.len()).max().unwrap();
    // Every second library at a time, so that the others show that nothing else turns red.
    for (round, half) in (0..rounds).flat_map(|round| [(round, 0), (round, 1)]) {
        let chosen = parts.iter().skip(half).step_by(2);
        let changed: BTreeMap<&str, &PathBuf> = chosen
            .filter_map(|(name, files)| Some((name.as_str(), files.get(round)?)))
            .collect();
        let before: Vec<String> = changed
            .values()
            .map(|path| fs::read_to_string(path).unwrap())
            .collect();
        changed.values().for_each(|path| change(path));
        let red = samples.red();
        let red: BTreeSet<&str> = red
            .iter()
            .map(|case| case.split('/').next().unwrap())
            .collect();
        let expected: BTreeSet<&str> = changed.keys().copied().collect();
        assert_eq!(red, expected, "{changed:?}");
        for (path, text) in changed.values().zip(before) {
            fs::write(path, text).unwrap();
        }
    }
    assert_eq!(samples.red(), BTreeSet::new());
}
