//! Digests that are computed beside the work, on a thread of their own.

use super::{FormatError, Result};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::os::unix::fs::FileExt;
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

/// The digest of a disk while it is written.
pub(super) struct DiskDigest {
    pieces: SyncSender<Piece>,
    /// Buffers whose content is hashed, to be used again.
    hashed: Receiver<Vec<u8>>,
    thread: JoinHandle<Sum>,
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

    /// The digest of everything.
    pub(super) fn finish(self) -> Result<Sum> {
        drop(self.pieces);
        self.thread.join().map_err(|_| died())
    }

    fn send(&self, piece: Piece) -> Result<()> {
        self.pieces.send(piece).map_err(|_| died())
    }
}

fn hash_pieces(pieces: &Receiver<Piece>, done: &SyncSender<Vec<u8>>) -> Sum {
    let zeros = vec![0; PIECE];
    let mut hash = Sha256::new();
    for piece in pieces {
        match piece {
            Piece::Data { buffer, len } => {
                hash.update(&buffer[..len]);
                // Whoever writes may have stopped; then nobody wants the buffer.
                let _ = done.try_send(buffer);
            }
            Piece::Zeros(mut len) => {
                while len > 0 {
                    let step = usize::try_from(len).unwrap_or(PIECE).min(PIECE);
                    hash.update(&zeros[..step]);
                    len -= step as u64;
                }
            }
        }
    }
    hash.finalize().into()
}

/// The digest of the first `len` bytes of `file`. None when `stop` became true first.
pub(super) fn of_file(file: &File, len: u64, stop: &AtomicBool) -> Result<Option<Sum>> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0; PIECE];
    let mut at = 0;
    while at < len {
        if stop.load(Ordering::Relaxed) {
            return Ok(None);
        }
        let step = usize::try_from(len - at).unwrap_or(PIECE).min(PIECE);
        file.read_exact_at(&mut buffer[..step], at)
            .map_err(FormatError::Read)?;
        hash.update(&buffer[..step]);
        at += step as u64;
    }
    Ok(Some(hash.finalize().into()))
}

/// Hashing cannot fail; a thread that is gone was killed by something.
fn died() -> FormatError {
    FormatError::Read(std::io::Error::other(
        "the thread that computes the checksum died",
    ))
}
