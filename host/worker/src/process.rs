//! The parent's side: start a worker, give it a job, wait for its answer or its end.

use crate::cancellation::{Cancellation, PATIENCE};
use crate::limits::{MAX_STDERR, WorkerLimits};
use crate::sandbox::SandboxReport;
use crate::serve::{FIRST_DESCRIPTOR, WorkerArguments};
use crate::verdict::WorkerFailure;
use command_fds::{CommandFdExt as _, FdMapping};
use mintage_engine::{Code, Diagnostic};
use rustix::event::{PollFd, PollFlags, Timespec};
use rustix::process::{Pid, PidfdFlags};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::io::{self, Read, Write as _};
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::{self, ScopedJoinHandle};
use std::time::Instant;

/// A worker that answered: what it is shut into, and what came of its job.
#[derive(Debug, Serialize, Deserialize)]
pub struct Answer<A> {
    /// What its sandbox is made of.
    pub sandbox: SandboxReport,
    /// The job's result, or its error.
    pub result: Result<A, Diagnostic>,
}

/// A worker to be started.
#[derive(Debug)]
pub struct Worker {
    /// The program, which must call [`crate::serve()`] when its first argument is
    /// `worker`.
    pub program: PathBuf,
    /// How much it may use.
    pub limits: WorkerLimits,
    /// The only files that it gets, from descriptor 3 on.
    pub descriptors: Vec<OwnedFd>,
    /// Who may end it early, if anybody.
    pub cancellation: Option<Cancellation>,
}

impl Worker {
    /// A worker of this very program.
    pub fn new(limits: WorkerLimits) -> Self {
        Self {
            program: PathBuf::from("/proc/self/exe"),
            limits,
            descriptors: Vec::new(),
            cancellation: None,
        }
    }

    /// Passes one more file.
    #[must_use]
    pub fn pass(mut self, file: impl Into<OwnedFd>) -> Self {
        self.descriptors.push(file.into());
        self
    }

    /// Starts the worker, gives it `job` and waits until it ends, at the latest at its deadline or when
    /// it is cancelled.
    /// No worker is left when this returns.
    ///
    /// # Errors
    /// When it ended without an answer, with the reason.
    pub fn run<A: DeserializeOwned>(
        self,
        job: &impl Serialize,
    ) -> Result<Answer<A>, WorkerFailure> {
        let (limits, cancellation) = (self.limits.clone(), self.cancellation.clone());
        let job = serde_json::to_vec(job).map_err(start_failure)?;
        let mut child = self.spawn().map_err(start_failure)?;
        let ended = attend(&mut child, &job, &limits, cancellation.as_ref());
        // Whatever happened: nothing may be left, and a zombie is something.
        let _ = child.kill();
        let _ = child.wait();
        let ended = ended.map_err(start_failure)?;
        ended.into_answer(&limits)
    }

    fn spawn(self) -> io::Result<Child> {
        let count = u32::try_from(self.descriptors.len()).map_err(io::Error::other)?;
        let arguments = WorkerArguments::new(&self.limits, count);
        let mappings = (FIRST_DESCRIPTOR..).zip(self.descriptors);
        let mappings = mappings.map(|(child_fd, parent_fd)| FdMapping {
            parent_fd,
            child_fd,
        });
        let mut command = Command::new(&self.program);
        command
            .arg0("mintage-worker")
            .args(arguments.to_command_line())
            .env_clear()
            // Without it the C library looks for the number of processors in /sys for each thread.
            .env("MALLOC_ARENA_MAX", "1")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
            .fd_mappings(mappings.collect())
            .map_err(io::Error::other)?;
        command.spawn()
    }
}

/// How a worker ended, and what it wrote.
struct Ended {
    end: End,
    /// None when it wrote more than the limit.
    stdout: Option<Vec<u8>>,
    stderr: Vec<u8>,
}

/// Why a worker is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// It ended by itself, or the system ended it.
    Exit(ExitStatus),
    /// It was ended at its deadline.
    Deadline,
    /// Nobody wanted it any more.
    Cancelled,
}

