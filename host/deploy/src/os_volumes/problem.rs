//! `DeployError`: why a volume is not made, with everything that is wrong at once.

use super::run::RunRecord;
use crate::DataFolder;
use mintage_engine::{Code, Diagnostic};
use mintage_records::RecordsError;
use mintage_records::model::TaskError;
use mintage_storage::StorageError;
use mintage_storage::store::{StoreError, StoreErrorKind};
use mintage_worker::PersonalizeError;
use std::io;

/// Why a verb about volumes refuses, or failed.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The store says no.
    #[error(transparent)]
    Records(#[from] RecordsError),
    /// What was asked for cannot be done: all that is wrong, at least one problem.
    #[error("{}", summary(_0))]
    Refused(Vec<TaskError>),
    /// It cannot be done now, because of what is being done.
    #[error("{}", _0.message)]
    Conflict(Box<TaskError>),
    /// The run of the plan could not be done, or its worker failed.
    #[error("{}", _0.message)]
    Run(Box<TaskError>),
    /// The plan failed; with what it did until then.
    #[error("{}", _0.message)]
    Plan(Box<TaskError>, Box<RunRecord>),
    /// Somebody cancelled it.
    #[error("it was cancelled")]
    Cancelled,
}

impl DeployError {
    /// One thing that is wrong.
    pub(crate) fn refused(code: &str, message: impl Into<String>, action: &str) -> Self {
        Self::Refused(vec![problem(code, message, action)])
    }

    /// Something is in the way that goes away.
    pub(crate) fn conflict(code: &str, message: impl Into<String>, action: &str) -> Self {
        Self::Conflict(Box::new(problem(code, message, action)))
    }

    /// Something that was tried did not work.
    pub(crate) fn failed(code: &str, message: impl Into<String>, action: &str) -> Self {
        Self::Run(Box::new(problem(code, message, action)))
    }

    /// All that is wrong, as tasks and replies tell it.
    pub fn problems(&self) -> Vec<TaskError> {
        match self {
            Self::Refused(problems) => problems.clone(),
            Self::Conflict(failed) | Self::Run(failed) | Self::Plan(failed, _) => {
                vec![(**failed).clone()]
            }
            Self::Cancelled => vec![problem("CANCELLED", self.to_string(), "")],
            Self::Records(error) => vec![problem("RECORDS", error.to_string(), "")],
        }
    }
}

/// A problem with what to do about it.
pub(crate) fn problem(code: &str, message: impl Into<String>, action: &str) -> TaskError {
    let actions = Some(action).filter(|action| !action.is_empty());
    TaskError {
        error_code: code.to_owned(),
        message: message.into(),
        details: String::new(),
        recommended_actions: actions.into_iter().map(str::to_owned).collect(),
    }
}

/// What a store does not do, as tasks and replies tell it.
pub(crate) fn of_store(error: &StoreError) -> TaskError {
    tracing::error!(%error, "the store of volumes");
    problem(error.code(), error.to_string(), error.advice())
}

/// A diagnostic of a plan, a value or a run, as tasks and replies tell it.
pub(crate) fn from_diagnostic(diagnostic: Diagnostic) -> TaskError {
    let places = diagnostic.frames.iter().map(|frame| {
        let (script, line, column) = (&frame.script, frame.line, frame.column);
        format!("{script}:{line}:{column}: {}", frame.text.trim())
    });
    let path = diagnostic.path.iter().map(|path| format!("on {path}"));
    let notes = diagnostic.notes.iter().cloned();
    let details: Vec<String> = places.chain(path).chain(notes).collect();
    let action = match diagnostic.code {
        // The command line's help speaks of the command line.
        Code::P4001 => {
            Some("Give it in `osCustomAttributes`, or set it in the deployment plan.".to_owned())
        }
        _ => diagnostic.help,
    };
    TaskError {
        error_code: diagnostic.code.as_str().to_owned(),
        message: diagnostic.message,
        details: details.join("\n"),
        recommended_actions: action.into_iter().collect(),
    }
}

impl From<Vec<Diagnostic>> for DeployError {
    fn from(diagnostics: Vec<Diagnostic>) -> Self {
        Self::Refused(diagnostics.into_iter().map(from_diagnostic).collect())
    }
}

impl From<PersonalizeError> for DeployError {
    fn from(error: PersonalizeError) -> Self {
        let failed = match error {
            PersonalizeError::Worker(failure) if failure.code == Code::P6007 => {
                return Self::Cancelled;
            }
            PersonalizeError::Worker(failure) => from_diagnostic(failure.into_diagnostic()),
            PersonalizeError::Failed(diagnostic) => from_diagnostic(*diagnostic),
            PersonalizeError::Storage(error) => return error.into(),
        };
        Self::Run(Box::new(failed))
    }
}

impl DeployError {
    /// The data folder does not do what it should.
    pub(crate) fn storage(error: &dyn std::error::Error) -> Self {
        // The path of a file of the host is not for the caller.
        tracing::error!(%error, "a volume's file");
        Self::Run(Box::new(problem(
            Code::P7009.as_str(),
            "the volume's file cannot be written or read",
            "Look for the reason in the log of the service: the disk may be full.",
        )))
    }
}

impl From<StoreError> for DeployError {
    fn from(error: StoreError) -> Self {
        let told = Box::new(of_store(&error));
        match error.kind() {
            StoreErrorKind::InUse => Self::Conflict(told),
            _ => Self::Run(told),
        }
    }
}

impl From<StorageError> for DeployError {
    fn from(error: StorageError) -> Self {
        match error {
            StorageError::Store(error) => error.into(),
            error => Self::storage(&error),
        }
    }
}

impl From<io::Error> for DeployError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => {
                StoreError::from_io("write a file", DataFolder::STORE, &error).into()
            }
            _ => Self::storage(&error),
        }
    }
}

/// The first problem, and how many more there are.
fn summary(problems: &[TaskError]) -> String {
    let first = problems
        .first()
        .map_or("refused", |problem| &problem.message);
    match problems.len() {
        0 | 1 => first.to_owned(),
        all => format!("{first}, and {} more problems", all - 1),
    }
}
