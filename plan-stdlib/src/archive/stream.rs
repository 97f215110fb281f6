//! Files of the volume as streams: the same tree is read and written piece by piece.

use mintage_engine::{Code, PlanError};
use mintage_volume::filesystem::Ownership;
use mintage_volume::tree::VolumeTree;
use std::cell::RefCell;
use std::io::{self, Read, Write};

/// The tree, lent to a reader and a writer in turn.
pub(crate) type Lent<'t> = RefCell<&'t mut VolumeTree>;

/// How much is written at once, in bytes.
const PIECE: usize = 1024 * 1024;

/// A file, read from its start.
pub(crate) struct FileReader<'t, 'l> {
    tree: &'l Lent<'t>,
    path: Vec<u8>,
    offset: u64,
}

impl<'t, 'l> FileReader<'t, 'l> {
    /// Reads the file at `path`.
    pub(crate) fn new(tree: &'l Lent<'t>, path: &[u8]) -> Self {
        let path = path.to_vec();
        Self {
            tree,
            path,
            offset: 0,
        }
    }
}

impl Read for FileReader<'_, '_> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let tree = self.tree.borrow();
        let read = tree
            .check_interrupt()
            .and_then(|()| tree.read_at(&self.path, self.offset, buf));
        let read = read.map_err(|error| wrap(error.into()))?;
        self.offset += read as u64;
        Ok(read)
    }
}

/// A new file, written from its start.
pub(crate) struct FileWriter<'t, 'l> {
    tree: &'l Lent<'t>,
    path: Vec<u8>,
    new: Ownership,
    piece: Vec<u8>,
}

impl<'t, 'l> FileWriter<'t, 'l> {
    /// Makes or empties the file at `path`.
    ///
    /// # Errors
    /// As [`VolumeTree::write`].
    pub(crate) fn new(tree: &'l Lent<'t>, path: &[u8], new: Ownership) -> Result<Self, PlanError> {
        tree.borrow_mut().write(path, b"", new)?;
        Ok(Self {
            tree,
            path: path.to_vec(),
            new,
            piece: Vec::new(),
        })
    }
}

impl Write for FileWriter<'_, '_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.piece.extend_from_slice(bytes);
        if self.piece.len() >= PIECE {
            self.flush()?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        if !self.piece.is_empty() {
            let mut tree = self.tree.borrow_mut();
            let written = tree.append(&self.path, &self.piece, self.new);
            written.map_err(|error| wrap(error.into()))?;
            self.piece.clear();
        }
        Ok(())
    }
}

/// Takes what would be written and compares it with what is there.
pub(crate) struct Comparer<R> {
    there: R,
    is_same: bool,
}

impl<R: Read> Comparer<R> {
    /// Compares with what `there` gives.
    pub(crate) fn new(there: R) -> Self {
        Self {
            there,
            is_same: true,
        }
    }

    /// Whether all of it was the same, and no more is there.
    ///
    /// # Errors
    /// Those of the reader.
    pub(crate) fn finish(mut self) -> io::Result<bool> {
        Ok(self.is_same && self.there.read(&mut [0])? == 0)
    }
}

impl<R: Read> Write for Comparer<R> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut found = vec![0; if self.is_same { bytes.len() } else { 0 }];
        match self.there.read_exact(&mut found) {
            Ok(()) => self.is_same &= found == bytes,
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => self.is_same = false,
            Err(error) => return Err(error),
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A stream that ends in an error past a limit: what unpacks to more than it should.
pub(crate) struct Bounded<R> {
    inner: R,
    left: u64,
}

impl<R> Bounded<R> {
    /// At most `limit` bytes of `inner`.
    pub(crate) fn new(inner: R, limit: u64) -> Self {
        Self { inner, left: limit }
    }
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buf: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buf)?;
        self.left = self.left.checked_sub(read as u64).ok_or_else(|| {
            let message = "it unpacks to more bytes than are allowed";
            wrap(PlanError::new(Code::P2003, message))
        })?;
        Ok(read)
    }
}

/// An error of the volume on its way through a library's streams.
pub(crate) fn wrap(error: PlanError) -> io::Error {
    io::Error::other(error)
}

/// The error that a stream gave: the volume's own, or `damaged` for what the library found.
pub(crate) fn unwrap(error: io::Error, damaged: &str) -> PlanError {
    let inner = error.into_inner();
    let inner = inner.and_then(|inner| inner.downcast::<PlanError>().ok());
    inner.map_or_else(|| PlanError::new(Code::P2016, damaged), |inner| *inner)
}

/// Writes what `make` gives into the file at `path`, unless it is there already; says whether it
/// did. What was made in part is taken away again.
///
/// # Errors
/// Those of `make` and of the volume.
pub(crate) fn write(
    tree: &mut VolumeTree,
    path: &str,
    new: Ownership,
    make: impl Fn(&Lent<'_>, &mut dyn Write) -> Result<(), PlanError>,
) -> Result<bool, PlanError> {
    let found = crate::file::access::look(tree, path)?;
    let is_new = found.is_none();
    let lent = RefCell::new(tree);
    if found.is_some_and(|found| found.kind == mintage_volume::filesystem::FileKind::File) {
        let mut comparer = Comparer::new(FileReader::new(&lent, path.as_bytes()));
        make(&lent, &mut comparer)?;
        if comparer
            .finish()
            .map_err(|error| unwrap(error, "it cannot be read"))?
        {
            return Ok(false);
        }
    }
    let mut writer = FileWriter::new(&lent, path.as_bytes(), new)?;
    let made = make(&lent, &mut writer).and_then(|()| {
        writer
            .flush()
            .map_err(|error| unwrap(error, "it cannot be written"))
    });
    if made.is_err() && is_new {
        // The first error is the one to tell.
        drop(lent.borrow_mut().remove(path));
    }
    made.map(|()| true)
}
