//! `Enforcement`: the document's permissions by route, and the middleware that holds to them.

use super::audit::Tried;
use super::authentication::authenticate;
use super::{Caller, Permission};
use crate::error::ApiError;
use crate::resources::version::{CURRENT_VERSION, MINIMUM_VERSION};
use crate::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::openapi::OpenApi;
use utoipa::openapi::path::{Operation, PathItem};

/// The permission of every route.
#[derive(Debug, Clone)]
pub struct Enforcement {
    permissions: Arc<BTreeMap<(String, String), Permission>>,
}

impl Enforcement {
    /// Reads the permissions that a document declares.
    pub fn new(document: &OpenApi) -> Self {
        let mut permissions = BTreeMap::new();
        for (path, item) in &document.paths.paths {
            for (method, operation) in operations(item) {
                if let Some(permission) = declared(operation) {
                    permissions.insert((method.to_string(), path.clone()), permission);
                }
            }
        }
        Self {
            permissions: Arc::new(permissions),
        }
    }

    /// Every route with what it needs, by path.
    pub fn routes(&self) -> impl Iterator<Item = (&str, &str, Permission)> {
        let all = self.permissions.iter();
        all.map(|((method, path), permission)| (method.as_str(), path.as_str(), *permission))
    }

    /// What a route needs; none when it declares nothing.
    pub fn permission(&self, method: &Method, path: &str) -> Option<Permission> {
        // Every GET answers HEAD too.
        let method = match *method {
            Method::HEAD => "GET",
            _ => method.as_str(),
        };
        let key = (method.to_owned(), path.to_owned());
        self.permissions.get(&key).copied()
    }
}

/// The operations of a path.
fn operations(item: &PathItem) -> impl Iterator<Item = (Method, &Operation)> {
    let all = [
        (Method::GET, &item.get),
        (Method::PUT, &item.put),
        (Method::POST, &item.post),
        (Method::DELETE, &item.delete),
        (Method::PATCH, &item.patch),
    ];
    all.into_iter()
        .filter_map(|(method, operation)| operation.as_ref().map(|operation| (method, operation)))
}

/// The permission that an operation declares: the scope of its first requirement, or none needed
/// when that is empty.
fn declared(operation: &Operation) -> Option<Permission> {
    let requirements = serde_json::to_value(operation.security.as_ref()?).ok()?;
    let first = requirements.get(0)?.as_object()?.clone();
    match first.values().next() {
        None => Some(Permission::Public),
        Some(scopes) => Permission::parse(scopes.get(0)?.as_str()?),
    }
}

/// What the middleware works with.
#[derive(Debug, Clone)]
pub struct Guard {
    /// The service.
    pub state: AppState,
    /// The permission of every route.
    pub enforcement: Enforcement,
}

/// Refuses what the caller may not do, and keeps in the audit log who tried to change what.
pub async fn enforce(
    State(guard): State<Guard>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Response {
    let tried = Tried::new(&request);
    let allowed = allow(&guard, path.as_str(), &mut request).await;
    let response = match allowed {
        Ok(None) => next.run(request).await,
        Ok(Some(caller)) => {
            let mut response = next.run(request).await;
            // For the log line of the request, and the audit.
            response.extensions_mut().insert(caller);
            response
        }
        Err(refusal) => refusal.into_response(),
    };
    match tried {
        Some(tried) => tried.audited(&guard.state, response).await,
        None => response,
    }
}

/// Who sends the request, when it may be sent; none for a public operation.
async fn allow(
    guard: &Guard,
    path: &str,
    request: &mut Request,
) -> Result<Option<Caller>, ApiError> {
    check_version(request.headers())?;
    let permission = guard.enforcement.permission(request.method(), path);
    let permission = permission.ok_or_else(|| forbidden("the operation declares no permission"))?;
    if permission == Permission::Public {
        return Ok(None);
    }
    let caller = authenticate(&guard.state, request.headers()).await?;
    if !permission.is_granted_to(caller.role) {
        let message = format!(
            "`{}` has the role `{}`, which may not do this",
            caller.name, caller.role
        );
        return Err(forbidden(message).action("Ask an infrastructure administrator."));
    }
    request.extensions_mut().insert(caller.clone());
    Ok(Some(caller))
}

fn forbidden(message: impl Into<String>) -> ApiError {
    ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
}

/// Clients name the API version that they speak; one who names none gets the newest.
fn check_version(headers: &HeaderMap) -> Result<(), ApiError> {
    let Some(given) = headers.get("x-api-version") else {
        return Ok(());
    };
    let number = given
        .to_str()
        .ok()
        .and_then(|text| text.trim().parse::<u32>().ok());
    let range = MINIMUM_VERSION..=CURRENT_VERSION;
    match number.is_some_and(|number| range.contains(&number)) {
        true => Ok(()),
        false => Err(ApiError::bad_request(
            "UNSUPPORTED_API_VERSION",
            format!(
                "X-API-Version must be a whole number from {MINIMUM_VERSION} to {CURRENT_VERSION}"
            ),
        )
        .action("GET /rest/version tells which versions there are.")),
    }
}
