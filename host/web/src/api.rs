//! `Api`: the REST API, called in the same process by who looks at a page.

use crate::path::query;
use crate::refusal::Refusal;
use crate::{Carry, session, templates};
use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{FromRequestParts, Request};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap, Method, StatusCode, header};
use axum::response::{IntoResponse as _, Redirect, Response};
use serde_json::{Map, Value as Json, json};
use tower::ServiceExt as _;

/// What a handler of a page answers.
pub(crate) type Page = Result<Response, Refusal>;

/// The API's own router.
#[derive(Debug, Clone)]
pub(crate) struct Backend {
    api: Router,
    carry: Carry,
}

/// The API as who looks at this page may use it. Whoever has no session is sent to the login.
#[derive(Debug, Clone)]
pub(crate) struct Api {
    backend: Backend,
    visitor: Visitor,
    /// `userName`, `roleName`, `permissions`.
    user: Json,
    /// The page's own path and query.
    at: String,
}

/// Who asks for a page, and what the API has to know of that.
#[derive(Debug, Clone)]
pub(crate) struct Visitor {
    session: Option<String>,
    carried: Extensions,
}

/// What the API answered to a change.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Json,
}

impl Backend {
    pub(crate) fn new(api: Router, carry: Carry) -> Self {
        Self { api, carry }
    }

    /// Sends a request, in the name of the session.
    ///
    /// # Errors
    /// What the API refuses, for the page `back`.
    pub(crate) async fn send(
        &self,
        visitor: &Visitor,
        mut request: Request,
        back: &str,
    ) -> Result<Response, Refusal> {
        let headers = request.headers_mut();
        headers.remove(header::COOKIE);
        headers.remove(header::AUTHORIZATION);
        headers.remove("auth");
        if let Some(id) = &visitor.session {
            let value = id.parse().map_err(|error| Refusal::internal(&error))?;
            headers.insert("auth", value);
        }
        request.extensions_mut().extend(visitor.carried.clone());
        let Ok(response) = self.api.clone().oneshot(request).await;
        let status = response.status();
        match status {
            StatusCode::UNAUTHORIZED if visitor.session.is_some() => Err(Refusal::LoggedOut {
                back: back.to_owned(),
            }),
            _ if status.is_client_error() || status.is_server_error() => {
                let envelope = json_of(response).await.unwrap_or_default();
                Err(Refusal::of(status, envelope))
            }
            _ => Ok(response),
        }
    }

    /// Sends JSON, or nothing, and reads JSON.
    ///
    /// # Errors
    /// What the API refuses, for the page `back`.
    pub(crate) async fn call(
        &self,
        visitor: &Visitor,
        method: Method,
        uri: &str,
        body: Option<&Json>,
        back: &str,
    ) -> Result<Reply, Refusal> {
        let mut request = Request::builder().method(method).uri(uri);
        let body = match body {
            None => Body::empty(),
            Some(json) => {
                request = request.header(header::CONTENT_TYPE, "application/json");
                Body::from(json.to_string())
            }
        };
        let request = request.body(body);
        let request = request.map_err(|error| Refusal::internal(&error))?;
        let response = self.send(visitor, request, back).await?;
        Ok(Reply {
            status: response.status(),
            headers: response.headers().clone(),
            body: json_of(response).await?,
        })
    }
}

