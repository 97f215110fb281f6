//! What is inside a volume: block devices, partitions, filesystems, the volume tree and diffs.
//!
//! A volume is a run of blocks ([`block::BlockDevice`]); [`filesystem::FileSystem`] drivers make
//! files of it, and [`tree::VolumeTree`] joins the mounted filesystems into the one tree that the
//! guest would see. Nothing here knows of scripts, HTTP or the host's own files, except for the
//! device and directory handles that a caller passes in.

pub mod block;
pub mod date;
pub mod diff;
pub mod digits;
pub mod error;
pub mod escape;
mod fields;
pub mod filesystem;
pub mod inspect;
pub mod partition;
pub mod path;
pub mod selinux;
pub mod sum;
pub mod text;
pub mod tree;
pub mod volume;

pub use error::{Result, VolumeError, VolumeErrorKind};
pub use path::VolumePath;
pub use sum::VolumeSum;
