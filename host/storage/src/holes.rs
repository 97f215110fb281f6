//! Where the data of a sparse file lies.

use rustix::fs::SeekFrom;
use rustix::io::Errno;
use std::fs::File;

/// The next run of data at or after `from` in the first `len` bytes of `file`: where it starts and
/// ends. All of the rest where the system knows no holes; none where only a hole is left.
///
/// # Errors
/// What the system says when the file cannot be looked at.
pub(crate) fn next_data(file: &File, from: u64, len: u64) -> Result<Option<(u64, u64)>, Errno> {
    if from >= len {
        return Ok(None);
    }
    let start = match rustix::fs::seek(file, SeekFrom::Data(from)) {
        Ok(start) => start,
        Err(Errno::NXIO) => return Ok(None),
        Err(Errno::INVAL | Errno::OPNOTSUPP) => return Ok(Some((from, len))),
        Err(errno) => return Err(errno),
    };
    let end = rustix::fs::seek(file, SeekFrom::Hole(start))?;
    // A file that somebody makes longer meanwhile stays as long as it was.
    let end = end.min(len);
    Ok((start < end).then_some((start, end)))
}
