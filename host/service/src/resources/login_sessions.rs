//! `/rest/login-sessions`, `/rest/sessions/idle-timeout`: logging in and out.

use crate::access::password::SentPassword;
use crate::access::{Address, Attempt, Caller, LoginTried, Permission, password, token};
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse as _, Response};
use mintage_records::access::User;
use mintage_records::{Author, Time};
use serde::{Deserialize, Serialize};
use std::net::IpAddr;
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// How long a session may be unused, where its user says nothing else: a day, as OneView has it.
const IDLE: Duration = Duration::from_secs(24 * 60 * 60);
/// The longest that a user can choose.
const LONGEST_IDLE: Duration = Duration::from_secs(30 * 24 * 60 * 60);

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(who, log_in, reconnect, log_out))
        .routes(routes!(get_idle_timeout, set_idle_timeout))
}

/// Who wants to log in.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Credentials {
    user_name: String,
    #[schema(value_type = String, format = Password)]
    password: SentPassword,
    /// Only `LOCAL` is known; it may be left out.
    #[serde(default)]
    auth_login_domain: Option<String>,
}

/// The session. Its id comes first: HPE's own recipe takes the first quoted value.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct SessionReply {
    #[serde(rename = "sessionID")]
    session_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_name: Option<String>,
    /// Whether somebody else knows the password: change it with PUT /rest/users.
    #[serde(skip_serializing_if = "Option::is_none")]
    must_change_password: Option<bool>,
}

/// Who sends the request, and what they may do.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Who {
    user_name: String,
    role_name: &'static str,
    /// The permissions that operations declare.
    permissions: Vec<&'static str>,
    /// Whether somebody else knows the password.
    must_change_password: bool,
}

/// Who sends this request.
#[utoipa::path(
    get,
    path = "/rest/login-sessions",
    tag = "login-sessions",
    security(("session" = ["self"]), ("token" = ["self"])),
    responses(
        (status = 200, description = "The user.", body = Who),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn who(State(state): State<AppState>, caller: Caller) -> Result<Json<Who>, ApiError> {
    let name = caller.name.clone();
    let user = state.read(move |view| Ok(view.find_user(&name)?)).await?;
    Ok(Json(Who {
        user_name: caller.name,
        role_name: caller.role.as_str(),
        permissions: Permission::names_of(caller.role),
        must_change_password: user.is_some_and(|user| user.must_change_password),
    }))
}

/// Opens a session.
#[utoipa::path(
    post,
    path = "/rest/login-sessions",
    tag = "login-sessions",
    security(()),
    request_body = Credentials,
    responses(
        (status = 200, description = "The session.", body = SessionReply),
        (status = "4XX", description = "Refused; 429 after too many failures.", body = Envelope)
    )
)]
async fn log_in(
    State(state): State<AppState>,
    Address(address): Address,
    Json(credentials): Json<Credentials>,
) -> Response {
    match try_to_log_in(&state, address, credentials).await {
        Ok(response) => response,
        Err(refusal) => refusal.into_response(),
    }
}

async fn try_to_log_in(
    state: &AppState,
    address: Option<IpAddr>,
    credentials: Credentials,
) -> Result<Response, ApiError> {
    let name = credentials.user_name;
    let attempt = Attempt::new(&name, address);
    let found = state.read(move |view| Ok(view.find_user(&name)?)).await?;
    let tried = LoginTried(found.as_ref().map(|user| user.name.clone()));
    let domain = credentials.auth_login_domain.unwrap_or_default();
    let is_local = domain.is_empty() || domain.eq_ignore_ascii_case("local");
    let user = found.filter(|user| user.is_enabled && is_local);
    let known = user.as_ref().map(|user| user.password_hash.clone());
    let password = credentials.password;
    let is_right = password::try_in_turn(&state.access, attempt, password, known).await?;
    let opened = match user {
        Some(user) if is_right => open(state, user).await.map(Json),
        _ => Err(wrong_credentials()),
    };
    let mut response = opened.into_response();
    response.extensions_mut().insert(tried);
    Ok(response)
}

/// One message for all: it tells nobody which users there are.
fn wrong_credentials() -> ApiError {
    let message = "the user name or the password is wrong, or the user is disabled";
    ApiError::new(StatusCode::UNAUTHORIZED, "INVALID_CREDENTIALS", message)
        .action("Check the user name and the password, and try again.")
}

