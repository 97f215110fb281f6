//! `Limits`: how much one request may bring.

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
    /// How many times longer than its file an image or bundle may become when it is expanded.
    /// Deflate reaches 1032 where a disk is empty.
    expansion_ratio: 1100;
    /// What every image or bundle may become, however short its file is, in bytes.
    expansion_floor: 64 << 30;
    /// The longest upload of an artifact bundle or backup, in bytes.
    bundle_upload: 1 << 40;
    /// The most entries of an artifact bundle.
    bundle_entries: 10_000;
}
