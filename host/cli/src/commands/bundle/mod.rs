//! `mintage bundle`: artifact bundles, as files and as folders.

mod diff;
mod pack;
mod unpack;
mod verify;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::{Args, Subcommand};
use mintage_engine::{Code, Diagnostic};
use mintage_plans::bundle::folder::{LoadedFolder, load};
use mintage_plans::bundle::{Bundle, BundleError, BundleFile, BundleLimits, ImageFacts};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// Check, unpack, pack and compare artifact bundles.
///
/// A bundle is a zip file with plan scripts, build plans, deployment plans and golden images. As a
/// folder of plain files it can be kept in git; packing it again loses nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage bundle verify HPE-RHEL7-EFI-2019-06-11-v5.0.zip
  mintage bundle unpack rhel7.zip rhel7
  mintage bundle pack rhel7 rhel7-new.zip
  mintage bundle diff rhel7.zip rhel7-new.zip")]
pub struct BundleCommand {
    /// What to do.
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    Verify(verify::Verify),
    Unpack(unpack::Unpack),
    Pack(pack::Pack),
    Diff(diff::Diff),
}

impl BundleCommand {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        match &self.action {
            Action::Verify(command) => command.run(screen),
            Action::Unpack(command) => command.run(screen),
            Action::Pack(command) => command.run(screen),
            Action::Diff(command) => command.run(screen),
        }
    }
}

/// Opens a bundle that is a file.
fn open_file(path: &Path) -> Result<BundleFile<File>, Failure> {
    let file = File::open(path).map_err(|error| not_opened(path, &error))?;
    Ok(BundleFile::open(file, &BundleLimits::default()).map_err(failed)?)
}

/// A bundle that is a file or a folder, with what is known of its golden images.
fn read_either(path: &Path) -> Result<(Bundle, BTreeMap<String, ImageFacts>), Failure> {
    if path.is_dir() {
        let folder: LoadedFolder = load(path).map_err(failed)?;
        let facts = folder.image_facts().map_err(failed)?;
        return Ok((folder.bundle().clone(), facts));
    }
    let mut file = open_file(path)?;
    let bundle = file.bundle().clone();
    let mut facts = BTreeMap::new();
    for image in &bundle.golden_images {
        let read = file.copy_image(image, &mut io::sink()).map_err(failed)?;
        facts.insert(image.id.clone(), read);
    }
    Ok((bundle, facts))
}

fn failed(error: BundleError) -> Diagnostic {
    error.into()
}

fn not_opened(path: &Path, error: &io::Error) -> Failure {
    let message = format!("cannot open the bundle `{}`: {error}", shown(path));
    Failure::new(Code::P5008, message)
}

fn not_made(path: &Path, error: &io::Error) -> Failure {
    let shown = shown(path);
    if error.kind() == io::ErrorKind::AlreadyExists {
        let message = format!("cannot make `{shown}`: it exists already");
        return Failure::new(Code::P7008, message)
            .help("choose another name; nothing is ever overwritten");
    }
    Failure::new(Code::P7009, format!("cannot make `{shown}`: {error}"))
}

/// The folder that a file is in.
fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}
