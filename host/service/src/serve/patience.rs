//! `Patient`: a connection that ends when its client takes nothing for too long. Without it a client that
//! reads no more of a stream of events, and does not go away, would hold its place for ever.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// A connection whose writes fail when they make no progress for some time.
#[derive(Debug)]
pub(super) struct Patient<I> {
    stream: I,
    patience: Duration,
    /// There while a write waits.
    end: Option<Pin<Box<Sleep>>>,
}

impl<I> Patient<I> {
    pub(super) fn new(stream: I, patience: Duration) -> Self {
        Self {
            stream,
            patience,
            end: None,
        }
    }

    /// The answer of a write, or an error when it has waited long enough.
    fn in_time<T>(
        &mut self,
        answer: Poll<io::Result<T>>,
        context: &mut Context<'_>,
    ) -> Poll<io::Result<T>> {
        if answer.is_ready() {
            self.end = None;
            return answer;
        }
        let patience = self.patience;
        let end = self.end.get_or_insert_with(|| Box::pin(sleep(patience)));
        ready!(end.as_mut().poll(context));
        Poll::Ready(Err(io::ErrorKind::TimedOut.into()))
    }
}

impl<I: AsyncRead + Unpin> AsyncRead for Patient<I> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl<I: AsyncWrite + Unpin> AsyncWrite for Patient<I> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write(context, bytes);
        self.in_time(answer, context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let answer = Pin::new(&mut self.stream).poll_write_vectored(context, parts);
        self.in_time(answer, context)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_flush(context);
        self.in_time(answer, context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let answer = Pin::new(&mut self.stream).poll_shutdown(context);
        self.in_time(answer, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, duplex};

    const PATIENCE: Duration = Duration::from_millis(200);

    fn run(act: impl Future<Output = ()>) {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build();
        runtime.unwrap().block_on(act);
    }

    #[test]
    fn who_takes_nothing_is_not_waited_for() {
        run(async {
            let (near, _far) = duplex(16);
            let mut near = Patient::new(near, PATIENCE);
            near.write_all(&[0; 16]).await.unwrap();
            let error = near.write_all(&[0; 16]).await.unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        });
    }

    #[test]
    fn who_is_slow_is_waited_for() {
        run(async {
            let (near, mut far) = duplex(16);
            let reading = tokio::spawn(async move {
                let mut all = Vec::new();
                for _ in 0..6 {
                    sleep(PATIENCE / 2).await;
                    let mut some = [0; 16];
                    far.read_exact(&mut some).await.unwrap();
                    all.extend(some);
                }
                all.len()
            });
            let mut near = Patient::new(near, PATIENCE);
            near.write_all(&[0; 96]).await.unwrap();
            assert_eq!(reading.await.unwrap(), 96);
        });
    }
}
