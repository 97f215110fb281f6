//! Exit codes, decided in one place.

use mintage_engine::Code;
use serde::Serialize;
use std::process::ExitCode;

/// How the program ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Exit {
    /// What was asked for is done.
    Success = 0,
    /// The run or check failed, or a diff found differences. Nothing was made, but by `apply`, where
    /// something read-only differs.
    Failed = 1,
    /// The command line is wrong.
    Usage = 2,
    /// The image, the plan library or another input cannot be read.
    Unreadable = 3,
    /// The worker was ended by its sandbox or a limit, or crashed. Nothing was made.
    Worker = 4,
    /// The output volume cannot be written.
    Output = 5,
    /// The service cannot be reached, refused, or its task failed.
    Service = 6,
}

impl Exit {
    /// Every exit code with its meaning, as the help prints it.
    pub const HELP: &'static str = "\
Exit codes:
  0  done
  1  the run or check failed, a path is not there, or a diff found differences
  2  the command line is wrong
  3  the image, the plan library or another input cannot be read
  4  the worker was ended by its sandbox or one of its limits, or it crashed
  5  the output cannot be written
  6  the service cannot be reached, refused, or its task failed
After any code but 0 there is no output volume, and the golden image is as before.";

    /// How the program ends after an error with `code`.
    pub fn for_code(code: Code) -> Self {
        match code.as_str().get(..2) {
            Some("P5") => Self::Unreadable,
            Some("P6") => Self::Worker,
            Some("P8") => match code {
                Code::P8008 => Self::Unreadable,
                _ => Self::Service,
            },
            Some("P9") if code == Code::P9001 => Self::Unreadable,
            Some("P7") => match code {
                Code::P7008 | Code::P7009 | Code::P7011 => Self::Output,
                Code::P7010 | Code::P7012 => Self::Failed,
                _ => Self::Unreadable,
            },
            _ => Self::Failed,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Success => Self::SUCCESS,
            Exit::Failed => Self::from(1),
            Exit::Usage => Self::from(2),
            Exit::Unreadable => Self::from(3),
            Exit::Worker => Self::from(4),
            Exit::Output => Self::from(5),
            Exit::Service => Self::from(6),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_has_an_exit_code() {
        for (code, exit) in [
            (Code::P1001, Exit::Failed),
            (Code::P2010, Exit::Failed),
            (Code::P3001, Exit::Failed),
            (Code::P4001, Exit::Failed),
            (Code::P5001, Exit::Unreadable),
            (Code::P6003, Exit::Worker),
            (Code::P7001, Exit::Unreadable),
            (Code::P7006, Exit::Unreadable),
            (Code::P7008, Exit::Output),
            (Code::P7010, Exit::Failed),
            (Code::P7012, Exit::Failed),
            (Code::P8001, Exit::Service),
            (Code::P8008, Exit::Unreadable),
            (Code::P8009, Exit::Service),
            (Code::P9001, Exit::Unreadable),
            (Code::P9002, Exit::Failed),
        ] {
            assert_eq!(Exit::for_code(code), exit, "{code}");
        }
        assert!(
            Code::ALL
                .iter()
                .all(|code| Exit::for_code(*code) != Exit::Success)
        );
    }

    #[test]
    fn the_help_names_them_all() {
        for number in 0..=6 {
            assert!(Exit::HELP.contains(&format!("\n  {number}  ")), "{number}");
        }
    }
}