async fn open(state: &AppState, user: User) -> Result<SessionReply, ApiError> {
    let id = token::generate()?;
    let (name, hash) = (user.name.clone(), token::hash(&id));
    let known = user.password_hash;
    let opened = state.change(Author::user(&user.name), move |change| {
        // While the password was compared it may have been changed, and its sessions ended.
        let now = change.find_user(&name)?;
        match now.is_some_and(|now| now.is_enabled && now.password_hash == known) {
            true => Ok(change.open_session(&name, &hash, IDLE)?),
            false => Err(wrong_credentials()),
        }
    });
    opened.await?;
    Ok(SessionReply {
        session_id: id.to_string(),
        user_name: Some(user.name),
        must_change_password: Some(user.must_change_password),
    })
}

/// Goes on with a session that the client has already: it sends the id in the header `auth` and the
/// body `null`.
#[utoipa::path(
    put,
    path = "/rest/login-sessions",
    tag = "login-sessions",
    security(("session" = ["self"]), ("token" = ["self"])),
    responses(
        (status = 200, description = "The session.", body = SessionReply),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn reconnect(headers: HeaderMap) -> Result<Json<SessionReply>, ApiError> {
    let id = headers.get("auth").and_then(|value| value.to_str().ok());
    let id = id.ok_or_else(|| {
        ApiError::bad_request(
            "NO_SESSION",
            "an API token is no session that could be gone on with",
        )
    })?;
    Ok(Json(SessionReply {
        session_id: id.trim().to_owned(),
        user_name: None,
        must_change_password: None,
    }))
}

/// Ends the session.
#[utoipa::path(
    delete,
    path = "/rest/login-sessions",
    tag = "login-sessions",
    security(("session" = ["self"]), ("token" = ["self"])),
    responses(
        (status = 204, description = "Ended."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn log_out(State(state): State<AppState>, caller: Caller) -> Result<StatusCode, ApiError> {
    if let Some(hash) = caller.session().map(str::to_owned) {
        let closed = state.change(caller.author(), move |change| {
            Ok(change.close_session(&hash)?)
        });
        closed.await?;
    }
    Ok(StatusCode::NO_CONTENT)
}

/// How long the session may be unused.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdleTimeout {
    /// In milliseconds.
    idle_timeout: u64,
}

/// How long this session may be unused.
#[utoipa::path(
    get,
    path = "/rest/sessions/idle-timeout",
    tag = "login-sessions",
    security(("session" = ["self"]), ("token" = ["self"])),
    responses(
        (status = 200, description = "It.", body = IdleTimeout),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get_idle_timeout(
    State(state): State<AppState>,
    caller: Caller,
) -> Result<Json<IdleTimeout>, ApiError> {
    let hash = own_session(&caller)?;
    let session = state
        .read(move |view| Ok(view.find_session(&hash)?))
        .await?;
    let session = session.filter(|session| !session.is_expired(Time::now()));
    let session = session.ok_or_else(|| ApiError::not_found("the session has ended"))?;
    let idle_timeout = u64::try_from(session.idle_timeout.as_millis()).unwrap_or(u64::MAX);
    Ok(Json(IdleTimeout { idle_timeout }))
}

/// Sets how long this session may be unused: a second to 30 days.
#[utoipa::path(
    post,
    path = "/rest/sessions/idle-timeout",
    tag = "login-sessions",
    security(("session" = ["self"]), ("token" = ["self"])),
    request_body = IdleTimeout,
    responses(
        (status = 200, description = "As it is now.", body = IdleTimeout),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn set_idle_timeout(
    State(state): State<AppState>,
    caller: Caller,
    Json(wanted): Json<IdleTimeout>,
) -> Result<Json<IdleTimeout>, ApiError> {
    let hash = own_session(&caller)?;
    let idle = Duration::from_millis(wanted.idle_timeout);
    if !(Duration::from_secs(1)..=LONGEST_IDLE).contains(&idle) {
        let most = LONGEST_IDLE.as_millis();
        let message = format!("`idleTimeout` must be from 1000 to {most} milliseconds");
        return Err(ApiError::bad_request("INVALID_IDLE_TIMEOUT", message).source("idleTimeout"));
    }
    let set = state.change(caller.author(), move |change| {
        Ok(change.set_idle_timeout(&hash, idle)?)
    });
    set.await?;
    Ok(Json(wanted))
}

fn own_session(caller: &Caller) -> Result<String, ApiError> {
    caller.session().map(str::to_owned).ok_or_else(|| {
        ApiError::bad_request("NO_SESSION", "an API token has no session")
            .action("Log in with a user name and a password.")
    })
}
