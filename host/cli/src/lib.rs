//! The command line of Mintage: a file per command, and what its sandboxed worker does
//! for them.

mod arguments;
mod commands;
pub mod demo;
pub mod exit;
mod failure;
mod jobs;
mod progress;
#[cfg(test)]
mod reference;
mod report;
mod screen;
mod settings_flags;
mod size;
mod skeleton;

pub use arguments::CommandLine;

use clap::Parser as _;
use screen::Screen;
use std::process::ExitCode;

/// The whole program.
pub fn main() -> ExitCode {
    let arguments = CommandLine::parse();
    let screen = Screen::new(arguments.json);
    match arguments.command.run(&screen) {
        Ok(exit) => exit,
        Err(failure) => {
            screen.failure(&failure);
            failure.exit.into()
        }
    }
}
