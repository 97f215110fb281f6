//! `Archives`: reads and writes the zip files of bundles and backups.

use super::contents::Contents;
use super::images::refused;
use crate::golden_images::{inspect, rehearse};
use crate::task::{CancelFlag, StepContext, TaskFailure};
use crate::{DataFolder, Limits, golden_volume, remove_if_there};
use mintage_engine::Diagnostic;
use mintage_plans::bundle::{
    Bundle, BundleError, BundleFile, BundleLimit, ImageFacts, ImageSource, write,
};
use mintage_records::{Id, Match, Records, Resource, Sealer, model};
use mintage_storage::store::{OpenVolume, StoreErrorKind};
use mintage_storage::{ImageFormat, WirePack};
use mintage_volume::escape::escape;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use uuid::Uuid;

/// Reads and writes the zip files of bundles and backups; cheap to clone.
#[derive(Debug, Clone)]
pub struct Archives {
    /// Where they are.
    pub(super) folder: Arc<DataFolder>,
    /// Seals passwords that a bundle brings.
    pub(super) sealer: Arc<Sealer>,
    /// How large they may be.
    pub(super) limits: Arc<Limits>,
    /// Looks into a golden volume.
    pub(super) inspect: fn(&DataFolder, &Id) -> Json,
}

impl From<BundleError> for TaskFailure {
    fn from(error: BundleError) -> Self {
        let setting = error.limit.map(setting);
        let failure: Self = Diagnostic::from(error).into();
        match setting {
            None => failure,
            Some(setting) => failure.action(format!(
                "Make it smaller, or raise `limits.{setting}` in the configuration."
            )),
        }
    }
}

/// Which setting states a limit of bundles.
fn setting(limit: BundleLimit) -> &'static str {
    match limit {
        BundleLimit::Entries => "bundle-entries",
        BundleLimit::Text => "bundle-text",
        BundleLimit::Texts => "bundle-texts",
        BundleLimit::Image => "bundle-upload",
        BundleLimit::Disk => "disk",
        BundleLimit::Ratio => "bundle-ratio",
    }
}

impl Archives {
    /// Archives in `folder`, of passwords that `sealer` seals, within `limits`.
    pub fn new(folder: Arc<DataFolder>, sealer: Arc<Sealer>, limits: Arc<Limits>) -> Self {
        Self {
            folder,
            sealer,
            limits,
            inspect: |folder, id| inspect(folder, id, None).unwrap_or(Json::Null),
        }
    }

    /// Opens an archive and checks everything but its golden images.
    ///
    /// # Errors
    /// `STORAGE`, P5008 to P5012.
    pub(super) fn open(&self, path: &Path) -> Result<BundleFile<File>, TaskFailure> {
        Ok(BundleFile::open(File::open(path)?, &self.limits.bundle())?)
    }

    /// Takes the golden images out of an archive that arrived, expands their beginnings, and throws all of
    /// it away. Those that are longer than what `limits.rehearsal` leaves to
    /// them are only read when a task needs them.
    ///
    /// # Errors
    /// P5008 to P5011, `GOLDEN_IMAGE`, `STORAGE`.
    pub(super) fn rehearse(&self, file: &mut BundleFile<File>) -> Result<(), TaskFailure> {
        let (limits, mut left) = (self.limits.image(), self.limits.rehearsal);
        for image in file.bundle().golden_images.clone() {
            let length = file.image_length(&image)?;
            if length <= left {
                let mut spool = tempfile::tempfile_in(self.folder.root())?;
                file.take_image(&image, &mut spool)?;
                let scratch = self.folder.scratch();
                let came = rehearse(&spool, ImageFormat::Zip, &limits, left, &scratch);
                let came = came.map_err(|error| refused(&image.name, &error))?;
                left = left.saturating_sub(came.max(length));
            }
        }
        Ok(())
    }

