//! The sandbox and the named ends of a worker, with workers that really misbehave.
//!
//! This program is its own worker: started with `worker` as its first argument, it enters the same
//! sandbox by the same code as the product and then does what the job tells it to.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout
)] // It is a test.

mod behaviour;
mod cases;

use behaviour::Behaviour;
use clap::{Args as _, Command, FromArgMatches as _};
use mintage_worker::{WorkerArguments, serve};
use std::process::ExitCode;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    match arguments.next().as_deref() {
        Some("worker") => worker(),
        // What the test harness of cargo understands, as far as anybody asks this program for it.
        Some("--list") => ExitCode::SUCCESS,
        filter => cases::run(filter.filter(|text| !text.starts_with('-'))),
    }
}

fn worker() -> ExitCode {
    let command = WorkerArguments::augment_args(Command::new("worker").no_binary_name(true));
    let matches = command.get_matches_from(std::env::args().skip(2));
    let arguments = WorkerArguments::from_arg_matches(&matches).unwrap();
    serve(&arguments, |behaviour: Behaviour, files| {
        behaviour.act(files)
    })
}
