//! What a hostile or broken worker may try.

use mintage_engine::Diagnostic;
use mintage_worker::Descriptors;
use serde::{Deserialize, Serialize};
use std::fs::File;
use std::io::Write as _;
use std::net::TcpStream;
use std::os::unix::fs::FileExt as _;
use std::process::Command;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Behaviour {
    // Harmless.
    Answer,
    Threads,
    Scratch,
    ListDescriptors,
    // Against the sandbox.
    OpenFile,
    Stat,
    Socket,
    Connect,
    Execute,
    Fork,
    Kill,
    Ptrace,
    Chroot,
    Mount,
    ExecutableMemory,
    WriteGolden,
    DuplicateDescriptor,
    Environment,
    // Against the limits.
    Loop,
    Sleep,
    Allocate,
    ManyThreads,
    FillScratch,
    LongAnswer,
    // Accidents.
    Panic,
    Abort,
    Overflow,
    Garbage,
    ExitEarly,
    LongError,
}

impl Behaviour {
    pub fn act(self, mut files: Descriptors) -> Result<String, Diagnostic> {
        match self {
            Self::Answer => {}
            Self::Threads => return Ok(threads()),
            Self::Scratch => return Ok(scratch(&mut files)),
            Self::ListDescriptors => return Ok(open_descriptors()),
            Self::OpenFile => return Ok(format!("{:?}", File::open("/etc/passwd"))),
            Self::Stat => return Ok(format!("{:?}", std::fs::metadata("/etc/passwd"))),
            Self::Socket => return Ok(format!("{:?}", std::net::UdpSocket::bind("0.0.0.0:0"))),
            Self::Connect => return Ok(format!("{:?}", TcpStream::connect("127.0.0.1:1"))),
            Self::Execute => return Ok(format!("{:?}", execute())),
            Self::Fork => return Ok(format!("{:?}", Command::new("/bin/true").spawn())),
            Self::Kill => {
                let init = rustix::process::Pid::INIT;
                let sent = rustix::process::kill_process(init, rustix::process::Signal::CONT);
                return Ok(format!("{sent:?}"));
            }
            Self::Ptrace => return Ok(trace_me()),
            Self::Chroot => return Ok(format!("{:?}", rustix::process::chroot("/"))),
            Self::Mount => {
                let flags = rustix::mount::MountFlags::empty();
                let mounted = rustix::mount::mount("none", "/", "tmpfs", flags, None);
                return Ok(format!("{mounted:?}"));
            }
            Self::ExecutableMemory => return Ok(executable_memory()),
            Self::WriteGolden => {
                let golden = files.take().unwrap();
                return Ok(format!("{:?}", golden.write_all_at(b"x", 0)));
            }
            Self::DuplicateDescriptor => {
                return Ok(format!("{:?}", files.take().unwrap().try_clone()));
            }
            Self::Environment => return Ok(format!("{:?}", std::env::vars().collect::<Vec<_>>())),
            Self::Loop => spin(),
            Self::Sleep => loop {
                std::thread::park();
            },
            Self::Allocate => return Ok(allocate()),
            Self::ManyThreads => return Ok(many_threads().to_string()),
            Self::FillScratch => {
                let (_golden, scratch) = (files.take(), files.take().unwrap());
                for offset in (0..).step_by(1 << 20) {
                    scratch.write_all_at(&[1; 1 << 20], offset).unwrap();
                }
            }
            Self::LongAnswer => return Ok("x".repeat(4 << 20)),
            Self::Panic => panic!("a secret panic"),
            Self::Abort => std::process::abort(),
            Self::Overflow => return Ok(overflow(0).to_string()),
            Self::Garbage => {
                print!("garbage");
                std::process::exit(0);
            }
            Self::ExitEarly => std::process::exit(7),
            Self::LongError => {
                let mut stderr = std::io::stderr().lock();
                for _ in 0..10_000 {
                    stderr.write_all(&[b'e'; 1000]).unwrap();
                }
                std::process::exit(1);
            }
        }
        Ok("done".into())
    }
}

fn threads() -> String {
    let one = std::thread::Builder::new()
        .name("plan".into())
        .stack_size(16 << 20)
        .spawn(|| {
            vec![7u8; 1 << 20]
                .iter()
                .map(|b| u64::from(*b))
                .sum::<u64>()
        });
    one.unwrap().join().unwrap().to_string()
}

/// How many threads there can be at once.
fn many_threads() -> usize {
    let park = || {
        std::thread::Builder::new()
            .stack_size(16 << 10)
            .spawn(std::thread::park)
    };
    (0..1000).take_while(|_| park().is_ok()).count()
}

fn scratch(files: &mut Descriptors) -> String {
    let golden = files.take().unwrap();
    let scratch = files.take().unwrap();
    let mut text = [0; 6];
    golden.read_exact_at(&mut text, 0).unwrap();
    scratch.write_all_at(&text, 1 << 20).unwrap();
    scratch.sync_data().unwrap();
    String::from_utf8(text.to_vec()).unwrap()
}

fn open_descriptors() -> String {
    let open = (0..1000).filter(|number| {
        // Only a descriptor that is open has a position or says why it has none.
        let descriptor = std::mem::ManuallyDrop::new(borrow(*number));
        rustix::fs::seek(*descriptor, rustix::fs::SeekFrom::Current(0))
            != Err(rustix::io::Errno::BADF)
    });
    format!("{:?}", open.collect::<Vec<_>>())
}

/// A descriptor by its number, for asking whether it is open.
#[allow(unsafe_code)] // There is no other way to ask, and nothing is done with it but that.
fn borrow(number: i32) -> std::os::fd::BorrowedFd<'static> {
    // SAFETY: it is used for one system call that fails when it is not open.
    unsafe { std::os::fd::BorrowedFd::borrow_raw(number) }
}

#[allow(unsafe_code)] // The system call is what is tested.
fn trace_me() -> String {
    // SAFETY: this request takes no pointers.
    unsafe { libc::ptrace(libc::PTRACE_TRACEME, 0, 0, 0) }.to_string()
}

fn execute() -> std::io::Error {
    use std::os::unix::process::CommandExt as _;
    Command::new("/bin/true").exec()
}

#[allow(unsafe_code)] // Memory that nobody uses.
fn executable_memory() -> String {
    use rustix::mm::{MapFlags, ProtFlags};
    // SAFETY: the mapping is new, and nothing ever reads, writes or runs it.
    let mapped = unsafe {
        rustix::mm::mmap_anonymous(
            std::ptr::null_mut(),
            4096,
            ProtFlags::WRITE | ProtFlags::EXEC,
            MapFlags::PRIVATE,
        )
    };
    format!("{mapped:?}")
}

fn spin() {
    let mut number = 0u64;
    loop {
        number = std::hint::black_box(number.wrapping_add(1));
    }
}

fn allocate() -> String {
    let mut all = Vec::new();
    loop {
        all.push(std::hint::black_box(vec![1u8; 16 << 20]));
    }
}

fn overflow(depth: u64) -> u64 {
    let page = std::hint::black_box([depth; 512]);
    match page.first() {
        Some(&u64::MAX) => 0,
        _ => overflow(depth + 1) + page[1],
    }
}
