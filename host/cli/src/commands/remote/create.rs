//! `mintage create`: makes a resource from JSON.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::{ClientError, ResourceKind};
use serde_json::Value as Json;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

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
        let body = read(&self.file)?;
        let service = service()?;
        let reply = service.post(self.kind.path, &body)?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}

fn read(path: &Path) -> Result<Json, ClientError> {
    let what = || format!("cannot read {}", path.display());
    let mut text = String::new();
    let result = match path == Path::new("-") {
        true => io::stdin().lock().read_to_string(&mut text).map(|_| ()),
        false => std::fs::read_to_string(path).map(|read| text = read),
    };
    result.map_err(|error| ClientError::file(what(), &error))?;
    serde_json::from_str(&text).map_err(|error| ClientError::File {
        what: what(),
        why: format!(
            "it is no JSON: line {}, column {}",
            error.line(),
            error.column()
        ),
    })
}
