//! `Source`: what is applied, read from a plan library, the folder of a bundle, or a bundle.

use crate::failure::Failure;
use mintage_client::ClientError;
use mintage_engine::Diagnostic;
use mintage_plans::PlanLibrary;
use mintage_plans::bundle::folder::{LoadedFolder, MANIFEST, load};
use mintage_plans::bundle::{Bundle, BundleError, BundleFile, BundleLimits, volume_sum};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;
use std::fs::File;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

/// Artifacts, and the files of their golden images.
pub(super) struct Source {
    /// The artifacts.
    pub(super) bundle: Bundle,
    /// The SHA-256 of the disk of each golden image whose file is there, by the image's name.
    pub(super) images: BTreeMap<String, String>,
    files: BTreeMap<String, Zip>,
}

/// Where the zip file of a golden image is.
enum Zip {
    InFolder(PathBuf),
    /// Taken out of a bundle, for as long as the command runs.
    Spooled(tempfile::NamedTempFile),
}

impl Source {
    /// Reads it; the files of golden images too, to know their disks.
    pub(super) fn read(path: &Path) -> Result<Self, Failure> {
        if path.join(PlanLibrary::MANIFEST).is_file() && !path.join(MANIFEST).exists() {
            let bundle = Bundle::of_library(&PlanLibrary::load(path)?).map_err(failed)?;
            return Ok(Self::without_images(bundle));
        }
        if path.is_dir() {
            let folder = load(path).map_err(failed)?;
            return Self::of_folder(&folder);
        }
        let file = BundleFile::open(opened(path)?, &BundleLimits::default()).map_err(failed)?;
        Self::of_file(file)
    }

    fn without_images(bundle: Bundle) -> Self {
        Self {
            bundle,
            images: BTreeMap::new(),
            files: BTreeMap::new(),
        }
    }

    fn of_folder(folder: &LoadedFolder) -> Result<Self, Failure> {
        let mut source = Self::without_images(folder.bundle().clone());
        for image in &folder.bundle().golden_images {
            if let Some(path) = folder.image_file(image).map_err(failed)? {
                let mut file = opened(&path)?;
                source.take(&image.name, &mut file, Zip::InFolder(path))?;
            }
        }
        Ok(source)
    }

    fn of_file(mut file: BundleFile<File>) -> Result<Self, Failure> {
        let mut source = Self::without_images(file.bundle().clone());
        for image in source.bundle.golden_images.clone() {
            let made = tempfile::NamedTempFile::new();
            let mut spool =
                made.map_err(|error| ClientError::file("cannot make a temporary file", &error))?;
            file.copy_image(&image, &mut spool).map_err(failed)?;
            let mut copy = opened(spool.path())?;
            source.take(&image.name, &mut copy, Zip::Spooled(spool))?;
        }
        Ok(source)
    }

    /// Takes the zip file of a golden image.
    fn take(&mut self, name: &str, file: &mut File, zip: Zip) -> Result<(), Failure> {
        let sum = volume_sum(name, file, &BundleLimits::default()).map_err(failed)?;
        self.images.insert(name.to_owned(), sum);
        self.files.insert(name.to_owned(), zip);
        Ok(())
    }

    /// The zip file of a golden image.
    pub(super) fn image(&self, name: &str) -> Result<PathBuf, ClientError> {
        match self.files.get(name) {
            Some(Zip::InFolder(path)) => Ok(path.clone()),
            Some(Zip::Spooled(file)) => Ok(file.path().to_owned()),
            None => Err(ClientError::File {
                what: format!("cannot read the file of golden image `{name}`"),
                why: "it is not there".to_owned(),
            }),
        }
    }
}

fn opened(path: &Path) -> Result<File, ClientError> {
    File::open(path).map_err(|error| {
        let path = escape(path.as_os_str().as_bytes());
        ClientError::file(format!("cannot open `{path}`"), &error)
    })
}

fn failed(error: BundleError) -> Diagnostic {
    error.into()
}
