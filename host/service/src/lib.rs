//! The REST API over HTTPS, wire-compatible with the Image Streamer's.
//!
//! [`router()`] joins a file per resource ([`resources`]) with the middleware. Handlers parse, call
//! and print; what they do is in `mintage-deploy` and `mintage-records`. The OpenAPI document is made
//! of the handlers' declarations, and says who may call them: [`access`] enforces what it says.

pub mod access;
mod document;
mod documentation;
mod error;
mod files;
mod form;
mod idempotency;
mod metrics;
mod refusal;
mod resources;
mod router;
pub mod serve;
pub mod settings;
mod state;
mod wire;

pub use document::document;
pub use error::{ApiError, RefusalCode};
pub use metrics::Metrics;
pub use router::router;
pub use state::AppState;
