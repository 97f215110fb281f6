//! `mintage ipxe`: where the firmware of a server gets its iPXE script.

use super::{kind, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use clap::Args;
use mintage_client::ClientError;
use serde_json::json;

/// Show the address of a server's iPXE script. It is a secret: who has it gets the CHAP secret of the server.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage ipxe web01")]
pub struct Ipxe {
    /// The server profile's name, id or URI.
    profile: String,
}

impl Ipxe {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let profiles = kind("server-profiles").map_err(Failure::usage)?;
        let uri = profiles.find(&service, &self.profile)?;
        let boot = service.get(&format!("{uri}/boot"))?.body;
        let address = boot["ipxeScript"].as_str().ok_or_else(|| {
            ClientError::Answer("it does not tell where the iPXE script is".to_owned())
        })?;
        // Where the service has no other address for firmware, it is below its own.
        let url = match address.starts_with('/') {
            true => format!("{}{address}", service.url().trim_end_matches('/')),
            false => address.to_owned(),
        };
        match screen.json {
            true => screen.json(&json!({"url": url}))?,
            false => screen.print(format_args!("{}\n", printable(&url)))?,
        }
        Ok(Exit::Success)
    }
}
