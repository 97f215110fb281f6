//! `ExportSource`: where the blocks of an exported volume are.

use std::path::PathBuf;

/// Where the blocks of an exported volume are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ExportSource {
    /// A regular file or block device of this machine.
    File(PathBuf),
    /// An image of a Ceph cluster.
    Rbd {
        /// The pool.
        pool: String,
        /// The image in it.
        image: String,
        /// The cluster's configuration file.
        conf: PathBuf,
        /// The cluster's user, without `client.`; none for Ceph's own default.
        user: Option<String>,
    },
}
