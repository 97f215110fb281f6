//! The content of one file.

use super::open::open_tree;
use super::{descriptor_error, volume_error};
use mintage_engine::Diagnostic;
use mintage_worker::Descriptors;
use mintage_worker::answers::Copied;
use std::io::{ErrorKind, Write as _};

/// How much is held at a time, in bytes.
const CHUNK: usize = 256 << 10;

pub(super) fn copy(files: &mut Descriptors, path: &[u8]) -> Result<Copied, Diagnostic> {
    let tree = open_tree(files)?;
    let mut pipe = files.take().map_err(descriptor_error)?;
    let mut chunk = vec![0; CHUNK];
    let mut bytes = 0;
    loop {
        let read = tree
            .read_at(path, bytes, &mut chunk)
            .map_err(volume_error)?;
        match pipe.write_all(&chunk[..read]) {
            // Whoever reads it has seen enough.
            Err(error) if error.kind() == ErrorKind::BrokenPipe => break,
            written => written.map_err(descriptor_error)?,
        }
        bytes += read as u64;
        if read < chunk.len() {
            break;
        }
    }
    let path = tree
        .resolve(path, mintage_volume::tree::LastLink::Follow)
        .map_err(volume_error)?;
    Ok(Copied {
        path: path.to_string(),
        bytes,
    })
}
