//! `mintage upload`: sends a golden image, an artifact bundle or a backup.

use super::{outcome, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use clap::{Args, Subcommand};
use form_urlencoded::Serializer;
use mintage_client::ResourceKind;
use std::path::PathBuf;

/// Upload a golden image, an artifact bundle or a backup.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage upload golden-image debian-12.zip --name \"Debian 12\"
  mintage upload golden-image debian-12.qcow2 --name \"Debian 12\" --format qcow2
  mintage upload artifact-bundle web.zip")]
pub struct Upload {
    #[command(subcommand)]
    what: What,
}

/// What is uploaded.
#[derive(Debug, Subcommand)]
enum What {
    /// A disk image, in a format that is declared.
    GoldenImage {
        /// The file.
        file: PathBuf,
        /// Its name in the service.
        #[arg(long)]
        name: String,
        /// What is in it.
        #[arg(long, default_value = "")]
        description: String,
        /// How the file holds the disk: zip (with one raw disk), raw, zstd, gzip, xz or qcow2.
        #[arg(long, default_value = "zip")]
        format: String,
        /// The SHA-256 of the file, to be compared.
        #[arg(long)]
        sha256: Option<String>,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// A zip of artifacts; `mintage apply` uploads and extracts one.
    ArtifactBundle {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        waiting: Waiting,
    },
    /// A backup, which replaces all artifacts of the service.
    Backup {
        /// The file.
        file: PathBuf,
        #[command(flatten)]
        waiting: Waiting,
    },
}

/// Whether a task is followed to its end.
#[derive(Debug, Args)]
struct Waiting {
    /// Do not wait for the end of the task.
    #[arg(long)]
    no_wait: bool,
}

impl Upload {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let (file, waiting, path) = match &self.what {
            What::GoldenImage {
                file,
                name,
                description,
                format,
                sha256,
                waiting,
            } => {
                let mut query = Serializer::new(String::new());
                query
                    .append_pair("name", name)
                    .append_pair("description", description)
                    .append_pair("format", format)
                    .extend_pairs(sha256.iter().map(|sum| ("checksum", sum)));
                (
                    file,
                    waiting,
                    format!("/rest/golden-images?{}", query.finish()),
                )
            }
            What::ArtifactBundle { file, waiting } => {
                (file, waiting, "/rest/artifact-bundles".to_owned())
            }
            What::Backup { file, waiting } => {
                let group = first_group(&service)?;
                let path =
                    format!("/rest/artifact-bundles/backups/archive?deploymentGrpUri={group}");
                (file, waiting, path)
            }
        };
        let progress = Progress::start("sending");
        let reply = service.upload(&path, file, move |done, of| progress.at(done, of))?;
        outcome::show(&service, &reply, !waiting.no_wait, screen)
    }
}

/// Backups belong to a deployment group; there is one until groups can be made.
fn first_group(service: &mintage_client::Service) -> Result<String, Failure> {
    let groups = ResourceKind::parse("deployment-groups").map_or("", |kind| kind.path);
    let reply = service.get(&format!("{groups}?count=1"))?;
    let uri = reply
        .body
        .pointer("/members/0/uri")
        .and_then(|uri| uri.as_str());
    let uri = uri.ok_or_else(|| {
        mintage_client::ClientError::Answer("the service has no deployment group".to_owned())
    })?;
    Ok(uri.to_owned())
}
