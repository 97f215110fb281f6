//! A block device that is an open file: an image, a scratch file or a host's block device.

use super::{BlockDevice, count, end_of, read_only, write_zeros};
use crate::error::{Result, VolumeError, VolumeErrorKind};
use rustix::fs::{FallocateFlags, FileType};
use rustix::io::Errno;
use std::fs::File;
use std::io::{self, Seek, SeekFrom};
use std::ops::Range;
use std::os::unix::fs::FileExt;

/// A file or block device of the host, addressed by offset; its own file position is not used.
///
/// The length is taken once, when the device is made.
#[derive(Debug)]
pub struct FileDevice {
    file: File,
    len: u64,
    writable: bool,
}

impl FileDevice {
    /// A device over `file`, open for reading, that refuses every write.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no regular file or block device, `Io`.
    pub fn read_only(file: File) -> Result<Self> {
        Self::new(file, false)
    }

    /// A device over `file`, open for reading and writing.
    ///
    /// # Errors
    /// `InvalidArgument` when it is no regular file or block device, `Io`.
    pub fn writable(file: File) -> Result<Self> {
        Self::new(file, true)
    }

    fn new(mut file: File, writable: bool) -> Result<Self> {
        // Asked by `fstat`: a worker in its sandbox may not make the calls with a path, of which
        // the standard library uses one here.
        let kind =
            FileType::from_raw_mode(rustix::fs::fstat(&file).map_err(io::Error::from)?.st_mode);
        if !matches!(kind, FileType::RegularFile | FileType::BlockDevice) {
            return Err(VolumeError::new(
                VolumeErrorKind::InvalidArgument,
                "a volume is a regular file or a block device; this is neither",
            ));
        }
        // The metadata of a block device has no length; its end has.
        let len = file.seek(SeekFrom::End(0))?;
        Ok(Self {
            file,
            len,
            writable,
        })
    }
}

impl BlockDevice for FileDevice {
    fn len(&self) -> u64 {
        self.len
    }

    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<()> {
        end_of(self.len, offset, count(buf))?;
        Ok(self.file.read_exact_at(buf, offset)?)
    }

    fn write_at(&self, offset: u64, data: &[u8]) -> Result<()> {
        if !self.writable {
            return Err(read_only());
        }
        end_of(self.len, offset, count(data))?;
        Ok(self.file.write_all_at(data, offset)?)
    }

    fn zero_at(&self, offset: u64, len: u64) -> Result<()> {
        if !self.writable {
            return Err(read_only());
        }
        end_of(self.len, offset, len)?;
        if len == 0 {
            return Ok(());
        }
        let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
        match rustix::fs::fallocate(&self.file, hole, offset, len) {
            Ok(()) => Ok(()),
            // No holes in this file, or none that is so short.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL | Errno::NODEV) => {
                write_zeros(self, offset, len)
            }
            Err(errno) => Err(io::Error::from(errno).into()),
        }
    }

    fn next_data(&self, from: u64) -> Result<Option<Range<u64>>> {
        if from >= self.len {
            return Ok(None);
        }
        let start = match rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Data(from)) {
            Ok(start) => start,
            Err(Errno::NXIO) => return Ok(None),
            // A device, or a filesystem that knows no holes.
            Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some(from..self.len)),
            Err(errno) => return Err(io::Error::from(errno).into()),
        };
        let end = rustix::fs::seek(&self.file, rustix::fs::SeekFrom::Hole(start));
        let end = end.map_err(io::Error::from)?.min(self.len);
        Ok((start < end).then_some(start..end))
    }

    fn is_writable(&self) -> bool {
        self.writable
    }

    fn flush(&self) -> Result<()> {
        if self.writable {
            self.file.sync_data()?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::conformance;
    use super::*;

    fn image(len: u64) -> File {
        let file = tempfile::tempfile().unwrap();
        file.set_len(len).unwrap();
        file
    }

    #[test]
    fn conforms() {
        conformance::check(|len| FileDevice::writable(image(len)).unwrap());
        conformance::check_read_only(|len| FileDevice::read_only(image(len)).unwrap());
    }

    #[test]
    fn refuses_what_is_no_volume() {
        let folder = tempfile::tempdir().unwrap();
        let error = FileDevice::read_only(File::open(folder.path()).unwrap()).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::InvalidArgument);
    }

    #[test]
    fn a_file_cut_behind_our_back_is_an_error() {
        let file = image(8192);
        let device = FileDevice::read_only(file.try_clone().unwrap()).unwrap();
        file.set_len(4096).unwrap();
        let error = device.read_at(4000, &mut [0; 200]).unwrap_err();
        assert_eq!(error.kind(), VolumeErrorKind::Io);
    }
}
