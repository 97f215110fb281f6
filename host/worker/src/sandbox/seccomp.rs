//! The system calls that a worker may make; any other one ends it with `SIGSYS`.
//!
//! They are what the standard library needs for memory, threads and time, and reading and writing
//! of descriptors that are open already. No path, socket, process or signal is among them.

use seccompiler::{
    BackendError, BpfProgram, SeccompAction, SeccompCmpArgLen, SeccompCmpOp, SeccompCondition,
    SeccompFilter, SeccompRule,
};
use std::collections::BTreeMap;
use std::io;

/// Calls that are harmless with any argument.
const ALLOWED: &[libc::c_long] = &[
    // Descriptors that are open already.
    libc::SYS_read,
    libc::SYS_readv,
    libc::SYS_pread64,
    libc::SYS_preadv,
    libc::SYS_write,
    libc::SYS_writev,
    libc::SYS_pwrite64,
    libc::SYS_pwritev,
    libc::SYS_lseek,
    libc::SYS_close,
    libc::SYS_fstat,
    libc::SYS_fsync,
    libc::SYS_fdatasync,
    libc::SYS_ftruncate,
    libc::SYS_fallocate,
    // Memory; mmap and mprotect are below.
    libc::SYS_brk,
    libc::SYS_munmap,
    libc::SYS_mremap,
    libc::SYS_madvise,
    // Threads of this process; clone is below.
    libc::SYS_clone3,
    libc::SYS_exit,
    libc::SYS_exit_group,
    libc::SYS_futex,
    libc::SYS_gettid,
    libc::SYS_getpid,
    libc::SYS_rseq,
    libc::SYS_sched_getaffinity,
    libc::SYS_sched_yield,
    libc::SYS_set_robust_list,
    // Signals to itself: the handler that names a stack overflow.
    libc::SYS_rt_sigaction,
    libc::SYS_rt_sigprocmask,
    libc::SYS_rt_sigreturn,
    libc::SYS_sigaltstack,
    // Time and the seeds of hash tables.
    libc::SYS_clock_gettime,
    libc::SYS_clock_nanosleep,
    libc::SYS_nanosleep,
    libc::SYS_restart_syscall,
    libc::SYS_getrandom,
];

/// What a new thread must share, and what it must not have of its own.
const THREAD: libc::c_int = libc::CLONE_THREAD | libc::CLONE_VM | libc::CLONE_SIGHAND;
const NAMESPACES: libc::c_int = libc::CLONE_NEWUSER
    | libc::CLONE_NEWNS
    | libc::CLONE_NEWPID
    | libc::CLONE_NEWNET
    | libc::CLONE_NEWIPC
    | libc::CLONE_NEWUTS
    | libc::CLONE_NEWCGROUP
    | libc::CLONE_PTRACE
    | libc::CLONE_VFORK;

/// Installs the filters for this thread and those that it starts.
pub(super) fn enter() -> io::Result<()> {
    for program in [no_clone3(), allow_list()] {
        let program = program.map_err(io::Error::other)?;
        seccompiler::apply_filter(&program).map_err(io::Error::other)?;
    }
    Ok(())
}

/// Says that the kernel has no `clone3`, whose flags a filter cannot see, so that the C library
/// starts its threads by `clone`. Of two filters, the stricter answer counts.
fn no_clone3() -> Result<BpfProgram, BackendError> {
    let rules = BTreeMap::from([(libc::SYS_clone3, Vec::new())]);
    let errno = SeccompAction::Errno(libc::ENOSYS.unsigned_abs());
    compile(rules, SeccompAction::Allow, errno)
}

fn allow_list() -> Result<BpfProgram, BackendError> {
    let mut rules: BTreeMap<_, _> = ALLOWED.iter().map(|call| (*call, Vec::new())).collect();
    let not_executable = || argument(2, libc::PROT_EXEC, 0);
    rules.insert(libc::SYS_mmap, vec![rule([not_executable()?])?]);
    rules.insert(libc::SYS_mprotect, vec![rule([not_executable()?])?]);
    let thread = argument(0, THREAD | NAMESPACES, THREAD)?;
    rules.insert(libc::SYS_clone, vec![rule([thread])?]);
    let own = argument(0, !0, rustix::process::getpid().as_raw_nonzero().get())?;
    let abort = argument(2, !0, libc::SIGABRT)?;
    rules.insert(libc::SYS_tgkill, vec![rule([own, abort])?]);
    let thread_name = rule([argument(0, !0, libc::PR_SET_NAME)?])?;
    let mapping_name = rule([argument(0, !0, libc::PR_SET_VMA)?])?;
    rules.insert(libc::SYS_prctl, vec![thread_name, mapping_name]);
    // The standard library asks this before it closes a descriptor, in debug builds.
    let is_open = rule([argument(1, !0, libc::F_GETFD)?])?;
    rules.insert(libc::SYS_fcntl, vec![is_open]);
    compile(rules, SeccompAction::KillProcess, SeccompAction::Allow)
}

/// The argument `index`, masked with `mask`, is `value`.
fn argument(index: u8, mask: i32, value: i32) -> Result<SeccompCondition, BackendError> {
    let word = |bits: i32| u64::from(bits.cast_unsigned());
    let masked = SeccompCmpOp::MaskedEq(word(mask));
    SeccompCondition::new(index, SeccompCmpArgLen::Dword, masked, word(value))
}

fn rule<const N: usize>(all: [SeccompCondition; N]) -> Result<SeccompRule, BackendError> {
    SeccompRule::new(all.to_vec())
}

fn compile(
    rules: BTreeMap<i64, Vec<SeccompRule>>,
    otherwise: SeccompAction,
    on_match: SeccompAction,
) -> Result<BpfProgram, BackendError> {
    let arch = std::env::consts::ARCH.try_into()?;
    SeccompFilter::new(rules, otherwise, on_match, arch)?.try_into()
}
