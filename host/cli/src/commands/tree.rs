//! `mintage tree`: an image as tree text.

use super::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::jobs::Job;
use crate::screen::{Screen, printable};
use clap::Args;
use std::ffi::OsString;
use std::io::IsTerminal as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Print the files of an image as tree text, from which a test case of a plan can start.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage tree debian-12.img /etc/ssh
  mintage tree debian-12.img /etc > debian-12.tree

docs/reference/tree-text.md describes the form. Contents that are too long are told by length and
digest.")]
pub struct Tree {
    /// The image.
    image: PathBuf,
    /// From where on, as the guest would name it.
    #[arg(default_value = "/")]
    path: OsString,
}

impl Tree {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let path = self.path.as_bytes().to_vec();
        let text: String = ask(&[&self.image], &Job::Tree { path })?;
        if screen.json {
            screen.json(&serde_json::json!({ "tree": text }))?;
        } else {
            // Contents are in it as they are.
            let shown = match std::io::stdout().is_terminal() {
                true => printable(&text),
                false => text,
            };
            screen.print(shown)?;
        }
        Ok(Exit::Success)
    }
}
