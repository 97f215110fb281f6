//! Manual pages and completions: there are some for every command, and the programs that read them
//! find nothing wrong.

use mintage_test_support::environment::{project, run, succeed};
use mintage_test_support::{Environment, Need, lane};
use std::collections::BTreeSet;
use std::fs;

/// Every command with its words joined, `mintage-bundle-pack`, as the reference of commands has them.
fn commands() -> BTreeSet<String> {
    let reference = fs::read_to_string(project().join("docs/commands.md")).unwrap();
    let names = reference
        .lines()
        .filter_map(|line| line.strip_prefix("## "));
    let names: BTreeSet<_> = names.map(|name| name.replace(' ', "-")).collect();
    assert!(
        names.contains("mintage-apply") && names.len() > 25,
        "{names:?}"
    );
    names
}

#[test]
fn every_command_has_a_manual_page_that_reads_well() {
    let environment = Environment::new();
    let pages = environment.path("pages");
    fs::create_dir(&pages).unwrap();
    succeed(&mut environment.mintage(["man".as_ref(), pages.as_os_str()]));
    let made: BTreeSet<_> = fs::read_dir(&pages)
        .unwrap()
        .map(|page| page.unwrap().file_name().into_string().unwrap())
        .collect();
    for command in commands() {
        assert!(
            made.contains(&format!("{command}.1")),
            "{command}: {made:?}"
        );
    }
    if !lane::can_run("manual pages", &[Need::Program("man")]) {
        return;
    }
    for page in &made {
        let mut man = environment.program("man");
        man.env("MANWIDTH", "100")
            .args(["--warnings=w", "--local-file"]);
        let output = run(man.arg(pages.join(page)));
        let told = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success() && told.is_empty(), "{page}: {told}");
        assert!(output.stdout.len() > 200, "{page} is empty");
    }
}

#[test]
fn every_shell_completes_every_command() {
    let environment = Environment::new();
    for shell in ["bash", "zsh", "fish"] {
        let script = succeed(&mut environment.mintage(["completions", shell]));
        for command in commands() {
            let word = command.rsplit('-').next().unwrap();
            assert!(script.contains(word), "{shell} does not know `{command}`");
        }
        fs::write(environment.path(shell), script).unwrap();
        // A shell that is there must be able to read it; bash always is.
        let needs = [Need::Program(shell)];
        if shell != "bash" && !needs.iter().all(|need| need.is_there()) {
            continue;
        }
        let mut check = environment.program(shell);
        succeed(check.args(["-n", shell]));
    }
}
