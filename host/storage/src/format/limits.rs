//! `ImageLimits`: how much an image may ask of whoever expands it.

/// What an image that somebody brings may cost. A golden volume is sparse, so its zeros cost
/// nothing but time: what bounds them is `disk_bytes`; what bounds its data is `ratio`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ImageLimits {
    /// The largest disk, zeros included, in bytes.
    pub disk_bytes: u64,
    /// How many bytes of data (blocks that are not all zeros) may come of one byte of the file.
    /// Deflate can make 1032 of one, real disks stay far below 100.
    pub ratio: u64,
    /// This much data, in bytes, is never refused for its ratio: a small image of one repeated
    /// pattern is no bomb.
    pub ratio_floor: u64,
    /// What a decoder may remember of what it decoded (window, dictionary), in bytes.
    pub window_bytes: u64,
}

impl Default for ImageLimits {
    /// 256 GiB (golden images of real servers have 25 to 50 GB), 250 to 1 above 64 MiB, and a
    /// window of 64 MiB: `zstd -19` wants 8 MiB and `xz -9` wants 64 MiB.
    fn default() -> Self {
        Self {
            disk_bytes: 256 << 30,
            ratio: 250,
            ratio_floor: 64 << 20,
            window_bytes: 64 << 20,
        }
    }
}
