//! `/rest/api-tokens`: tokens with which programs act as their users.

use crate::access::{Caller, token};
use crate::error::{ApiError, Envelope};
use crate::state::AppState;
use crate::wire::{Json, PathId};
use axum::extract::State;
use axum::http::StatusCode;
use mintage_records::Id;
use mintage_records::access::{ApiToken, Role};
use serde::{Deserialize, Serialize};
use std::time::Duration;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The longest name of a token, in bytes.
const LONGEST_NAME: usize = 128;
/// The most days that a token may last, where it ends at all.
const LONGEST_LIFE: u32 = 3650;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list, create))
        .routes(routes!(delete))
}

/// An API token on the wire.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ApiToken)]
struct Wire {
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    user_name: String,
    role: &'static str,
    created: String,
    expires: Option<String>,
    /// The token itself: only in the reply that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    token: Option<String>,
}

impl From<ApiToken> for Wire {
    fn from(token: ApiToken) -> Self {
        Self {
            category: "api-tokens",
            uri: format!("/rest/api-tokens/{}", token.id),
            id: token.id.to_string(),
            name: token.name,
            user_name: token.user_name,
            role: token.role.as_str(),
            created: token.created.to_string(),
            expires: token.expires.map(|time| time.to_string()),
            token: None,
        }
    }
}

/// Tokens.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Tokens {
    category: &'static str,
    members: Vec<Wire>,
    total: usize,
    count: usize,
}

/// A token that is wanted.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct Wanted {
    name: String,
    /// One's own role, where nothing is given. An infrastructure administrator can choose any, others
    /// `Read only` besides their own.
    role: Option<String>,
    /// After how many days it ends; never, where nothing is given.
    days: Option<u32>,
}

/// One's own tokens; all, for an infrastructure administrator.
#[utoipa::path(
    get,
    path = "/rest/api-tokens",
    tag = "api-tokens",
    security(("session" = ["self"]), ("token" = ["self"])),
    responses(
        (status = 200, description = "Tokens.", body = Tokens),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn list(State(state): State<AppState>, caller: Caller) -> Result<Json<Tokens>, ApiError> {
    let owner = Some(caller.name).filter(|_| caller.role != Role::InfrastructureAdministrator);
    let tokens = state
        .read(move |view| Ok(view.api_tokens(owner.as_deref())?))
        .await?;
    let members: Vec<Wire> = tokens.into_iter().map(Wire::from).collect();
    Ok(Json(Tokens {
        category: "api-tokens",
        total: members.len(),
        count: members.len(),
        members,
    }))
}

/// Makes a token for oneself. The reply has it, this once.
#[utoipa::path(
    post,
    path = "/rest/api-tokens",
    tag = "api-tokens",
    security(("session" = ["self"]), ("token" = ["self"])),
    request_body = Wanted,
    responses(
        (status = 201, description = "The token.", body = Wire),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn create(
    State(state): State<AppState>,
    caller: Caller,
    Json(wanted): Json<Wanted>,
) -> Result<(StatusCode, Json<Wire>), ApiError> {
    if caller.session().is_none() {
        let message = "an API token cannot make another one";
        return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
            .action("Log in with a user name and a password."));
    }
    let is_name = (1..=LONGEST_NAME).contains(&wanted.name.len());
    if !is_name || wanted.name.chars().any(char::is_control) {
        let message =
            format!("`name` must have 1 to {LONGEST_NAME} bytes, and no control characters");
        return Err(ApiError::bad_request("INVALID_NAME", message).source("name"));
    }
    let role = role(&caller, wanted.role.as_deref())?;
    let life = life(wanted.days)?;
    let text = format!("{}{}", token::API_PREFIX, *token::generate()?);
    let hash = token::hash(&text);
    let made = state.change(caller.author(), move |change| {
        let made = ApiToken {
            id: Id::generate(),
            name: wanted.name,
            user_name: change.author().name.clone(),
            role,
            created: change.at(),
            expires: life.map(|life| change.at().plus(life)),
        };
        change.insert_api_token(&made, &hash)?;
        Ok(made)
    });
    let wire = Wire {
        token: Some(text),
        ..made.await?.into()
    };
    Ok((StatusCode::CREATED, Json(wire)))
}

/// Ends a token: one's own, or any, for an infrastructure administrator.
#[utoipa::path(
    delete,
    path = "/rest/api-tokens/{id}",
    tag = "api-tokens",
    security(("session" = ["self"]), ("token" = ["self"])),
    params(("id" = String, Path, description = "Its id.")),
    responses(
        (status = 204, description = "Ended."),
        (status = "4XX", description = "Refused.", body = Envelope)
    )
)]
async fn delete(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
) -> Result<StatusCode, ApiError> {
    let author = caller.author();
    let ended = state.change(author, move |change| {
        let token = change.api_token(&id)?;
        let is_own = token.user_name == caller.name;
        if !is_own && caller.role != Role::InfrastructureAdministrator {
            // As if it were not there: whose tokens there are is nobody's business.
            return Err(ApiError::not_found(format!("there is no API token `{id}`")));
        }
        if !token.role.is_within(caller.role) {
            let message = "an API token cannot end one that may do more";
            return Err(ApiError::new(StatusCode::FORBIDDEN, "FORBIDDEN", message)
                .action("Log in with a user name and a password."));
        }
        Ok(change.delete_api_token(&id)?)
    });
    ended.await?;
    Ok(StatusCode::NO_CONTENT)
}

fn role(caller: &Caller, wanted: Option<&str>) -> Result<Role, ApiError> {
    let Some(wanted) = wanted else {
        return Ok(caller.role);
    };
    let role = Role::parse(wanted).ok_or_else(|| {
        let all = Role::ALL.map(Role::as_str).join("`, `");
        ApiError::bad_request("INVALID_ROLE", "there is no such role")
            .source("role")
            .action(format!("Give one of `{all}`."))
    })?;
    match role.is_within(caller.role) {
        true => Ok(role),
        false => Err(ApiError::new(
            StatusCode::FORBIDDEN,
            "FORBIDDEN",
            format!("a `{}` cannot make a token of a `{role}`", caller.role),
        )
        .source("role")),
    }
}

fn life(days: Option<u32>) -> Result<Option<Duration>, ApiError> {
    match days {
        None => Ok(None),
        Some(days) if (1..=LONGEST_LIFE).contains(&days) => {
            Ok(Some(Duration::from_secs(u64::from(days) * 24 * 60 * 60)))
        }
        Some(_) => {
            let message = format!("`days` must be from 1 to {LONGEST_LIFE}");
            Err(ApiError::bad_request("INVALID_LIFE", message).source("days"))
        }
    }
}
