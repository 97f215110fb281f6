//! The worker's side: into the sandbox, read the job, do it, answer.

use crate::border;
use crate::limits::WorkerLimits;
use crate::process::Answer;
use crate::sandbox::{self, SandboxReport};
use clap::Args;
use command_fds::inherited::take_fd_ownership;
use mintage_engine::Diagnostic;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::{AsRawFd as _, RawFd};
use std::process::ExitCode;

/// The number of the first descriptor that is passed to a worker.
pub(super) const FIRST_DESCRIPTOR: RawFd = 3;

/// How a worker ends that could not enter its sandbox or read its job.
pub(super) const NOT_SERVED: u8 = 125;

/// What a worker must know before it reads its job.
#[derive(Debug, Clone, PartialEq, Eq, Args)]
pub struct WorkerArguments {
    /// Address space in bytes.
    #[arg(long)]
    pub memory: u64,
    /// Processor time in seconds.
    #[arg(long)]
    pub cpu: u64,
    /// Largest file in bytes.
    #[arg(long)]
    pub scratch: u64,
    /// How many descriptors are passed.
    #[arg(long)]
    pub descriptors: u32,
    /// The process that wants the answer; without it the worker ends.
    #[arg(long)]
    pub parent: u32,
}

impl WorkerArguments {
    /// The arguments for a worker with `limits`.
    pub(super) fn new(limits: &WorkerLimits, descriptors: u32) -> Self {
        let cpu = limits.cpu.as_secs() + u64::from(limits.cpu.subsec_nanos() > 0);
        Self {
            memory: limits.memory,
            cpu,
            scratch: limits.scratch,
            descriptors,
            parent: std::process::id(),
        }
    }

    /// As a command line.
    pub(super) fn to_command_line(&self) -> [String; 6] {
        [
            "worker".to_owned(),
            format!("--memory={}", self.memory),
            format!("--cpu={}", self.cpu),
            format!("--scratch={}", self.scratch),
            format!("--descriptors={}", self.descriptors),
            format!("--parent={}", self.parent),
        ]
    }
}

/// The files that were passed to this worker, in the parent's order.
#[derive(Debug)]
pub struct Descriptors(std::vec::IntoIter<File>);

impl Descriptors {
    /// The next file.
    ///
    /// # Errors
    /// When the parent passed fewer than the job needs.
    pub fn take(&mut self) -> io::Result<File> {
        self.0
            .next()
            .ok_or_else(|| io::Error::other("the job needs a descriptor that was not passed"))
    }
}

/// Serves one job: everything that a worker process does from its start to its end.
///
/// To be called with one thread and nothing opened. `act` runs in the sandbox.
pub fn serve<J, A>(
    arguments: &WorkerArguments,
    act: impl FnOnce(J, Descriptors) -> Result<A, Diagnostic>,
) -> ExitCode
where
    J: DeserializeOwned,
    A: Serialize,
{
    name_panics_by_place();
    match serve_one(arguments, act) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(io::stderr(), "{error}");
            ExitCode::from(NOT_SERVED)
        }
    }
}

/// Lets a panic say where it was, and nothing else: its message may quote what was at hand, a secret
/// too.
fn name_panics_by_place() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        let place = place.unwrap_or_else(|| "an unknown place".to_owned());
        let _ = writeln!(io::stderr(), "panicked at {place}");
    }));
}

fn serve_one<J: DeserializeOwned, A: Serialize>(
    arguments: &WorkerArguments,
    act: impl FnOnce(J, Descriptors) -> Result<A, Diagnostic>,
) -> io::Result<()> {
    let (descriptors, sandbox) = enter(arguments)?;
    let mut job = Vec::new();
    io::stdin().lock().read_to_end(&mut job)?;
    // The library's own message may quote the job, which holds secrets.
    let job = serde_json::from_slice(&job).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        io::Error::other(format!(
            "the job cannot be read at line {line}, column {column}"
        ))
    })?;
    let result = act(job, descriptors);
    let answer = serde_json::to_vec(&Answer { sandbox, result })?;
    let mut stdout = io::stdout().lock();
    stdout.write_all(&answer)?;
    stdout.flush()
}

/// Keeps the passed descriptors, closes all others, and enters the sandbox.
fn enter(arguments: &WorkerArguments) -> io::Result<(Descriptors, SandboxReport)> {
    border::take_inherited_descriptors()?;
    let mut passed = Vec::new();
    for number in FIRST_DESCRIPTOR.. {
        if passed.len() >= usize::try_from(arguments.descriptors).unwrap_or(usize::MAX) {
            break;
        }
        let descriptor = take_fd_ownership(number).map_err(io::Error::other)?;
        passed.push(File::from(descriptor));
    }
    for number in inherited_numbers()? {
        // Those that are passed have an owner already; the rest is closed here.
        drop(take_fd_ownership(number));
    }
    let sandbox = sandbox::enter(arguments)?;
    Ok((Descriptors(passed.into_iter()), sandbox))
}

fn inherited_numbers() -> io::Result<Vec<RawFd>> {
    let listing = rustix::fs::open(
        "/proc/self/fd",
        rustix::fs::OFlags::RDONLY | rustix::fs::OFlags::DIRECTORY | rustix::fs::OFlags::CLOEXEC,
        rustix::fs::Mode::empty(),
    )?;
    let own = listing.as_raw_fd();
    let mut numbers = Vec::new();
    for entry in rustix::fs::Dir::new(listing)? {
        let number = entry?.file_name().to_string_lossy().parse::<RawFd>();
        numbers.extend(number.ok().filter(|number| *number != own));
    }
    Ok(numbers)
}
