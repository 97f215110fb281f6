//! `/rest/events`: everything that changes, as server-sent events.
//!
//! A reader gets what is in the store, in its order; a commit only wakes it. So one that is slow keeps
//! nobody waiting and costs no memory, and one that was away goes on where it was, by `Last-Event-ID`.

use crate::access::Caller;
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Sse;
use axum::response::sse::{Event as Message, KeepAlive};
use futures_util::Stream;
use futures_util::stream::unfold;
use mintage_records::access::Credential;
use mintage_records::{Event, EventAction, Time};
use serde::Serialize;
use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How many events are read at once.
const PAGE: u64 = 256;
/// How often something is sent when nothing happens, so that both sides notice a broken connection.
const HEARTBEAT: Duration = Duration::from_secs(15);

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(events))
}

/// The data of an event.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Event)]
struct Wire {
    /// What it happened to.
    uri: String,
    /// Its collection.
    category: &'static str,
    /// `created`, `updated` or `deleted`.
    action: &'static str,
    /// The version that it has now; that which it had last, when it is gone.
    e_tag: String,
    /// When.
    timestamp: String,
}

/// Everything that changes from now on, or after the event that the header `Last-Event-ID` names, as
/// server-sent events; an event is an object `Event`. An event `missed` says that older ones are
/// forgotten: get again what you show.
#[utoipa::path(
    get,
    path = "/rest/events",
    tag = "events",
    security(("session" = ["read"]), ("token" = ["read"])),
    params(("Last-Event-ID" = Option<u64>, Header, description = "The id of the last event that was seen.")),
    responses(
        (status = 200, description = "A stream that does not end.", body = String, content_type = "text/event-stream"),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn events(
    State(state): State<AppState>,
    caller: Caller,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Message, Infallible>>>, ApiError> {
    // Before the store is asked: nothing is lost between the two.
    let commits = state.feed.listen();
    let seen = last_seen(&headers)?;
    let (first, last) = state
        .read(|view| Ok((view.first_event()?, view.last_event()?)))
        .await?;
    let seen = seen.map(|seen| seen.min(last));
    let mut reader = Reader {
        after: seen.unwrap_or(last),
        commits,
        credential: caller.credential(),
        state,
        waiting: VecDeque::new(),
    };
    if seen.is_some_and(|seen| seen + 1 < first) {
        let missed = Message::default()
            .event("missed")
            .id(reader.after.to_string());
        reader.waiting.push_back(missed.data("{}"));
    }
    Ok(Sse::new(unfold(reader, Reader::next)).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

struct Reader {
    state: AppState,
    commits: Receiver<Arc<[Event]>>,
    /// With what the stream is allowed: it ends with that.
    credential: Credential,
    /// What was read last.
    after: u64,
    waiting: VecDeque<Message>,
}

impl Reader {
    /// The next message; none when the service stops, or the client may not read any more.
    async fn next(mut self) -> Option<(Result<Message, Infallible>, Self)> {
        loop {
            if let Some(message) = self.waiting.pop_front() {
                return Some((Ok(message), self));
            }
            let after = self.after;
            let credential = self.credential.clone();
            let read = self.state.read(move |view| {
                view.verify(&credential)?;
                Ok(view.events(after, PAGE)?)
            });
            // A client whose stream ends comes again, and says where it was.
            let page = read.await.ok()?;
            if let Some(last) = page.last() {
                self.after = last.sequence;
                self.waiting.extend(page.iter().filter_map(message));
                continue;
            }
            tokio::select! {
                commit = self.commits.recv() => match commit {
                    Ok(_) | Err(RecvError::Lagged(_)) => {}
                    Err(RecvError::Closed) => return None,
                },
                () = self.state.stop.wait() => return None,
                () = tokio::time::sleep(HEARTBEAT) => {}
            }
        }
    }
}

fn message(event: &Event) -> Option<Message> {
    let Event { at, kind, id, .. } = event;
    let data = Wire {
        uri: kind.uri(id),
        category: kind.as_str(),
        action: EventAction::as_str(event.action),
        e_tag: event.version.to_string(),
        timestamp: Time::to_string(at),
    };
    let message = Message::default().id(event.sequence.to_string());
    message.json_data(data).ok()
}

fn last_seen(headers: &HeaderMap) -> Result<Option<u64>, ApiError> {
    let Some(given) = headers.get("last-event-id") else {
        return Ok(None);
    };
    let number = given
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse().ok());
    let wrong = || {
        ApiError::bad_request(
            "INVALID_EVENT_ID",
            "`Last-Event-ID` is none of this service's",
        )
        .source("Last-Event-ID")
        .action("Leave it out: the stream begins with what happens next.")
    };
    number.map(Some).ok_or_else(wrong)
}
