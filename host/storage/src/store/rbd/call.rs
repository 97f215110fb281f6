//! `Cluster`: the programs `rbd` and `ceph`, called with a time limit.

use super::pool::RbdPool;
use crate::store::error::{Result, StoreError, StoreErrorKind};
use serde::de::DeserializeOwned;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

/// How long a call may take that moves no data.
const PATIENCE: Duration = Duration::from_secs(30);
/// What a call may take longer for each MiB that it moves.
const PATIENCE_FOR_MIB: Duration = Duration::from_millis(500);
/// The longest answer and the longest error, in bytes.
const LONGEST: u64 = 64 << 20;
const LONGEST_ERROR: u64 = 64 << 10;

/// A pool, by the programs of Ceph.
#[derive(Debug)]
pub(super) struct Cluster {
    pool: RbdPool,
    label: String,
    scratch: PathBuf,
    patience: Duration,
}

/// A call of `rbd`.
pub(super) struct Call<'a> {
    /// What it is for, as `open the OS volume`.
    pub what: &'a str,
    pub arguments: &'a [&'a str],
    pub input: Stdio,
    /// How many bytes it moves at most.
    pub moves: u64,
}

impl<'a> Call<'a> {
    pub(super) fn new(what: &'a str, arguments: &'a [&'a str]) -> Self {
        Self {
            what,
            arguments,
            input: Stdio::null(),
            moves: 0,
        }
    }

    /// It moves this many bytes at most.
    pub(super) fn moving(mut self, bytes: u64) -> Self {
        self.moves = bytes;
        self
    }
}

/// How a program ended.
enum Ended {
    Exit(ExitStatus, Vec<u8>, String),
    Late,
}

impl Cluster {
    pub(super) fn new(pool: RbdPool, scratch: &Path) -> Self {
        Self {
            label: format!("the Ceph pool `{}`", pool.name),
            scratch: scratch.to_owned(),
            patience: PATIENCE,
            pool,
        }
    }

    pub(super) fn pool(&self) -> &RbdPool {
        &self.pool
    }

    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// The folder for files without a name, and for sockets.
    pub(super) fn scratch(&self) -> &Path {
        &self.scratch
    }

    pub(super) fn error(
        &self,
        kind: StoreErrorKind,
        what: &str,
        why: impl Into<String>,
    ) -> StoreError {
        StoreError::new(kind, what, &self.label, why)
    }

    /// `IMAGE` or `IMAGE@SNAPSHOT` of the pool, as `rbd` wants it.
    pub(super) fn spec(&self, image: &str, snapshot: Option<&str>) -> String {
        let pool = &self.pool.name;
        match snapshot {
            Some(snapshot) => format!("{pool}/{image}@{snapshot}"),
            None => format!("{pool}/{image}"),
        }
    }

    /// Calls `rbd`.
    ///
    /// # Errors
    /// Every kind but `Changed`.
    pub(super) fn rbd(&self, call: Call<'_>) -> Result<Vec<u8>> {
        let mebibytes = u32::try_from(call.moves >> 20).unwrap_or(u32::MAX);
        let limit = self
            .patience
            .saturating_add(PATIENCE_FOR_MIB.saturating_mul(mebibytes));
        self.call("rbd", call, limit)
    }

    /// Asks for something in JSON.
    ///
    /// # Errors
    /// As [`Self::rbd`].
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        program: &str,
        what: &str,
        arguments: &[&str],
    ) -> Result<T> {
        let arguments: Vec<&str> = [arguments, &["--format", "json"]].concat();
        let answer = self.call(program, Call::new(what, &arguments), self.patience)?;
        serde_json::from_slice(&answer).map_err(|error| {
            tracing::warn!(%error, program, "an answer cannot be read");
            let why = format!("the answer of `{program}` cannot be read");
            self.error(StoreErrorKind::Failed, what, why)
        })
    }

