//! `mintage get`: one resource.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::ResourceKind;

/// Show one artifact, volume, task or user of a service.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage get plan-script \"Host name\"
  mintage get deployment-plan \"Web server\" --json")]
pub struct Get {
    /// Of what it is one: golden-image, plan-script, build-plan, …
    #[arg(value_parser = kind)]
    kind: ResourceKind,
    /// Its name, id or URI.
    name: String,
}

impl Get {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let uri = self.kind.find(&service, &self.name)?;
        outcome::print(&service.get(&uri)?.body, screen)
    }
}
