//! Promise 1: a run that fails or is killed leaves the golden image as it was and no output, not
//! even a part of one.

use mintage_test_support::disk::small;
use mintage_test_support::environment::{fail, run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const NEEDS: &[Need] = &[Need::Program("strace"), Need::Program("mke2fs")];

/// Three steps that change files; `failing` is put after the last line of one of them.
struct Plan {
    environment: Environment,
    golden: PathBuf,
    golden_bytes: Vec<u8>,
}

impl Plan {
    fn new() -> Self {
        let environment = Environment::new();
        let golden = small(&environment, "golden", |_| {});
        fs::create_dir_all(environment.path("library/scripts")).unwrap();
        fs::create_dir(environment.path("out")).unwrap();
        let golden_bytes = fs::read(&golden).unwrap();
        let plan = Self {
            environment,
            golden,
            golden_bytes,
        };
        plan.steps(None);
        plan
    }

    /// Writes the library; step `failing` ends with a failure.
    fn steps(&self, failing: Option<usize>) {
        let steps: Vec<String> = (0..3).map(|n| format!("\"scripts/{n}.rhai\"")).collect();
        let toml = format!(
            "name = \"Three steps\"\ntype = \"deploy\"\nsteps = [{}]\n",
            steps.join(", ")
        );
        fs::write(self.environment.path("library/build-plan.toml"), toml).unwrap();
        for n in 0..3 {
            let mut script = format!("file::write(\"/srv/{n}\", \"step {n}\\n\");\n");
            script += &format!("for f in 0..5 {{ file::write(\"/srv/{n}-\" + f, \"x\"); }}\n");
            if failing == Some(n) {
                script += "fail(\"stop here\");\n";
            }
            fs::write(
                self.environment.path(&format!("library/scripts/{n}.rhai")),
                script,
            )
            .unwrap();
        }
    }

    fn args(&self, out: &Path) -> Vec<String> {
        let text = |path: &Path| path.to_str().unwrap().to_owned();
        let library = self.environment.path("library");
        [
            "run",
            "--seed",
            "web01",
            "--image",
            &text(&self.golden),
            "--out",
            &text(out),
            &text(&library),
        ]
        .map(ToOwned::to_owned)
        .to_vec()
    }

    /// The golden image is bit-identical, and the output's folder holds exactly `expected`.
    fn assert_untouched(&self, expected: &[&str], when: &str) {
        assert!(
            fs::read(&self.golden).unwrap() == self.golden_bytes,
            "golden changed {when}"
        );
        let found: BTreeSet<String> = fs::read_dir(self.environment.path("out"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        let expected: BTreeSet<String> = expected.iter().map(ToString::to_string).collect();
        assert_eq!(found, expected, "in the output's folder {when}");
    }
}

#[test]
fn a_step_that_fails_leaves_nothing() {
    if !lane::can_run("nothing half done", NEEDS) {
        return;
    }
    let plan = Plan::new();
    for step in 0..3 {
        plan.steps(Some(step));
        let out = plan.environment.path("out/server.img");
        let (_, errors) = fail(&mut plan.environment.mintage(plan.args(&out)), 1);
        assert!(errors.contains("error[P2010]: stop here"), "{errors}");
        assert!(
            errors.contains(&format!("scripts/{step}.rhai:3:1")),
            "{errors}"
        );
        plan.assert_untouched(&[], &format!("after step {step} failed"));
    }
}

#[test]
fn a_run_killed_at_any_write_leaves_nothing() {
    if !lane::can_run("nothing half done", NEEDS) {
        return;
    }
    let plan = Plan::new();
    let whole = plan.environment.path("out/whole.img");
    succeed(&mut plan.environment.mintage(plan.args(&whole)));
    let whole_bytes = fs::read(&whole).unwrap();
    // Every system call with which a run can change a file, on both sides of the worker's wall.
    for syscall in [
        "pwrite64",
        "copy_file_range",
        "ftruncate",
        "fsync",
        "linkat",
        "ioctl",
    ] {
        let kills = kill_at_each(&plan, syscall, &whole_bytes);
        println!("{kills} kills at {syscall}");
    }
}

/// Kills a run at the first, second, … call of `syscall`, until one ends by itself.
fn kill_at_each(plan: &Plan, syscall: &str, whole: &[u8]) -> usize {
    let out = plan.environment.path("out/server.img");
    for n in 1.. {
        let inject = format!("inject={syscall}:signal=KILL:when={n}");
        let mut command = plan.environment.program("strace");
        command
            .args(["-f", "-qq", "-o", "/dev/null", "-e"])
            .arg(format!("trace={syscall}"));
        command.arg("-e").arg(inject);
        let mintage = plan.environment.mintage(plan.args(&out));
        command.arg(mintage.get_program()).args(mintage.get_args());
        let ended = run(&mut command);
        let when = format!("after a kill at {syscall} number {n}");
        if out.exists() {
            // Published: then all of it, whoever was killed afterwards.
            assert!(fs::read(&out).unwrap() == whole, "a wrong output {when}");
            fs::remove_file(&out).unwrap();
        }
        plan.assert_untouched(&["whole.img"], &when);
        if ended.status.success() {
            return n - 1;
        }
        assert!(n < 2000, "{syscall} is killed without end");
    }
    unreachable!("the loop ends by returning");
}

#[test]
fn a_full_disk_at_any_write_is_an_error_and_leaves_nothing() {
    if !lane::can_run("nothing half done", NEEDS) {
        return;
    }
    let plan = Plan::new();
    let out = plan.environment.path("out/server.img");
    for n in 1.. {
        let mut command = plan.environment.program("strace");
        command.args(["-qq", "-o", "/dev/null", "-e", "trace=pwrite64", "-e"]);
        command.arg(format!("inject=pwrite64:error=ENOSPC:when={n}"));
        let mintage = plan.environment.mintage(plan.args(&out));
        command.arg(mintage.get_program()).args(mintage.get_args());
        let ended = run(&mut command);
        if ended.status.success() {
            assert!(n > 5, "a commit writes more than {n} ranges");
            return;
        }
        let errors = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert!(
            errors.contains("error[P7009]") && errors.contains("No space left"),
            "{errors}"
        );
        plan.assert_untouched(&[], &format!("after write {n} failed"));
    }
}
