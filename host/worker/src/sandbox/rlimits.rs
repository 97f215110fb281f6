//! Resource limits: what the kernel counts for a process.

use crate::serve::{FIRST_DESCRIPTOR, WorkerArguments};
use rustix::process::{Resource, Rlimit};
use std::io;

/// How many threads a worker may have. It needs one for itself and one for a script.
const THREADS: u64 = 32;

/// Limits the threads, which cost the host more than the memory that the worker pays for.
///
/// Only to be called in a user namespace of its own: elsewhere the kernel counts all processes of
/// the user. The kernel exempts root, whatever its namespace.
pub(super) fn limit_threads() -> io::Result<()> {
    let limit = Rlimit {
        current: Some(THREADS),
        maximum: Some(THREADS),
    };
    match counts_by_namespace() {
        true => rustix::process::setrlimit(Resource::Nproc, limit).map_err(Into::into),
        false => Ok(()),
    }
}

/// Whether the kernel counts the processes of a user in each user namespace, as since Linux 5.14.
fn counts_by_namespace() -> bool {
    let system = rustix::system::uname();
    let release = system.release().to_string_lossy();
    let mut numbers = release
        .split(|c: char| !c.is_ascii_digit())
        .map_while(|number| number.parse::<u32>().ok());
    (numbers.next(), numbers.next()) >= (Some(5), Some(14))
}

/// Sets every limit for good: soft and hard are the same, except for processor time, where the
/// soft one is the signal with a name and the hard one a second later a kill. A limit that is
/// lower already stays.
pub(super) fn enter(arguments: &WorkerArguments) -> io::Result<()> {
    let same = |value| Rlimit {
        current: Some(value),
        maximum: Some(value),
    };
    let cpu = Rlimit {
        current: Some(arguments.cpu),
        maximum: Some(arguments.cpu + 1),
    };
    let descriptors = u64::from(FIRST_DESCRIPTOR.unsigned_abs() + arguments.descriptors);
    for (resource, limit) in [
        (Resource::As, same(arguments.memory)),
        (Resource::Cpu, cpu),
        (Resource::Fsize, same(arguments.scratch)),
        (Resource::Core, same(0)),
        (Resource::Memlock, same(0)),
        // As many as there are: no new one can be had.
        (Resource::Nofile, same(descriptors)),
    ] {
        let least = rustix::process::getrlimit(resource).maximum;
        let lower = |wanted: Option<u64>| match (wanted, least) {
            (Some(wanted), Some(least)) => Some(wanted.min(least)),
            (wanted, least) => wanted.or(least),
        };
        let limit = Rlimit {
            current: lower(limit.current),
            maximum: lower(limit.maximum),
        };
        rustix::process::setrlimit(resource, limit)?;
    }
    Ok(())
}
