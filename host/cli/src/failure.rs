//! `Failure`: why a command ends without having done what was asked for.

use crate::exit::Exit;
use mintage_client::ClientError;
use mintage_client::error::Refusal;
use mintage_engine::{Code, Diagnostic};
use mintage_storage::StorageError;
use mintage_storage::store::StoreErrorKind;
use mintage_volume::VolumeError;
use mintage_volume::escape::escape;
use mintage_worker::{PersonalizeError, WorkerFailure};
use std::io;

/// Why a command failed: what it prints, and how the program ends.
#[derive(Debug)]
pub struct Failure {
    /// What went wrong; more than one when all problems of an input are known at once.
    pub diagnostics: Vec<Diagnostic>,
    /// A mistake on the command line, instead of diagnostics.
    pub usage: Option<String>,
    /// How the program ends.
    pub exit: Exit,
}

impl Failure {
    /// A mistake on the command line, in one sentence.
    pub fn usage(message: impl Into<String>) -> Self {
        Self {
            diagnostics: Vec::new(),
            usage: Some(message.into()),
            exit: Exit::Usage,
        }
    }

    /// A diagnostic with `code` that says `message`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Diagnostic::new(code, message).into()
    }

    /// Says what to do about it.
    #[must_use]
    pub fn help(mut self, help: &str) -> Self {
        if let Some(diagnostic) = self.diagnostics.first_mut() {
            diagnostic.help = Some(help.to_owned());
        }
        self
    }

    /// The output cannot be written.
    pub fn output(error: &io::Error) -> Self {
        let mut failure = Self::new(Code::P7009, format!("cannot write the output: {error}"));
        failure.exit = Exit::Output;
        failure
    }
}

impl From<Diagnostic> for Failure {
    fn from(diagnostic: Diagnostic) -> Self {
        vec![diagnostic].into()
    }
}

impl From<Box<Diagnostic>> for Failure {
    fn from(diagnostic: Box<Diagnostic>) -> Self {
        Self::from(*diagnostic)
    }
}

impl From<Vec<Diagnostic>> for Failure {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        let first = diagnostics.first().map(|first| Exit::for_code(first.code));
        Self {
            diagnostics,
            usage: None,
            exit: first.unwrap_or(Exit::Failed),
        }
    }
}

impl From<WorkerFailure> for Failure {
    fn from(failure: WorkerFailure) -> Self {
        let mut failure = Self::from(failure.into_diagnostic());
        failure.exit = Exit::Worker;
        failure
    }
}

impl From<PersonalizeError> for Failure {
    fn from(error: PersonalizeError) -> Self {
        match error {
            PersonalizeError::Worker(failure) => failure.into(),
            PersonalizeError::Storage(error) => error.into(),
            PersonalizeError::Failed(diagnostic) => Self::from(*diagnostic),
        }
    }
}

impl From<VolumeError> for Failure {
    fn from(error: VolumeError) -> Self {
        Diagnostic::from(mintage_engine::PlanError::from(error)).into()
    }
}

impl From<StorageError> for Failure {
    fn from(error: StorageError) -> Self {
        // Names of host files may hold anything, too.
        let message = escape(error.to_string().as_bytes());
        let (code, help) = match &error {
            StorageError::Open { .. }
            | StorageError::Read { .. }
            | StorageError::Changed { .. } => (Code::P7001, None),
            StorageError::Exists { .. } => (
                Code::P7008,
                Some("choose another name; nothing is ever overwritten"),
            ),
            StorageError::SameFile { .. } => (
                Code::P7011,
                Some("choose another name; a golden image is never written to"),
            ),
            StorageError::Store(error) if error.kind() == StoreErrorKind::Exists => (
                Code::P7008,
                Some("choose another name; nothing is ever overwritten"),
            ),
            StorageError::Scratch { .. } => (
                Code::P7009,
                Some("the folder of the volume must exist, and take new files"),
            ),
            _ => (Code::P7009, None),
        };
        let failure = Self::new(code, message);
        match help {
            Some(help) => failure.help(help),
            None => failure,
        }
    }
}

