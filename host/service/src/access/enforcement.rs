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
use tracing::Instrument as _;
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

/// The permission that an operation declares: the one scope of all its requirements, or none needed
/// when they are empty. What can be read in two ways declares nothing.
fn declared(operation: &Operation) -> Option<Permission> {
    let requirements = serde_json::to_value(operation.security.as_ref()?).ok()?;
    let mut all = requirements.as_array()?.iter().map(required);
    let first = all.next()??;
    all.all(|other| other == Some(first)).then_some(first)
}

/// The permission of one requirement: `{"session": ["read"]}`, or `{}`.
fn required(requirement: &serde_json::Value) -> Option<Permission> {
    let schemes: Vec<_> = requirement.as_object()?.values().collect();
    match schemes.as_slice() {
        [] => Some(Permission::Public),
        [scopes] => match scopes.as_array()?.as_slice() {
            [scope] => Permission::parse(scope.as_str()?),
            _ => None,
        },
        _ => None,
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
    let Some(tried) = Tried::new(&request) else {
        let allowed = allow(&guard, path.as_str(), &mut request).await;
        return by(caller(&request), answer(allowed, next.run(request)).await);
    };
    // A client that goes away in the middle must not keep what it has changed out of the log.
    to_its_end(async move {
        let allowed = allow(&guard, path.as_str(), &mut request).await;
        let caller = caller(&request);
        let response = answer(allowed, to_its_end(next.run(request))).await;
        tried.audited(&guard.state, by(caller, response)).await
    })
    .await
}

async fn answer(allowed: Result<(), ApiError>, work: impl Future<Output = Response>) -> Response {
    match allowed {
        Ok(()) => work.await,
        Err(refusal) => refusal.into_response(),
    }
}

/// Goes on when nobody waits for it any more; a panic is a reply too.
async fn to_its_end(work: impl Future<Output = Response> + Send + 'static) -> Response {
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|_| {
        // Not its message: it may quote a secret. The hook has logged where it was.
        ApiError::internal(&"a handler panicked").into_response()
    })
}

fn caller(request: &Request) -> Option<Caller> {
    request.extensions().get().cloned()
}

/// A reply that says whose it is: for the log line of the request, and the audit.
fn by(caller: Option<Caller>, mut response: Response) -> Response {
    if let Some(caller) = caller {
        response.extensions_mut().insert(caller);
    }
    response
}

/// Whether the request may be sent; who sends it is among its extensions as soon as that is known.
async fn allow(guard: &Guard, path: &str, request: &mut Request) -> Result<(), ApiError> {
    check_version(request.headers())?;
    let permission = guard.enforcement.permission(request.method(), path);
    let permission = permission.ok_or_else(|| forbidden("the operation declares no permission"))?;
    if permission == Permission::Public {
        return Ok(());
    }
    let caller = authenticate(&guard.state, request.headers()).await?;
    request.extensions_mut().insert(caller.clone());
    if !permission.is_granted_to(caller.role) {
        let message = format!(
            "`{}` has the role `{}`, which may not do this",
            caller.name, caller.role
        );
        return Err(forbidden(message).action("Ask an infrastructure administrator."));
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_not_clear_declares_nothing() {
        let read = Some(Permission::Read);
        for (security, expected) in [
            (json!(null), None),
            (json!([]), None),
            (json!([{}]), Some(Permission::Public)),
            (json!([{"session": ["read"]}, {"token": ["read"]}]), read),
            (json!([{"session": ["read"]}, {"token": ["self"]}]), None),
            (json!([{"session": ["read"]}, {}]), None),
            (json!([{}, {"session": ["read"]}]), None),
            (json!([{"session": []}]), None),
            (json!([{"session": ["read", "self"]}]), None),
            (json!([{"session": ["read"], "token": ["read"]}]), None),
            (json!([{"session": ["reed"]}]), None),
        ] {
            let operation = json!({"responses": {}, "security": security});
            let operation: Operation = serde_json::from_value(operation).unwrap();
            assert_eq!(declared(&operation), expected, "{security}");
        }
    }
}
