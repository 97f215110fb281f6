//! `mintage man`: the manual pages.

use crate::arguments::CommandLine;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::{Args, CommandFactory as _};
use std::path::PathBuf;

/// Write the manual pages, one for each command, into a folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage man ~/.local/share/man/man1
  mintage man . && man ./mintage-serve.1

The Debian package has them.")]
pub struct Man {
    /// The folder; it must exist.
    folder: PathBuf,
}

impl Man {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let written = clap_mangen::generate_to(CommandLine::command(), &self.folder);
        written.map_err(|error| Failure::output(&error))?;
        screen.note(format_args!(
            "wrote the pages into {}",
            self.folder.display()
        ));
        Ok(Exit::Success)
    }
}
