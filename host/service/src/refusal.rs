//! What the product's verbs refuse, in the envelope of the wire.

use crate::error::{ApiError, Envelope};
use axum::http::StatusCode;
use mintage_deploy::task::TaskFailure;
use mintage_records::model::TaskError;

impl From<TaskFailure> for ApiError {
    fn from(failure: TaskFailure) -> Self {
        let mut errors = failure.errors.into_iter();
        let Some(first) = errors.next() else {
            return Self::internal(&"a request was stopped that is no task");
        };
        let status = status(&first.error_code);
        let mut error = Self::new(status, "", "");
        error.envelope = envelope(first);
        error.envelope.nested_errors = errors.map(envelope).collect();
        error
    }
}

fn status(code: &str) -> StatusCode {
    match code {
        "STORAGE" | "RECORDS" => StatusCode::INTERNAL_SERVER_ERROR,
        "RESOURCE_NOT_FOUND" => StatusCode::NOT_FOUND,
        "DUPLICATE_NAME" | "IN_USE" => StatusCode::CONFLICT,
        "CHANGED_MEANWHILE" => StatusCode::PRECONDITION_FAILED,
        "P5011" | "UPLOAD_TOO_LONG" | "IMAGE_TOO_LARGE" => StatusCode::PAYLOAD_TOO_LARGE,
        _ => StatusCode::BAD_REQUEST,
    }
}

fn envelope(error: TaskError) -> Envelope {
    Envelope {
        error_code: error.error_code,
        message: error.message,
        details: error.details,
        recommended_actions: error.recommended_actions,
        ..Envelope::default()
    }
}
