//! `/rest/users`: who can log in.

use crate::access::password::SentPassword;
use crate::access::{Address, Attempt, Caller, password};
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, Path, Tagged, expected};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use mintage_records::Match;
use mintage_records::access::{NewUser, Role, User};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest name of a user, in bytes.
const LONGEST_NAME: usize = 64;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(get, update, delete))
        .routes(routes!(change_password))
}

/// A user on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = User)]
struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    user_name: String,
    full_name: String,
    enabled: bool,
    permissions: Vec<RoleName>,
    /// Whether somebody else knows the password.
    must_change_password: bool,
    created: String,
    modified: String,
    e_tag: String,
}

/// A role that a user has, as OneView writes it.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct RoleName {
    role_name: String,
}

/// All users.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Users {
    category: &'static str,
    members: Vec<Wire>,
    total: usize,
    count: usize,
}

/// What a client sends of a user; what is missing stays as it is.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Sent {
    user_name: Option<String>,
    full_name: Option<String>,
    /// Sets a new password.
    #[schema(value_type = Option<String>, format = Password)]
    password: Option<SentPassword>,
    enabled: Option<bool>,
    /// One role.
    permissions: Option<Vec<RoleName>>,
    e_tag: Option<String>,
}

impl From<User> for Wire {
    fn from(user: User) -> Self {
        Self {
            type_name: "UserAndPermissions",
            category: "users",
            uri: uri(&user.name),
            user_name: user.name,
            full_name: user.full_name,
            enabled: user.is_enabled,
            permissions: vec![RoleName {
                role_name: user.role.to_string(),
            }],
            must_change_password: user.must_change_password,
            created: user.created.to_string(),
            modified: user.modified.to_string(),
            e_tag: user.version.to_string(),
        }
    }
}

fn tagged(user: User) -> Tagged<Json<Wire>> {
    Tagged(user.version, Json(user.into()))
}

