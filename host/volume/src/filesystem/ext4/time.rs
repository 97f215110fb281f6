//! Times: nothing reads a clock, and a filesystem stores a time as far as it can.

use crate::filesystem::Timestamp;
use fs_ext4::{Filesystem, Result, Superblock};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

/// What the library takes for now: the run's declared time, and inode generations that count up
/// from it, so that the same run writes the same bytes.
pub(super) struct DeclaredTime {
    seconds: i64,
    generation: AtomicU32,
}

impl DeclaredTime {
    pub(super) fn new(time: Timestamp) -> Arc<Self> {
        let bytes = time.seconds.to_le_bytes();
        let low = u32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]);
        Arc::new(Self {
            seconds: time.seconds,
            generation: AtomicU32::new(low),
        })
    }
}

impl fs_ext4::runtime::Runtime for DeclaredTime {
    fn now_unix_seconds(&self) -> i64 {
        self.seconds
    }

    fn next_inode_generation(&self) -> u32 {
        self.generation.fetch_add(1, Ordering::Relaxed)
    }
}

/// Which times of a file a change sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stamp {
    Both,
    Modified,
}

/// Sets times to the run's; the library does so by itself only for some changes, in whole seconds.
pub(super) fn stamp(fs: &Filesystem, ino: u32, time: Timestamp, which: Stamp) -> Result<()> {
    let accessed = match which {
        Stamp::Both if time.nanoseconds == 0 => return Ok(()),
        Stamp::Both => time.seconds,
        Stamp::Modified => fs_ext4::fs::TIME_OMIT,
    };
    let nanoseconds = time.nanoseconds;
    fs.apply_utimens_ino(ino, accessed, nanoseconds, time.seconds, nanoseconds)
}

/// The run's time as the filesystem can store it: inodes of 128 bytes have no room for anything
/// but 32 bits of seconds.
pub(super) fn storable(time: Timestamp, superblock: &Superblock) -> Timestamp {
    const LAST: i64 = i32::MAX as i64 + (3 << 32);
    let first = i64::from(i32::MIN);
    match superblock.inode_size {
        128 => Timestamp {
            seconds: time.seconds.clamp(first, i64::from(i32::MAX)),
            nanoseconds: 0,
        },
        _ => Timestamp {
            seconds: time.seconds.clamp(first, LAST),
            nanoseconds: time.nanoseconds.min(999_999_999),
        },
    }
}
