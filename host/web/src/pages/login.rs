//! Logging in and out, and the change of a password that somebody else knows.

use crate::api::{Api, Backend, Page, Visitor};
use crate::fields::{Fields, Query};
use crate::refusal::Refusal;
use crate::{session, templates};
use axum::Router;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use axum::routing::{get, post};
use serde_json::{Value as Json, json};

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/login", get(form).post(log_in))
        .route("/ui/logout", post(log_out))
        .route("/ui/password", get(password).post(change_password))
}

async fn form(Query(asked): Query) -> Page {
    shown(StatusCode::OK, &asked, Json::Null)
}

fn shown(status: StatusCode, fields: &Fields, refused: Json) -> Page {
    let content = json!({
        "title": "Log in", "to": fields.get("to"), "userName": fields.get("userName"),
        "refused": refused,
    });
    let page = templates::render("login.html", &content);
    Ok((status, page.map_err(|error| Refusal::internal(&error))?).into_response())
}

async fn log_in(State(backend): State<Backend>, visitor: Visitor, fields: Fields) -> Page {
    let (name, password) = (fields.get("userName"), fields.get("password"));
    match open(&backend, visitor, name, password).await {
        Ok(cookie) => Ok((cookie, onward(&fields)).into_response()),
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            shown(status, &fields, refused)
        }
    }
}

/// Opens a session; the header that keeps it.
async fn open(
    backend: &Backend,
    visitor: Visitor,
    name: &str,
    password: &str,
) -> Result<[(HeaderName, HeaderValue); 1], Refusal> {
    let body = json!({"userName": name, "password": password});
    let (uri, nobody) = ("/rest/login-sessions", visitor.nobody());
    let opened = backend.call(&nobody, Method::POST, uri, Some(&body), "/ui");
    let reply = opened.await?;
    let id = reply.body["sessionID"].as_str().unwrap_or_default();
    let cookie = session::write(id).ok_or_else(|| Refusal::internal(&"a session without an id"))?;
    Ok([(header::SET_COOKIE, cookie)])
}

async fn log_out(api: Api) -> Page {
    api.delete("/rest/login-sessions").await?;
    let headers = [(header::SET_COOKIE, session::forget())];
    Ok((headers, Redirect::to("/ui/login")).into_response())
}

async fn password(api: Api, Query(asked): Query) -> Page {
    change(&api, StatusCode::OK, &asked, Json::Null)
}

fn change(api: &Api, status: StatusCode, fields: &Fields, refused: Json) -> Page {
    let content = json!({"title": "Password", "to": fields.get("to"), "refused": refused});
    api.page_with(status, "password.html", content)
}

/// Changing it ends all sessions of the user, this one too: another is opened.
async fn change_password(
    api: Api,
    State(backend): State<Backend>,
    visitor: Visitor,
    fields: Fields,
) -> Page {
    let new = fields.get("newPassword");
    if new != fields.get("again") {
        let refused = json!({"message": "the new password is not the same both times"});
        return change(&api, StatusCode::BAD_REQUEST, &fields, refused);
    }
    let body = json!({"oldPassword": fields.get("oldPassword"), "newPassword": new});
    match api.post("/rest/users/change-password", &body).await {
        Ok(_) => {
            let cookie = open(&backend, visitor, api.user_name(), new).await?;
            Ok((cookie, onward(&fields)).into_response())
        }
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            change(&api, status, &fields, refused)
        }
    }
}

/// To where the user wanted to go: a page of this service, never another site.
fn onward(fields: &Fields) -> Response {
    let to = Some(fields.get("to")).filter(|to| is_page(to));
    Redirect::to(to.unwrap_or("/ui")).into_response()
}

fn is_page(path: &str) -> bool {
    let has_start = path == "/ui" || path.starts_with("/ui/") || path.starts_with("/ui?");
    has_start && !path.contains(['\\', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_login_leads_to_pages_of_this_service_only() {
        for page in ["/ui", "/ui/tasks/x?y=z"] {
            assert!(is_page(page), "{page}");
        }
        for elsewhere in ["//evil", "https://evil", "/ui\\..\\", "/uii", "", "/rest/x"] {
            assert!(!is_page(elsewhere), "{elsewhere}");
        }
    }
}
