//! `BundleFile`: a bundle that is read from a file.

use super::Bundle;
use super::artifact::{ArtifactKind, GoldenImage, ReadArtifact};
use super::directory::{self, Directory, read_entry};
use super::disk::{DiskEntry, disk_of};
use super::error::{BundleError, Result};
use super::fields::Fields;
use super::limits::{BundleLimit, BundleLimits};
use super::manifest::Manifest;
use super::names::{self, EntryKind};
use super::sums::{Hasher, SumFile, Sums};
use mintage_volume::digits::hex;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};

/// A bundle in a file: its artifacts as data, its golden images to be read.
#[derive(Debug)]
pub struct BundleFile<R> {
    reader: BufReader<R>,
    directory: Directory,
    sums: Sums,
    limits: BundleLimits,
    bundle: Bundle,
}

/// What is known of a golden image that was read to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ImageFacts {
    /// The size of the zip file with the disk, in bytes.
    pub size: u64,
    /// SHA-256 of that zip file, in hexadecimal.
    pub sha256: String,
}

impl ImageFacts {
    /// Those of an image with these bytes.
    pub(crate) fn of(bytes: &[u8]) -> Self {
        Self {
            size: bytes.len() as u64,
            sha256: hex(&Sha256::digest(bytes)),
        }
    }

    /// Those of an image that is read to its end.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read(mut reader: impl Read) -> io::Result<Self> {
        let mut hasher = Sha256::new();
        let mut buffer = vec![0; 128 * 1024];
        let mut size = 0;
        loop {
            let piece = match reader.read(&mut buffer) {
                Ok(0) => break,
                Ok(length) => buffer.get(..length).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            };
            size += piece.len() as u64;
            hasher.update(piece);
        }
        let sha256 = hex(&hasher.finalize());
        Ok(Self { size, sha256 })
    }
}

impl<R: Read + Seek> BundleFile<R> {
    /// Opens a bundle: reads its directory and every entry but the golden images, and checks all
    /// of them.
    ///
    /// # Errors
    /// P5008 to P5012, with the entry that is wrong.
    pub fn open(reader: R, limits: &BundleLimits) -> Result<Self> {
        let mut reader = BufReader::new(reader);
        let directory = directory::read(&mut reader, limits)?;
        check_sizes(&directory, limits)?;
        let sums = read_sums(&mut reader, &directory)?;
        sums.check_names(directory.keys().map(String::as_str))?;
        let manifest = read_text(&mut reader, &directory, &sums, Manifest::ENTRY)?;
        let mut file = Self {
            bundle: Bundle::new(Manifest::parse(&manifest)?),
            reader,
            directory,
            sums,
            limits: limits.clone(),
        };
        let mut bundle = file.bundle.clone();
        bundle.plan_scripts = file.artifacts()?;
        bundle.golden_images = file.artifacts()?;
        bundle.build_plans = file.artifacts()?;
        bundle.deployment_plans = file.artifacts()?;
        file.bundle = bundle.finish()?;
        file.check_images_are_there()?;
        Ok(file)
    }

    /// Its artifacts.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// Copies the zip file with the disk of a golden image to `output`, and checks its sum.
    ///
    /// # Errors
    /// P5008 and P5010 when it is damaged; P7009 when the output fails. Then `output` has got a
    /// part of it.
    pub fn copy_image(
        &mut self,
        image: &GoldenImage,
        output: &mut dyn Write,
    ) -> Result<ImageFacts> {
        let name = self.image_name(image)?;
        let Some(entry) = self.directory.get(&name) else {
            return Err(no_image(image));
        };
        let mut stated = self.sums.hasher();
        let mut sha256 = Sha256::new();
        read_entry(&mut self.reader, &name, entry, |piece| {
            stated.update(piece);
            sha256.update(piece);
            let written = output.write_all(piece);
            written.map_err(|error| BundleError::output(&name, &error))
        })?;
        self.sums.check(&name, stated)?;
        Ok(ImageFacts {
            size: entry.size(),
            sha256: hex(&sha256.finalize()),
        })
    }

    /// How long the zip file with the disk of a golden image is, in bytes.
    ///
    /// # Errors
    /// P5012 when there is none.
    pub fn image_length(&self, image: &GoldenImage) -> Result<u64> {
        let name = self.image_name(image)?;
        let entry = self.directory.get(&name);
        entry
            .map(|entry| entry.size())
            .ok_or_else(|| no_image(image))
    }

    /// As [`Self::copy_image`], and checks that it is a zip file with one disk.
    ///
    /// # Errors
    /// As [`Self::copy_image`], and as [`disk_of`].
    pub fn take_image(
        &mut self,
        image: &GoldenImage,
        output: &mut File,
    ) -> Result<(ImageFacts, DiskEntry)> {
        let facts = self.copy_image(image, output)?;
        let start = output.seek(SeekFrom::Start(0));
        start.map_err(|error| BundleError::output(&image.name, &error))?;
        let disk = disk_of(&image.name, &mut BufReader::new(output), &self.limits)?;
        Ok((facts, disk))
    }

