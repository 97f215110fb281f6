//! Archives for the tests: sound ones, and such that only a hostile program makes.

use crate::bundle::sums::SumFile;
use crate::bundle::{BundleError, BundleFile, BundleLimits};
use std::io::{Cursor, Write};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

pub const MANIFEST: &str = "Artifact Name:Sample\nDescription:For tests\nRead Only:false\n\
                            Time Stamp:2026-01-02T03:04:05.006Z\nArtifact Type:USER";
pub const SCRIPT: &str = r#"{"type":"PlanScript","id":"11-aa","name":"mount","content":"mount /dev/sda1 /","planType":"deploy"}"#;
pub const IMAGE: &str = r#"{"type":"GoldenImage","id":"22-bb","name":"Debian 12","readOnly":true}"#;

/// The entries of an archive that is to be made.
#[derive(Clone)]
pub struct Archive {
    pub entries: Vec<(String, Vec<u8>)>,
}

impl Archive {
    /// A manifest and these entries.
    pub fn with(entries: &[(&str, &[u8])]) -> Self {
        let manifest = ("MANIFEST.MF", MANIFEST.as_bytes());
        let all = entries.iter().chain([&manifest]);
        Self {
            entries: all
                .map(|(name, bytes)| ((*name).to_owned(), bytes.to_vec()))
                .collect(),
        }
    }

    /// One plan script and one golden image whose file is `image`.
    pub fn with_image(image: &[u8]) -> Self {
        Self::with(&[
            ("11-aa_planscript.json", SCRIPT.as_bytes()),
            ("22-bb_goldenimage.json", IMAGE.as_bytes()),
            ("Debian 12", image),
        ])
    }

    /// The lines of the sum file.
    pub fn sums(&self, file: SumFile) -> String {
        let lines = self.entries.iter().map(|(name, bytes)| {
            let mut hasher = file.hasher();
            hasher.update(bytes);
            format!("{name}\t{}\n", hasher.finish())
        });
        lines.collect()
    }

    /// With its sum file.
    pub fn summed(mut self, file: SumFile) -> Self {
        let sums = self.sums(file).into_bytes();
        self.entries.push((file.entry().to_owned(), sums));
        self
    }

    /// The archive with right sums.
    pub fn bytes(self) -> Vec<u8> {
        zip(&self.summed(SumFile::Sha256).entries)
    }
}

/// A zip file of these entries.
pub fn zip(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        writer.start_file(name, deflated()).unwrap();
        writer.write_all(bytes).unwrap();
    }
    writer.finish().unwrap().into_inner()
}

pub fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// A golden image's file: a zip file with one disk.
pub fn image_of(disk: &[u8]) -> Vec<u8> {
    zip(&[("0ad3c2f3-disk".to_owned(), disk.to_vec())])
}

/// The same archive with every `from` replaced by `to` of the same length.
pub fn patched(mut bytes: Vec<u8>, from: &[u8], to: &[u8]) -> Vec<u8> {
    assert_eq!(from.len(), to.len());
    let places: Vec<usize> = bytes
        .windows(from.len())
        .enumerate()
        .filter_map(|(at, window)| (window == from).then_some(at))
        .collect();
    assert!(!places.is_empty());
    for at in places {
        bytes[at..at + to.len()].copy_from_slice(to);
    }
    bytes
}

/// What comes of opening `bytes` and checking its images.
pub fn open(bytes: &[u8], limits: &BundleLimits) -> Result<(), BundleError> {
    let mut file = BundleFile::open(Cursor::new(bytes), limits)?;
    file.check_images(tempfile::tempfile).map(|_| ())
}
