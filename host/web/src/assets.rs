//! The style, the scripts and the picture, kept by browsers for as long as they stay the same.

use crate::api::Backend;
use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::IntoResponse;
use axum::routing::get;
use sha2::{Digest as _, Sha256};
use std::sync::LazyLock;

const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";

/// All files, by the name in their address.
const ALL: [(&str, &str, &str); 7] = [
    ("mintage.css", CSS, include_str!("../assets/mintage.css")),
    ("mintage.js", JS, include_str!("../assets/mintage.js")),
    ("live.js", JS, include_str!("../assets/live.js")),
    ("form.js", JS, include_str!("../assets/form.js")),
    ("upload.js", JS, include_str!("../assets/upload.js")),
    ("editor.js", JS, include_str!("../assets/editor.js")),
    (
        "mark.svg",
        "image/svg+xml",
        include_str!("../assets/mark.svg"),
    ),
];

/// The folder of the files: its name changes with any of them, so that they can be kept for ever.
pub(crate) static FOLDER: LazyLock<String> = LazyLock::new(|| {
    let mut sum = Sha256::new();
    for (_, _, content) in ALL {
        sum.update(content);
    }
    let sum = sum.finalize();
    let hex: String = sum
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    format!("/ui/assets/{hex}")
});

pub(crate) fn routes() -> Router<Backend> {
    let folder = FOLDER.as_str();
    ALL.into_iter().fold(Router::new(), |router, file| {
        let (name, kind, content) = file;
        router.route(
            &format!("{folder}/{name}"),
            get(async move || serve(kind, content)),
        )
    })
}

fn serve(kind: &'static str, content: &'static str) -> impl IntoResponse {
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static(kind)),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    (headers, content)
}
