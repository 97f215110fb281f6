//! The OpenAPI document, made of the handlers' declarations.

use crate::idempotency;
use crate::router::routes;
use utoipa::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};

/// What the document says besides the routes.
#[derive(OpenApi)]
#[openapi(
    info(
        title = "Mintage",
        description = "Turns golden images into the OS volumes of servers, and back. \
                       Wire-compatible with HPE Synergy Image Streamer.",
        license(name = "MIT OR Apache-2.0")
    ),
    modifiers(&Schemes)
)]
pub(crate) struct Frame;

struct Schemes;

impl utoipa::Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_with(Default::default);
        let session = ApiKeyValue::with_description(
            "auth",
            "The `sessionID` that POST /rest/login-sessions gave.",
        );
        components.add_security_scheme("session", SecurityScheme::ApiKey(ApiKey::Header(session)));
        let token = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some("An API token."))
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(token));
    }
}

/// The document of the whole API.
pub fn document() -> utoipa::openapi::OpenApi {
    let mut document = routes().split_for_parts().1;
    for (path, item) in &mut document.paths.paths {
        for (method, operation) in operations(item) {
            operation.operation_id = Some(operation_id(method, path));
        }
    }
    idempotency::declare(&mut document);
    document
}

/// The operations of a path, with their methods.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (&'static str, &mut Operation)> {
    let all = [
        ("get", &mut item.get),
        ("put", &mut item.put),
        ("post", &mut item.post),
        ("delete", &mut item.delete),
        ("patch", &mut item.patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| operation.as_mut().map(|operation| (method, operation)))
}

/// The name of an operation for programs, of which no other has the same: `get_rest_plan_scripts_id`.
fn operation_id(method: &str, path: &str) -> String {
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = words.filter(|word| !word.is_empty());
    let words: Vec<&str> = std::iter::once(method).chain(words).collect();
    words.join("_")
}
