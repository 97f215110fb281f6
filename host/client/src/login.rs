//! `Login`: a session that is kept for the next command, in a file that only its owner can read.

use crate::certificate::Certificate;
use crate::error::{ClientError, Result};
use crate::service::Service;
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::fmt;
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

/// A session with a service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Login {
    /// Where the service is.
    pub url: String,
    /// Whom to trust there.
    pub certificate: Certificate,
    /// Who logged in.
    pub user: String,
    /// What proves it.
    pub token: Token,
}

/// What proves who sends a request.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Token {
    /// The id of a session.
    Session(String),
    /// An API token.
    Api(String),
}

/// A token is never shown.
impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

impl Token {
    /// The header that carries it.
    pub(crate) fn header(&self) -> (&'static str, String) {
        match self {
            Self::Session(id) => ("auth", id.clone()),
            Self::Api(token) => ("authorization", format!("Bearer {token}")),
        }
    }
}

impl Login {
    /// Opens a session.
    ///
    /// # Errors
    /// `Refused` for a wrong password, `Unreachable`, `Untrusted`, `Answer`.
    pub fn open(url: &str, certificate: Certificate, user: &str, password: &str) -> Result<Self> {
        let service = Service::new(url, &certificate, None)?;
        let body = json!({"userName": user, "password": password, "loginMsgAck": true});
        let reply = service.post("/rest/login-sessions", &body)?;
        let id = reply.body.get("sessionID").and_then(Json::as_str);
        let id = id.ok_or_else(|| ClientError::Answer("it names no session".to_owned()))?;
        Ok(Self {
            url: service.url().to_owned(),
            certificate,
            user: user.to_owned(),
            token: Token::Session(id.to_owned()),
        })
    }

    /// Reads the kept login.
    ///
    /// # Errors
    /// `NoLogin` when there is none, `File`.
    pub fn load(path: &Path) -> Result<Self> {
        let what = format!("cannot read {}", path.display());
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(ClientError::NoLogin(format!(
                    "{} is not there",
                    path.display()
                )));
            }
            Err(error) => return Err(ClientError::file(what, &error)),
        };
        serde_json::from_str(&text).map_err(|error| ClientError::File {
            what,
            // Not the library's own message: it may quote the token.
            why: format!("line {}, column {}", error.line(), error.column()),
        })
    }

    /// Keeps it, wholly or not at all.
    ///
    /// # Errors
    /// `File`.
    pub fn save(&self, path: &Path) -> Result<()> {
        let failed = |error: std::io::Error| {
            ClientError::file(format!("cannot write {}", path.display()), &error)
        };
        let folder = path.parent().unwrap_or(Path::new("."));
        let mut builder = std::fs::DirBuilder::new();
        builder.recursive(true).mode(0o700);
        builder.create(folder).map_err(failed)?;
        // A temporary file is its owner's alone.
        let mut file = tempfile::NamedTempFile::new_in(folder).map_err(failed)?;
        serde_json::to_writer_pretty(&mut file, self).map_err(|e| failed(e.into()))?;
        file.write_all(b"\n").map_err(failed)?;
        file.persist(path).map_err(|error| failed(error.error))?;
        Ok(())
    }

    /// Where logins are kept: `$XDG_CONFIG_HOME/mintage/login.json`, or in `~/.config`.
    ///
    /// # Errors
    /// `NoLogin` when there is no home.
    pub fn usual_path() -> Result<PathBuf> {
        let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty());
        let configuration = set("XDG_CONFIG_HOME").map(PathBuf::from);
        let home = || set("HOME").map(|home| PathBuf::from(home).join(".config"));
        let folder = configuration.or_else(home).ok_or_else(|| {
            ClientError::NoLogin("neither XDG_CONFIG_HOME nor HOME is set".to_owned())
        })?;
        Ok(folder.join("mintage/login.json"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn a_login_is_kept_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("mintage/login.json");
        assert!(matches!(Login::load(&path), Err(ClientError::NoLogin(_))));
        let login = Login {
            url: "https://localhost".into(),
            certificate: Certificate::from_pem("pem"),
            user: "administrator".into(),
            token: Token::Session("s3cret".into()),
        };
        login.save(&path).unwrap();
        assert_eq!(Login::load(&path).unwrap(), login);
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert!(!format!("{login:?}").contains("s3cret"));

        std::fs::write(&path, "{\"token\":{\"session\":\"s3cret\"").unwrap();
        let error = Login::load(&path).unwrap_err().to_string();
        assert!(!error.contains("s3cret"), "{error}");
    }
}
