//! `StoreUrl`: where a store is, as the configuration says it.

use super::error::Result;
use super::{FileStore, ImageStore, RbdPool, RbdStore};
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::sync::Arc;

/// Where a store is: a word with a colon says of which kind it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StoreUrl {
    /// `file:` is the data folder, `file:/PATH` another folder.
    Files(Option<PathBuf>),
    /// `rbd://POOL?id=USER&conf=PATH` is a pool of a Ceph cluster.
    Rbd(RbdPool),
}

/// What is no URL of a store.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnknownStore {
    /// It is of no known form.
    #[error(
        "no store is at such a URL; a store is at `file:`, the data folder, at `file:/PATH`, or at \
         `rbd://POOL?id=USER&conf=/PATH`"
    )]
    Form,
    /// It is one of a Ceph pool, with a mistake.
    #[error("no Ceph pool is at such a URL: {0}")]
    Pool(String),
}

impl StoreUrl {
    /// Opens the store; `data` is the data folder, called `label`.
    ///
    /// # Errors
    /// `Full`, `PoolMissing`, `Unavailable`, `Failed` when it cannot be used.
    pub fn open(&self, data: &Path, label: &str) -> Result<Arc<dyn ImageStore>> {
        Ok(match self {
            Self::Files(None) => Arc::new(FileStore::open(data, label)?),
            Self::Files(Some(folder)) => {
                Arc::new(FileStore::open(folder, "the folder of volumes")?)
            }
            Self::Rbd(pool) => Arc::new(RbdStore::open(pool.clone(), &data.join("rbd"))?),
        })
    }
}

impl FromStr for StoreUrl {
    type Err = UnknownStore;

    fn from_str(text: &str) -> Result<Self, UnknownStore> {
        if text.starts_with("rbd:") {
            let pool = RbdPool::parse(text).map_err(UnknownStore::Pool)?;
            return Ok(Self::Rbd(pool));
        }
        match text.strip_prefix("file:") {
            Some("") => Ok(Self::Files(None)),
            // `file:///srv` is `file:/srv`; another host's files are none of ours.
            Some(path) if path.starts_with("///") => Ok(Self::Files(Some(path[2..].into()))),
            Some(path) if path.starts_with('/') && !path.starts_with("//") => {
                Ok(Self::Files(Some(path.into())))
            }
            _ => Err(UnknownStore::Form),
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
            ("file://host/srv", Err(UnknownStore::Form)),
            ("file:volumes", Err(UnknownStore::Form)),
            ("/srv/volumes", Err(UnknownStore::Form)),
            ("http://host", Err(UnknownStore::Form)),
            ("", Err(UnknownStore::Form)),
        ] {
            assert_eq!(text.parse::<StoreUrl>(), url, "{text}");
        }
        let pool = RbdPool::parse("rbd://os?id=mintage").unwrap();
        assert_eq!("rbd://os?id=mintage".parse(), Ok(StoreUrl::Rbd(pool)));
        let error = "rbd://os?key=x".parse::<StoreUrl>().unwrap_err();
        assert!(matches!(error, UnknownStore::Pool(_)), "{error}");
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
