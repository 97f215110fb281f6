//! What pages that change something have in common: how a form ends, and how a deletion is asked for.

use super::confirm::Confirm;
use crate::api::{Api, Page, Reply};
use crate::refusal::Refusal;
use axum::http::StatusCode;
use serde_json::{Value as Json, json};

/// Ends a form: goes on to the task or to the page of what was made or changed, or shows the form
/// again, by `again`, with why it was refused.
///
/// # Errors
/// What no form can tell.
pub(super) async fn finish<F: Future<Output = Page>>(
    done: Result<Reply, Refusal>,
    again: impl FnOnce(StatusCode, Json) -> F,
) -> Page {
    match done {
        Ok(reply) => Ok(reply.leads_to(&reply.page_of_made())),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            again(status, refused).await
        }
    }
}

/// The page that asks whether the resource at `uri` is to be deleted.
///
/// # Errors
/// What the API refuses.
pub(super) async fn ask_delete(api: &Api, uri: &str, effects: &[&str]) -> Page {
    deletion(api, uri, effects).await?.ask(api)
}

/// Deletes the resource at `uri`, and goes on to the task, or to `list`.
///
/// # Errors
/// What no page can tell.
pub(super) async fn delete(api: &Api, uri: &str, effects: &[&str], list: &str) -> Page {
    match api.delete(uri).await {
        Ok(reply) => Ok(reply.leads_to(list)),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            let asked = deletion(api, uri, effects).await?;
            asked.refused(api, status, refused)
        }
    }
}

async fn deletion(api: &Api, uri: &str, effects: &[&str]) -> Result<Confirm, Refusal> {
    let path = uri.split('?').next().unwrap_or(uri);
    let name = name_of(&api.get(path).await?);
    Ok(Confirm {
        title: format!("Delete {name}"),
        name,
        effects: effects.iter().map(|line| (*line).to_owned()).collect(),
        label: "Delete",
        danger: true,
        fields: Vec::new(),
        back: path.replacen("/rest/", "/ui/", 1),
    })
}

/// The name of a resource.
pub(super) fn name_of(resource: &Json) -> String {
    resource["name"].as_str().unwrap_or_default().to_owned()
}

/// Resources as the options of a select.
pub(super) fn options(members: &[Json]) -> Json {
    let options = members.iter();
    options
        .map(|member| json!({"value": member["uri"], "label": member["name"]}))
        .collect()
}

/// A text of a form, null when it is empty.
pub(super) fn nullable(text: &str) -> Json {
    match text.is_empty() {
        true => Json::Null,
        false => json!(text),
    }
}
