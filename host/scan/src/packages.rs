//! Files that are as their package brought them: the same on every host, so no leak.

use md5::{Digest as _, Md5};
use mintage_volume::VolumePath;

use mintage_volume::error::Result;
use mintage_volume::tree::VolumeTree;
use std::collections::HashMap;

/// What dpkg knows of the files of its packages: their MD5, by path without the first `/`.
#[derive(Debug, Default)]
pub(crate) struct Packages {
    digests: HashMap<Vec<u8>, [u8; 16]>,
}

/// Where dpkg keeps a list for each package.
const LISTS: &str = "/var/lib/dpkg/info";
/// The longest list that is read, and all lists together, in bytes.
const MAX_LIST: u64 = 16 << 20;
const MAX_LISTS: usize = 256 << 20;

impl Packages {
    /// Reads dpkg's lists; empty where there is no dpkg.
    ///
    /// # Errors
    /// `Damaged`, `Io`, `Cancelled`.
    pub(crate) fn read(tree: &VolumeTree) -> Result<Self> {
        let mut packages = Self::default();
        let mut bytes = 0;
        for path in crate::collect::files_in(tree, LISTS)? {
            if !path.ends_with(b".md5sums") {
                continue;
            }
            let list = crate::collect::read_up_to(tree, &path, MAX_LIST)?;
            bytes += list.len();
            if bytes > MAX_LISTS {
                break;
            }
            for line in list.split(|byte| *byte == b'\n') {
                packages.add(line);
            }
        }
        Ok(packages)
    }

    /// `MD5  PATH`.
    fn add(&mut self, line: &[u8]) -> Option<()> {
        let (digest, path) = line.split_at_checked(32)?;
        let digest = crate::forms::pairs(digest)?;
        let path = path.strip_prefix(b"  ")?;
        self.digests.insert(path.to_vec(), digest.try_into().ok()?);
        Some(())
    }

    /// Whether the file is as its package brought it.
    ///
    /// # Errors
    /// Those of reading it.
    pub(crate) fn brought(&self, tree: &VolumeTree, path: &VolumePath, len: u64) -> Result<bool> {
        let path_there = path.as_bytes().strip_prefix(b"/").unwrap_or_default();
        // Packages from before `/lib` became `/usr/lib` name their files by the old path.
        let old = path_there.strip_prefix(b"usr/").unwrap_or(path_there);
        let known = [path_there, old].map(|path| self.digests.get(path));
        if known == [None, None] {
            return Ok(false);
        }
        let mut md5 = Md5::new();
        tree.stored_content(path, len, |chunk| {
            md5.update(chunk);
            Ok(())
        })?;
        let digest: [u8; 16] = md5.finalize().into();
        Ok(known.contains(&Some(&digest)))
    }
}
