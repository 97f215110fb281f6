//! `mintage capture`: makes a golden image of an OS volume.

use super::{kind, outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use serde_json::json;

/// Make a golden image of an OS volume: what must not travel is taken out by a capture plan. The volume
/// stays as it is.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage capture OSVolume-52 --build-plan \"Generalize Debian\" --name \"Debian 12, tuned\"")]
pub struct Capture {
    /// The OS volume's name, id or URI.
    os_volume: String,
    /// The build plan of type capture: its name, id or URI.
    #[arg(long, value_name = "PLAN")]
    build_plan: String,
    /// The golden image's name.
    #[arg(long)]
    name: String,
    /// What is in it.
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Have the new golden image booted then, in a task of its own.
    #[arg(long)]
    boot_test: bool,
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Capture {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let find = |collection: &str, name: &str| -> Result<String, Failure> {
            let kind = kind(collection).map_err(Failure::usage)?;
            Ok(kind.find(&service, name)?)
        };
        let wanted = json!({
            "type": "GoldenImage",
            "name": self.name,
            "description": self.description,
            "imageCapture": true,
            "bootTest": self.boot_test,
            "osVolumeURI": find("os-volumes", &self.os_volume)?,
            "buildPlanUri": find("build-plans", &self.build_plan)?,
        });
        let reply = service.post("/rest/golden-images", &wanted)?;
        outcome::show(&service, &reply, !self.no_wait, screen)
    }
}
