//! `mintage bundle unpack`: a bundle becomes a folder of plain files.

use super::{failed, not_made, open_file, parent, shown};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

/// Make a folder of plain files of a bundle, for git: scripts as they are, the rest as TOML.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage bundle unpack rhel7.zip rhel7
  mintage bundle unpack --without-images windows.zip windows

The folder is made, whole or not at all; nothing is overwritten. docs/bundles.md describes the
files. Passwords that the bundle has are in them, as they are in the bundle.")]
pub struct Unpack {
    /// The bundle.
    bundle: PathBuf,
    /// The folder to be made.
    folder: PathBuf,
    /// Leave the disks of golden images out, and note their checksums only.
    #[arg(long)]
    without_images: bool,
}

impl Unpack {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let mut file = open_file(&self.bundle)?;
        let made = |error: std::io::Error| not_made(&self.folder, &error);
        if self.folder.symlink_metadata().is_ok() {
            return Err(made(std::io::ErrorKind::AlreadyExists.into()));
        }
        // It gets its name when it is whole.
        let beside = tempfile::Builder::new()
            .prefix(".mintage-unpack-")
            .tempdir_in(parent(&self.folder))
            .map_err(made)?;
        fs::set_permissions(beside.path(), Permissions::from_mode(0o755)).map_err(made)?;
        let files = file
            .unpack(beside.path(), !self.without_images)
            .map_err(failed)?;
        renameat_with(
            CWD,
            beside.path(),
            CWD,
            &self.folder,
            RenameFlags::NOREPLACE,
        )
        .map_err(|errno| made(errno.into()))?;
        // It is not temporary any more, and not there either.
        let _ = beside.keep();
        let folder = shown(&self.folder);
        if screen.json {
            screen.json(&serde_json::json!({ "folder": folder, "files": files }))?;
        } else {
            let files: String = files
                .iter()
                .map(|file| format!("  {folder}/{file}\n"))
                .collect();
            screen.print(files)?;
        }
        Ok(Exit::Success)
    }
}
