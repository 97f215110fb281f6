//! Remains: what is still on a filesystem's device though no file has it any more.

use serde::{Deserialize, Serialize};
use std::ops::Range;

/// A stretch of a filesystem's device that holds nothing of it: what was there once can be read
/// until something else is written there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Remains {
    /// Where, in bytes from the start of the device; never empty.
    pub bytes: Range<u64>,
    /// Between what it lies.
    pub kind: RemainsKind,
}

/// Where remains are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RemainsKind {
    /// In blocks that belong to nothing: deleted files.
    FreeBlocks,
    /// Behind the end of a file, up to the end of its last block, and in blocks that were set aside
    /// for it and never written.
    FileSlack,
    /// Between the entries of a directory: deleted names.
    DirectorySlack,
    /// Inodes of no file.
    UnusedInodes,
    /// The journal's log, when all of it has been played.
    Journal,
}

impl RemainsKind {
    /// As people call it, `free blocks`.
    pub fn name(self) -> &'static str {
        match self {
            Self::FreeBlocks => "free blocks",
            Self::FileSlack => "file slack",
            Self::DirectorySlack => "directory slack",
            Self::UnusedInodes => "unused inodes",
            Self::Journal => "journal",
        }
    }
}

#[cfg(test)]
pub(super) mod tests {
    use crate::block::{BlockDevice, MemoryDevice};
    use crate::filesystem::{FileSystem, Ownership, RemainsKind};
    use crate::path::VolumePath;
    use std::sync::Arc;

    type Open = fn(Arc<MemoryDevice>) -> Box<dyn FileSystem>;

    const MARK: &[u8] = b"REMAINS OF SOMETHING";

    fn path(text: &str) -> VolumePath {
        VolumePath::parse(text).unwrap()
    }

    /// Where the mark, or a deleted name, is on the device; vfat loses a name's first letter.
    fn marks(device: &MemoryDevice) -> Vec<u64> {
        let mut all = vec![0; usize::try_from(device.len()).unwrap()];
        device.read_at(0, &mut all).unwrap();
        let found = all.windows(MARK.len()).enumerate();
        let found = found.filter(|(_, bytes)| *bytes == MARK || bytes.starts_with(b"ONE-"));
        found.map(|(at, _)| at as u64).collect()
    }

    /// Deleted files and names and the end of a cut file are remains and nothing else is; they are
    /// gone after a wipe, and what is there stays.
    pub(in crate::filesystem) fn a_wipe_takes_what_is_gone_and_no_more(
        device: &Arc<MemoryDevice>,
        open: Open,
    ) {
        let mut fs = open(device.clone());
        let marked = MARK.repeat(1000);
        fs.create_dir(&path("/dir"), Ownership::root(0o755))
            .unwrap();
        for name in ["/GONE-A", "/kept", "/cut", "/dir/GONE-B", "/dir/other"] {
            fs.create_file(&path(name), Ownership::root(0o755)).unwrap();
            fs.write_at(&path(name), 0, &marked).unwrap();
        }
        fs.remove_file(&path("/GONE-A")).unwrap();
        fs.remove_file(&path("/dir/GONE-B")).unwrap();
        fs.set_len(&path("/cut"), 3).unwrap();
        fs.finish().unwrap();

        let kept_marks = 2 * 1000;
        let remains = fs.remains().unwrap();
        assert!(
            remains
                .windows(2)
                .all(|two| two[0].bytes.end <= two[1].bytes.start)
        );
        // By its fourth byte: the cut file keeps three of its first.
        let in_remains = |at: &u64| remains.iter().any(|r| r.bytes.contains(&(at + 3)));
        let (stale, live): (Vec<u64>, Vec<u64>) =
            marks(device).iter().partition(|at| in_remains(at));
        assert_eq!(live.len(), kept_marks);
        for kind in [RemainsKind::FreeBlocks, RemainsKind::DirectorySlack] {
            let has = |at: &u64| {
                remains
                    .iter()
                    .any(|r| r.kind == kind && r.bytes.contains(at))
            };
            assert!(stale.iter().any(has), "no mark in {kind:?}");
        }

        let mut fs = open(device.clone());
        fs.wipe_when_finished();
        fs.write_at(&path("/cut"), 3, b"new").unwrap();
        fs.finish().unwrap();
        assert_eq!(marks(device), live);
        let fs = open(device.clone());
        for remains in fs.remains().unwrap() {
            let mut bytes =
                vec![0; usize::try_from(remains.bytes.end - remains.bytes.start).unwrap()];
            device.read_at(remains.bytes.start, &mut bytes).unwrap();
            assert!(bytes.iter().all(|byte| *byte == 0), "{remains:?}");
        }
        let mut content = vec![0; 20_000];
        for name in ["/kept", "/dir/other"] {
            assert_eq!(fs.read_at(&path(name), 0, &mut content).unwrap(), 20_000);
            assert!(content == marked, "{name}");
        }
        assert_eq!(fs.read_at(&path("/cut"), 3, &mut content).unwrap(), 3);
        assert_eq!(&content[..3], b"new");
    }
}
