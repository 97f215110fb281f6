//! `mintage completions`: what a shell needs to complete commands.

use crate::arguments::CommandLine;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate};

/// Print the completions of a shell.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage completions bash > /usr/share/bash-completion/completions/mintage
  mintage completions zsh > ~/.zfunc/_mintage

The Debian package has those of bash, zsh and fish.")]
pub struct Completions {
    /// For which shell.
    shell: Shell,
}

impl Completions {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let mut text = Vec::new();
        generate(
            self.shell,
            &mut CommandLine::command(),
            "mintage",
            &mut text,
        );
        screen.print(String::from_utf8_lossy(&text))?;
        Ok(Exit::Success)
    }
}
