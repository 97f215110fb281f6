//! `Collection`: a list as the wire writes it.

use super::list_query::ListQuery;
use mintage_records::Kind;
use serde::Serialize;
use utoipa::ToSchema;

/// A part of a collection.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct Collection<T> {
    /// The collection's type.
    #[serde(rename = "type")]
    pub type_name: &'static str,
    /// The members that were asked for.
    pub members: Vec<T>,
    /// How many there are that fit the filters.
    pub total: u64,
    /// How many are here.
    pub count: u64,
    /// The place of the first one here.
    pub start: u64,
    /// Where those before these are.
    pub prev_page_uri: Option<String>,
    /// Where those after these are.
    pub next_page_uri: Option<String>,
    /// This part.
    pub uri: String,
    /// The collection's category.
    pub category: String,
    /// Always null: a collection has no version.
    pub e_tag: Option<String>,
    /// Always null.
    pub created: Option<String>,
    /// Always null.
    pub modified: Option<String>,
}

/// The reply to a list.
pub fn page<T>(
    type_name: &'static str,
    kind: Kind,
    query: &ListQuery,
    members: Vec<T>,
    total: u64,
) -> Collection<T> {
    let base = kind.collection_uri();
    page_of(type_name, kind.as_str(), &base, query, members, total)
}

/// The reply to a list that is found at `base`.
pub fn page_of<T>(
    type_name: &'static str,
    category: &str,
    base: &str,
    query: &ListQuery,
    members: Vec<T>,
    total: u64,
) -> Collection<T> {
    let count = members.len() as u64;
    let start = query.start;
    let end = start.saturating_add(count);
    let next = query.count.filter(|_| end < total && count > 0);
    let before = query.count.filter(|_| start > 0);
    Collection {
        type_name,
        members,
        total,
        count,
        start,
        next_page_uri: next.map(|count| query.uri(base, end, Some(count))),
        prev_page_uri: before
            .map(|count| query.uri(base, start.saturating_sub(count), Some(count.min(start)))),
        uri: query.uri(base, start, query.count),
        category: category.to_owned(),
        e_tag: None,
        created: None,
        modified: None,
    }
}
