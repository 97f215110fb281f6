//! The border: the only module with unsafe code, two calls that the system cannot make safe for
//! every program, with the reasons why they are safe in this one.
#![allow(unsafe_code)] // This is the module that may; see above.

use rustix::thread::UnshareFlags;
use std::io;

/// Takes ownership of the descriptors that this process was started with, so that
/// [`command_fds::inherited::take_fd_ownership`] can hand them out.
///
/// To be called once, first thing in `main` of a worker.
pub(super) fn take_inherited_descriptors() -> io::Result<()> {
    // SAFETY: a worker calls this before it opens anything, so that no descriptor besides the
    // standard three has an owner in this process yet.
    unsafe { command_fds::inherited::init_inherited_fds() }
}

/// Leaves the namespaces that `flags` name for new ones.
pub(super) fn unshare(flags: UnshareFlags) -> io::Result<()> {
    debug_assert!(!flags.contains(UnshareFlags::FILES));
    // SAFETY: `unshare` is unsafe for `FILES` only, with which threads would see different
    // descriptors; the flags here are namespaces.
    unsafe { rustix::thread::unshare_unsafe(flags) }.map_err(Into::into)
}
