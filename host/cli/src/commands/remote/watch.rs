//! `mintage watch`: follows a task to its end.

use super::{outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::ResourceKind;

/// Follow a task to its end, with a progress bar on a terminal.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage watch /rest/tasks/590746df-7354-42aa-8887-e1ea122f7ed6")]
pub struct Watch {
    /// The task's URI or id.
    task: String,
}

impl Watch {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let tasks =
            ResourceKind::parse("tasks").ok_or_else(|| Failure::usage("there are no tasks"))?;
        let uri = tasks.find(&service, &self.task)?;
        let ended = outcome::watch(&service, &uri)?;
        outcome::say(&ended, screen)
    }
}
