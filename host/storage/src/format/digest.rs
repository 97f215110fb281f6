//! Sums of disks and files that are computed beside the work, on a thread of their own.

use super::{FormatError, Result};
use mintage_volume::block::BlockDevice;
use mintage_volume::{VolumeError, VolumeSum};
use sha2::{Digest as _, Sha256};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

/// A SHA-256 digest.
pub(super) type Sum = [u8; 32];

/// How many pieces may wait for the digest.
const WAITING: usize = 4;
/// What is read or hashed at once, in bytes.
const PIECE: usize = 256 << 10;

/// What a disk consists of, in order.
enum Piece {
    Data { buffer: Vec<u8>, len: usize },
    Zeros(u64),
}

/// The sum of a disk while it is written.
pub(super) struct DiskDigest {
    pieces: SyncSender<Piece>,
    /// Buffers whose content is hashed, to be used again.
    hashed: Receiver<Vec<u8>>,
    thread: JoinHandle<String>,
}

impl DiskDigest {
    pub(super) fn start() -> Self {
        let (pieces, arriving) = sync_channel(WAITING);
        // As many as can be under way at once: the thread never waits to give one back.
        let (done, hashed) = sync_channel(WAITING + 2);
        let thread = std::thread::spawn(move || hash_pieces(&arriving, &done));
        Self {
            pieces,
            hashed,
            thread,
        }
    }

    /// Takes the first `len` bytes of `buffer`, and gives one back that it is done with, if any.
    pub(super) fn data(&self, buffer: Vec<u8>, len: usize) -> Result<Option<Vec<u8>>> {
        self.send(Piece::Data { buffer, len })?;
        Ok(self.hashed.try_recv().ok())
    }

    /// Takes `len` bytes of zeros.
    pub(super) fn zeros(&self, len: u64) -> Result<()> {
        self.send(Piece::Zeros(len))
    }

    /// The sum of everything.
    pub(super) fn finish(self) -> Result<String> {
        drop(self.pieces);
        self.thread.join().map_err(|_| died())
    }

    fn send(&self, piece: Piece) -> Result<()> {
        self.pieces.send(piece).map_err(|_| died())
    }
}

fn hash_pieces(pieces: &Receiver<Piece>, done: &SyncSender<Vec<u8>>) -> String {
    let mut sum = VolumeSum::default();
    for piece in pieces {
        match piece {
            Piece::Data { buffer, len } => {
                sum.data(&buffer[..len]);
                // Whoever writes may have stopped; then nobody wants the buffer.
                let _ = done.try_send(buffer);
            }
            Piece::Zeros(len) => sum.zeros(len),
        }
    }
    sum.finish()
}

/// The sum of a disk. Holes are not read.
///
/// # Errors
/// `Read`.
pub fn volume_sum(disk: &dyn BlockDevice) -> Result<String> {
    let mut sum = VolumeSum::default();
    let mut buffer = vec![0; PIECE];
    let mut at = 0;
    while let Some(data) = disk.next_data(at).map_err(unreadable)? {
        sum.zeros(data.start - at);
        at = data.start;
        while at < data.end {
            let step = usize::try_from(data.end - at).unwrap_or(PIECE).min(PIECE);
            disk.read_at(at, &mut buffer[..step]).map_err(unreadable)?;
            sum.data(&buffer[..step]);
            at += step as u64;
        }
    }
    sum.zeros(disk.len() - at);
    Ok(sum.finish())
}

fn unreadable(error: VolumeError) -> FormatError {
    FormatError::Read(std::io::Error::other(error))
}

/// The SHA-256 of all of `device`. None when `stop` became true first.
pub(super) fn of_device(device: &dyn BlockDevice, stop: &AtomicBool) -> Result<Option<Sum>> {
    let len = device.len();
    let mut hash = Sha256::new();
    let (zeros, mut buffer) = (vec![0; PIECE], vec![0; PIECE]);
    let mut at = 0;
    while at < len {
        let run = device.next_data(at).map_err(unreadable)?;
        let run = run.unwrap_or(len..len);
        let (start, end) = (run.start, run.end);
        hash_zeros(&mut hash, &zeros, start - at, stop);
        at = start;
        while at < end && !stop.load(Ordering::Relaxed) {
            let step = usize::try_from(end - at).unwrap_or(PIECE).min(PIECE);
            device
                .read_at(at, &mut buffer[..step])
                .map_err(unreadable)?;
            hash.update(&buffer[..step]);
            at += step as u64;
        }
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
    }
    Ok(Some(hash.finalize().into()))
}

/// Hashes `len` zeros, or fewer when `stop` becomes true.
fn hash_zeros(hash: &mut Sha256, zeros: &[u8], mut len: u64, stop: &AtomicBool) {
    while len > 0 && !stop.load(Ordering::Relaxed) {
        let step = usize::try_from(len).unwrap_or(zeros.len()).min(zeros.len());
        hash.update(&zeros[..step]);
        len -= step as u64;
    }
}

/// Lower-case hexadecimal digits.
pub(super) fn hex(sum: &Sum) -> String {
    sum.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Hashing cannot fail; a thread that is gone was killed by something.
fn died() -> FormatError {
    FormatError::Read(std::io::Error::other(
        "the thread that computes the checksum died",
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_volume::block::FileDevice;
    use std::os::unix::fs::FileExt as _;

    #[test]
    fn the_sum_of_a_sparse_file_is_that_of_all_its_bytes() {
        const MIB: usize = 1 << 20;
        for (len, data) in [
            (0, vec![]),
            (1, vec![0]),
            (4 * MIB, vec![]),
            (4 * MIB, vec![0, 2 * MIB + 7]),
            (4 * MIB + 3, vec![MIB, 4 * MIB + 2]),
        ] {
            let (file, mut all) = (tempfile::tempfile().unwrap(), vec![0; len]);
            file.set_len(len as u64).unwrap();
            for at in data {
                all[at] = 7;
                file.write_all_at(&[7], at as u64).unwrap();
            }
            let disk = FileDevice::read_only(file).unwrap();
            assert_eq!(volume_sum(&disk).unwrap(), VolumeSum::of(&all));
        }
    }

    #[test]
    fn a_sum_that_nobody_wants_is_none() {
        let file = tempfile::tempfile().unwrap();
        file.set_len(1 << 40).unwrap();
        let stop = AtomicBool::new(true);
        let disk = FileDevice::read_only(file).unwrap();
        assert_eq!(of_device(&disk, &stop).unwrap(), None);
    }
}
