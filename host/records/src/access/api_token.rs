//! `ApiToken`: lets a program act as a user, with the user's role or a lesser one.

use super::role::Role;
use super::user::{User, role};
use crate::change::Change;
use crate::database::Row;
use crate::error::{RecordsError, Result};
use crate::id::Id;
use crate::time::Time;
use crate::view::View;

/// A token of a user. The token itself is shown once and not stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiToken {
    /// Names it.
    pub id: Id,
    /// What it is for.
    pub name: String,
    /// Whose it is.
    pub user_name: String,
    /// What it may do.
    pub role: Role,
    /// When it was made.
    pub created: Time,
    /// When it ends, if it does.
    pub expires: Option<Time>,
}

const COLUMNS: &str = "id, name, user_name, role, created, expires";

impl View<'_> {
    /// All tokens, or those of a user, by time.
    ///
    /// # Errors
    /// `Database`.
    pub fn api_tokens(&mut self, user: Option<&str>) -> Result<Vec<ApiToken>> {
        let sql = format!(
            "SELECT {COLUMNS} FROM api_token WHERE COALESCE($1, user_name) = user_name \
             ORDER BY created, id"
        );
        let rows = self
            .connection
            .query(&sql, &[user.map(str::to_owned).into()])?;
        rows.iter().map(token).collect()
    }

    /// The token with an id.
    ///
    /// # Errors
    /// `NoToken`, `Database`.
    pub fn api_token(&mut self, id: &Id) -> Result<ApiToken> {
        let sql = format!("SELECT {COLUMNS} FROM api_token WHERE id = $1");
        let rows = self.connection.query(&sql, &[id.into()])?;
        let found = rows.first().map(token).transpose()?;
        found.ok_or_else(|| RecordsError::NoToken(id.to_string()))
    }

    /// The token with a hash and its user, when neither has ended.
    ///
    /// # Errors
    /// `Database`.
    pub fn find_api_token(&mut self, hash: &str, now: Time) -> Result<Option<(ApiToken, User)>> {
        let sql = format!("SELECT {COLUMNS} FROM api_token WHERE token_hash = $1");
        let rows = self.connection.query(&sql, &[hash.into()])?;
        let Some(token) = rows.first().map(token).transpose()? else {
            return Ok(None);
        };
        let user = self.user(&token.user_name)?;
        let is_valid = user.is_enabled && token.expires.is_none_or(|expires| expires > now);
        Ok(is_valid.then_some((token, user)))
    }
}

impl Change<'_> {
    /// Makes a token.
    ///
    /// # Errors
    /// `Database`.
    pub fn insert_api_token(&mut self, token: &ApiToken, token_hash: &str) -> Result<()> {
        let generation = self.generation;
        self.execute(
            "INSERT INTO api_token (id, token_hash, name, user_name, role, created, expires, \
             generation) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            &[
                (&token.id).into(),
                token_hash.into(),
                token.name.as_str().into(),
                token.user_name.as_str().into(),
                token.role.as_str().into(),
                token.created.into(),
                token.expires.into(),
                generation.into(),
            ],
        )?;
        Ok(())
    }

    /// Ends a token.
    ///
    /// # Errors
    /// `NoToken`, `Database`.
    pub fn delete_api_token(&mut self, id: &Id) -> Result<ApiToken> {
        let token = self.api_token(id)?;
        self.execute("DELETE FROM api_token WHERE id = $1", &[id.into()])?;
        Ok(token)
    }
}

fn token(row: &Row) -> Result<ApiToken> {
    Ok(ApiToken {
        id: row.id(0)?,
        name: row.text(1)?.to_owned(),
        user_name: row.text(2)?.to_owned(),
        role: role(row.text(3)?)?,
        created: row.time(4)?,
        expires: row.optional_integer(5)?.map(Time::from_millis),
    })
}
