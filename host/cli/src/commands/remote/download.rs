//! `mintage download`: fetches a golden image, an artifact bundle or a backup.

use super::service;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::screen::Screen;
use crate::size::Size;
use clap::{Args, ValueEnum};
use mintage_client::{ClientError, ResourceKind};
use std::path::{Path, PathBuf};

/// Download a golden image (a zip with one raw disk), an artifact bundle or a backup.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage download golden-image \"Debian 12\" --out debian-12.zip
  mintage download artifact-bundle Web --out web.zip")]
pub struct Download {
    /// What.
    what: What,
    /// Its name, id or URI.
    name: String,
    /// The file to make; nothing may be there.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    GoldenImage,
    ArtifactBundle,
    Backup,
}

impl What {
    /// The collection, and where in it downloads are.
    fn place(self) -> (&'static str, &'static str) {
        match self {
            Self::GoldenImage => ("golden-images", "download"),
            Self::ArtifactBundle => ("artifact-bundles", "download"),
            Self::Backup => ("backups", "archive"),
        }
    }
}

impl Download {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let service = service()?;
        let (collection, verb) = self.what.place();
        let kind = ResourceKind::parse(collection)
            .ok_or_else(|| Failure::usage(format!("there are no {collection}")))?;
        let uri = kind.find(&service, &self.name)?;
        let id = uri.rsplit('/').next().unwrap_or_default();
        let path = format!("{}/{verb}/{id}", kind.path);

        let failed = |error: &std::io::Error| {
            ClientError::file(format!("cannot write {}", self.out.display()), error)
        };
        let folder = match self.out.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        // The file gets its name only when all of it is here.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(|error| failed(&error))?;
        let progress = Progress::start("receiving");
        let count = service.download(&path, &mut file, |done, of| progress.at(done, of))?;
        drop(progress);
        file.as_file().sync_all().map_err(|error| failed(&error))?;
        file.persist_noclobber(&self.out)
            .map_err(|error| failed(&error.error))?;
        match screen.json {
            true => screen.json(&serde_json::json!({"file": self.out, "bytes": count}))?,
            false => screen.print(format_args!("{}: {}\n", self.out.display(), Size(count)))?,
        }
        Ok(Exit::Success)
    }
}
