//! Deployments and captures over a real filesystem, by real workers.
//!
//! This program is its own worker: started with `worker` as its first argument, it runs the plan in the
//! sandbox as the product does.
#![allow(clippy::unwrap_used, clippy::panic, clippy::print_stdout)] // It is a test.

mod cases;
mod golden;
mod profiles;
mod world;

use clap::{Args as _, Command, FromArgMatches as _};
use mintage_engine::Diagnostic;
use mintage_volume::block::FileDevice;
use mintage_worker::{Descriptors, Job, WorkerArguments, serve};
use plan_stdlib::StandardLibrary;
use std::process::ExitCode;
use std::sync::Arc;

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
    serve(&WorkerArguments::from_arg_matches(&matches).unwrap(), act)
}

fn act(job: Job, mut files: Descriptors) -> Result<mintage_plans::RunReport, Diagnostic> {
    let Job::Personalize { input, .. } = job else {
        return Err(Diagnostic::new(mintage_engine::Code::P6005, "another job"));
    };
    let golden = FileDevice::read_only(files.take().unwrap()).unwrap();
    let scratch = FileDevice::writable(files.take().unwrap()).unwrap();
    let control = input.control();
    let (golden, scratch) = (Arc::new(golden), Arc::new(scratch));
    Ok(mintage_plans::run(
        &input,
        golden,
        scratch,
        &StandardLibrary,
        &control,
    ))
}