    /// Reads all golden images to their ends and checks them. `spool` makes a file for the time of
    /// one image.
    ///
    /// # Errors
    /// As [`Self::take_image`].
    pub fn check_images(
        &mut self,
        spool: impl Fn() -> io::Result<File>,
    ) -> Result<Vec<(ImageFacts, DiskEntry)>> {
        let images = self.bundle.golden_images.clone();
        let mut checked = Vec::new();
        for image in &images {
            let mut file = spool().map_err(|error| BundleError::output(&image.name, &error))?;
            checked.push(self.take_image(image, &mut file)?);
        }
        Ok(checked)
    }

    /// All artifacts of a kind.
    fn artifacts<A: ReadArtifact>(&mut self) -> Result<Vec<A>> {
        let mut artifacts = Vec::new();
        let names: Vec<String> = self
            .entries_of(EntryKind::Artifact(A::KIND))
            .cloned()
            .collect();
        for name in names {
            let text = read_text(&mut self.reader, &self.directory, &self.sums, &name)?;
            let id = names::artifact_id(&name, A::KIND).unwrap_or_default();
            artifacts.push(A::read(Fields::parse(&name, text.as_bytes())?, id)?);
        }
        Ok(artifacts)
    }

    fn entries_of(&self, kind: EntryKind) -> impl Iterator<Item = &String> {
        self.directory
            .keys()
            .filter(move |name| EntryKind::of(name) == kind)
    }

    /// The entry with the image of a golden image.
    fn image_name(&self, image: &GoldenImage) -> Result<String> {
        let name = names::image_entry(image);
        match self.directory.contains_key(&name) {
            true => Ok(name),
            false => Err(no_image(image)),
        }
    }

    /// Every golden image has its image, and nothing else is in the archive.
    fn check_images_are_there(&self) -> Result<()> {
        let images = self.bundle.golden_images.iter();
        let named = images.map(|image| self.image_name(image));
        let named: Vec<String> = named.collect::<Result<_>>()?;
        let mut strays = self.entries_of(EntryKind::Image);
        match strays.find(|name| !named.contains(name)) {
            None => Ok(()),
            Some(name) => Err(BundleError::forbidden(
                name,
                "no artifact of the bundle is of this name",
            )),
        }
    }
}

fn no_image(image: &GoldenImage) -> BundleError {
    let entry = names::artifact_entry(&image.id, ArtifactKind::GoldenImage);
    let why = format!("the bundle has no entry `{}` with the image", image.name);
    BundleError::artifact(&entry, why)
}

/// What would be expanded is within the limits.
fn check_sizes(directory: &Directory, limits: &BundleLimits) -> Result<()> {
    let mut texts = 0_u64;
    for (name, entry) in directory {
        let (size, packed) = (entry.size(), entry.compressed_size());
        let (limit, most) = match EntryKind::of(name) {
            EntryKind::Image => (BundleLimit::Image, limits.image),
            EntryKind::Manifest | EntryKind::Sums(_) | EntryKind::Artifact(_) => {
                texts = texts.saturating_add(size);
                (BundleLimit::Text, limits.text)
            }
        };
        if size > most {
            let why = format!("it has {size} bytes, and the limit is {most}");
            return Err(BundleError::entry_too_large(limit, name, why));
        }
        if size > BundleLimits::SMALL && size > packed.saturating_mul(limits.ratio) {
            let ratio = limits.ratio;
            let why = format!("it expands to more than {ratio} times its size in the archive");
            return Err(BundleError::entry_too_large(BundleLimit::Ratio, name, why));
        }
    }
    match texts > limits.texts {
        false => Ok(()),
        true => Err(BundleError::too_large(
            BundleLimit::Texts,
            format!(
                "all entries but golden images have {texts} bytes, and the limit is {}",
                limits.texts
            ),
        )),
    }
}

/// The sums of the bundle: the better of those that it has.
fn read_sums(reader: &mut (impl Read + Seek), directory: &Directory) -> Result<Sums> {
    for file in [SumFile::Sha256, SumFile::Sha1] {
        if directory.contains_key(file.entry()) {
            let bytes = read_bytes(reader, directory, file.entry())?;
            return Sums::parse(file, &to_text(file.entry(), bytes)?);
        }
    }
    let why = format!("the archive has no `{}`", SumFile::Sha256.entry());
    Err(BundleError::damaged(why).help("`mintage bundle pack` makes a bundle with checksums"))
}

/// An entry that is a text, its sum checked.
fn read_text(
    reader: &mut (impl Read + Seek),
    directory: &Directory,
    sums: &Sums,
    name: &str,
) -> Result<String> {
    let bytes = read_bytes(reader, directory, name)?;
    let mut hasher: Hasher = sums.hasher();
    hasher.update(&bytes);
    sums.check(name, hasher)?;
    to_text(name, bytes)
}

/// An entry that is small enough for memory, which [`check_sizes`] saw to.
fn read_bytes(
    reader: &mut (impl Read + Seek),
    directory: &Directory,
    name: &str,
) -> Result<Vec<u8>> {
    let Some(entry) = directory.get(name) else {
        return Err(BundleError::damaged(format!("the archive has no `{name}`")));
    };
    let mut bytes = Vec::new();
    read_entry(reader, name, entry, |piece| {
        bytes.extend_from_slice(piece);
        Ok(())
    })?;
    Ok(bytes)
}

fn to_text(name: &str, bytes: Vec<u8>) -> Result<String> {
    String::from_utf8(bytes).map_err(|_| artifact_not_text(name))
}

fn artifact_not_text(name: &str) -> BundleError {
    BundleError::artifact(name, "it is not UTF-8")
}
