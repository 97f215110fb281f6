//! Users and their roles, and the log of who did what.

use super::confirm::Confirm;
use super::edit;
use crate::api::{Api, Backend, Page, Reply};
use crate::fields::{Fields, Query};
use crate::path::{Segment, query};
use crate::refusal::Refusal;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/users";
/// How many entries of the audit log are on a page.
const ENTRIES: u64 = 100;

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/users", get(list))
        .route("/ui/users/new", get(new).post(create))
        .route("/ui/users/{name}", get(edit_form).post(change))
        .route("/ui/users/{name}/delete", get(ask_delete).post(delete))
        .route("/ui/audit-logs", get(audit_log))
}

async fn list(api: Api) -> Page {
    let users = api.get("/rest/users").await?;
    let roles = api.get("/rest/roles").await?;
    let content = json!({"title": "Users", "users": users["members"], "roles": roles["members"]});
    api.page("users.html", content)
}

async fn new(api: Api) -> Page {
    form(&api, StatusCode::OK, &json!({"enabled": true}), Json::Null).await
}

async fn edit_form(api: Api, name: Segment) -> Page {
    let user = api.get(&format!("/rest/users/{name}")).await?;
    form(&api, StatusCode::OK, &user, Json::Null).await
}

async fn form(api: &Api, status: StatusCode, user: &Json, refused: Json) -> Page {
    let roles = api.get("/rest/roles").await?;
    let roles = roles["members"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    let roles: Vec<&Json> = roles.iter().map(|role| &role["roleName"]).collect();
    let title = match user["uri"].as_str() {
        Some(_) => format!("Edit {}", user["userName"].as_str().unwrap_or_default()),
        None => "New user".to_owned(),
    };
    let content = json!({"title": title, "of": user, "roles": roles, "refused": refused});
    api.page_with(status, "user-edit.html", content)
}

fn taken(fields: &Fields) -> Json {
    let mut user = json!({
        "userName": fields.get("userName"), "fullName": fields.get("fullName"),
        "enabled": fields.has("enabled"), "permissions": [{"roleName": fields.get("role")}],
    });
    if let Some(password) = fields.given("password") {
        user["password"] = json!(password);
    }
    user
}

async fn create(api: Api, fields: Fields) -> Page {
    let user = taken(&fields);
    let done = api.post("/rest/users", &user).await;
    finish(&api, done, user).await
}

async fn change(api: Api, name: Segment, fields: Fields) -> Page {
    let mut user = taken(&fields);
    user["eTag"] = json!(fields.get("eTag"));
    let uri = format!("/rest/users/{name}");
    let done = api.put(&uri, &user).await;
    user["uri"] = json!(uri);
    finish(&api, done, user).await
}

async fn finish(api: &Api, done: Result<Reply, Refusal>, mut user: Json) -> Page {
    match done {
        Ok(_) => Ok(Redirect::to(LIST).into_response()),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            user["password"] = Json::Null;
            form(api, status, &user, refused).await
        }
    }
}

fn deletion(name: &Segment) -> Confirm {
    Confirm {
        title: format!("Delete {}", name.as_str()),
        name: name.as_str().to_owned(),
        effects: vec!["The user's sessions and API tokens end at once.".into()],
        label: "Delete the user",
        danger: true,
        fields: Vec::new(),
        back: format!("{LIST}/{name}"),
    }
}

async fn ask_delete(api: Api, name: Segment) -> Page {
    deletion(&name).ask(&api)
}

async fn delete(api: Api, name: Segment) -> Page {
    let done = api.delete(&format!("/rest/users/{name}")).await;
    let again = async |status, refused| deletion(&name).refused(&api, status, refused);
    match done {
        Ok(_) => Ok(Redirect::to(LIST).into_response()),
        refused => edit::finish(refused, again).await,
    }
}

async fn audit_log(api: Api, Query(asked): Query) -> Page {
    let start: u64 = asked.get("start").parse().unwrap_or(0);
    let user = query(asked.get("user"));
    let of = if user.is_empty() {
        String::new()
    } else {
        format!("&user={user}")
    };
    let log = api
        .get(&format!(
            "/rest/audit-logs?start={start}&count={ENTRIES}{of}"
        ))
        .await?;
    let total = log["total"].as_u64().unwrap_or(0);
    let page = |start: u64| format!("/ui/audit-logs?start={start}{of}");
    let content = json!({
        "title": "Audit log", "entries": log["members"], "total": total, "asked": asked.get("user"),
        "before": (start > 0).then(|| page(start.saturating_sub(ENTRIES))),
        "after": (start + ENTRIES < total).then(|| page(start + ENTRIES)),
    });
    api.page("audit-log.html", content)
}