    fn call(&self, program: &str, call: Call<'_>, limit: Duration) -> Result<Vec<u8>> {
        let Call {
            what,
            arguments,
            input,
            ..
        } = call;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .arg("--conf")
            .arg(&self.pool.conf)
            .env_remove("CEPH_ARGS")
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(user) = &self.pool.user {
            command.args(["--id", user]);
        }
        let child = command.spawn().map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => {
                let why = format!("the program `{program}` is not installed");
                self.error(StoreErrorKind::Unavailable, what, why)
            }
            _ => StoreError::from_io(what, &self.label, &error),
        })?;
        let ended = attend(child, limit);
        match ended.map_err(|error| StoreError::from_io(what, &self.label, &error))? {
            Ended::Exit(status, answer, _) if status.success() => Ok(answer),
            Ended::Exit(status, _, said) => {
                tracing::debug!(program, %status, said, "a program of Ceph failed");
                Err(self.failed(program, what, status, &said))
            }
            Ended::Late => {
                let seconds = limit.as_secs();
                let why = format!("the cluster does not answer within {seconds} s");
                Err(self.error(StoreErrorKind::Unavailable, what, why))
            }
        }
    }

    /// What a program meant: it ends with the number of an error of Linux.
    fn failed(&self, program: &str, what: &str, status: ExitStatus, said: &str) -> StoreError {
        let pool = ["error opening pool", "error opening default pool"];
        let (kind, why) = match status.code() {
            _ if said.contains("couldn't connect to the cluster")
                || said.contains("error connecting to the cluster") =>
            {
                let why = "the cluster does not answer, or does not admit this user";
                (StoreErrorKind::Unavailable, why.to_owned())
            }
            Some(2) if pool.iter().any(|text| said.contains(text)) => (
                StoreErrorKind::PoolMissing,
                "there is no such pool".to_owned(),
            ),
            Some(2) => (StoreErrorKind::NotFound, "it is not there".to_owned()),
            Some(17) => (StoreErrorKind::Exists, "it exists already".to_owned()),
            Some(16 | 39) => (
                StoreErrorKind::InUse,
                "somebody has it open, or clones need it".to_owned(),
            ),
            // So it says of what is so already: who asked may know.
            Some(22) => (
                StoreErrorKind::Failed,
                "the cluster refuses that".to_owned(),
            ),
            Some(28 | 122) => (
                StoreErrorKind::Full,
                "there is no space left in the pool".to_owned(),
            ),
            Some(107 | 108 | 110) => (
                StoreErrorKind::Unavailable,
                "the cluster does not answer".to_owned(),
            ),
            _ => {
                tracing::warn!(program, %status, said, "a program of Ceph failed");
                (
                    StoreErrorKind::Failed,
                    format!("`{program}` ended with {status}"),
                )
            }
        };
        self.error(kind, what, why)
    }
}

/// Waits for the end of `child` and for what it says, `limit` at most. Nothing is left of it then.
fn attend(mut child: Child, limit: Duration) -> io::Result<Ended> {
    let deadline = Instant::now() + limit;
    let (stdout, stderr) = (child.stdout.take(), child.stderr.take());
    thread::scope(|scope| {
        let answer = scope.spawn(|| read_up_to(stdout, LONGEST));
        let said = scope.spawn(|| read_up_to(stderr, LONGEST_ERROR));
        let status = wait(&mut child, deadline);
        if !matches!(status, Ok(Some(_))) {
            // The readers come to their end with it.
            let _ = child.kill();
            let _ = child.wait();
        }
        let Some(status) = status? else {
            return Ok(Ended::Late);
        };
        let gone = |_| io::Error::other("reading from it failed");
        let answer = answer.join().map_err(gone)??;
        let said = said.join().map_err(gone)??;
        Ok(Ended::Exit(
            status,
            answer,
            String::from_utf8_lossy(&said).into_owned(),
        ))
    })
}

/// Waits until `deadline`; none when it is not over then.
pub(super) fn wait(child: &mut Child, deadline: Instant) -> io::Result<Option<ExitStatus>> {
    let mut pause = Duration::from_millis(1);
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        if Instant::now() >= deadline {
            return Ok(None);
        }
        thread::sleep(pause);
        pause = (pause * 2).min(Duration::from_millis(20));
    }
}

/// The first `limit` bytes; the rest is read and forgotten, so that it comes to its end.
fn read_up_to(source: Option<impl Read>, limit: u64) -> io::Result<Vec<u8>> {
    let mut text = Vec::new();
    if let Some(mut source) = source {
        source.by_ref().take(limit).read_to_end(&mut text)?;
        io::copy(&mut source, &mut io::sink())?;
    }
    Ok(text)
}
