//! `Confirm`: a guarded action says what will happen, and is done only then.

use crate::api::{Api, Page};
use axum::http::StatusCode;
use serde_json::{Value as Json, json};

/// An action that is asked for again.
#[derive(Debug)]
pub(super) struct Confirm {
    /// What is done: `Delete web01`.
    pub(super) title: String,
    /// Of what.
    pub(super) name: String,
    /// What will happen, line by line.
    pub(super) effects: Vec<String>,
    /// The button.
    pub(super) label: &'static str,
    /// Whether something is lost by it.
    pub(super) danger: bool,
    /// What can be chosen with it.
    pub(super) fields: Vec<Json>,
    /// The page of it.
    pub(super) back: String,
}

impl Confirm {
    /// The page that asks; the form goes to its own address.
    ///
    /// # Errors
    /// Where the template fails.
    pub(super) fn ask(self, api: &Api) -> Page {
        self.page(api, StatusCode::OK, Json::Null)
    }

    /// The page with why the action was refused.
    ///
    /// # Errors
    /// Where the template fails.
    pub(super) fn refused(self, api: &Api, status: StatusCode, refused: Json) -> Page {
        self.page(api, status, refused)
    }

    fn page(self, api: &Api, status: StatusCode, refused: Json) -> Page {
        let content = json!({
            "title": self.title, "name": self.name, "effects": self.effects, "label": self.label,
            "danger": self.danger, "fields": self.fields, "back": self.back, "refused": refused,
        });
        api.page_with(status, "confirm.html", content)
    }
}
