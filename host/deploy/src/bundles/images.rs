//! The golden images of an archive: expanded before anything is stored, gone again if that fails.

use super::archive::Archives;
use crate::golden_images::not_written;
use crate::task::{StepContext, TaskFailure};
use crate::{golden_volume, remove_if_there};
use mintage_plans::bundle::{BundleFile, artifact};
use mintage_records::Id;
use mintage_records::model::GoldenImage;
use mintage_storage::{Expansion, FormatError, ImageFormat, expand};
use serde_json::Value as Json;
use std::collections::BTreeMap;
use std::fs::File;
use std::io;
use std::ops::ControlFlow;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::PathBuf;

/// A golden image whose volume is there and that no row has yet.
#[derive(Debug, Clone)]
pub(super) struct Expanded {
    pub(super) id: Id,
    pub(super) expansion: Expansion,
    pub(super) inspection: Json,
}

/// The golden images of an archive that were expanded, by their ids there. Their volumes are removed
/// when this is dropped, but for those that were taken over.
#[derive(Debug)]
pub(super) struct Images<'a> {
    archives: &'a Archives,
    expanded: BTreeMap<String, Expanded>,
}

impl<'a> Images<'a> {
    /// Expands all golden images of `file` that `wanted` wants.
    pub(super) fn expand(
        archives: &'a Archives,
        file: &mut BundleFile<File>,
        wanted: impl Fn(&artifact::GoldenImage) -> Result<bool, TaskFailure>,
        context: &mut StepContext,
    ) -> Result<Self, TaskFailure> {
        let mut images = Self {
            archives,
            expanded: BTreeMap::new(),
        };
        let all = file.bundle().golden_images.clone();
        for (number, image) in all.iter().enumerate() {
            context.check()?;
            if wanted(image)? {
                let expanded = images.one(file, image, context);
                context.check()?;
                images.expanded.insert(image.id.clone(), expanded?);
            }
            context.log(format!("golden image `{}` is expanded", image.name));
            // Counts of images are small.
            context.progress((number + 1) as f64 / all.len() as f64);
        }
        Ok(images)
    }

    fn one(
        &self,
        file: &mut BundleFile<File>,
        image: &artifact::GoldenImage,
        context: &StepContext,
    ) -> Result<Expanded, TaskFailure> {
        let (id, mut source) = self.take_id(&image.id, context)?;
        let folder = &self.archives.folder;
        file.take_image(image, &mut source.file)?;
        let cancel = context.cancel_flag();
        let mut report = |_| match cancel.is_cancelled() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        };
        let limits = self.archives.limits.image();
        let name = golden_volume(&id);
        let volume = folder.store().create(&name)?;
        let expanded = expand(
            &source.file,
            ImageFormat::Zip,
            &limits,
            volume.file(),
            &mut report,
        );
        let expansion = expanded.map_err(|error| match error {
            FormatError::Write(error) => not_written(&name, folder.store().label(), &error).into(),
            error => refused(&image.name, &error),
        })?;
        volume.publish()?;
        let inspection = (self.archives.inspect)(folder, &id);
        Ok(Expanded {
            id,
            expansion,
            inspection,
        })
    }

    /// The id that the image has in the archive, where no other image has it and no other task is about
    /// to give it to one; with the file that keeps others from doing so until the volume has its name.
    fn take_id(&self, text: &str, context: &StepContext) -> Result<(Id, Source), TaskFailure> {
        let folder = &self.archives.folder;
        if let Some(id) = Id::parse(text)
            && let Some(source) = Source::create(folder.incoming(&id))?
        {
            let row = context
                .records()
                .read(|view| view.find::<GoldenImage>(&id))?;
            if row.is_none() && !folder.store().contains(&golden_volume(&id))? {
                return Ok((id, source));
            }
        }
        let id = Id::generate();
        let source = Source::create(folder.incoming(&id))?;
        let source = source.ok_or(io::Error::from(io::ErrorKind::AlreadyExists))?;
        Ok((id, source))
    }

    /// The image with that id in the archive.
    pub(super) fn get(&self, id: &str) -> Option<&Expanded> {
        self.expanded.get(id)
    }

    /// The volumes that rows have now are kept.
    pub(super) fn take_over(&mut self, has_row: impl Fn(&Id) -> bool) {
        self.expanded.retain(|_, image| !has_row(&image.id));
    }
}

/// An image out of an archive, as a file that is gone with this.
struct Source {
    file: File,
    path: PathBuf,
}

impl Source {
    /// None where somebody has such a file.
    fn create(path: PathBuf) -> io::Result<Option<Self>> {
        let mut options = File::options();
        let options = options.read(true).write(true).create_new(true).mode(0o600);
        match options.open(&path) {
            Ok(file) => Ok(Some(Self { file, path })),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(None),
            Err(error) => Err(error),
        }
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        if let Err(error) = remove_if_there(&self.path) {
            tracing::warn!(path = %self.path.display(), %error, "a file stays until the next start");
        }
    }
}

impl Drop for Images<'_> {
    fn drop(&mut self) {
        for image in self.expanded.values() {
            let store = self.archives.folder.store();
            if let Err(error) = store.remove(&golden_volume(&image.id)) {
                tracing::warn!(image = %image.id, %error, "a volume stays until the next start");
            }
        }
    }
}

/// Why a golden image of a bundle is not expanded.
pub(super) fn refused(name: &str, error: &FormatError) -> TaskFailure {
    let name = mintage_volume::escape::escape(name.as_bytes());
    TaskFailure::new("GOLDEN_IMAGE", format!("golden image `{name}`: {error}"))
        .action("Correct it where the bundle was made.")
}
