//! Writing a bundle: the same content always gives the same bytes.

use super::Bundle;
use super::artifact::{Artifact, GoldenImage};
use super::error::{BundleError, Result};
use super::manifest::Manifest;
use super::names::{artifact_entry, image_entry};
use super::sums::{Hasher, SumFile};
use serde_json::Value as Json;
use std::io::{self, Read, Seek, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// From this size on an entry needs the wide form of its header; smaller ones keep the form that
/// every program reads.
const WIDE: u64 = u32::MAX as u64;
/// How much of an image is copied at once, in bytes.
const PIECE: usize = 128 * 1024;

/// The zip file with the disk of a golden image, to be read once.
pub struct ImageSource<'a> {
    /// Its bytes.
    pub reader: Box<dyn Read + 'a>,
    /// How many there are at most.
    pub most: u64,
}

impl std::fmt::Debug for ImageSource<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ImageSource")
            .field("most", &self.most)
            .finish_non_exhaustive()
    }
}

/// Writes `bundle` to `output`, which is empty, and returns it. `open` opens the zip file with the
/// disk of a golden image.
///
/// # Errors
/// P5012 when two artifacts of a kind have one id or name, P5008 when an image cannot be read or
/// is longer than its source says, P7009 when the output fails.
pub fn write<'a, W: Write + Seek>(
    bundle: &Bundle,
    output: W,
    open: &mut dyn FnMut(&GoldenImage) -> io::Result<ImageSource<'a>>,
) -> Result<W> {
    let bundle = bundle.clone().finish()?;
    let mut writer = Writer {
        zip: ZipWriter::new(output),
        sums: String::new(),
    };
    writer.artifacts(&bundle.plan_scripts)?;
    for image in &bundle.golden_images {
        writer.artifacts(std::slice::from_ref(image))?;
        let source = open(image).map_err(|error| BundleError::unreadable(&image.name, &error))?;
        writer.image(&image_entry(image), source)?;
    }
    writer.artifacts(&bundle.build_plans)?;
    writer.artifacts(&bundle.deployment_plans)?;
    writer.text(Manifest::ENTRY, bundle.manifest.print()?.as_bytes())?;
    writer.finish()
}

struct Writer<W: Write + Seek> {
    zip: ZipWriter<W>,
    sums: String,
}

impl<W: Write + Seek> Writer<W> {
    fn artifacts<A: Artifact>(&mut self, artifacts: &[A]) -> Result<()> {
        for artifact in artifacts {
            let entry = artifact_entry(artifact.id(), A::KIND);
            let json = Json::Object(artifact.to_json()).to_string();
            self.text(&entry, json.as_bytes())?;
        }
        Ok(())
    }

    fn text(&mut self, entry: &str, content: &[u8]) -> Result<()> {
        self.start(entry, CompressionMethod::Deflated, content.len() as u64)?;
        let written = self.zip.write_all(content);
        written.map_err(|error| BundleError::output(entry, &error))?;
        let mut hasher = SumFile::Sha256.hasher();
        hasher.update(content);
        self.sum(entry, hasher);
        Ok(())
    }

    /// An image is compressed already, and is stored as it is.
    fn image(&mut self, entry: &str, source: ImageSource<'_>) -> Result<()> {
        self.start(entry, CompressionMethod::Stored, source.most)?;
        let mut hasher = SumFile::Sha256.hasher();
        let mut reader = source.reader.take(source.most.saturating_add(1));
        let mut buffer = vec![0; PIECE];
        let mut copied = 0;
        loop {
            let read = match reader.read(&mut buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                read => read.map_err(|error| BundleError::unreadable(entry, &error))?,
            };
            let piece = buffer.get(..read).unwrap_or_default();
            copied += read as u64;
            if read == 0 || copied > source.most {
                break;
            }
            hasher.update(piece);
            let written = self.zip.write_all(piece);
            written.map_err(|error| BundleError::output(entry, &error))?;
        }
        if copied > source.most {
            let why = "it became longer while it was read";
            return Err(BundleError::damaged_entry(entry, why));
        }
        self.sum(entry, hasher);
        Ok(())
    }

    fn start(&mut self, entry: &str, method: CompressionMethod, size: u64) -> Result<()> {
        // The time of an entry says nothing: that of the bundle is in its manifest.
        let options = SimpleFileOptions::default()
            .compression_method(method)
            .last_modified_time(DateTime::default())
            .unix_permissions(0o644)
            .large_file(size >= WIDE);
        let started = self.zip.start_file(entry, options);
        started.map_err(|error| BundleError::output(entry, &error.into()))
    }

    fn sum(&mut self, entry: &str, hasher: Hasher) {
        self.sums
            .push_str(&format!("{entry}\t{}\n", hasher.finish()));
    }

    fn finish(mut self) -> Result<W> {
        let entry = SumFile::Sha256.entry();
        let sums = std::mem::take(&mut self.sums);
        self.text(entry, sums.as_bytes())?;
        let finished = self.zip.finish();
        finished.map_err(|error| BundleError::output("the bundle", &error.into()))
    }
}
