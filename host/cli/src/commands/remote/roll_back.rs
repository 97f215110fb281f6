//! `mintage roll-back`: gives a server the volume that it had before.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use serde_json::json;

/// Give a server the volume that it had before, with the settings of that time. Nothing is made for it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage roll-back web01")]
pub struct RollBack {
    /// The server profile's name, id or URI.
    profile: String,
    /// Cut the server off its disk where it is running.
    #[arg(long)]
    force: bool,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl RollBack {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let profiles = kind("server-profiles").map_err(Failure::usage)?;
        let uri = profiles.find(&service, &self.profile)?;
        let reply = service.post(&format!("{uri}/roll-back"), &json!({"force": self.force}))?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
