//! `Job`: what a worker can be asked to do.

use mintage_plans::{PlanLibrary, RunInput};
use mintage_scan::Allowance;
use serde::{Deserialize, Serialize};

/// What a worker is asked to do. The descriptors that come with it: the image or images, open for
/// reading; then for `Cat` a pipe, for `Personalize` a scratch file of the image's length.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Job {
    /// What is in the image, an [`Inspection`](crate::answers::Inspection).
    Inspect,
    /// The entries of a directory, a [`Listing`](crate::answers::Listing).
    Ls {
        /// The directory, as bytes.
        path: Vec<u8>,
    },
    /// The content of a file into the pipe, and a [`Copied`](crate::answers::Copied).
    Cat {
        /// The file, as bytes.
        path: Vec<u8>,
    },
    /// A tree text, a string.
    Tree {
        /// From where on, as bytes.
        path: Vec<u8>,
        /// The longest content that is written out, in bytes.
        content: u64,
    },
    /// How two images differ, a [`mintage_volume::diff::TreeDiff`].
    Diff,
    /// What of an image must not travel, a [`mintage_scan::ScanReport`]; a second image may come
    /// with it, whose identities count too.
    Scan {
        /// Whether there is a second image.
        baseline: bool,
        /// Texts to look for besides.
        given: Vec<Vec<u8>>,
        /// What may be found.
        allowances: Vec<Allowance>,
    },
    /// What is wrong with a plan library, a list of [`mintage_plans::check::Finding`]s.
    Check {
        /// The library.
        library: Box<PlanLibrary>,
    },
    /// A run of a build plan over the volume of a tree text, a [`mintage_plans::RunReport`].
    Rehearse {
        /// All that it depends on.
        input: Box<RunInput>,
        /// The tree text.
        text: String,
    },
    /// A run of a build plan, a [`mintage_plans::RunReport`].
    Personalize {
        /// All that it depends on.
        input: Box<RunInput>,
    },
}
