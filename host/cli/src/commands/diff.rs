//! `mintage diff`: how two images differ.

use super::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_volume::diff::TreeDiff;
use mintage_worker::Job;
use std::path::PathBuf;

/// Show how the files of two images differ.
///
/// Contents, modes, owners, links, device numbers and extended attributes are compared; times are
/// not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage diff debian-12.img web01.img
  mintage diff --json debian-12.img web01.img | jq -r '.entries[].path'

Ends with 0 when the files are the same, and with 1 when they differ.")]
pub struct Diff {
    /// The image before.
    before: PathBuf,
    /// The image after.
    after: PathBuf,
}

impl Diff {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let diff: TreeDiff = ask(&[&self.before, &self.after], &Job::Diff)?;
        if screen.json {
            screen.json(&diff)?;
        } else {
            screen.print(diff.render(screen.out.diff_style()))?;
        }
        Ok(match diff.is_empty() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}
