//! Promise 3, script by script: every file of tests/fixtures/hostile-scripts, run by the real
//! binary in its worker, ends as its first line says, soon, and with the golden image as it was.

use mintage_test_support::disk::small;
use mintage_test_support::{Environment, Need, environment, lane};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

const NEEDS: &[Need] = &[Need::Program("mke2fs")];

/// How long one script may take, start and end of its worker included, in a build without
/// optimisation.
const WALL: Duration = Duration::from_secs(120);
/// The deadline that the runs are given; a script may end by it.
const DEADLINE: &str = "10";

fn fixtures() -> PathBuf {
    environment::project().join("tests/fixtures/hostile-scripts")
}

fn scripts() -> Vec<PathBuf> {
    let files = fs::read_dir(fixtures()).unwrap();
    let mut scripts: Vec<_> = files
        .map(|file| file.unwrap().path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "rhai")
        })
        .collect();
    scripts.sort();
    scripts
}

/// A plan library with this script as its only step; that of `template-NAME` has a template.
fn library(environment: &Environment, name: &str, script: &str) -> PathBuf {
    let library = environment.path(&format!("library-{name}"));
    fs::create_dir_all(library.join("scripts")).unwrap();
    fs::create_dir_all(library.join("templates")).unwrap();
    let plan = "name = \"Hostile\"\ntype = \"deploy\"\nsteps = [\"scripts/hostile.rhai\"]\n";
    fs::write(library.join("build-plan.toml"), plan).unwrap();
    fs::write(library.join("scripts/hostile.rhai"), script).unwrap();
    // Every template of a library is parsed before anything runs: only its own.
    let template = format!("templates/{}.j2", name.trim_start_matches("template-"));
    if name.starts_with("template-") {
        fs::copy(fixtures().join(&template), library.join(&template)).unwrap();
    }
    library
}

/// Runs one script; what is wrong with how it ended.
fn attack(environment: &Environment, image: &Path, path: &Path) -> Result<Duration, String> {
    let name = path.file_stem().unwrap().to_string_lossy().into_owned();
    let script = fs::read_to_string(path).unwrap();
    let expected = script
        .lines()
        .next()
        .and_then(|line| line.strip_prefix("// expect: "));
    let expected: Vec<_> = expected
        .ok_or("its first line says no `// expect: CODE`")?
        .split('|')
        .collect();
    let out = environment.path(&format!("{name}.out"));
    let mut command =
        environment.mintage(["run", "--seed", "x", "--deadline", DEADLINE, "--image"]);
    command.arg(image).arg("--out").arg(&out);
    command.arg(library(environment, &name, &script));
    let started = Instant::now();
    let ended = environment::run(&mut command);
    let took = started.elapsed();
    let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
    let code = match ended.status.success() {
        true => "ok".to_owned(),
        false => errors
            .split(['[', ']'])
            .nth(1)
            .unwrap_or("no code")
            .to_owned(),
    };
    if !expected.contains(&code.as_str()) {
        return Err(format!("ended with {code} after {took:?}:\n{errors}"));
    }
    if took > WALL {
        return Err(format!("took {took:?}"));
    }
    if out.exists() != ended.status.success() {
        return Err("left an output, or none".to_owned());
    }
    // Large ones would fill the disk together.
    drop(fs::remove_file(out));
    Ok(took)
}

#[test]
fn each_hostile_script_ends_as_it_says() {
    if !lane::can_run("hostile", NEEDS) {
        return;
    }
    let environment = Environment::new();
    let image = small(&environment, "golden", |_| {});
    let golden = fs::read(&image).unwrap();
    let wanted = std::env::var("MINTAGE_HOSTILE").unwrap_or_default();
    let mut scripts = scripts();
    assert!(scripts.len() >= 40, "only {} scripts", scripts.len());
    scripts.retain(|path| path.to_string_lossy().contains(&wanted));
    let queue = Mutex::new(scripts.into_iter());
    let problems = Mutex::new(Vec::new());
    thread::scope(|scope| {
        for _ in 0..thread::available_parallelism()
            .map_or(2, usize::from)
            .min(8)
        {
            scope.spawn(|| {
                loop {
                    let Some(script) = queue.lock().unwrap().next() else {
                        return;
                    };
                    let name = script.file_name().unwrap().to_string_lossy().into_owned();
                    match attack(&environment, &image, &script) {
                        Ok(took) => println!("{name}: {} ms", took.as_millis()),
                        Err(why) => problems.lock().unwrap().push(format!("{name}: {why}")),
                    }
                }
            });
        }
    });
    let problems = problems.into_inner().unwrap();
    assert!(problems.is_empty(), "{}", problems.join("\n"));
    assert!(
        fs::read(&image).unwrap() == golden,
        "the golden image changed"
    );
}
