//! `/ipxe/{profile}/{token}`: the script by which a server's firmware boots. iPXE cannot log in: the address
//! itself is the secret. `docs/decisions/ipxe-secrets.md` tells why.

use crate::access::Address;
use crate::error::{ApiError, Envelope};
use crate::serve::RequestId;
use crate::state::AppState;
use crate::wire::Path;
use axum::Extension;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use mintage_records::access::AuditEntry;
use mintage_records::{Author, Id, Kind};
use std::sync::Arc;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(script))
}

/// The iPXE script of a server, with its CHAP secret. The address is in `ipxeScript` of
/// `/rest/server-profiles/{id}/boot`. Each time that it is given out is in the audit log.
#[utoipa::path(
    get,
    path = "/ipxe/{profile}/{token}",
    tag = "server-profiles",
    security(()),
    params(
        ("profile" = String, Path, description = "The id of the server profile."),
        ("token" = String, Path, description = "What makes the address secret.")
    ),
    responses(
        (status = 200, description = "The script.", body = String, content_type = "text/plain"),
        (status = "4XX", description = "There is no such script.", body = Envelope)
    )
)]
async fn script(
    State(state): State<AppState>,
    path: Result<Path<(String, String)>, ApiError>,
    Address(address): Address,
    request: Option<Extension<RequestId>>,
) -> Result<impl IntoResponse, ApiError> {
    let Path((profile, token)) = path.map_err(|_| nothing())?;
    let profile = Id::parse(&profile).ok_or_else(nothing)?;
    let (profiles, of) = (Arc::clone(&state.profiles), profile.clone());
    let found = state.read(move |view| Ok(profiles.ipxe_script(view, &of, &token)?));
    let script = found.await?.ok_or_else(nothing)?;
    // Not the path of the request: that is the secret.
    let entry = AuditEntry {
        address: address
            .map(|address| address.to_string())
            .unwrap_or_default(),
        method: "GET".to_owned(),
        path: format!("{}/ipxe", Kind::ServerProfiles.uri(&profile)),
        outcome: 200,
        request_id: request.map(|id| id.0.0).unwrap_or_default(),
        ..AuditEntry::default()
    };
    // What is not in the log is not given out.
    let added = state.change(Author::service(), move |change| Ok(change.audit(&entry)?));
    added.await?;
    let headers = [
        (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
    ];
    Ok((headers, script.to_string()))
}

/// The same for all that is wrong: who does not know the address learns nothing of it.
pub(crate) fn nothing() -> ApiError {
    ApiError::not_found("there is no such iPXE script")
        .action("GET /rest/server-profiles/{id}/boot tells the address of a server's script.")
}
