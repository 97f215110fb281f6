//! The command line: the commands, and what they have in common.

use crate::commands::{cat, diff, inspect, ls, run, tree};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::jobs;
use crate::screen::Screen;
use crate::worker::{WorkerArguments, serve};
use clap::{Parser, Subcommand};
use std::process::ExitCode;

/// Turns a golden image into the OS volume of one server.
///
/// A build plan's scripts edit the image offline, in a sandbox, in one transaction: the volume
/// comes out complete and right, or not at all. The golden image is only ever read.
#[derive(Debug, Parser)]
#[command(name = "mintage", version, after_help = Exit::HELP, max_term_width = 100)]
pub struct CommandLine {
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
    /// Print results and errors as JSON on standard output.
    #[arg(long, global = true)]
    pub(crate) json: bool,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    Inspect(inspect::Inspect),
    Ls(ls::Ls),
    Cat(cat::Cat),
    Tree(tree::Tree),
    Diff(diff::Diff),
    Run(run::Run),
    /// Serves one job of another command in a sandbox; not for people.
    #[command(hide = true)]
    Worker(WorkerArguments),
}

impl Command {
    pub(crate) fn run(&self, screen: &Screen) -> Result<ExitCode, Failure> {
        let exit = match self {
            Self::Inspect(command) => command.run(screen),
            Self::Ls(command) => command.run(screen),
            Self::Cat(command) => command.run(screen),
            Self::Tree(command) => command.run(screen),
            Self::Diff(command) => command.run(screen),
            Self::Run(command) => command.run(screen),
            Self::Worker(arguments) => return Ok(serve(arguments, jobs::act)),
        };
        exit.map(Into::into)
    }
}
