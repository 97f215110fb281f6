//! Golden images: upload, what is in one, rename, boot test, download, delete.

use super::confirm::Confirm;
use super::edit::{self, name_of};
use super::{downloads, upload};
use crate::api::{Api, Backend, Page};
use crate::fields::Fields;
use crate::path::Segment;
use crate::refusal::Refusal;
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::routing::get;
use serde_json::{Value as Json, json};

const LIST: &str = "/ui/golden-images";
const DELETED: [&str; 2] = [
    "The image and its blocks are removed. Nothing brings them back.",
    "Volumes that were made of it keep their own blocks.",
];

pub(super) fn routes() -> Router<Backend> {
    Router::new()
        .route("/ui/golden-images/new", get(new).post(create))
        .route("/ui/golden-images/{id}", get(detail))
        .route("/ui/golden-images/{id}/edit", get(edit_form).post(change))
        .route("/ui/golden-images/{id}/boot-test", get(ask_boot).post(boot))
        .route("/ui/golden-images/{id}/download", get(download))
        .route(
            "/ui/golden-images/{id}/delete",
            get(ask_delete).post(delete),
        )
}

fn uri(id: &Segment) -> String {
    format!("/rest/golden-images/{id}")
}

async fn new(api: Api) -> Page {
    upload_form(api, StatusCode::OK, Json::Null).await
}

async fn upload_form(api: Api, status: StatusCode, refused: Json) -> Page {
    let content = json!({"title": "Upload a golden image", "refused": refused});
    api.page_with(status, "golden-image-new.html", content)
}

async fn create(api: Api, request: Request) -> Page {
    let again = |status, refused| upload_form(api.clone(), status, refused);
    upload::pass_on(&api, "/rest/golden-images", request, again).await
}

async fn detail(api: Api, id: Segment) -> Page {
    let image = api.get(&uri(&id)).await?;
    let content = json!({"title": image["name"], "image": image});
    api.page("golden-image.html", content)
}

async fn edit_form(api: Api, id: Segment) -> Page {
    let image = api.get(&uri(&id)).await?;
    describe(&api, StatusCode::OK, &image, Json::Null)
}

fn describe(api: &Api, status: StatusCode, image: &Json, refused: Json) -> Page {
    let content = json!({"title": "Rename or describe", "artifact": image, "refused": refused});
    api.page_with(status, "describe.html", content)
}

async fn change(api: Api, id: Segment, fields: Fields) -> Page {
    let mut image = api.get(&uri(&id)).await?;
    for name in ["name", "eTag"] {
        image[name] = json!(fields.get(name));
    }
    image["description"] = json!(fields.text("description"));
    let done = api.put(&uri(&id), &image).await;
    edit::finish(done, async |status, refused| {
        describe(&api, status, &image, refused)
    })
    .await
}

async fn ask_boot(api: Api, id: Segment) -> Page {
    boot_test(&api, &id).await?.ask(&api)
}

async fn boot_test(api: &Api, id: &Segment) -> Result<Confirm, Refusal> {
    let image = api.get(&uri(id)).await?;
    Ok(Confirm {
        title: format!("Boot {} in an emulator", name_of(&image)),
        name: name_of(&image),
        effects: vec![
            "A clone is booted, without a network, and thrown away; the image is only read.".into(),
            "What it writes to its console is kept with the result.".into(),
        ],
        label: "Boot it",
        danger: false,
        fields: vec![json!({
            "kind": "text", "name": "pattern", "label": "What its console must show",
            "hint": "A part of a line; empty: the prompt of a login.",
        })],
        back: format!("{LIST}/{id}"),
    })
}

async fn boot(api: Api, id: Segment, fields: Fields) -> Page {
    let body = match fields.given("pattern") {
        Some(pattern) => json!({"pattern": pattern}),
        None => json!({}),
    };
    let done = api.post(&format!("{}/boot-test", uri(&id)), &body).await;
    let again = async |status, refused| boot_test(&api, &id).await?.refused(&api, status, refused);
    edit::finish(done, again).await
}

async fn download(api: Api, id: Segment) -> Page {
    downloads::download(&api, &format!("/rest/golden-images/download/{id}")).await
}

async fn ask_delete(api: Api, id: Segment) -> Page {
    edit::ask_delete(&api, &uri(&id), &DELETED).await
}

async fn delete(api: Api, id: Segment) -> Page {
    edit::delete(&api, &uri(&id), &DELETED, LIST).await
}
