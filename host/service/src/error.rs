//! `ApiError`: a refusal in the envelope of the wire.

use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use mintage_records::RecordsError;
use serde::Serialize;
use std::fmt;
use utoipa::ToSchema;

/// A refusal: a status of 400 or more, and why.
#[derive(Debug, Clone)]
pub struct ApiError {
    /// The HTTP status.
    pub status: StatusCode,
    /// The body.
    pub envelope: Envelope,
    /// More headers: `Retry-After`.
    pub headers: Vec<(HeaderName, HeaderValue)>,
}

/// What every reply with a status of 400 or more holds.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Error)]
pub struct Envelope {
    /// Stable, for programs.
    pub error_code: String,
    /// One sentence: what failed, and why.
    pub message: String,
    /// Where it failed, and more.
    pub details: String,
    /// What to do about it.
    pub recommended_actions: Vec<String>,
    /// The member of the request that it is about.
    pub error_source: Option<String>,
    /// When there are several errors: each.
    #[schema(no_recursion)]
    pub nested_errors: Vec<Envelope>,
    /// Always empty.
    pub data: serde_json::Map<String, serde_json::Value>,
}

impl ApiError {
    /// A refusal.
    pub fn new(status: StatusCode, code: &str, message: impl Into<String>) -> Self {
        Self {
            status,
            envelope: Envelope {
                error_code: code.to_owned(),
                message: message.into(),
                ..Envelope::default()
            },
            headers: Vec::new(),
        }
    }

    /// What was sent cannot be understood: 400.
    pub fn bad_request(code: &str, message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, code, message)
    }

    /// Several things are wrong with what was sent: 400. `what` they are goes on after a number; one
    /// alone is the refusal itself.
    pub fn all(code: &str, what: &str, mut each: Vec<Self>) -> Self {
        if each.len() == 1
            && let Some(only) = each.pop()
        {
            return only;
        }
        let nested: Vec<Envelope> = each.into_iter().map(|error| error.envelope).collect();
        let lines: Vec<&str> = nested.iter().map(|error| error.message.as_str()).collect();
        let message = format!("there are {} {what}", nested.len());
        let mut all = Self::bad_request(code, message).details(lines.join("\n"));
        all.envelope.nested_errors = nested;
        all
    }

    /// There is nothing there: 404.
    pub fn not_found(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "RESOURCE_NOT_FOUND", message)
    }

    /// The service itself failed; the reason is logged, not told: 500.
    pub fn internal(reason: &dyn fmt::Display) -> Self {
        tracing::error!(%reason, "internal error");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "INTERNAL",
            "the service failed",
        )
        .action("Look for this request's id in the log of the service.")
    }

    /// Says what to do.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        self.envelope.recommended_actions.push(action.into());
        self
    }

    /// Says more on where and why.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        self.envelope.details = details.into();
        self
    }

    /// Names the member of the request that it is about.
    #[must_use]
    pub fn source(mut self, member: impl Into<String>) -> Self {
        self.envelope.error_source = Some(member.into());
        self
    }

    /// Asks to come back later.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.headers
            .push((header::RETRY_AFTER, HeaderValue::from(seconds)));
        self
    }
}

impl fmt::Display for ApiError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.envelope.error_code, self.envelope.message)
    }
}

/// The code of a refusal, among the extensions of its reply, for the audit log.
#[derive(Debug, Clone)]
pub struct RefusalCode(pub String);

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let code = RefusalCode(self.envelope.error_code.clone());
        let mut response = (self.status, axum::Json(self.envelope)).into_response();
        response.extensions_mut().insert(code);
        response.headers_mut().extend(self.headers);
        response
    }
}

impl From<RecordsError> for ApiError {
    fn from(error: RecordsError) -> Self {
        let message = error.to_string();
        match error {
            RecordsError::NotFound { .. } => Self::not_found(message),
            RecordsError::NameTaken { .. } => {
                Self::new(StatusCode::CONFLICT, "DUPLICATE_NAME", message)
                    .source("name")
                    .action("Choose another name, or change the resource that has it.")
            }
            RecordsError::Changed { .. } => Self::new(
                StatusCode::PRECONDITION_FAILED,
                "CHANGED_MEANWHILE",
                message,
            )
            .source("eTag")
            .action("Get the resource again, apply your change to it, and send it again."),
            RecordsError::InUse { .. } => Self::new(StatusCode::CONFLICT, "IN_USE", message)
                .action("Delete or change first what uses it."),
            RecordsError::DanglingReference { ref role, .. } => {
                let role = role.clone();
                Self::bad_request("REFERENCE_NOT_FOUND", message)
                    .source(role)
                    .action("Name a resource that exists.")
            }
            RecordsError::UnknownField { .. }
            | RecordsError::NotANumber { .. }
            | RecordsError::NotATime { .. }
            | RecordsError::QueryTooLarge { .. } => {
                Self::bad_request("INVALID_QUERY", message).action("Correct `filter` or `sort`.")
            }
            RecordsError::NameTooLong { .. } => Self::bad_request("NAME_TOO_LONG", message)
                .source("name")
                .action("Choose a shorter name."),
            RecordsError::NoUser(_) | RecordsError::NoToken(_) => Self::not_found(message),
            RecordsError::UserExists(_) => {
                Self::new(StatusCode::CONFLICT, "DUPLICATE_NAME", message)
                    .source("userName")
                    .action("Choose another name.")
            }
            RecordsError::LastAdministrator(_) => {
                Self::new(StatusCode::CONFLICT, "LAST_ADMINISTRATOR", message)
                    .action("Make another user an infrastructure administrator first.")
            }
            RecordsError::Revoked => Self::new(StatusCode::UNAUTHORIZED, "AUTHENTICATION", message)
                .action("Log in again."),
            RecordsError::Fenced { .. } => {
                Self::new(StatusCode::SERVICE_UNAVAILABLE, "NOT_ACTIVE", message)
                    .action("Send the request to the active node.")
                    .retry_after(5)
            }
            RecordsError::Url(_)
            | RecordsError::NewerSchema { .. }
            | RecordsError::Unseal
            | RecordsError::Corrupt { .. }
            | RecordsError::Uncertain
            | RecordsError::Database(_) => Self::internal(&message),
        }
    }
}
