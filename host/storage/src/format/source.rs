//! `Source`: the image file as decoders read it, and what their complaints mean.

use super::disk::CopyError;
use super::watch::Watch;
use super::{FormatError, Result};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;

/// How much is read at once, in bytes.
const BUFFER: usize = 128 << 10;

/// The image file, buffered. It keeps what went wrong with the file itself, for no decoder passes
/// that on unchanged.
pub(super) struct Source<'a> {
    reader: BufReader<Tracked<'a>>,
}

impl<'a> Source<'a> {
    /// The first `len` bytes of `file`, from its beginning.
    pub(super) fn new(file: &'a File, len: u64, watch: &'a Watch<'a>) -> Self {
        let tracked = Tracked {
            file,
            len,
            watch,
            at: 0,
            taken: 0,
            reached_end: false,
            failure: None,
        };
        Self {
            reader: BufReader::with_capacity(BUFFER, tracked),
        }
    }

    /// How long the file is, in bytes.
    pub(super) fn len(&self) -> u64 {
        self.reader.get_ref().len
    }

    /// The file.
    pub(super) fn file(&self) -> &'a File {
        self.reader.get_ref().file
    }

    /// Where the next byte to be read stands.
    pub(super) fn position(&self) -> u64 {
        self.reader.get_ref().at - self.reader.buffer().len() as u64
    }

    /// Up to `N` of the next bytes, without taking them: fewer at the end of the file.
    pub(super) fn peek<const N: usize>(&self) -> Result<Vec<u8>> {
        let at = self.position();
        let rest = usize::try_from(self.len().saturating_sub(at)).unwrap_or(N);
        let mut bytes = vec![0; rest.min(N)];
        let read = self.file().read_exact_at(&mut bytes, at);
        read.map(|()| bytes).map_err(FormatError::Read)
    }

    /// Fills `buffer` with what stands at `at`.
    pub(super) fn read_at(&mut self, buffer: &mut [u8], at: u64) -> Result<()> {
        let end = at.checked_add(buffer.len() as u64);
        if end.is_none_or(|end| end > self.len()) {
            return Err(FormatError::Truncated { at: self.len() });
        }
        let tracked = self.reader.get_mut();
        let read = tracked.file.read_exact_at(buffer, at);
        read.map_err(FormatError::Read)?;
        tracked.count(buffer.len())
    }

    /// Passes over `len` bytes.
    pub(super) fn skip(&mut self, len: u64) -> Result<()> {
        let skipped = io::copy(&mut self.by_ref().take(len), &mut io::sink());
        match skipped.map_err(|e| self.explain(e))? == len {
            true => Ok(()),
            false => Err(FormatError::Truncated { at: self.len() }),
        }
    }

    /// Forgets that the end was reached: what was looked for there was found.
    pub(super) fn begin_content(&mut self) {
        self.reader.get_mut().reached_end = false;
    }

    /// Why copying from a decoder that reads this file ended early.
    pub(super) fn explain_copy(&mut self, error: CopyError) -> FormatError {
        match error {
            CopyError::Disk(error) => error,
            CopyError::Decoder(error) => self.explain(error),
        }
    }

    /// What the complaint of a decoder means: the file cannot be read, or ends, or is damaged.
    pub(super) fn explain(&mut self, error: io::Error) -> FormatError {
        let tracked = self.reader.get_mut();
        if let Some(failure) = tracked.failure.take() {
            return failure;
        }
        if tracked.reached_end {
            return FormatError::Truncated { at: tracked.len };
        }
        let why = error.to_string();
        match why.to_lowercase().contains("checksum") {
            true => FormatError::Checksum {
                what: "a checksum in it".into(),
            },
            false => FormatError::Damaged { why },
        }
    }
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.reader.read(buffer)
    }
}

impl BufRead for Source<'_> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.reader.fill_buf()
    }

    fn consume(&mut self, amount: usize) {
        self.reader.consume(amount);
    }
}

impl Seek for Source<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.reader.seek(to)
    }
}

/// The file below the buffer: counts what is taken of it, and remembers what went wrong.
struct Tracked<'a> {
    file: &'a File,
    len: u64,
    watch: &'a Watch<'a>,
    at: u64,
    taken: u64,
    reached_end: bool,
    failure: Option<FormatError>,
}

impl Tracked<'_> {
    fn count(&mut self, bytes: usize) -> Result<()> {
        // What is read twice is no progress.
        self.taken = (self.taken + bytes as u64).min(self.len);
        self.watch.read_to(self.taken)
    }

    fn fail(&mut self, failure: FormatError) -> io::Error {
        let error = io::Error::other(failure.to_string());
        self.failure = Some(failure);
        error
    }
}

impl Read for Tracked<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = usize::try_from(self.len.saturating_sub(self.at)).unwrap_or(buffer.len());
        let wanted = buffer.len().min(rest);
        let read = match self.file.read_at(&mut buffer[..wanted], self.at) {
            Ok(read) => read,
            Err(error) => return Err(self.fail(FormatError::Read(error))),
        };
        self.reached_end |= read == 0;
        self.at += read as u64;
        self.count(read).map_err(|failure| self.fail(failure))?;
        Ok(read)
    }
}

impl Seek for Tracked<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.len.checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidInput))?;
        Ok(self.at)
    }
}
