//! `Incoming`: a file while it arrives.

use crate::os_volumes::DeployError;
use crate::{DataFolder, FileLimit, remove_if_there};
use mintage_records::Id;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

/// A file in the folder `incoming` while a client sends it. It is gone when this is dropped before
/// [`Self::complete`], so that a client which goes away leaves nothing.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    len: u64,
    limit: FileLimit,
    kept: bool,
}

/// A file that arrived whole and is on stable storage. It is gone when this is dropped before
/// [`Self::hand_over`].
#[derive(Debug)]
pub struct Received {
    path: PathBuf,
    len: u64,
    handed_over: bool,
}

impl Incoming {
    /// Begins the file that belongs to `id`. Blocks.
    ///
    /// # Errors
    /// `Run` when it cannot be made.
    pub fn create(folder: &DataFolder, id: &Id, limit: FileLimit) -> Result<Self, DeployError> {
        let path = folder.incoming(id);
        let mut options = OpenOptions::new();
        let file = options
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&path)?;
        Ok(Self {
            file,
            path,
            len: 0,
            limit,
            kept: false,
        })
    }

    /// Opens the file of `id` again, of which `len` bytes have arrived, or begins it.
    /// It is kept when this is dropped, and nobody else has it open for writing until then. Blocks.
    ///
    /// # Errors
    /// `Refused` while somebody else writes to it; `Run` when it cannot be opened.
    pub(super) fn reopen(
        folder: &DataFolder,
        id: &Id,
        len: u64,
        limit: FileLimit,
    ) -> Result<Self, DeployError> {
        let path = folder.incoming(id);
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let file = options.open(&path)?;
        // The system lets go of it with the file, whatever happens.
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(DeployError::refused(
                    "UPLOAD_BUSY",
                    "another request sends a piece of this upload",
                    "Wait until it has ended; then get the upload, and go on at its `offset`.",
                ));
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        if file.metadata()?.len() != len {
            return Err(DeployError::refused(
                "WRONG_OFFSET",
                "more of the upload has arrived meanwhile",
                "Get the upload, and go on at its `offset`.",
            ));
        }
        Ok(Self {
            file,
            path,
            len,
            limit,
            kept: true,
        })
    }

    /// How much has arrived, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing has arrived.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Appends what arrived. Blocks.
    ///
    /// # Errors
    /// `Refused` when the file becomes longer than it may be; `Run` when it cannot be written.
    pub fn append(&mut self, bytes: &[u8]) -> Result<(), DeployError> {
        let len = self.len + bytes.len() as u64;
        let FileLimit {
            bytes: most,
            setting,
        } = self.limit;
        if len > most {
            return Err(DeployError::refused(
                "UPLOAD_TOO_LONG",
                format!("the file is longer than {most} bytes, the limit"),
                &format!("Send a smaller file, or raise `{setting}` in the configuration."),
            ));
        }
        self.file.write_all(bytes)?;
        self.len = len;
        Ok(())
    }

    /// Puts what arrived on stable storage. Blocks.
    ///
    /// # Errors
    /// `Run` when that fails.
    pub(super) fn sync(&self) -> Result<(), DeployError> {
        Ok(self.file.sync_data()?)
    }

    /// Puts the whole file on stable storage. Blocks.
    ///
    /// # Errors
    /// `Run` when that fails; the file is gone then.
    pub fn complete(mut self) -> Result<Received, DeployError> {
        self.file.sync_all()?;
        self.kept = true;
        Ok(Received {
            path: self.path.clone(),
            len: self.len,
            handed_over: false,
        })
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.kept {
            discard(&self.path);
        }
    }
}

impl Received {
    /// How long it is, in bytes.
    pub fn len(&self) -> u64 {
        self.len
    }

    /// Whether nothing arrived.
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Says that a row takes care of the file from now on.
    pub fn hand_over(mut self) {
        self.handed_over = true;
    }
}

impl Drop for Received {
    fn drop(&mut self) {
        if !self.handed_over {
            discard(&self.path);
        }
    }
}

/// Removes a file that nobody wants; what cannot be removed now is removed at the next start.
fn discard(path: &Path) {
    if let Err(error) = remove_if_there(path) {
        tracing::warn!(path = %path.display(), %error, "an incoming file stays until the next start");
    }
}
