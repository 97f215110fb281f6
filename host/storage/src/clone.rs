//! Cloning a golden image: by reflink where the filesystem can, by a sparse copy otherwise.

use crate::error::{Result, StorageError};
use crate::golden::GoldenImage;
use crate::unpublished::{UnpublishedVolume, failed};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// How a clone was made, and what it cost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CloneReport {
    /// Which way it was made.
    pub method: CloneMethod,
    /// Bytes that were copied; 0 for a reflink.
    pub bytes: u64,
    /// How long it took.
    pub duration: Duration,
}

/// The ways to clone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CloneMethod {
    /// The filesystem shares the blocks (`FICLONE`); it takes no time and no space.
    Reflink,
    /// The data is copied, holes stay holes.
    SparseCopy,
    /// The cluster shares the objects; it takes no space, and the time of a few calls.
    RbdClone,
}

impl CloneMethod {
    /// What it is called in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::Reflink => "reflink",
            Self::SparseCopy => "sparse copy",
            Self::RbdClone => "clone in the Ceph pool",
        }
    }
}

/// How much is copied between two calls of the progress callback, in bytes.
const STEP: u64 = 64 << 20;
/// The buffer of the plain copy, in bytes.
const BUFFER: usize = 1 << 20;

/// Clones `golden` into a file without a name beside `output`.
///
/// `progress` is told how far the copy came and how long the image is, in bytes; it is not called
/// for a reflink. A clone of an image that changed since it was opened is refused.
///
/// # Errors
/// `Output`, `Read`, `Changed`. Nothing is left of the clone then.
pub fn clone_golden(
    golden: &GoldenImage,
    output: &Path,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<(UnpublishedVolume, CloneReport)> {
    if let Some(shared) = share_golden(golden, output)? {
        return Ok(shared);
    }
    let start = Instant::now();
    let volume = UnpublishedVolume::create(output)?;
    let bytes = sparse_copy(golden, &volume, progress)?;
    golden.check_unchanged()?;
    let report = CloneReport {
        method: CloneMethod::SparseCopy,
        bytes,
        duration: start.elapsed(),
    };
    Ok((volume, report))
}

/// As [`clone_golden`], by reflink; none where the filesystem shares no blocks, or not these.
///
/// # Errors
/// `Output`, `Read`, `Changed`. Nothing is left of the clone then.
pub fn share_golden(
    golden: &GoldenImage,
    output: &Path,
) -> Result<Option<(UnpublishedVolume, CloneReport)>> {
    let start = Instant::now();
    let volume = UnpublishedVolume::create(output)?;
    if rustix::fs::ioctl_ficlone(volume.file(), golden.file()).is_err() {
        return Ok(None);
    }
    golden.check_unchanged()?;
    let report = CloneReport {
        method: CloneMethod::Reflink,
        bytes: 0,
        duration: start.elapsed(),
    };
    Ok(Some((volume, report)))
}

/// Copies the data of `golden`, leaves its holes out, and returns how many bytes that were.
fn sparse_copy(
    golden: &GoldenImage,
    volume: &UnpublishedVolume,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<u64> {
    let output = volume.output();
    let len = golden.len();
    let to_output = |errno| failed("copy the golden image", output, errno);
    rustix::fs::ftruncate(volume.file(), len).map_err(to_output)?;
    let mut copied = 0;
    let mut end = 0;
    while let Some(data) = next_data(golden, end)? {
        let mut at = data.0;
        while at < data.1 {
            let step = STEP.min(data.1 - at);
            copy_range(golden, volume, at, step)?;
            at += step;
            copied += step;
            progress(at, len);
        }
        end = data.1;
    }
    progress(len, len);
    Ok(copied)
}

fn next_data(golden: &GoldenImage, from: u64) -> Result<Option<(u64, u64)>> {
    crate::holes::next_data(golden.file(), from, golden.len()).map_err(|errno| StorageError::Read {
        path: golden.path().to_owned(),
        source: errno.into(),
    })
}

/// Copies `len` bytes at `offset` inside the kernel, or through a buffer where it cannot.
fn copy_range(
    golden: &GoldenImage,
    volume: &UnpublishedVolume,
    offset: u64,
    len: u64,
) -> Result<()> {
    let (mut from, mut to) = (offset, offset);
    let end = offset + len;
    while from < end {
        let rest = usize::try_from(end - from).unwrap_or(BUFFER);
        let (source, target) = (golden.file(), volume.file());
        match rustix::fs::copy_file_range(source, Some(&mut from), target, Some(&mut to), rest) {
            Ok(0) => return Err(shrunk(golden)),
            Ok(_) | Err(Errno::INTR) => {}
            Err(Errno::NOSPC) => {
                return Err(failed(
                    "copy the golden image",
                    volume.output(),
                    Errno::NOSPC,
                ));
            }
            Err(_) => return buffered_copy(golden, volume, from, end - from),
        }
    }
    Ok(())
}

fn buffered_copy(
    golden: &GoldenImage,
    volume: &UnpublishedVolume,
    offset: u64,
    len: u64,
) -> Result<()> {
    let mut buffer = vec![0; BUFFER];
    let mut at = offset;
    while at < offset + len {
        let rest = usize::try_from(offset + len - at).unwrap_or(BUFFER);
        let chunk = &mut buffer[..rest.min(BUFFER)];
        read_chunk(golden, chunk, at)?;
        volume
            .file()
            .write_all_at(chunk, at)
            .map_err(|source| StorageError::Output {
                what: "copy the golden image",
                path: volume.output().to_owned(),
                source,
            })?;
        at += chunk.len() as u64;
    }
    Ok(())
}

fn read_chunk(golden: &GoldenImage, chunk: &mut [u8], at: u64) -> Result<()> {
    let file: &File = golden.file();
    file.read_exact_at(chunk, at)
        .map_err(|source| StorageError::Read {
            path: golden.path().to_owned(),
            source,
        })
}

fn shrunk(golden: &GoldenImage) -> StorageError {
    StorageError::Read {
        path: golden.path().to_owned(),
        source: std::io::Error::new(
            std::io::ErrorKind::UnexpectedEof,
            "it became shorter while it was copied",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;
    use std::path::PathBuf;

    /// 16 MiB with 8 KiB of data at 4 MiB and 1 byte at the end.
    fn sparse_image(dir: &Path) -> PathBuf {
        let path = dir.join("golden");
        let file = File::create(&path).unwrap();
        file.set_len(16 << 20).unwrap();
        file.write_all_at(&[7; 8192], 4 << 20).unwrap();
        file.write_all_at(&[9], (16 << 20) - 1).unwrap();
        path
    }

    #[test]
    fn a_clone_has_the_same_content_and_the_same_holes() {
        let dir = tempfile::tempdir().unwrap();
        let path = sparse_image(dir.path());
        let golden = GoldenImage::open(&path).unwrap();
        let output = dir.path().join("web01");
        let mut seen = Vec::new();
        let (volume, report) =
            clone_golden(&golden, &output, &mut |done, len| seen.push((done, len))).unwrap();
        volume.publish().unwrap();
        assert_eq!(
            std::fs::read(&output).unwrap(),
            std::fs::read(&path).unwrap()
        );
        let used = |path: &Path| std::fs::metadata(path).unwrap().blocks() * 512;
        assert!(used(&output) <= used(&path) + 4096, "{}", used(&output));
        if report.method == CloneMethod::SparseCopy {
            assert!(report.bytes < 1 << 20, "{report:?}");
            assert_eq!(seen.last(), Some(&(16 << 20, 16 << 20)));
        }
    }

    #[test]
    fn an_image_of_one_hole_is_copied_as_one_hole() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("golden");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        let golden = GoldenImage::open(&path).unwrap();
        let output = dir.path().join("web01");
        let volume = UnpublishedVolume::create(&output).unwrap();
        assert_eq!(sparse_copy(&golden, &volume, &mut |_, _| {}).unwrap(), 0);
        assert_eq!(volume.file().metadata().unwrap().len(), 1 << 40);
        assert_eq!(volume.file().metadata().unwrap().blocks(), 0);
    }

    #[test]
    fn the_buffered_copy_copies_the_same() {
        let dir = tempfile::tempdir().unwrap();
        let path = sparse_image(dir.path());
        let golden = GoldenImage::open(&path).unwrap();
        let volume = UnpublishedVolume::create(&dir.path().join("web01")).unwrap();
        buffered_copy(&golden, &volume, 0, golden.len()).unwrap();
        let output = volume.publish().unwrap();
        assert_eq!(
            std::fs::read(output).unwrap(),
            std::fs::read(&path).unwrap()
        );
    }

    #[test]
    fn an_image_that_shrinks_is_an_error_and_leaves_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("golden");
        std::fs::write(&path, vec![7; 1 << 20]).unwrap();
        let golden = GoldenImage::open(&path).unwrap();
        File::options()
            .write(true)
            .open(&path)
            .unwrap()
            .set_len(1 << 19)
            .unwrap();
        let volume = UnpublishedVolume::create(&dir.path().join("web01")).unwrap();
        let error = copy_range(&golden, &volume, 0, 1 << 20).unwrap_err();
        assert!(error.to_string().contains("became shorter"), "{error}");
        let error = buffered_copy(&golden, &volume, 0, 1 << 20).unwrap_err();
        assert!(matches!(error, StorageError::Read { .. }), "{error}");
        drop(volume);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
