//! The remote commands: what a Mintage service can do, from another machine.

pub mod apply;
pub mod boot_test;
pub mod capture;
pub mod create;
pub mod delete;
pub mod download;
pub mod get;
pub mod ipxe;
mod json_file;
pub mod list;
pub mod login;
pub mod logout;
mod outcome;
pub mod redeploy;
pub mod roll_back;
pub mod update;
pub mod upload;
pub mod watch;

use crate::failure::Failure;
use mintage_client::login::Token;
use mintage_client::{Certificate, ClientError, Login, ResourceKind, Service};
use std::env;
use std::path::Path;

/// The service that the environment names, or that of the kept login.
fn service() -> Result<Service, Failure> {
    let set = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let (Some(url), Some(token)) = (set("MINTAGE_URL"), set("MINTAGE_TOKEN")) else {
        return Ok(Service::of(&Login::load(&Login::usual_path()?)?)?);
    };
    let file = set("MINTAGE_CA").ok_or_else(|| {
        Failure::usage(
            "MINTAGE_CA must name a file with the certificate to trust, as MINTAGE_URL is set",
        )
    })?;
    let certificate = read_certificate(Path::new(&file))?;
    Ok(Service::new(&url, &certificate, Some(Token::Api(token)))?)
}

fn read_certificate(path: &Path) -> Result<Certificate, Failure> {
    let pem = std::fs::read_to_string(path)
        .map_err(|error| ClientError::file(format!("cannot read {}", path.display()), &error))?;
    Ok(Certificate::from_pem(pem))
}

/// Reads the name of a collection.
fn kind(text: &str) -> Result<ResourceKind, String> {
    ResourceKind::parse(text).ok_or_else(|| {
        let names: Vec<&str> = ResourceKind::all().iter().map(|kind| kind.name).collect();
        format!("there are {}", names.join(", "))
    })
}
