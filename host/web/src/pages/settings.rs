//! Settings: how the service is set, and the user's own account with its API tokens.

use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect};
use axum::routing::{get, post};
use serde_json::{Value as Json, json};

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/settings", get(settings))
        .route("/ui/account", get(account).post(make_token))
        .route("/ui/account/tokens/{id}/delete", post(drop_token))
}

async fn settings(api: Api) -> Page {
    let settings = match api.may("administer") {
        true => api.get("/rest/settings").await?["members"].take(),
        false => Json::Null,
    };
    let version = api.get("/rest/version").await?;
    let content = json!({"title": "Settings", "settings": settings, "version": version});
    api.page("settings.html", content)
}

async fn account(api: Api) -> Page {
    shown(&api, StatusCode::OK, &Json::Null, Json::Null).await
}

/// The account; a token that was just made is shown this once.
async fn shown(api: &Api, status: StatusCode, made: &Json, refused: Json) -> Page {
    let tokens = api.get("/rest/api-tokens").await?;
    let content = json!({
        "title": "Your account", "tokens": tokens["members"], "made": made, "refused": refused,
    });
    api.page_with(status, "account.html", content)
}

async fn make_token(api: Api, fields: Fields) -> Page {
    let mut body = json!({"name": fields.get("name")});
    if let Ok(days) = fields.get("days").parse::<u32>() {
        body["days"] = json!(days);
    }
    match api.post("/rest/api-tokens", &body).await {
        Ok(reply) => shown(&api, StatusCode::OK, &reply.body, Json::Null).await,
        Err(refusal) => {
            let (status, refused) = refusal.beside_form()?;
            shown(&api, status, &Json::Null, refused).await
        }
    }
}

async fn drop_token(api: Api, id: Segment) -> Page {
    api.delete(&format!("/rest/api-tokens/{id}")).await?;
    Ok(Redirect::to("/ui/account").into_response())
}
