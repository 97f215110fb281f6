//! `TaskFailure`: why a step of a task failed, as the wire tells it.

use crate::os_volumes::problem::of_store;
use mintage_engine::Diagnostic;
use mintage_records::RecordsError;
use mintage_records::model::TaskError;
use mintage_storage::store::StoreError;
use std::fmt;
use std::io;

/// Why a step failed: one error, or several at once; or that it was cancelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskFailure {
    /// What is wrong; empty when the step was cancelled.
    pub errors: Vec<TaskError>,
}

impl TaskFailure {
    /// One error. `code` is stable, for programs; `message` says in one sentence what failed, and why.
    pub fn new(code: &str, message: impl Into<String>) -> Self {
        Self::from(vec![TaskError {
            error_code: code.to_owned(),
            message: message.into(),
            details: String::new(),
            recommended_actions: Vec::new(),
        }])
    }

    /// The step noticed that somebody wants it stopped.
    pub fn cancelled() -> Self {
        Self { errors: Vec::new() }
    }

    /// Whether the step only noticed that somebody wants it stopped.
    pub fn is_cancelled(&self) -> bool {
        self.errors.is_empty()
    }

    /// Says more on where it failed.
    #[must_use]
    pub fn details(mut self, details: impl Into<String>) -> Self {
        if let Some(error) = self.errors.last_mut() {
            error.details = details.into();
        }
        self
    }

    /// Says what to do.
    #[must_use]
    pub fn action(mut self, action: impl Into<String>) -> Self {
        if let Some(error) = self.errors.last_mut() {
            error.recommended_actions.push(action.into());
        }
        self
    }

    /// A file of the service cannot be read or written. The reason, which may name paths of the host,
    /// is logged and not told.
    fn storage(reason: &dyn fmt::Display, what_to_do: &str) -> Self {
        tracing::error!(%reason, "a task cannot use a file");
        Self::new("STORAGE", "the service cannot read or write its files").action(what_to_do)
    }
}

impl fmt::Display for TaskFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.errors.split_first() {
            None => f.write_str("it was stopped"),
            Some((first, [])) => f.write_str(&first.message),
            Some((first, more)) => write!(f, "{} (and {} more)", first.message, more.len()),
        }
    }
}

impl std::error::Error for TaskFailure {}

impl From<Vec<TaskError>> for TaskFailure {
    fn from(errors: Vec<TaskError>) -> Self {
        Self { errors }
    }
}

impl From<TaskError> for TaskFailure {
    fn from(error: TaskError) -> Self {
        vec![error].into()
    }
}

impl From<RecordsError> for TaskFailure {
    fn from(error: RecordsError) -> Self {
        let message = error.to_string();
        match error {
            RecordsError::NotFound { .. } => Self::new("RESOURCE_NOT_FOUND", message)
                .action("Somebody deleted it meanwhile: name one that exists."),
            RecordsError::NameTaken { .. } => {
                Self::new("DUPLICATE_NAME", message).action("Choose another name.")
            }
            RecordsError::Changed { .. } => Self::new("CHANGED_MEANWHILE", message)
                .action("Look at the change, and ask again where it is still wanted."),
            RecordsError::InUse { .. } => {
                Self::new("IN_USE", message).action("Delete or change first what uses it.")
            }
            RecordsError::DanglingReference { .. } => {
                Self::new("REFERENCE_NOT_FOUND", message).action("Name a resource that exists.")
            }
            RecordsError::NameTooLong { .. } => {
                Self::new("NAME_TOO_LONG", message).action("Choose a shorter name.")
            }
            RecordsError::Fenced { .. } => {
                Self::new("NOT_ACTIVE", message).action("Ask the active node.")
            }
            _ => {
                tracing::error!(reason = message, "a task cannot use the store");
                Self::new("RECORDS", "the service cannot use its database")
                    .action("Look for the reason in the log of the service.")
            }
        }
    }
}

impl From<StoreError> for TaskFailure {
    fn from(error: StoreError) -> Self {
        vec![of_store(&error)].into()
    }
}

impl From<io::Error> for TaskFailure {
    fn from(error: io::Error) -> Self {
        let what_to_do = match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                "The disk is full: delete what is not needed any more, or make the disk larger."
            }
            _ => "Look for the reason in the log of the service.",
        };
        Self::storage(&error, what_to_do)
    }
}

impl From<Diagnostic> for TaskFailure {
    fn from(diagnostic: Diagnostic) -> Self {
        let places = diagnostic.frames.iter().map(|frame| {
            let (script, line, column) = (&frame.script, frame.line, frame.column);
            format!("{script}:{line}:{column}: {}", frame.text.trim())
        });
        let path = diagnostic.path.iter().map(|path| format!("on {path}"));
        let notes = diagnostic.notes.iter().cloned();
        let details: Vec<String> = places.chain(path).chain(notes).collect();
        let failure = Self::new(diagnostic.code.as_str(), &diagnostic.message);
        let failure = failure.details(details.join("\n"));
        match diagnostic.help {
            Some(help) => failure.action(help),
            None => failure,
        }
    }
}
