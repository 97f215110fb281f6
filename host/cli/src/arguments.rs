//! The command line: the commands, and what they have in common.

use crate::commands::remote::{
    apply, capture, create, delete, download, get, ipxe, list, login, logout, redeploy, roll_back,
    update, upload, watch,
};
use crate::commands::{
    boot_test, bundle, cat, check, completions, config, demo, diff, doc, inspect, ls, man, new,
    run, scan, serve, test, tree,
};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::jobs;
use crate::screen::Screen;
use clap::{Parser, Subcommand};
use mintage_worker::WorkerArguments;
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
    Scan(scan::Scan),
    BootTest(boot_test::BootTest),
    New(new::New),
    Check(check::Check),
    Test(test::Test),
    Run(run::Run),
    Doc(doc::Doc),
    Demo(demo::Demo),
    Bundle(bundle::BundleCommand),
    #[command(name = "login")]
    LogIn(login::LogIn),
    #[command(name = "logout")]
    LogOut(logout::LogOut),
    List(list::List),
    Get(get::Get),
    Apply(apply::Apply),
    Create(create::Create),
    Update(update::Update),
    Capture(capture::Capture),
    Redeploy(redeploy::Redeploy),
    RollBack(roll_back::RollBack),
    Ipxe(ipxe::Ipxe),
    Delete(delete::Delete),
    Upload(upload::Upload),
    Download(download::Download),
    Watch(watch::Watch),
    Serve(Box<serve::Serve>),
    Config(config::Config),
    Completions(completions::Completions),
    Man(man::Man),
    /// Serves one job of another command in a sandbox; not for people.
    #[command(hide = true)]
    Worker(WorkerArguments),
}

impl Command {
    /// Does it; a worker ends in its own way.
    pub(crate) fn run(&self, screen: &Screen) -> Result<ExitCode, Failure> {
        match self {
            Self::Worker(arguments) => Ok(mintage_worker::serve(arguments, jobs::act)),
            command => command.exit(screen).map(Into::into),
        }
    }

    /// Does it and says how the program ends.
    pub(crate) fn exit(&self, screen: &Screen) -> Result<Exit, Failure> {
        match self {
            Self::Inspect(command) => command.run(screen),
            Self::Ls(command) => command.run(screen),
            Self::Cat(command) => command.run(screen),
            Self::Tree(command) => command.run(screen),
            Self::Diff(command) => command.run(screen),
            Self::Scan(command) => command.run(screen),
            Self::BootTest(command) => command.run(screen),
            Self::New(command) => command.run(screen),
            Self::Check(command) => command.run(screen),
            Self::Test(command) => command.run(screen),
            Self::Run(command) => command.run(screen),
            Self::Doc(command) => command.run(screen),
            Self::Demo(command) => command.run(screen),
            Self::Bundle(command) => command.run(screen),
            Self::LogIn(command) => command.run(screen),
            Self::LogOut(command) => command.run(screen),
            Self::List(command) => command.run(screen),
            Self::Get(command) => command.run(screen),
            Self::Apply(command) => command.run(screen),
            Self::Create(command) => command.run(screen),
            Self::Update(command) => command.run(screen),
            Self::Capture(command) => command.run(screen),
            Self::Redeploy(command) => command.run(screen),
            Self::RollBack(command) => command.run(screen),
            Self::Ipxe(command) => command.run(screen),
            Self::Delete(command) => command.run(screen),
            Self::Upload(command) => command.run(screen),
            Self::Download(command) => command.run(screen),
            Self::Watch(command) => command.run(screen),
            Self::Serve(command) => command.run(screen),
            Self::Config(command) => command.run(screen),
            Self::Completions(command) => command.run(screen),
            Self::Man(command) => command.run(screen),
            Self::Worker(_) => Err(Failure::usage("a worker cannot be started by a command")),
        }
    }
}
