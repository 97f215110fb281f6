//! `mintage bundle pack`: a folder becomes a bundle.

use super::{failed, not_made, parent, shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_plans::bundle::folder::load;
use std::fs::Permissions;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// Make a bundle of a folder. The same folder always gives the same bytes.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage bundle pack rhel7 rhel7.zip && mintage upload artifact-bundles rhel7.zip

The bundle is made, whole or not at all; nothing is overwritten.")]
pub struct Pack {
    /// The folder, with bundle.toml.
    folder: PathBuf,
    /// The bundle to be made.
    bundle: PathBuf,
}

impl Pack {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let folder = load(&self.folder).map_err(failed)?;
        let made = |error: std::io::Error| not_made(&self.bundle, &error);
        if self.bundle.symlink_metadata().is_ok() {
            return Err(made(std::io::ErrorKind::AlreadyExists.into()));
        }
        // It gets its name when it is whole.
        let mut beside = tempfile::Builder::new()
            .prefix(".mintage-pack-")
            .permissions(Permissions::from_mode(0o644))
            .tempfile_in(parent(&self.bundle))
            .map_err(made)?;
        folder.pack(beside.as_file_mut()).map_err(failed)?;
        beside.as_file().sync_all().map_err(made)?;
        let file = beside.persist_noclobber(&self.bundle);
        let file = file.map_err(|error| made(error.error))?;
        let size = file.metadata().map_err(made)?.len();
        let (name, count) = (shown(&self.bundle), folder.bundle().len());
        if screen.json {
            screen
                .json(&serde_json::json!({ "bundle": name, "size": size, "artifacts": count }))?;
        } else {
            let plural = if count == 1 { "" } else { "s" };
            screen.print(format_args!(
                "{name} · {count} artifact{plural} · {size} bytes\n"
            ))?;
        }
        Ok(Exit::Success)
    }
}
