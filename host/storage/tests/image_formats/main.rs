//! Images in every format, whole and broken, as `expand` takes and refuses them, and the wire
//! format that comes back.

// A test fails by a panic, also in the functions that its files are made of.
#![allow(clippy::unwrap_used, clippy::panic)]

mod expand;
mod make;
mod pack;
mod qcow2;
mod refused;

use mintage_storage::{
    Expansion, FormatError, ImageFormat, ImageLimits, UnpublishedVolume, expand,
};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::ops::ControlFlow;
use std::path::PathBuf;
use tempfile::TempDir;

/// A folder with an image file and room for a golden volume.
struct Bench {
    folder: TempDir,
}

impl Bench {
    fn new(image: &[u8]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("image"), image).unwrap();
        Self { folder }
    }

    fn golden(&self) -> PathBuf {
        self.folder.path().join("golden")
    }

    /// Expands the image and publishes the golden volume.
    fn expand(&self, format: ImageFormat, limits: &ImageLimits) -> Result<Expansion, FormatError> {
        let source = File::open(self.folder.path().join("image")).unwrap();
        let volume = UnpublishedVolume::create(&self.golden()).unwrap();
        let expansion = expand(&source, format, limits, volume.file(), &mut |_| {
            ControlFlow::Continue(())
        })?;
        assert!(!self.golden().exists());
        volume.publish().unwrap();
        Ok(expansion)
    }

    /// Whether nothing lies beside the image.
    fn is_clean(&self) -> bool {
        std::fs::read_dir(self.folder.path()).unwrap().count() == 1
    }
}

/// The disk that `image` expands to.
fn expanded(image: &[u8], format: ImageFormat) -> Result<Vec<u8>, FormatError> {
    let bench = Bench::new(image);
    bench.expand(format, &ImageLimits::default())?;
    Ok(std::fs::read(bench.golden()).unwrap())
}

/// The error that `image` is refused with; nothing may be left of it.
fn refusal(image: &[u8], format: ImageFormat, limits: &ImageLimits) -> FormatError {
    let bench = Bench::new(image);
    let error = bench.expand(format, limits).unwrap_err();
    assert!(bench.is_clean(), "{format}: {error}");
    error
}

fn sha256(bytes: &[u8]) -> String {
    let sum = Sha256::digest(bytes);
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}
