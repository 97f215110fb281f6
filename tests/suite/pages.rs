//! What the README and the tutorial print is what the commands print.

use mintage_test_support::disk::debian;
use mintage_test_support::environment::project;
use mintage_test_support::{Environment, Need, Remote, Server, Transcript, lane};
use std::os::unix::fs::symlink;

#[test]
fn the_readme_does_what_it_shows() {
    let environment = Environment::new();
    let plans = project().join("sample-plans");
    symlink(plans, environment.path("sample-plans")).unwrap();
    page("README.md").run(&environment);
}

#[test]
fn the_tutorial_does_what_it_shows() {
    if !lane::can_run("tutorial", &[Need::Root, Need::Program("mmdebstrap")]) {
        return;
    }
    let environment = Environment::new();
    symlink(debian("debian-12"), environment.path("debian-12.img")).unwrap();
    page("docs/tutorial.md").run(&environment);
}

#[test]
fn the_page_on_remote_commands_does_what_it_shows() {
    let environment = Environment::new();
    let plans = project().join("sample-plans");
    symlink(plans, environment.path("sample-plans")).unwrap();
    let server = Server::start(&environment, &[]);
    let _remote = Remote::log_in(&environment, &server);
    page("docs/remote.md").run(&environment);
}

fn page(path: &str) -> Transcript {
    Transcript::read(&project().join(path))
}
