//! What all resources have in common on the wire.

mod collection;
mod etag;
mod filter;
mod json;
mod list_query;
mod path_id;

pub use collection::{Collection, page};
pub use etag::{Tagged, expected};
pub use json::Json;
pub use list_query::ListQuery;
pub use path_id::PathId;
