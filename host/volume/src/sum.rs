//! `VolumeSum`: the checksum of a disk, whose holes cost next to nothing.
//!
//! SHA-256 knows no short cut for zeros: over a whole disk it would cost two thirds of a second for each GiB,
//! used or not. So the disk is cut into pieces of 1 MiB, of which the last may be shorter. The sum is the
//! SHA-256 of
//!
//! 1. the SHA-256 of each piece, 32 bytes each, in order, then
//! 2. the length of the disk in bytes, 8 bytes, little-endian,
//!
//! written as `sha256-1m:` and 64 lower-case hexadecimal digits. A hole is a run of zeros: how a disk is
//! stored does not matter. `docs/golden-images.md` has a few lines of Python that compute the same.

use crate::digits::hex;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

/// The sum of a disk while its bytes come, in order.
#[derive(Debug, Clone, Default)]
pub struct VolumeSum {
    /// Of the sums of the pieces that are complete.
    pieces: Sha256,
    piece: Sha256,
    /// How many bytes of the piece came, fewer than [`Self::PIECE`].
    filled: usize,
    /// Whether they are in `piece`; else they are zeros, and nobody knows yet whether they must be.
    is_hashed: bool,
    len: u64,
}

/// What zeros are hashed from.
static SOME: [u8; 4096] = [0; 4096];
/// The SHA-256 of a piece without data.
static ZEROS: LazyLock<[u8; 32]> =
    LazyLock::new(|| Sha256::digest(vec![0; VolumeSum::PIECE]).into());

impl VolumeSum {
    /// The length of a piece in bytes.
    pub const PIECE: usize = 1 << 20;
    /// What a sum begins with; another one is of another kind, and equal to none of these.
    pub const PREFIX: &str = "sha256-1m:";

    /// Takes `bytes`.
    pub fn data(&mut self, mut bytes: &[u8]) {
        while !bytes.is_empty() {
            let (now, later) = bytes.split_at(bytes.len().min(Self::PIECE - self.filled));
            self.hash_zeros();
            self.piece.update(now);
            self.advance(now.len());
            bytes = later;
        }
    }

    /// Takes `len` zeros.
    pub fn zeros(&mut self, mut len: u64) {
        while len > 0 {
            let room = Self::PIECE - self.filled;
            let rest = usize::try_from(len).unwrap_or(room);
            let step = match self.is_hashed {
                false => rest.min(room),
                true => rest.min(room).min(SOME.len()),
            };
            if self.is_hashed {
                self.piece.update(&SOME[..step]);
            }
            self.advance(step);
            len -= step as u64;
        }
    }

    /// The sum of a disk that is in memory.
    pub fn of(disk: &[u8]) -> String {
        let mut sum = Self::default();
        sum.data(disk);
        sum.finish()
    }

    /// The sum of everything that came.
    pub fn finish(mut self) -> String {
        if self.filled > 0 {
            self.hash_zeros();
            self.pieces.update(self.piece.finalize());
        }
        self.pieces.update(self.len.to_le_bytes());
        format!("{}{}", Self::PREFIX, hex(&self.pieces.finalize()))
    }

    /// Hashes the zeros that the piece began with: it has something else too, or is shorter than others.
    fn hash_zeros(&mut self) {
        let mut rest = if self.is_hashed { 0 } else { self.filled };
        while rest > 0 {
            let step = rest.min(SOME.len());
            self.piece.update(&SOME[..step]);
            rest -= step;
        }
        self.is_hashed = true;
    }

    fn advance(&mut self, step: usize) {
        self.filled += step;
        self.len += step as u64;
        if self.filled < Self::PIECE {
            return;
        }
        match self.is_hashed {
            true => self.pieces.update(self.piece.finalize_reset()),
            false => self.pieces.update(*ZEROS),
        }
        self.filled = 0;
        self.is_hashed = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed by the lines of Python in `docs/golden-images.md`.
    #[test]
    fn known_sums() {
        const MIB: usize = VolumeSum::PIECE;
        let mut disk = vec![0; 3 * MIB + 512];
        disk[MIB + 7] = 7;
        for (disk, expected) in [
            (
                &[][..],
                "af5570f5a1810b7af78caf4bc70a660f0df51e42baf91d4de5b2328de0e83dfc",
            ),
            (
                b"abc",
                "39e6ecbb90eec724b8db13f608fbf85c4ead558d6dfbbf2942ab4d6a6d536457",
            ),
            (
                &vec![0; MIB],
                "047d83f3fd2b0577b99fb435fb38c13db546a1773b5b58400ac6e8b165e569e6",
            ),
            (
                &disk,
                "d997b8e6dcf649c37891653296ec0c3e3ad2a478777396f0aec32d5446872a43",
            ),
        ] {
            assert_eq!(VolumeSum::of(disk), format!("sha256-1m:{expected}"));
        }
    }

    #[test]
    fn pieces_and_holes_may_come_as_they_like() {
        let mut disk = vec![0; 5 * VolumeSum::PIECE + 3];
        disk[17] = 1;
        disk[4 * VolumeSum::PIECE + 1] = 2;
        let expected = VolumeSum::of(&disk);
        for step in [1 << 12, 300_001, VolumeSum::PIECE, 3 * VolumeSum::PIECE] {
            let mut sum = VolumeSum::default();
            for part in disk.chunks(step) {
                match part.iter().all(|byte| *byte == 0) {
                    true => sum.zeros(part.len() as u64),
                    false => sum.data(part),
                }
            }
            assert_eq!(sum.finish(), expected, "{step}");
        }
    }

    #[test]
    fn disks_that_differ_only_in_length_have_other_sums() {
        let of_zeros = |len| {
            let mut sum = VolumeSum::default();
            sum.zeros(len);
            sum.finish()
        };
        let sums = [0, 512, 1 << 20, (1 << 20) + 512, 1 << 40].map(of_zeros);
        for (number, sum) in sums.iter().enumerate() {
            assert!(!sums[..number].contains(sum), "{number}");
        }
    }
}
