//! Golden images and OS volumes as block images: expanding what somebody brings into the one,
//! cloning it into the other, and giving either its name only when it is complete.
//!
//! A golden image is opened read-only and never written. A clone begins as a file without a name,
//! so that a run which fails or is killed leaves nothing behind.

pub mod clone;
pub mod error;
pub mod export;
pub mod format;
pub mod golden;
mod holes;
pub mod scratch;
pub mod store;
pub mod unpublished;

pub use clone::{CloneMethod, CloneReport, clone_golden};
pub use error::{Result, StorageError};
pub use format::{
    Expansion, FormatError, ImageFormat, ImageLimits, Progress, WirePack, expand, look, volume_sum,
};
pub use golden::GoldenImage;
pub use scratch::scratch_file;
pub use unpublished::UnpublishedVolume;
