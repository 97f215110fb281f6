//! `Refusal`: what the API refused, as a page or beside a form.

use crate::templates;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use serde_json::{Value as Json, json};

/// Why there is no page.
#[derive(Debug, Clone)]
pub(crate) enum Refusal {
    /// The session has ended, or there is none: to the login, and back to this path.
    LoggedOut {
        /// Where the user was.
        back: String,
    },
    /// What was refused, in the API's envelope.
    Refused {
        /// Its status.
        status: StatusCode,
        /// `message`, `details`, `recommendedActions`, `errorSource`, `nestedErrors`.
        envelope: Box<Json>,
    },
}

impl Refusal {
    /// One of the UI's own.
    pub(crate) fn new(status: StatusCode, message: &str, action: &str) -> Self {
        let envelope = json!({"message": message, "recommendedActions": [action]});
        Self::Refused {
            status,
            envelope: Box::new(envelope),
        }
    }

    /// One of the API.
    pub(crate) fn of(status: StatusCode, envelope: Json) -> Self {
        Self::Refused {
            status,
            envelope: Box::new(envelope),
        }
    }

    /// There is no page at this address.
    pub(crate) fn no_page() -> Self {
        let action = "Take a way from the menu.";
        Self::new(StatusCode::NOT_FOUND, "there is no such page", action)
    }

    /// The service itself failed; the reason is logged, not told.
    pub(crate) fn internal(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a page failed");
        let action = "Look into the log of the service.";
        let status = StatusCode::INTERNAL_SERVER_ERROR;
        Self::new(status, "the service failed to make this page", action)
    }

    /// What can be told beside the form that caused it.
    ///
    /// # Errors
    /// Itself, when the user must log in first, or the service failed.
    pub(crate) fn beside_form(self) -> Result<(StatusCode, Json), Self> {
        match self {
            Self::Refused { status, envelope } if status.is_client_error() => {
                Ok((status, *envelope))
            }
            other => Err(other),
        }
    }

    /// Whether there is no such thing.
    pub(crate) fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status, .. } if *status == StatusCode::NOT_FOUND)
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, envelope) = match self {
            Self::LoggedOut { back } => {
                let to = format!("/ui/login?to={}", crate::path::query(&back));
                return Redirect::to(&to).into_response();
            }
            Self::Refused { status, envelope } => (status, envelope),
        };
        let content = json!({"title": title(status), "refused": envelope});
        match templates::render("refusal.html", &content) {
            Ok(page) => (status, page).into_response(),
            Err(reason) => unrendered(&reason),
        }
    }
}

/// When even that page cannot be made.
fn unrendered(reason: &minijinja::Error) -> Response {
    tracing::error!(%reason, "a page failed");
    let plain = HeaderValue::from_static("text/plain; charset=utf-8");
    let text = "The service failed to make this page; its log says why.\n";
    let status = StatusCode::INTERNAL_SERVER_ERROR;
    (status, [(header::CONTENT_TYPE, plain)], text).into_response()
}

fn title(status: StatusCode) -> &'static str {
    match status.as_u16() {
        403 => "Not allowed",
        404 => "Not found",
        500.. => "The service failed",
        _ => "Refused",
    }
}