/// All users.
#[utoipa::path(
    get,
    path = "/rest/users",
    tag = "users",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    responses(
        (status = 200, description = "All users.", body = Users),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(State(state): State<AppState>) -> Result<Json<Users>, ApiError> {
    let users = state.read(|view| Ok(view.users()?)).await?;
    let members: Vec<Wire> = users.into_iter().map(Wire::from).collect();
    Ok(Json(Users {
        category: "users",
        total: members.len(),
        count: members.len(),
        members,
    }))
}

/// One user.
#[utoipa::path(
    get,
    path = "/rest/users/{name}",
    tag = "users",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("name" = String, Path, description = "The user's name.")),
    responses(
        (status = 200, description = "The user.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn get(
    State(state): State<AppState>,
    Path(name): Path<String>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    Ok(tagged(state.read(move |view| Ok(view.user(&name)?)).await?))
}

/// Makes a user.
#[utoipa::path(
    post,
    path = "/rest/users",
    tag = "users",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    request_body = Sent,
    responses(
        (status = 201, description = "The user.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(sent): Json<Sent>,
) -> Result<(StatusCode, Tagged<Json<Wire>>), ApiError> {
    let name = sent.user_name.ok_or_else(|| missing("userName"))?;
    check_name(&name)?;
    let chosen = sent.password.ok_or_else(|| missing("password"))?;
    password::check(&name, &chosen)?;
    let role = role(sent.permissions.as_deref())?.ok_or_else(|| missing("permissions"))?;
    let new = NewUser {
        full_name: sent.full_name.unwrap_or_default(),
        role,
        password_hash: password::hash_in_turn(&state.access, chosen).await?,
        is_enabled: sent.enabled.unwrap_or(true),
        // Whoever made the user knows the password.
        must_change_password: true,
        name,
    };
    let made = state
        .change(caller.author(), move |change| {
            change.made_at(uri(&new.name));
            Ok(change.insert_user(new)?)
        })
        .await?;
    Ok((StatusCode::CREATED, tagged(made)))
}

/// Changes a user: name excepted. A new password, a new role or `enabled: false` ends the user's
/// sessions.
#[utoipa::path(
    put,
    path = "/rest/users/{name}",
    tag = "users",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("name" = String, Path, description = "The user's name.")),
    request_body = Sent,
    responses(
        (status = 200, description = "The user.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn update(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
    Json(sent): Json<Sent>,
) -> Result<Tagged<Json<Wire>>, ApiError> {
    let wanted = expected(&headers, sent.e_tag.as_deref())?;
    let role = role(sent.permissions.as_deref())?;
    let hash = match sent.password {
        Some(chosen) => {
            password::check(&name, &chosen)?;
            Some(password::hash_in_turn(&state.access, chosen).await?)
        }
        None => None,
    };
    let is_own = caller.name.eq_ignore_ascii_case(&name);
    let changed = state.change(caller.author(), move |change| {
        let mut user = change.user(&name)?;
        expect(&user, &wanted)?;
        user.full_name = sent.full_name.unwrap_or(user.full_name);
        user.is_enabled = sent.enabled.unwrap_or(user.is_enabled);
        user.role = role.unwrap_or(user.role);
        if let Some(hash) = hash {
            user.password_hash = hash;
            user.must_change_password = !is_own;
        }
        Ok(change.update_user(&user)?)
    });
    Ok(tagged(changed.await?))
}

/// Deletes a user, with all sessions and tokens.
#[utoipa::path(
    delete,
    path = "/rest/users/{name}",
    tag = "users",
    security(("session" = ["administer"]), ("token" = ["administer"])),
    params(("name" = String, Path, description = "The user's name.")),
    responses(
        (status = 204, description = "Deleted."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    Path(name): Path<String>,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let wanted = expected(&headers, None)?;
    let deleted = state.change(caller.author(), move |change| {
        expect(&change.user(&name)?, &wanted)?;
        Ok(change.delete_user(&name)?)
    });
    deleted.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// A user's own new password.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct PasswordChange {
    #[schema(value_type = String, format = Password)]
    old_password: SentPassword,
    #[schema(value_type = String, format = Password)]
    new_password: SentPassword,
}

/// Changes one's own password. All of one's sessions end.
#[utoipa::path(
    post,
    path = "/rest/users/change-password",
    tag = "users",
    security(("session" = ["self"]), ("token" = ["self"])),
    request_body = PasswordChange,
    responses(
        (status = 204, description = "Changed."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn change_password(
    State(state): State<AppState>,
    caller: Caller,
    Address(address): Address,
    Json(sent): Json<PasswordChange>,
) -> Result<StatusCode, ApiError> {
    let name = caller.name.clone();
    let user = state.read(move |view| Ok(view.user(&name)?)).await?;
    let known = Some(user.password_hash.clone());
    let attempt = Attempt::new(&user.name, address);
    if !password::try_in_turn(&state.access, attempt, sent.old_password, known).await? {
        let message = "the old password is wrong";
        return Err(
            ApiError::new(StatusCode::FORBIDDEN, "INVALID_CREDENTIALS", message)
                .source("oldPassword"),
        );
    }
    password::check(&user.name, &sent.new_password)?;
    let hash = password::hash_in_turn(&state.access, sent.new_password).await?;
    let changed = state.change(caller.author(), move |change| {
        let mut now = change.user(&user.name)?;
        expect(&now, &Match::Version(user.version))?;
        now.password_hash = hash;
        now.must_change_password = false;
        Ok(change.update_user(&now)?)
    });
    changed.await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Where a user is found.
fn uri(name: &str) -> String {
    format!("/rest/users/{name}")
}

fn expect(user: &User, wanted: &Match) -> Result<(), ApiError> {
    match wanted {
        Match::Version(version) if *version != user.version => {
            let message = format!("user `{}` was changed meanwhile", user.name);
            Err(ApiError::new(
                StatusCode::PRECONDITION_FAILED,
                "CHANGED_MEANWHILE",
                message,
            )
            .source("eTag")
            .action("Get the user again, apply your change, and send it again."))
        }
        _ => Ok(()),
    }
}

fn role(sent: Option<&[RoleName]>) -> Result<Option<Role>, ApiError> {
    let all = || Role::ALL.map(Role::as_str).join("`, `");
    let wrong = |message: String| {
        ApiError::bad_request("INVALID_ROLE", message)
            .source("permissions")
            .action(format!("Give one of `{}`.", all()))
    };
    match sent {
        None => Ok(None),
        Some([one]) => match Role::parse(&one.role_name) {
            Some(role) => Ok(Some(role)),
            None => Err(wrong("there is no such role".to_owned())),
        },
        Some(several) => Err(wrong(format!("a user has one role, not {}", several.len()))),
    }
}

fn check_name(name: &str) -> Result<(), ApiError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-' | '@');
    let is_name = (1..=LONGEST_NAME).contains(&name.len())
        && name.chars().all(is_plain)
        && name != "change-password"
        // What the service does by itself is done as this one.
        && !name.eq_ignore_ascii_case("mintage");
    match is_name {
        true => Ok(()),
        false => Err(ApiError::bad_request(
            "INVALID_NAME",
            format!("`userName` must have 1 to {LONGEST_NAME} letters, digits and `.`, `_`, `-`, `@`, and be none of the service's own"),
        )
        .source("userName")),
    }
}

fn missing(member: &str) -> ApiError {
    ApiError::bad_request("MISSING_MEMBER", format!("`{member}` is missing")).source(member)
}
