//! The files inside golden images and OS volumes, and how two images differ.

use super::edit::{self, name_of};
use crate::api::{Api, Backend, Page};
use crate::fields::Query;
use crate::path::{Segment, query};
use axum::Router;
use axum::routing::get;
use serde_json::{Value as Json, json};

/// What has files inside, and what its list is called.
const KINDS: [(&str, &str); 2] = [
    ("golden-images", "Golden images"),
    ("os-volumes", "OS volumes"),
];

pub(super) fn routes() -> Router<Backend> {
    let router = Router::new().route("/ui/golden-images/{id}/compare", get(compare));
    KINDS.into_iter().fold(router, |router, (kind, _)| {
        let page =
            async move |api: Api, id: Segment, asked: Query| browse(api, kind, id, asked).await;
        router.route(&format!("/ui/{kind}/{{id}}/files"), get(page))
    })
}

async fn browse(api: Api, kind: &str, id: Segment, Query(asked): Query) -> Page {
    let uri = format!("/rest/{kind}/{id}");
    let of = api.get(&uri).await?;
    let path = asked.given("path").unwrap_or("/");
    let listing = api
        .get(&format!("{uri}/files?path={}", query(path)))
        .await?;
    // What is no directory lists itself, under its own name.
    let members = listing["members"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let shown = listing["path"].as_str().unwrap_or("/").to_owned();
    let is_file = members.len() == 1
        && members[0]["mode"]
            .as_str()
            .is_some_and(|mode| mode.starts_with('-'))
        && shown.ends_with(members[0]["name"].as_str().unwrap_or_default())
        && path != "/";
    let content = match is_file {
        true => {
            api.get(&format!("{uri}/files/content?path={}", query(path)))
                .await?
        }
        false => Json::Null,
    };
    let content = json!({
        "title": format!("Files of {}", name_of(&of)), "of": of, "page": format!("/ui/{kind}/{id}"),
        "path": shown, "trail": trail(&shown), "members": members, "is_file": is_file,
        "content": content, "folder": shown.trim_end_matches('/'),
    });
    api.page("files.html", content)
}

/// The folders that a path leads through, each with its own path.
fn trail(path: &str) -> Vec<Json> {
    let parts = path.split('/').filter(|part| !part.is_empty());
    let mut so_far = String::new();
    let folders = parts.map(|part| {
        so_far = format!("{so_far}/{part}");
        json!({"name": part, "path": so_far})
    });
    folders.collect()
}

async fn compare(api: Api, id: Segment, Query(asked): Query) -> Page {
    let uri = format!("/rest/golden-images/{id}");
    let image = api.get(&uri).await?;
    let mut others = api
        .members("/rest/golden-images", "sort=name:ascending")
        .await?;
    others.retain(|other| other["uri"] != image["uri"] && other["state"] == "OK");
    let with = asked.get("with");
    let diff = match with.strip_prefix("/rest/golden-images/") {
        Some(other) => {
            api.get(&format!("{uri}/compare?with={}", query(other)))
                .await?
        }
        None => Json::Null,
    };
    let content = json!({
        "title": format!("Compare {}", name_of(&image)), "image": image,
        "others": edit::options(&others), "with": with, "diff": diff,
    });
    api.page("compare.html", content)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_trail_leads_through_every_folder() {
        let folders = trail("/etc/ssh");
        let expected =
            json!([{"name": "etc", "path": "/etc"}, {"name": "ssh", "path": "/etc/ssh"}]);
        assert_eq!(Json::from(folders), expected);
        assert!(trail("/").is_empty());
    }
}
