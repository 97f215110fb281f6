//! `StoreUrl`: where a store is, as the configuration says it.

use super::error::Result;
use super::{FileStore, ImageStore};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Where a store is: a word with a colon says of which kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `file:` is the data folder, `file:/PATH` another folder.
    Files(Option<PathBuf>),
}

/// What is no URL of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no store is at such a URL; a store is at `file:`, the data folder, or at `file:/PATH`")]
pub struct UnknownStore;

impl StoreUrl {
    /// Opens the store; `data` is the data folder, called `label`.
    ///
    /// # Errors
    /// `Full`, `PoolMissing`, `Unavailable`, `Failed` when it cannot be used.
    pub fn open(&self, data: &Path, label: &str) -> Result<Arc<dyn ImageStore>> {
        Ok(Arc::new(match self {
            Self::Files(None) => FileStore::open(data, label)?,
            Self::Files(Some(folder)) => FileStore::open(folder, "the folder of volumes")?,
        }))
    }
}

impl FromStr for StoreUrl {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        match text.strip_prefix("file:") {
            Some("") => Ok(Self::Files(None)),
            // `file:///srv` is `file:/srv`; another host's files are none of ours.
            Some(path) if path.starts_with("///") => Ok(Self::Files(Some(path[2..].into()))),
            Some(path) if path.starts_with('/') && !path.starts_with("//") => {
                Ok(Self::Files(Some(path.into())))
            }
            _ => Err(UnknownStore),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_says_of_which_kind_a_store_is() {
        let folder = |path: &str| Ok(StoreUrl::Files(Some(path.into())));
        for (text, url) in [
            ("file:", Ok(StoreUrl::Files(None))),
            ("file:/srv/volumes", folder("/srv/volumes")),
            ("file:///srv/volumes", folder("/srv/volumes")),
            ("file://host/srv", Err(UnknownStore)),
            ("file:volumes", Err(UnknownStore)),
            ("/srv/volumes", Err(UnknownStore)),
            ("http://host", Err(UnknownStore)),
            ("", Err(UnknownStore)),
        ] {
            assert_eq!(text.parse::<StoreUrl>(), url, "{text}");
        }
    }

    #[test]
    fn a_folder_of_its_own_is_made() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("volumes");
        let url = StoreUrl::Files(Some(folder.clone()));
        let store = url.open(place.path(), "the data folder").unwrap();
        assert!(folder.join("os-volumes").is_dir());
        assert!(!place.path().join("os-volumes").exists());
        assert_eq!(store.label(), "the folder of volumes");
    }
}
