//! `mintage redeploy`: makes a server's volume anew.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use serde_json::json;

/// Make the volume of a server anew, with the settings that its profile has. The old one is kept for a
/// while: `mintage roll-back` returns to it.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage redeploy web01
  mintage redeploy web01 --new-identity")]
pub struct Redeploy {
    /// The server profile's name, id or URI.
    profile: String,
    /// Make it another host: another machine-id, other host keys, another initiator.
    #[arg(long)]
    new_identity: bool,
    /// Cut the server off its disk where it is running.
    #[arg(long)]
    force: bool,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Redeploy {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let profiles = kind("server-profiles").map_err(Failure::usage)?;
        let uri = profiles.find(&service, &self.profile)?;
        let how = json!({"newIdentity": self.new_identity, "force": self.force});
        let reply = service.post(&format!("{uri}/redeploy"), &how)?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
