//! Logging in and out, and the change of a password that somebody else knows.

use crate::api::{Api, Backend, Page, Visitor};
use crate::fields::{Fields, Query};
use crate::refusal::Refusal;
use crate::{session, templates};
use axum::Router;
use axum::extract::State;
use axum::http::{Method, StatusCode, header};
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
    let body = json!({"userName": fields.get("userName"), "password": fields.get("password")});
    let (uri, nobody) = ("/rest/login-sessions", visitor.nobody());
    let opened = backend.call(&nobody, Method::POST, uri, Some(&body), "/ui");
    let reply = match opened.await {
        Ok(reply) => reply,
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            return shown(status, &fields, refused);
        }
    };
    let id = reply.body["sessionID"].as_str().unwrap_or_default();
    let cookie = session::write(id).ok_or_else(|| Refusal::internal(&"a session without an id"))?;
    Ok(([(header::SET_COOKIE, cookie)], onward(&fields)).into_response())
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

async fn change_password(api: Api, fields: Fields) -> Page {
    if fields.get("newPassword") != fields.get("again") {
        let refused = json!({"message": "the new password is not the same both times"});
        return change(&api, StatusCode::BAD_REQUEST, &fields, refused);
    }
    let body = json!({
        "oldPassword": fields.get("oldPassword"), "newPassword": fields.get("newPassword"),
    });
    match api.post("/rest/users/change-password", &body).await {
        Ok(_) => Ok(onward(&fields)),
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
