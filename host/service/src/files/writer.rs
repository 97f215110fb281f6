//! `Writer`: from an asynchronous body to a file, a mebibyte at a time.

use crate::error::ApiError;
use crate::state::blocking;
use mintage_deploy::golden_images::Incoming;
use mintage_deploy::golden_images::upload::Piece;
use mintage_deploy::os_volumes::DeployError;
use tokio::runtime::Handle;

/// How much is kept in memory before it is written, in bytes.
const BUFFER: usize = 1 << 20;

/// How a refusal of a sink becomes one of the wire.
pub type Refused = fn(DeployError) -> ApiError;

/// What takes the bytes; it blocks.
pub trait Sink: Send + 'static {
    /// Appends `bytes`.
    ///
    /// # Errors
    /// When it takes no more, or cannot be written.
    fn append(&mut self, bytes: &[u8]) -> Result<(), DeployError>;
}

impl Sink for Incoming {
    fn append(&mut self, bytes: &[u8]) -> Result<(), DeployError> {
        Self::append(self, bytes)
    }
}

impl Sink for Piece {
    fn append(&mut self, bytes: &[u8]) -> Result<(), DeployError> {
        Self::append(self, bytes)
    }
}

/// Writes what arrives.
pub struct Writer<S: Sink> {
    /// None only while it is written to, and after an error.
    sink: Option<S>,
    buffer: Vec<u8>,
    refused: Refused,
}

impl<S: Sink> Writer<S> {
    /// Writes to `sink`, whose refusals `refused` puts into the wire's envelope.
    pub fn new(sink: S, refused: Refused) -> Self {
        Self {
            sink: Some(sink),
            refused,
            buffer: Vec::with_capacity(BUFFER),
        }
    }

    /// Takes `bytes`, and writes when enough has come together.
    ///
    /// # Errors
    /// What the sink refuses; nothing can be written any more then.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), ApiError> {
        self.buffer.extend_from_slice(bytes);
        match self.buffer.len() < BUFFER {
            true => Ok(()),
            false => self.flush().await,
        }
    }

    /// Writes what is left, and gives the sink back.
    ///
    /// # Errors
    /// As [`Self::write`].
    pub async fn finish(mut self) -> Result<S, ApiError> {
        self.flush().await?;
        self.sink.take().ok_or_else(gone)
    }

    async fn flush(&mut self) -> Result<(), ApiError> {
        let mut sink = self.sink.take().ok_or_else(gone)?;
        let mut buffer = std::mem::take(&mut self.buffer);
        let refused = self.refused;
        let written = blocking(move || {
            sink.append(&buffer).map_err(refused)?;
            buffer.clear();
            Ok((sink, buffer))
        });
        let (sink, buffer) = written.await?;
        self.sink = Some(sink);
        self.buffer = buffer;
        Ok(())
    }
}

impl<S: Sink> Drop for Writer<S> {
    fn drop(&mut self) {
        // Removing a large file takes a while.
        if let (Some(sink), Ok(runtime)) = (self.sink.take(), Handle::try_current()) {
            runtime.spawn_blocking(move || drop(sink));
        }
    }
}

fn gone() -> ApiError {
    ApiError::internal(&"an upload was written to after an error")
}
