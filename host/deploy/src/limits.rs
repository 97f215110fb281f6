//! `Limits`: how much one request may bring.

use mintage_storage::ImageLimits;
use serde::{Deserialize, Serialize};

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
    /// The longest upload of an artifact bundle or backup, in bytes.
    bundle_upload: 1 << 40;
    /// The most entries of an artifact bundle.
    bundle_entries: 10_000;
    /// How many tasks are carried out at the same time; others wait, their owners in turn.
    tasks_at_once: 4;
}

impl Limits {
    /// Those that hold while an image is expanded.
    pub fn image(&self) -> ImageLimits {
        ImageLimits {
            disk_bytes: self.disk,
            ratio: self.expansion_ratio,
            ratio_floor: self.expansion_floor,
            ..ImageLimits::default()
        }
    }
}
