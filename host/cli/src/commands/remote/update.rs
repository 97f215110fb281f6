//! `mintage update`: changes a resource by JSON.

use super::{json_file, kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::{ClientError, ResourceKind};
use serde_json::Value as Json;
use std::path::PathBuf;

/// Change an artifact, server profile or user by a JSON file: its members take the place of those that
/// are there, and the others stay.
///
/// What somebody else changed meanwhile is not overwritten.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage update build-plan \"Web server\" change.json
  echo '{\"description\": \"of the shop\"}' | mintage update deployment-plan \"Web server\" -")]
pub struct Update {
    /// Of what it is one: golden-image, plan-script, build-plan, …
    #[arg(value_parser = kind)]
    kind: ResourceKind,
    /// Its name, id or URI.
    name: String,
    /// The JSON file with the members to change; `-` is the standard input.
    file: PathBuf,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Update {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let Json::Object(change) = json_file::read(&self.file)? else {
            let file = self.file.display();
            return Err(Failure::usage(format!("{file} must hold a JSON object")));
        };
        let service = service()?;
        let uri = self.kind.find(&service, &self.name)?;
        // With the ETag of what was read.
        let Json::Object(mut body) = service.get(&uri)?.body else {
            let no_object = format!("{uri} is no JSON object");
            return Err(ClientError::Answer(no_object).into());
        };
        body.extend(change);
        let reply = service.put(&uri, &Json::Object(body))?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
