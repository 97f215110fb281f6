//! `WorkerFailure`: the named end of a worker that gave no answer.

use crate::limits::WorkerLimits;
use crate::serve::NOT_SERVED;
use mintage_engine::{Code, Diagnostic};
use mintage_volume::escape::escape;
use rustix::process::Signal;
use std::os::unix::process::ExitStatusExt as _;
use std::process::ExitStatus;

/// What a worker says when it gets no more memory: from the allocator, from a new thread, from the
/// system.
const OUT_OF_MEMORY: [&str; 3] = [
    "memory allocation of ",
    "failed to spawn thread",
    "Cannot allocate memory",
];

/// How a worker ended without an answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WorkerFailure {
    /// One of `P6001` to `P6007`, or `P3014` for a full scratch file.
    pub code: Code,
    /// One sentence.
    pub message: String,
    /// What the worker wrote to its error output, escaped, in lines.
    pub stderr: Vec<String>,
}

impl WorkerFailure {
    /// A failure with `code` that says `message`.
    pub fn new(code: Code, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            stderr: Vec::new(),
        }
    }

    /// The worker was cancelled, or what came of it is not wanted any more.
    pub(super) fn cancelled() -> Self {
        Self::new(Code::P6007, "the run was cancelled")
    }

    /// What `status` and the error output say about the end of a worker.
    pub(super) fn from_exit(status: ExitStatus, stderr: &[u8], limits: &WorkerLimits) -> Self {
        let text = String::from_utf8_lossy(stderr);
        let signal = status.signal().and_then(Signal::from_named_raw);
        let (code, message) = match signal {
            Some(Signal::SYS) => (
                Code::P6004,
                "the worker was ended: it made a system call that its sandbox forbids".to_owned(),
            ),
            Some(Signal::XCPU) => (Code::P6006, too_much_time(limits)),
            Some(Signal::XFSZ) => (
                Code::P3014,
                format!(
                    "the worker was ended: it changed more than {} bytes",
                    limits.scratch
                ),
            ),
            Some(Signal::KILL) => (
                Code::P6002,
                "the worker was killed, most likely because the host ran out of memory".to_owned(),
            ),
            _ if OUT_OF_MEMORY.iter().any(|said| text.contains(said)) => {
                (Code::P6002, too_much_memory(limits))
            }
            None if status.code() == Some(NOT_SERVED.into()) => {
                (Code::P6005, "the worker could not begin its job".to_owned())
            }
            _ => (Code::P6001, crash(status, &text)),
        };
        Self {
            code,
            message,
            stderr: lines(stderr),
        }
    }

    /// The failure as users see it.
    pub fn into_diagnostic(self) -> Diagnostic {
        let help = match self.code {
            Code::P6002 => Some("raise the limit with `--memory`, if the plan is right"),
            Code::P6003 => Some("raise the limit with `--deadline`, if the plan is right"),
            Code::P6001 | Code::P6004 => {
                Some("this is a fault of the program or an attack by the image; please report it")
            }
            _ => None,
        };
        let notes = self.stderr.iter().map(|line| format!("worker: {line}"));
        Diagnostic {
            code: self.code,
            message: self.message,
            frames: Vec::new(),
            within: Vec::new(),
            path: None,
            notes: notes.collect(),
            help: help.map(ToOwned::to_owned),
        }
    }
}

fn too_much_time(limits: &WorkerLimits) -> String {
    let seconds = limits.cpu.as_secs_f64();
    format!("the worker was ended: it used more than {seconds} s of processor time")
}

fn too_much_memory(limits: &WorkerLimits) -> String {
    let mebibytes = limits.memory >> 20;
    format!("the worker ran out of its memory limit of {mebibytes} MiB")
}

fn crash(status: ExitStatus, stderr: &str) -> String {
    if stderr.contains("has overflowed its stack") {
        return "the worker crashed: its stack overflowed".to_owned();
    }
    match (status.signal(), status.code()) {
        (Some(signal), _) => {
            let number = Signal::from_named_raw(signal);
            let name = number.map_or_else(|| format!("signal {signal}"), |s| format!("{s:?}"));
            format!("the worker crashed: {name}")
        }
        (None, Some(101)) => "the worker crashed: it panicked".to_owned(),
        (None, code) => format!("the worker gave up with exit code {}", code.unwrap_or(-1)),
    }
}

/// The error output as escaped lines, the last ones when there are many.
fn lines(stderr: &[u8]) -> Vec<String> {
    const MOST: usize = 8;
    let all: Vec<_> = stderr
        .split(|byte| *byte == b'\n')
        .filter(|line| !line.is_empty())
        .map(|line| escape(line.get(..400).unwrap_or(line)))
        .collect();
    let skip = all.len().saturating_sub(MOST);
    all.into_iter().skip(skip).collect()
}
