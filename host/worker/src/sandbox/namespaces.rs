//! Namespaces of its own, in which there is no network, no other process's IPC and no file.

use crate::border;
use rustix::mount::{MountFlags, MountPropagationFlags, UnmountFlags};
use rustix::thread::UnshareFlags;
use std::io;

/// Leaves the host's namespaces. A user namespace comes with it, so that no privilege is needed.
///
/// No process namespace: it would hold only for children, and a worker cannot have any.
pub(super) fn enter() -> io::Result<()> {
    border::unshare(
        UnshareFlags::NEWUSER
            | UnshareFlags::NEWNET
            | UnshareFlags::NEWIPC
            | UnshareFlags::NEWUTS
            | UnshareFlags::NEWNS,
    )
}

/// Makes an empty, read-only filesystem the root, and lets go of the host's.
pub(super) fn empty_root() -> io::Result<()> {
    let private = MountPropagationFlags::PRIVATE | MountPropagationFlags::REC;
    rustix::mount::mount_change("/", private)?;
    let flags = MountFlags::RDONLY | MountFlags::NODEV | MountFlags::NOEXEC | MountFlags::NOSUID;
    rustix::mount::mount("none", "/proc", "tmpfs", flags, c"size=4k,nr_inodes=1")?;
    rustix::process::chdir("/proc")?;
    rustix::process::pivot_root(".", ".")?;
    // The old root now lies on the new one, at the same place.
    rustix::mount::unmount(".", UnmountFlags::DETACH)?;
    Ok(())
}
