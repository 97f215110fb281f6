//! What all resources have in common on the wire.

mod accepted;
mod api_version;
mod body;
mod collection;
mod created;
mod etag;
mod filter;
mod json;
mod list_query;
mod path;
mod path_id;
mod query;

pub use accepted::Accepted;
pub use api_version::ApiVersion;
pub(crate) use body::{is_form, not_arrived, read_whole};
pub use collection::{Collection, page, page_of};
pub use created::Created;
pub use etag::{Tagged, expected};
pub use json::Json;
pub use list_query::ListQuery;
pub use path::Path;
pub use path_id::PathId;
pub use query::Query;
