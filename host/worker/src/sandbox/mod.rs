//! The sandbox that a worker shuts itself into: layers, each of which alone would hold most of
//! what a hijacked worker could try.
//!
//! | layer | what it takes away | where it is missing |
//! |---|---|---|
//! | descriptors | every file that was not passed | never |
//! | resource limits | memory, processor time, file size, new descriptors, core dumps, threads | never |
//! | namespaces | network, IPC, mounts, host name, privileges | said in the report |
//! | empty root | every path | said in the report |
//! | Landlock | every path, TCP, abstract sockets, signals | said in the report |
//! | no new privileges | set-uid programs | the worker refuses to start |
//! | seccomp | every system call but the listed ones | the worker refuses to start |

mod landlock;
mod namespaces;
mod rlimits;
mod seccomp;

use crate::serve::WorkerArguments;
use rustix::process::{DumpableBehavior, Signal};
use rustix::thread::{CapabilitySet, CapabilitySets};
use serde::{Deserialize, Serialize};
use std::io;

/// What the sandbox of a worker is made of on this host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SandboxReport {
    /// Always there; a worker does not start without.
    pub seccomp: bool,
    /// Always there; a worker does not start without.
    pub no_new_privs: bool,
    /// User, network, IPC, UTS and mount namespaces of its own.
    pub namespaces: Layer,
    /// A root directory without files.
    pub empty_root: Layer,
    /// Landlock with an empty list.
    pub landlock: Layer,
}

/// Whether an optional layer holds: `true`, or why not.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Layer {
    /// It holds (`true`).
    On(bool),
    /// This host does not have it, and why.
    Missing(String),
}

impl Layer {
    /// Whether it holds.
    pub fn is_on(&self) -> bool {
        *self == Self::On(true)
    }
}

impl<E: std::fmt::Display> From<Result<(), E>> for Layer {
    fn from(entered: Result<(), E>) -> Self {
        match entered {
            Ok(()) => Self::On(true),
            Err(why) => Self::Missing(why.to_string()),
        }
    }
}

impl SandboxReport {
    /// The optional layers that this host lacks, by name, with the reason.
    pub fn missing(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [
            ("namespaces", &self.namespaces),
            ("empty root", &self.empty_root),
            ("Landlock", &self.landlock),
        ]
        .into_iter()
        .filter_map(|(name, layer)| match layer {
            Layer::On(_) => None,
            Layer::Missing(why) => Some((name, why.as_str())),
        })
    }
}

/// Enters the sandbox for good. The process must have one thread, since namespaces, Landlock and
/// seccomp hold for a thread and those that it starts.
///
/// # Errors
/// When a layer that must be there cannot be entered; nothing may be done then.
pub(super) fn enter(arguments: &WorkerArguments) -> io::Result<SandboxReport> {
    let namespaces = namespaces::enter();
    let empty_root = match &namespaces {
        Ok(()) => Layer::from(namespaces::empty_root()),
        Err(_) => Layer::Missing("it needs the namespaces".into()),
    };
    rustix::process::chdir("/")?;
    rustix::thread::set_no_new_privs(true)?;
    drop_capabilities()?;
    let landlock = Layer::from(landlock::enter());
    rlimits::enter(arguments)?;
    if namespaces.is_ok() {
        rlimits::limit_threads()?;
    }
    // Nobody of the same user may read this process's memory, and it ends with its parent.
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)?;
    rustix::process::set_parent_process_death_signal(Some(Signal::KILL))?;
    if std::os::unix::process::parent_id() != arguments.parent {
        return Err(io::Error::other(
            "the process that wants the answer is gone",
        ));
    }
    seccomp::enter()?;
    Ok(SandboxReport {
        seccomp: true,
        no_new_privs: true,
        namespaces: namespaces.into(),
        empty_root,
        landlock,
    })
}

/// Gives up what root may do, and what the user namespace's own root may do in it.
fn drop_capabilities() -> io::Result<()> {
    let none = CapabilitySet::empty();
    let sets = CapabilitySets {
        effective: none,
        permitted: none,
        inheritable: none,
    };
    rustix::thread::set_capabilities(None, sets).map_err(Into::into)
}
