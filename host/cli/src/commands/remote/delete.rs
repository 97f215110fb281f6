//! `mintage delete`: removes a resource.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::ResourceKind;

/// Delete an artifact, volume or user of a service. What is in use is not deleted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage delete plan-script \"Host name\"
  mintage delete golden-image 590746df-7354-42aa-8887-e1ea122f7ed6")]
pub struct Delete {
    /// Of what it is one: golden-image, plan-script, build-plan, …
    #[arg(value_parser = kind)]
    kind: ResourceKind,
    /// Its name, id or URI.
    name: String,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Delete {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let uri = self.kind.find(&service, &self.name)?;
        let reply = service.delete(&uri)?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
