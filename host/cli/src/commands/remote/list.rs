//! `mintage list`: the resources of a collection.

use super::{kind, service};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use crate::size::Size;
use clap::Args;
use form_urlencoded::Serializer;
use mintage_client::ResourceKind;
use serde_json::Value as Json;

/// List the artifacts, volumes, tasks or users of a service.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage list plan-scripts
  mintage list build-plans --filter oeBuildPlanType=capture --sort modified:descending
  mintage list tasks --filter taskState=Error --count 10")]
pub struct List {
    /// What: golden-images, plan-scripts, build-plans, deployment-plans, artifact-bundles, …
    #[arg(value_parser = kind)]
    kind: ResourceKind,
    /// Only those for which this holds, FIELD=VALUE; all of several must hold.
    #[arg(long, value_name = "CONDITION")]
    filter: Vec<String>,
    /// In this order, FIELD:ascending or FIELD:descending.
    #[arg(long, value_name = "ORDER")]
    sort: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    count: Option<u64>,
}

impl List {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let mut query = Serializer::new(String::new());
        for filter in &self.filter {
            query.append_pair("filter", filter);
        }
        if let Some(sort) = &self.sort {
            query.append_pair("sort", sort);
        }
        let count = self
            .count
            .map_or_else(|| "-1".to_owned(), |count| count.to_string());
        query.append_pair("count", &count);
        let path = format!("{}?{}", self.kind.path, query.finish());
        let reply = service()?.get(&path)?;
        let members = reply.body.get("members").and_then(Json::as_array);
        let members = members.map(Vec::as_slice).unwrap_or_default();
        match screen.json {
            true => screen.json(&members)?,
            false => screen.print(table(self.kind, members))?,
        }
        Ok(Exit::Success)
    }
}

/// The members in columns as wide as they need to be.
fn table(kind: ResourceKind, members: &[Json]) -> String {
    let names = [kind.name_member]
        .into_iter()
        .chain(kind.columns.iter().copied());
    let names: Vec<&str> = names.chain(["uri"]).collect();
    let mut rows = vec![
        names
            .iter()
            .map(|name| (*name).to_owned())
            .collect::<Vec<_>>(),
    ];
    rows.extend(members.iter().map(|member| {
        let cells = names.iter().map(|name| cell(name, member.get(*name)));
        cells.collect()
    }));
    let widths: Vec<usize> = (0..names.len())
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| cell.chars().count()).max().unwrap_or(0)
        })
        .collect();
    let mut text = String::new();
    for row in rows {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, wide)| format!("{cell:wide$}"));
        text.push_str(cells.collect::<Vec<_>>().join("  ").trim_end());
        text.push('\n');
    }
    text
}

fn cell(name: &str, value: Option<&Json>) -> String {
    match value {
        None | Some(Json::Null) => "-".to_owned(),
        Some(Json::String(text)) => printable(text).replace('\n', " "),
        Some(Json::Number(number)) if name == "size" => number
            .as_u64()
            .map_or_else(|| number.to_string(), |bytes| Size(bytes).to_string()),
        Some(other) => printable(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_list_has_columns_as_wide_as_they_need() {
        let members = [
            json!({"name": "a", "state": "OK", "size": 1048576, "modified": null, "uri": "/rest/x/1"}),
            json!({"name": "a long\u{1b} name", "state": "ERROR", "size": 0, "uri": "/rest/x/2"}),
        ];
        let kind = ResourceKind::parse("golden-images").unwrap();
        insta::assert_snapshot!(table(kind, &members));
    }
}
