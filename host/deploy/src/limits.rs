//! `Limits`: how much one request may bring.

use mintage_plans::bundle::BundleLimits;
use mintage_storage::ImageLimits;
use serde::{Deserialize, Serialize};

/// How long a file that arrives may be, and which setting says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileLimit {
    /// In bytes.
    pub bytes: u64,
    /// As the configuration calls it.
    pub setting: &'static str,
}

/// Makes the struct, its defaults and their description from one table.
macro_rules! limits {
    ($($(#[doc = $doc:literal])* $name:ident: $default:expr;)*) => {
        /// How much one request may bring; the configuration states it, section `[limits]`.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Limits {
            $($(#[doc = $doc])* pub $name: u64,)*
        }

        impl Limits {
            /// What each limit is for: the name of its field, and sentences.
            pub const DESCRIPTIONS: &[(&str, &str)] =
                &[$((stringify!($name), concat!($($doc),*))),*];
        }

        impl Default for Limits {
            fn default() -> Self {
                Self { $($name: $default),* }
            }
        }
    };
}

limits! {
    /// The longest JSON body, in bytes.
    json_body: 4 << 20;
    /// The longest upload of a golden image, in bytes.
    image_upload: 1 << 40;
    /// The largest disk of a golden image, in bytes.
    disk: 2 << 40;
    /// How many bytes of data one byte of an image or bundle may expand to. The zeros of a disk,
    /// which take no space, do not count; real disks stay far below 100.
    expansion_ratio: 250;
    /// How much data every image or bundle may expand to, however short its file is, in bytes.
    expansion_floor: 64 << 20;
    /// What the decoder of an image may remember of what it decoded (window, dictionary), in bytes.
    image_window: 64 << 20;
    /// How much of an image that arrives is expanded, and thrown away, before the upload is answered, in
    /// bytes: what is wrong there is told in the reply, what is wrong behind it by the task.
    rehearsal: 256 << 20;
    /// The most parts of the form that an upload is sent in.
    form_parts: 32;
    /// The longest text in such a form, in bytes.
    form_text: 64 << 10;
    /// The longest upload of an artifact bundle or backup, in bytes.
    bundle_upload: 1 << 40;
    /// The most entries of an artifact bundle.
    bundle_entries: 10_000;
    /// The longest entry of an artifact bundle that is no golden image, expanded, in bytes.
    bundle_text: 2 << 20;
    /// All such entries of an artifact bundle together, expanded, in bytes: they are held in memory.
    bundle_texts: 32 << 20;
    /// How many times longer than in the archive such an entry of more than 1 MiB may be.
    bundle_ratio: 200;
    /// How many tasks are carried out at the same time; others wait, their owners in turn.
    tasks_at_once: 4;
    /// How many boot tests are made at the same time, each with 1 GiB of memory; others wait.
    boot_tests_at_once: 1;
    /// How many previews, and checks of plan scripts and uploads, are made at the same time; others wait.
    previews_at_once: 4;
}

impl Limits {
    /// That of the file of a golden image.
    pub fn image_file(&self) -> FileLimit {
        FileLimit {
            bytes: self.image_upload,
            setting: "limits.image-upload",
        }
    }

    /// That of the file of an artifact bundle or backup.
    pub fn bundle_file(&self) -> FileLimit {
        FileLimit {
            bytes: self.bundle_upload,
            setting: "limits.bundle-upload",
        }
    }

    /// Those that hold while a bundle is read.
    pub fn bundle(&self) -> BundleLimits {
        BundleLimits {
            entries: self.bundle_entries,
            text: self.bundle_text,
            texts: self.bundle_texts,
            image: self.bundle_upload,
            disk: self.disk,
            ratio: self.bundle_ratio,
        }
    }

    /// Those that hold while an image is expanded.
    pub fn image(&self) -> ImageLimits {
        ImageLimits {
            disk_bytes: self.disk,
            ratio: self.expansion_ratio,
            ratio_floor: self.expansion_floor,
            window_bytes: self.image_window,
        }
    }
}
