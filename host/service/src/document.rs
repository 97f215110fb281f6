//! The OpenAPI document, made of the handlers' declarations.

use crate::router::routes;
use utoipa::OpenApi;
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
    routes().split_for_parts().1
}