impl Api {
    /// Reads a resource or a list.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn get(&self, uri: &str) -> Result<Json, Refusal> {
        Ok(self.call(Method::GET, uri, None).await?.body)
    }

    /// The members of a list that fit `query` (`sort=name&filter=…`), at most 500: for choices.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn members(&self, list: &str, query: &str) -> Result<Vec<Json>, Refusal> {
        let mut found = self.get(&format!("{list}?count=500&{query}")).await?;
        match found["members"].take() {
            Json::Array(members) => Ok(members),
            _ => Ok(Vec::new()),
        }
    }

    /// Makes something, or begins something.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn post(&self, uri: &str, body: &Json) -> Result<Reply, Refusal> {
        self.call(Method::POST, uri, Some(body)).await
    }

    /// Changes something.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn put(&self, uri: &str, body: &Json) -> Result<Reply, Refusal> {
        self.call(Method::PUT, uri, Some(body)).await
    }

    /// Deletes something.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn delete(&self, uri: &str) -> Result<Reply, Refusal> {
        self.call(Method::DELETE, uri, None).await
    }

    /// Passes a request on, and its reply: what is streamed.
    ///
    /// # Errors
    /// What the API refuses.
    pub(crate) async fn send(&self, request: Request) -> Result<Response, Refusal> {
        self.backend.send(&self.visitor, request, &self.at).await
    }

    async fn call(&self, method: Method, uri: &str, body: Option<&Json>) -> Result<Reply, Refusal> {
        let call = self
            .backend
            .call(&self.visitor, method, uri, body, &self.at);
        call.await
    }

    /// Whether the user may do what needs `permission`; only for what is offered, the API decides.
    pub(crate) fn may(&self, permission: &str) -> bool {
        let permissions = self.user["permissions"].as_array();
        permissions.is_some_and(|all| all.iter().any(|one| one == permission))
    }

    /// The user's name.
    pub(crate) fn user_name(&self) -> &str {
        self.user["userName"].as_str().unwrap_or_default()
    }

    /// A page of a template, with `content`'s members and who looks at it.
    ///
    /// # Errors
    /// Where the template fails.
    pub(crate) fn page(&self, template: &str, content: Json) -> Page {
        self.page_with(StatusCode::OK, template, content)
    }

    /// A page with another status: a form that was refused.
    ///
    /// # Errors
    /// Where the template fails.
    pub(crate) fn page_with(&self, status: StatusCode, template: &str, content: Json) -> Page {
        let mut all = match content {
            Json::Object(members) => members,
            _ => Map::new(),
        };
        let may = ["artifacts", "deploy", "administer", "stop"];
        let may = may.map(|name| (name.to_owned(), json!(self.may(name))));
        all.insert("user".to_owned(), self.user.clone());
        all.insert("may".to_owned(), Json::Object(may.into_iter().collect()));
        all.insert("at".to_owned(), json!(self.at));
        let page = templates::render(template, &Json::Object(all));
        let page = page.map_err(|error| Refusal::internal(&format!("{error:#}")))?;
        Ok((status, page).into_response())
    }
}

impl Reply {
    /// Where it goes on: the task that carries it out, or else the page `otherwise`.
    pub(crate) fn leads_to(&self, otherwise: &str) -> Response {
        let location = self.headers.get(header::LOCATION);
        let location = location.and_then(|value| value.to_str().ok());
        let task = location.and_then(|uri| uri.strip_prefix("/rest/tasks/"));
        match task.filter(|_| self.status == StatusCode::ACCEPTED) {
            Some(id) => Redirect::to(&format!("/ui/tasks/{id}")).into_response(),
            None => Redirect::to(otherwise).into_response(),
        }
    }

    /// The page of what was made: its URI under `/ui`.
    pub(crate) fn page_of_made(&self) -> String {
        let uri = self.body["uri"].as_str().unwrap_or_default();
        uri.replacen("/rest/", "/ui/", 1)
    }
}

impl Visitor {
    fn of(parts: &Parts, backend: &Backend) -> Self {
        let mut carried = Extensions::new();
        (backend.carry)(&parts.extensions, &mut carried);
        Self {
            session: session::read(&parts.headers),
            carried,
        }
    }

    /// Without its session: for the login.
    pub(crate) fn nobody(self) -> Self {
        Self {
            session: None,
            ..self
        }
    }

    pub(crate) fn has_session(&self) -> bool {
        self.session.is_some()
    }
}

impl FromRequestParts<Backend> for Visitor {
    type Rejection = std::convert::Infallible;

    async fn from_request_parts(
        parts: &mut Parts,
        backend: &Backend,
    ) -> Result<Self, std::convert::Infallible> {
        Ok(Self::of(parts, backend))
    }
}

impl FromRequestParts<Backend> for Api {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, backend: &Backend) -> Result<Self, Response> {
        let at = parts.uri.path_and_query();
        let at = at.map_or("/ui", |at| at.as_str()).to_owned();
        // What was sent cannot be sent again after the login: the page of the form can.
        let at = match parts.method.is_safe() {
            true => at,
            false => parts.uri.path().to_owned(),
        };
        let visitor = Visitor::of(parts, backend);
        let out = || Refusal::LoggedOut { back: at.clone() };
        if !visitor.has_session() {
            return Err(out().into_response());
        }
        let who = backend.call(&visitor, Method::GET, "/rest/login-sessions", None, &at);
        let user = who
            .await
            .map_err(axum::response::IntoResponse::into_response)?
            .body;
        if user["mustChangePassword"] == json!(true) && parts.uri.path() != "/ui/password" {
            let to = format!("/ui/password?to={}", query(&at));
            return Err(Redirect::to(&to).into_response());
        }
        Ok(Self {
            backend: backend.clone(),
            visitor,
            user,
            at,
        })
    }
}

async fn json_of(response: Response) -> Result<Json, Refusal> {
    let bytes = to_bytes(response.into_body(), usize::MAX).await;
    let bytes = bytes.map_err(|error| Refusal::internal(&error))?;
    match bytes.is_empty() {
        true => Ok(Json::Null),
        false => serde_json::from_slice(&bytes).map_err(|error| Refusal::internal(&error)),
    }
}
