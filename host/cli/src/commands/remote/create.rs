//! `mintage create`: makes a resource from JSON.

use super::{json_file, kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::ResourceKind;
use std::path::PathBuf;

/// Make an artifact, volume or user from a JSON file, as the API takes it.
///
/// A whole folder of artifacts is made by `mintage apply`; files go by `mintage upload`.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage create build-plan build-plan.json
  mintage create os-volume - < volume.json")]
pub struct Create {
    /// What: plan-script, build-plan, deployment-plan, os-volume, user, …
    #[arg(value_parser = kind)]
    kind: ResourceKind,
    /// The JSON file; `-` is the standard input.
    file: PathBuf,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Create {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let body = json_file::read(&self.file)?;
        let service = service()?;
        let reply = service.post(self.kind.path, &body)?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
