//! `Limited`: no more connections at the same time than the configuration says, and none that takes
//! nothing of what is sent to it.

use super::patience::Patient;
use axum_server::accept::Accept;
use std::future::{Ready, ready};
use std::io;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tower::Service;

/// Accepts a connection while there is room, and closes it at once otherwise.
#[derive(Debug, Clone)]
pub(super) struct Limited {
    places: Arc<Semaphore>,
    patience: Duration,
}

impl Limited {
    /// Room for `most` connections, each of which may take nothing for `patience`.
    pub(super) fn new(most: usize, patience: Duration) -> Self {
        Self {
            patience,
            places: Arc::new(Semaphore::new(most.min(Semaphore::MAX_PERMITS))),
        }
    }
}

impl<I, S> Accept<I, S> for Limited {
    type Stream = Patient<I>;
    type Service = Held<S>;
    type Future = Ready<io::Result<(Patient<I>, Held<S>)>>;

    fn accept(&self, stream: I, service: S) -> Self::Future {
        let place = Arc::clone(&self.places).try_acquire_owned();
        ready(match place {
            Ok(place) => {
                let held = Held {
                    service,
                    _place: Arc::new(place),
                };
                Ok((Patient::new(stream, self.patience), held))
            }
            Err(_) => {
                tracing::warn!("a connection was refused: there are `http.connections` already");
                Err(io::Error::from(io::ErrorKind::ConnectionRefused))
            }
        })
    }
}

/// The service of one connection, with the place that the connection takes.
#[derive(Debug, Clone)]
pub(super) struct Held<S> {
    service: S,
    _place: Arc<OwnedSemaphorePermit>,
}

impl<R, S: Service<R>> Service<R> for Held<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.service.poll_ready(context)
    }

    fn call(&mut self, request: R) -> S::Future {
        self.service.call(request)
    }
}