/// Writes the job, reads both outputs, and waits with the deadline, all at the same time.
fn attend(
    child: &mut Child,
    job: &[u8],
    limits: &WorkerLimits,
    cancellation: Option<&Cancellation>,
) -> io::Result<Ended> {
    let deadline = Instant::now() + limits.deadline;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(io::Error::other("the worker has no pipes"));
    };
    thread::scope(|scope| {
        // A worker that ends early closes the pipe; its end is what counts then.
        scope.spawn(move || drop(stdin.write_all(job)));
        let stdout = scope.spawn(|| read_up_to(stdout, limits.answer));
        let stderr = scope.spawn(|| read_up_to(stderr, MAX_STDERR));
        let end = wait_until(child, deadline, cancellation);
        if !matches!(end, Ok(End::Exit(_))) {
            // The readers come to their end only with the worker.
            child.kill()?;
        }
        Ok(Ended {
            end: end?,
            stdout: join(stdout)?.ok(),
            stderr: join(stderr)?.unwrap_or_else(|cut| cut),
        })
    })
}

/// Waits for the end of `child`, until `deadline` or until it is cancelled.
fn wait_until(
    child: &mut Child,
    deadline: Instant,
    cancellation: Option<&Cancellation>,
) -> io::Result<End> {
    let pid = i32::try_from(child.id()).map_err(io::Error::other)?;
    let pid = Pid::from_raw(pid).ok_or_else(|| io::Error::other("the worker has no number"))?;
    let handle = rustix::process::pidfd_open(pid, PidfdFlags::empty())?;
    loop {
        if cancellation.is_some_and(Cancellation::is_cancelled) {
            return Ok(End::Cancelled);
        }
        let left = deadline.saturating_duration_since(Instant::now());
        let pause = cancellation.map_or(left, |_| left.min(PATIENCE));
        let timeout = Timespec::try_from(pause).map_err(io::Error::other)?;
        let mut waiting = [PollFd::new(&handle, PollFlags::IN)];
        match rustix::event::poll(&mut waiting, Some(&timeout)) {
            Ok(0) if pause < left => {}
            Ok(0) => return Ok(End::Deadline),
            Ok(_) => return child.wait().map(End::Exit),
            Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(errno.into()),
        }
    }
}

/// Reads to the end; `Err` with the first `limit` bytes when there is more. The rest is read and
/// forgotten, so that the worker comes to its end.
fn read_up_to(mut source: impl Read, limit: usize) -> io::Result<Result<Vec<u8>, Vec<u8>>> {
    let mut text = Vec::new();
    let most = u64::try_from(limit).unwrap_or(u64::MAX);
    source.by_ref().take(most).read_to_end(&mut text)?;
    let more = io::copy(&mut source, &mut io::sink())?;
    Ok(if more == 0 { Ok(text) } else { Err(text) })
}

fn join<T>(reader: ScopedJoinHandle<'_, io::Result<T>>) -> io::Result<T> {
    reader
        .join()
        .unwrap_or_else(|_| Err(io::Error::other("reading from the worker failed")))
}

impl Ended {
    fn into_answer<A: DeserializeOwned>(
        self,
        limits: &WorkerLimits,
    ) -> Result<Answer<A>, WorkerFailure> {
        let status = match self.end {
            End::Exit(status) => status,
            End::Cancelled => return Err(WorkerFailure::cancelled()),
            End::Deadline => {
                let seconds = limits.deadline.as_secs_f64();
                let message = format!("the worker was ended at its deadline of {seconds} s");
                return Err(WorkerFailure::new(Code::P6003, message));
            }
        };
        if !status.success() {
            return Err(WorkerFailure::from_exit(status, &self.stderr, limits));
        }
        let Some(stdout) = self.stdout else {
            let message = format!("the worker's answer is longer than {} bytes", limits.answer);
            return Err(WorkerFailure::new(Code::P6005, message));
        };
        serde_json::from_slice(&stdout).map_err(|error| {
            // Not the library's own message: it may quote any part of the answer.
            let (line, column) = (error.line(), error.column());
            let message = format!(
                "the worker's answer is not what was agreed, at line {line}, column {column}"
            );
            WorkerFailure::new(Code::P6005, message)
        })
    }
}

fn start_failure(error: impl std::fmt::Display) -> WorkerFailure {
    let message = format!("the worker could not be started: {error}");
    WorkerFailure::new(Code::P6005, message)
}
