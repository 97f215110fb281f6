//! What goes wrong between a golden image and a named volume.

use crate::store::StoreError;
use std::io;
use std::path::PathBuf;

/// The result of everything in this crate.
pub type Result<T, E = StorageError> = std::result::Result<T, E>;

/// A failed operation on an image file. Paths are the host's, as the caller gave them; whoever
/// prints one escapes it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StorageError {
    /// The golden image cannot be opened, or is not what an image can be.
    #[error("cannot open the image `{}`: {why}", path.display())]
    Open {
        /// The image.
        path: PathBuf,
        /// Why.
        why: String,
    },
    /// Something has the output's name already.
    #[error("cannot create the volume `{}`: it exists already", path.display())]
    Exists {
        /// The output.
        path: PathBuf,
    },
    /// The output is the golden image itself.
    #[error("cannot create the volume `{}`: it is the golden image itself", path.display())]
    SameFile {
        /// The output.
        path: PathBuf,
    },
    /// The output's directory does not take a new file, or the file does not take the content.
    #[error("cannot {what} for the volume `{}`: {source}", path.display())]
    Output {
        /// What was tried, `make a file`.
        what: &'static str,
        /// The output.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The folder for the scratch file, the output's own, does not take a new file.
    #[error("cannot make a scratch file in the folder `{}`: {source}", path.display())]
    Scratch {
        /// The folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The golden image cannot be read to its end.
    #[error("cannot read the image `{}`: {source}", path.display())]
    Read {
        /// The image.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// Somebody wrote to the image meanwhile.
    #[error("cannot read the image `{}`: it changed while it was read", path.display())]
    Changed {
        /// The image.
        path: PathBuf,
    },
    /// The store of the volume does not do what it should.
    #[error(transparent)]
    Store(#[from] StoreError),
}