    /// Writes an archive to `path`, whole or not at all; on the way it is the incoming file of `id`.
    /// None when a golden image was deleted since `contents` were read: read them again.
    pub(super) fn pack(
        &self,
        bundle: &Bundle,
        contents: &Contents,
        id: &Id,
        path: &Path,
        context: &StepContext,
    ) -> Result<Option<ImageFacts>, TaskFailure> {
        let Some(volumes) = self.open_volumes(contents, context.records())? else {
            return Ok(None);
        };
        let incoming = self.folder.incoming(id);
        // What a first try left.
        remove_if_there(&incoming)?;
        remove_if_there(path)?;
        let cancel = context.cancel_flag();
        let packed = self.write(bundle, &volumes, &incoming, &cancel);
        let facts = packed.and_then(|()| Ok(ImageFacts::read(File::open(&incoming)?)?));
        let placed = facts.and_then(|facts| {
            publish(&incoming, path)?;
            Ok(facts)
        });
        if placed.is_err() {
            remove_if_there(&incoming)?;
            context.check()?;
        }
        placed.map(Some)
    }

    fn write(
        &self,
        bundle: &Bundle,
        volumes: &Volumes,
        incoming: &Path,
        cancel: &CancelFlag,
    ) -> Result<(), TaskFailure> {
        let output = write(bundle, File::create_new(incoming)?, &mut |image| {
            let volume = volumes.get(&image.id).ok_or(io::ErrorKind::NotFound)?;
            let volume = volume.device();
            let disk = volume.len();
            let name = Uuid::parse_str(&image.id).unwrap_or_default();
            Ok(ImageSource {
                reader: Box::new(Stoppable {
                    inner: WirePack::new(volume, name)?,
                    cancel: cancel.clone(),
                }),
                // Blocks that cannot be compressed become a little longer.
                most: disk + disk / 1000 + (64 << 10),
            })
        })?;
        Ok(output.sync_all()?)
    }

    /// Opened at once: what is deleted from now on is still there for this archive. None when one was
    /// deleted before.
    pub(super) fn open_volumes(
        &self,
        contents: &Contents,
        records: &Records,
    ) -> Result<Option<Volumes>, TaskFailure> {
        if let Some(image) = contents.incomplete().next() {
            let name = escape(image.body.name.as_bytes());
            let message = format!("golden image `{name}` is not complete");
            return Err(TaskFailure::new("IMAGE_NOT_READY", message)
                .action("Wait until it is, or leave it out."));
        }
        let mut volumes = BTreeMap::new();
        for image in &contents.golden_images {
            let volume = match self.folder.store().open(&golden_volume(&image.id)) {
                Ok(volume) => volume,
                Err(error) if error.kind() != StoreErrorKind::NotFound => return Err(error.into()),
                Err(error) => {
                    let row = records.read(|view| view.find::<model::GoldenImage>(&image.id))?;
                    return row.map_or(Ok(None), |_| Err(error.into()));
                }
            };
            volumes.insert(image.id.to_string(), volume);
        }
        Ok(Some(volumes))
    }
}

/// Golden volumes that are open, by the ids of their images.
pub(super) type Volumes = BTreeMap<String, Box<dyn OpenVolume>>;

/// Gives a complete file its name, so that it has it after a crash too.
pub(super) fn publish(file: &Path, path: &Path) -> Result<(), TaskFailure> {
    fs::rename(file, path)?;
    if let Some(folder) = path.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// Removes a row of `R` that did not become complete, with its archive.
pub(super) fn discard<R: Resource>(
    archives: &Archives,
    id: &Id,
    archive: &Path,
    context: &StepContext,
) -> Result<(), TaskFailure> {
    context
        .records()
        .change::<_, TaskFailure>(context.author(), |change| {
            if change.find::<R>(id)?.is_some() {
                change.delete::<R>(id, &Match::Any)?;
            }
            Ok(())
        })?;
    remove_if_there(archive)?;
    Ok(remove_if_there(&archives.folder.incoming(id))?)
}

/// A reader that fails as soon as the task is to stop.
struct Stoppable<R> {
    inner: R,
    cancel: CancelFlag,
}

impl<R: Read> Read for Stoppable<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.cancel.is_cancelled() {
            true => Err(io::Error::other("it was stopped")),
            false => self.inner.read(buffer),
        }
    }
}
