//! `Failure`: why a command ends without having done what was asked for.

use crate::exit::Exit;
use mintage_engine::{Code, Diagnostic};
use mintage_storage::StorageError;
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
            StorageError::Open { .. } | StorageError::Read { .. } => (Code::P7001, None),
            StorageError::Exists { .. } => (
                Code::P7008,
                Some("choose another name; nothing is ever overwritten"),
            ),
            StorageError::SameFile { .. } => (
                Code::P7011,
                Some("choose another name; a golden image is never written to"),
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
