//! Resource limits: what the kernel counts for a process.

use crate::worker::serve::{FIRST_DESCRIPTOR, WorkerArguments};
use rustix::process::{Resource, Rlimit};
use std::io;

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
