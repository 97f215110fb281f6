//! Folders of bundles on the host: read, and written file by file.

use super::layout::layout;
use super::read::{FolderBundle, read};
use super::{MANIFEST, TEMPLATES, folder_of};
use crate::bundle::Bundle;
use crate::bundle::archive::{BundleFile, ImageFacts};
use crate::bundle::artifact::{ArtifactKind, GoldenImage};
use crate::bundle::error::{BundleError, Result};
use crate::bundle::write::{ImageSource, write};
use crate::library::read_texts;
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// A folder that was read: its artifacts, and where the files of its golden images are.
#[derive(Debug)]
pub struct LoadedFolder {
    root: PathBuf,
    folder: FolderBundle,
}

/// Reads the folder of a bundle; files of golden images are not opened yet.
///
/// # Errors
/// P5001 to P5004 when a file cannot be read or is a link, P5008 and P5012 when it is not what it
/// must be.
pub fn load(dir: &Path) -> Result<LoadedFolder> {
    let mut folders = ArtifactKind::ALL.map(folder_of).to_vec();
    folders.push(TEMPLATES);
    let takes = |path: &str| {
        let is_text = [".toml", ".rhai", ".gfs"]
            .iter()
            .any(|ending| path.ends_with(ending));
        is_text || path.starts_with(TEMPLATES)
    };
    let texts = read_texts(dir, &[MANIFEST], &folders, takes)?;
    Ok(LoadedFolder {
        root: dir.to_owned(),
        folder: read(&texts)?,
    })
}

impl LoadedFolder {
    /// Its artifacts.
    pub fn bundle(&self) -> &Bundle {
        &self.folder.bundle
    }

    /// What the files of its golden images are, by the image's id: read to their ends where they
    /// are there, else as the folder says.
    ///
    /// # Errors
    /// P5008 when a file cannot be read, P5010 when it is not what the folder says it is.
    pub fn image_facts(&self) -> Result<BTreeMap<String, ImageFacts>> {
        let mut all = BTreeMap::new();
        for image in &self.folder.bundle.golden_images {
            let (path, stated) = self.image(image)?;
            let facts = match (self.open(path), stated) {
                (Err(error), Some(stated)) if error.kind() == io::ErrorKind::NotFound => {
                    stated.clone()
                }
                (opened, _) => {
                    let opened = opened.map_err(|error| unreadable(path, &error))?;
                    let read = ImageFacts::read(opened.0);
                    read.map_err(|error| BundleError::unreadable(path, &error))?
                }
            };
            check(path, stated, &facts)?;
            all.insert(image.id.clone(), facts);
        }
        Ok(all)
    }

    /// The file of a golden image, checked against what the folder says of it; none where it was
    /// unpacked without.
    ///
    /// # Errors
    /// P5008 when it cannot be read, P5010 when it is not what the folder says it is.
    pub fn image_file(&self, image: &GoldenImage) -> Result<Option<PathBuf>> {
        let (path, stated) = self.image(image)?;
        let opened = match self.open(path) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            opened => opened.map_err(|error| unreadable(path, &error))?,
        };
        let facts = ImageFacts::read(opened.0);
        let facts = facts.map_err(|error| BundleError::unreadable(path, &error))?;
        check(path, stated, &facts)?;
        Ok(Some(self.root.join(path)))
    }

    /// Writes the bundle to `output`, which is empty.
    ///
    /// # Errors
    /// As [`Self::image_facts`] and [`write`]; P5008 when the file of a golden image is not there.
    pub fn pack<W: Write + Seek>(&self, output: W) -> Result<W> {
        for image in &self.folder.bundle.golden_images {
            let (path, _) = self.image(image)?;
            self.open(path).map_err(|error| unreadable(path, &error))?;
        }
        self.image_facts()?;
        write(&self.folder.bundle, output, &mut |image| {
            let (path, _) = self.image(image).map_err(io::Error::other)?;
            let (reader, most) = self.open(path)?;
            let reader = Box::new(reader);
            Ok(ImageSource { reader, most })
        })
    }

    fn image(&self, image: &GoldenImage) -> Result<(&str, Option<&ImageFacts>)> {
        match self.folder.images.get(&image.id) {
            Some((path, facts)) => Ok((path, facts.as_ref())),
            None => Err(BundleError::artifact(&image.name, "its file is not known")),
        }
    }

    /// The file of a golden image and its size; no link, wherever it leads.
    fn open(&self, path: &str) -> io::Result<(impl Read + use<>, u64)> {
        let root = Dir::open_ambient_dir(&self.root, ambient_authority())?;
        let metadata = root.symlink_metadata(path)?;
        if !metadata.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        Ok((root.open(path)?, metadata.len()))
    }
}

/// What a file is must be what the folder says it is.
fn check(path: &str, stated: Option<&ImageFacts>, found: &ImageFacts) -> Result<()> {
    match stated {
        Some(stated) if stated != found => Err(BundleError::sum(
            path,
            format!(
                "its SHA-256 is {}, and the folder says {}",
                found.sha256, stated.sha256
            ),
        )
        .help("where the file is the one that is meant, take out the table `file` beside it")),
        _ => Ok(()),
    }
}

fn unreadable(path: &str, error: &io::Error) -> BundleError {
    BundleError::unreadable(path, error)
        .help("the folder was unpacked without golden images: put the file there")
}

impl<R: Read + Seek> BundleFile<R> {
    /// Writes the bundle as a folder of plain files into `dir`, which is an empty folder. The
    /// answer has the files in order.
    ///
    /// # Errors
    /// As [`BundleFile::copy_image`]; P7009 when a file cannot be written.
    pub fn unpack(&mut self, dir: &Path, with_images: bool) -> Result<Vec<String>> {
        let bundle = self.bundle().clone();
        let mut facts = BTreeMap::new();
        let places = layout(&bundle, &facts).images;
        for image in &bundle.golden_images {
            let Some(place) = places.get(&image.id).filter(|_| with_images) else {
                facts.insert(image.id.clone(), self.copy_image(image, &mut io::sink())?);
                continue;
            };
            let failed = |error: io::Error| BundleError::output(place, &error);
            let mut file = create(dir, place).map_err(failed)?;
            facts.insert(image.id.clone(), self.copy_image(image, &mut file)?);
            file.sync_all().map_err(failed)?;
        }
        let layout = layout(&bundle, &facts);
        let mut files: Vec<String> = layout.texts.keys().cloned().collect();
        if with_images {
            files.extend(layout.images.into_values());
        }
        for (path, text) in &layout.texts {
            let written = create(dir, path).and_then(|mut file| file.write_all(text.as_bytes()));
            written.map_err(|error| BundleError::output(path, &error))?;
        }
        files.sort();
        Ok(files)
    }
}

fn create(dir: &Path, path: &str) -> io::Result<fs::File> {
    let file = dir.join(path);
    if let Some(parent) = file.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::File::create_new(file)
}
