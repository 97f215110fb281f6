//! `mintage tree`: an image as tree text.

use super::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use clap::Args;
use mintage_engine::Code;
use mintage_worker::Job;
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
  mintage tree --max-content 0 debian-12.img / > debian-12.digests

docs/reference/tree-text.md describes the form.")]
pub struct Tree {
    /// The image.
    image: PathBuf,
    /// From where on, as the guest would name it.
    #[arg(default_value = "/")]
    path: OsString,
    /// The longest content that is written out; of a longer one, length and digest are.
    #[arg(long, value_name = "BYTES", default_value_t = 65536)]
    max_content: u64,
}

impl Tree {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let path = self.path.as_bytes().to_vec();
        let job = Job::Tree {
            path,
            content: self.max_content,
        };
        let text: String = ask(&[&self.image], &job).map_err(|failure| {
            match failure.diagnostics.iter().any(|d| d.code == Code::P3014) {
                true => failure.help("begin further down, or give a smaller `--max-content`"),
                false => failure,
            }
        })?;
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