impl From<ClientError> for Failure {
    fn from(error: ClientError) -> Self {
        let (code, help) = match &error {
            ClientError::Unreachable { .. } => (
                Code::P8001,
                Some("is the service running, and is this its address?"),
            ),
            ClientError::Untrusted { .. } => (
                Code::P8002,
                Some(
                    "`mintage login` shows the certificate's fingerprint; compare it with the one that the service printed",
                ),
            ),
            ClientError::NoLogin(_) => (
                Code::P8003,
                Some(
                    "run `mintage login https://HOST:PORT`, or set MINTAGE_URL, MINTAGE_TOKEN and MINTAGE_CA",
                ),
            ),
            ClientError::Refused(refusal) if is_session_over(refusal) => {
                (Code::P8004, Some("log in again with `mintage login`"))
            }
            ClientError::Refused(_) => (Code::P8004, None),
            ClientError::TaskFailed(_) => (Code::P8005, None),
            ClientError::Answer(_) => (
                Code::P8006,
                Some("is there a Mintage service at this address?"),
            ),
            ClientError::NoResource { .. } => {
                (Code::P8007, Some("`mintage list` shows what there is"))
            }
            ClientError::Ambiguous { .. } => (Code::P8007, Some("name it by its URI")),
            ClientError::CannotApply(_) => (Code::P8009, Some("nothing was changed")),
            ClientError::File { .. } => (Code::P8008, None),
        };
        // What a service says may hold anything, too.
        let shown = |text: &str| escape(text.as_bytes());
        let mut diagnostic = Diagnostic::new(code, shown(&error.to_string()));
        diagnostic.help = help.map(ToOwned::to_owned);
        if let Some(refusal) = error.refusal() {
            let details = refusal.details.iter().flat_map(|text| text.lines());
            diagnostic.notes.extend(details.map(shown));
            let actions = refusal.recommended_actions.iter().map(|text| shown(text));
            let actions = actions.collect::<Vec<_>>().join(" ");
            diagnostic.help = Some(actions)
                .filter(|text| !text.is_empty() && !is_session_over(refusal))
                .or(diagnostic.help);
        }
        diagnostic.into()
    }
}

/// Whether a service asks for a session; it speaks to programs then, of requests and headers.
fn is_session_over(refusal: &Refusal) -> bool {
    refusal.status == 401 && refusal.error_code.as_deref() == Some("AUTHENTICATION")
}

#[cfg(test)]
mod tests {
    use super::*;
    use mintage_engine::Style;

    #[test]
    fn what_a_service_does_is_told_with_a_code_and_a_remedy() {
        let url = || "https://mintage.example:8443".to_owned();
        let refusal = |status| {
            Box::new(Refusal {
                status,
                error_code: Some("IN_USE".into()),
                message: "plan script `Host name` is used by build plan `Deploy`\u{1b}[31m".into(),
                details: Some("first line\nsecond line".into()),
                recommended_actions: vec!["Delete or change first what uses it.".into()],
            })
        };
        let why = || "connection refused".to_owned();
        let errors = [
            ClientError::Unreachable {
                url: url(),
                why: why(),
            },
            ClientError::Untrusted {
                url: url(),
                why: "its fingerprint is AB:CD".into(),
            },
            ClientError::NoLogin("login.json is not there".into()),
            ClientError::Refused(refusal(409)),
            ClientError::TaskFailed(refusal(0)),
            ClientError::Answer("it is no JSON".into()),
            ClientError::NoResource {
                kind: "plan-scripts".into(),
                name: "Host nam".into(),
            },
            ClientError::Ambiguous {
                kind: "os-volumes".into(),
                name: "web".into(),
                uris: vec!["/rest/os-volumes/1".into(), "/rest/os-volumes/2".into()],
            },
            ClientError::CannotApply("golden image `Debian 12` is not there".into()),
            ClientError::File {
                what: "cannot read a.json".into(),
                why: "no such file".into(),
            },
        ];
        let mut text = String::new();
        for error in errors {
            for diagnostic in Failure::from(error).diagnostics {
                text.push_str(&diagnostic.render(Style::Plain));
                text.push('\n');
            }
        }
        insta::assert_snapshot!(text);
    }
}
