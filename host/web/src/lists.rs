//! Lists: one page for all of them, with what each shows declared in [`table`].
//!
//! Sorting, filtering and paging are done by the API, and are in the page's address, so that every
//! state of a list can be linked to.

mod table;

use crate::api::{Api, Backend, Page};
use crate::fields::{Fields, Query};
use crate::path::{query, quoted};
use axum::Router;
use axum::routing::get;
use serde_json::{Value as Json, json};
use table::{Column, List, Shown};

/// How many are shown on a page.
const COUNT: u64 = 50;

pub(crate) fn routes() -> Router<Backend> {
    table::ALL.iter().fold(Router::new(), |router, list| {
        let page = async move |api: Api, Query(asked): Query| show(&api, list, &asked).await;
        router.route(&format!("/ui/{}", list.name), get(page))
    })
}

async fn show(api: &Api, list: &List, asked: &Fields) -> Page {
    let start: u64 = asked.get("start").parse().unwrap_or(0);
    let sort = sort(list, asked);
    let uri = uri(list, asked, start, &sort);
    let found = api.get(&uri).await?;
    let total = found["total"].as_u64().unwrap_or(0);
    let rows = found["members"].as_array().map(Vec::as_slice);
    let rows: Vec<Json> = rows
        .unwrap_or_default()
        .iter()
        .map(|member| row(list, member))
        .collect();
    let shown = rows.len() as u64;
    let columns = list
        .columns
        .iter()
        .map(|column| heading(list, column, asked, &sort));
    let choices = list.choices.iter().map(|choice| {
        json!({
            "name": choice.name, "label": choice.label, "values": choice.values,
            "chosen": asked.get(choice.name),
        })
    });
    let makes = list.makes.iter().filter(|one| api.may(one.permission));
    let makes: Vec<Json> = makes
        .map(|one| json!({"label": one.label, "page": one.page}))
        .collect();
    let is_filtered = asked.given("name").is_some()
        || list
            .choices
            .iter()
            .any(|choice| asked.given(choice.name).is_some());
    let turn = |start: u64| address(list, asked, start, &sort);
    api.page(
        "list.html",
        json!({
            "title": list.title, "name": list.name, "about": list.about, "empty": list.empty,
            "makes": makes, "columns": columns.collect::<Vec<_>>(), "rows": rows,
            "search": list.search.is_some(), "searched": asked.get("name"),
            "choices": choices.collect::<Vec<_>>(), "is_filtered": is_filtered,
            "sort": asked.get("sort"), "total": total, "first": start + 1, "last": start + shown,
            "before": (start > 0).then(|| turn(start.saturating_sub(COUNT))),
            "after": (start + shown < total).then(|| turn(start + COUNT)),
        }),
    )
}

/// The order: what the address says, if it is of a column that can be sorted by.
fn sort(list: &List, asked: &Fields) -> String {
    let wanted = asked.get("sort");
    let member = wanted.split(':').next().unwrap_or_default();
    let is_known = list
        .columns
        .iter()
        .any(|column| column.sort == Some(member));
    match is_known {
        true => wanted.to_owned(),
        false => list.sort.to_owned(),
    }
}

/// What the API is asked.
fn uri(list: &List, asked: &Fields, start: u64, sort: &str) -> String {
    let mut uri = format!("/rest/{}?start={start}&count={COUNT}", list.name);
    if !sort.is_empty() {
        uri.push_str(&format!("&sort={}", query(sort)));
    }
    if let (Some(member), Some(text)) = (list.search, asked.given("name")) {
        uri.push_str(&format!("&filter={}", query(&contains(member, text))));
    }
    for choice in list.choices {
        if let Some(value) = asked.given(choice.name) {
            let filter = format!("{}='{}'", choice.name, quoted(value));
            uri.push_str(&format!("&filter={}", query(&filter)));
        }
    }
    uri
}

/// The filter for a text within a member; `%` is any text in a pattern.
fn contains(member: &str, text: &str) -> String {
    format!("{member} matches '%{}%'", quoted(text))
}

/// The address of another part, or another order, of the same list.
fn address(list: &List, asked: &Fields, start: u64, sort: &str) -> String {
    let mut pairs: Vec<(&str, String)> = Vec::new();
    pairs.push(("name", asked.get("name").to_owned()));
    for choice in list.choices {
        pairs.push((choice.name, asked.get(choice.name).to_owned()));
    }
    if sort != list.sort {
        pairs.push(("sort", sort.to_owned()));
    }
    if start > 0 {
        pairs.push(("start", start.to_string()));
    }
    pairs.retain(|(_, value)| !value.is_empty());
    let pairs = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish();
    match pairs.is_empty() {
        true => format!("/ui/{}", list.name),
        false => format!("/ui/{}?{pairs}", list.name),
    }
}

fn heading(list: &List, column: &Column, asked: &Fields, sort: &str) -> Json {
    let is_number = column.shown.is_number();
    let Some(member) = column.sort else {
        return json!({"label": column.label, "is_number": is_number});
    };
    let (sorted, direction) = sort.split_once(':').unwrap_or((sort, "ascending"));
    let is_ascending = direction.starts_with("asc");
    let (order, next) = match (sorted == member, is_ascending) {
        (true, true) => (Some("ascending"), "descending"),
        (true, false) => (Some("descending"), "ascending"),
        (false, _) => (None, "ascending"),
    };
    let page = address(list, asked, 0, &format!("{member}:{next}"));
    json!({"label": column.label, "order": order, "page": page, "is_number": is_number})
}

fn row(list: &List, member: &Json) -> Json {
    let cells = list.columns.iter().map(|column| {
        let value = member.pointer(column.member).unwrap_or(&Json::Null);
        let mut cell = json!({
            "label": column.label, "as": column.shown.name(), "value": value,
            "is_number": column.shown.is_number(),
        });
        if column.shown == Shown::Page {
            cell["uri"] = member["uri"].clone();
        }
        if let Shown::Of(uri) = column.shown {
            cell["uri"] = member.pointer(uri).cloned().unwrap_or_default();
            // Of what has no name here, the link shows the last part.
            if uri == column.member {
                cell["value"] = Json::Null;
            }
        }
        cell
    });
    cells.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(name: &str) -> &'static List {
        table::ALL.iter().find(|list| list.name == name).unwrap()
    }

    #[test]
    fn a_quote_in_what_is_searched_stays_in_the_filter() {
        let asked = Fields::parse(b"name=it's%25&planType=deploy");
        let uri = uri(list("plan-scripts"), &asked, 0, "name:ascending");
        let filters = uri.split_once('?').unwrap().1;
        let filters = Fields::parse(filters.as_bytes());
        let filters: Vec<_> = filters.all("filter").collect();
        assert_eq!(filters, ["name matches '%it''s%%'", "planType='deploy'"]);
    }

    #[test]
    fn an_order_by_what_is_no_column_is_the_lists_own() {
        let asked = Fields::parse(b"sort=password:ascending");
        let list = list("plan-scripts");
        assert_eq!(sort(list, &asked), list.sort);
    }

    #[test]
    fn the_next_page_keeps_what_was_asked_for() {
        let asked = Fields::parse(b"name=a&start=50");
        let list = list("plan-scripts");
        let next = address(list, &asked, 100, "modified:descending");
        assert_eq!(
            next,
            "/ui/plan-scripts?name=a&sort=modified%3Adescending&start=100"
        );
    }
}
