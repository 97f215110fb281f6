//! The cases: each starts a worker and says how it must end.

use crate::behaviour::Behaviour::{self, *};
use mintage_engine::{Code, Style};
use mintage_worker::{Cancellation, Worker, WorkerFailure, WorkerLimits};
use std::fs::File;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

type Case = (&'static str, fn());

const CASES: &[Case] = &[
    ("answers_and_says_what_its_sandbox_is", answers),
    ("has_threads_memory_and_its_files", works),
    ("has_no_other_descriptor_and_no_environment", holds_nothing),
    ("cannot_do_what_the_sandbox_forbids", forbidden),
    ("cannot_write_the_golden_image", golden_stays),
    ("is_ended_at_each_limit", limits),
    ("is_ended_when_it_is_cancelled", cancelled),
    ("has_few_threads", few_threads),
    ("has_a_name_for_each_accident", accidents),
    ("ends_with_a_readable_error", reads_well),
];

pub fn run(filter: Option<&str>) -> ExitCode {
    let chosen = |case: &&Case| filter.is_none_or(|text| case.0.contains(text));
    let mut failed = 0;
    for (name, case) in CASES.iter().filter(chosen) {
        let passed = catch_unwind(case).is_ok();
        println!(
            "test worker::{name} ... {}",
            if passed { "ok" } else { "FAILED" }
        );
        failed += u8::from(!passed);
    }
    ExitCode::from(failed.min(101))
}

fn small() -> WorkerLimits {
    WorkerLimits {
        memory: 512 << 20,
        cpu: Duration::from_secs(20),
        scratch: 8 << 20,
        answer: 1 << 20,
        deadline: Duration::from_secs(20),
    }
}

/// A worker with a golden image as descriptor 3 and a scratch file as descriptor 4.
fn start(behaviour: Behaviour, limits: WorkerLimits) -> Result<String, WorkerFailure> {
    let directory = tempfile::tempdir().unwrap();
    let golden = directory.path().join("golden");
    std::fs::write(&golden, "golden").unwrap();
    let mut worker = Worker::new(limits)
        .pass(File::open(&golden).unwrap())
        .pass(tempfile::tempfile().unwrap());
    worker.program = std::env::current_exe().unwrap();
    let answer = worker.run::<String>(&behaviour);
    assert_eq!(std::fs::read(&golden).unwrap(), b"golden");
    answer.map(|answer| answer.result.unwrap())
}

fn answers() {
    let mut worker = Worker::new(small());
    worker.program = std::env::current_exe().unwrap();
    let answer = worker.run::<String>(&Answer).unwrap();
    assert_eq!(answer.result.unwrap(), "done");
    assert!(answer.sandbox.seccomp && answer.sandbox.no_new_privs);
    for (layer, why) in answer.sandbox.missing() {
        println!("note: this host has no {layer}: {why}");
    }
}

fn works() {
    assert_eq!(start(Threads, small()).unwrap(), (7 << 20).to_string());
    assert_eq!(start(Scratch, small()).unwrap(), "golden");
}

fn holds_nothing() {
    // Inheritable on purpose, as a careless program above us might leave it.
    let leaks: Vec<_> = (0..50)
        .map(|_| File::open("/etc/passwd").unwrap())
        .collect();
    for leak in &leaks {
        rustix::io::fcntl_setfd(leak, rustix::io::FdFlags::empty()).unwrap();
    }
    assert_eq!(start(ListDescriptors, small()).unwrap(), "[0, 1, 2, 3, 4]");
    let environment = start(Environment, small()).unwrap();
    assert_eq!(environment, r#"[("MALLOC_ARENA_MAX", "1")]"#);
}

fn forbidden() {
    for behaviour in [
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
        DuplicateDescriptor,
    ] {
        let ended = start(behaviour, small());
        let failure = ended.expect_err(&format!("{behaviour:?} was allowed"));
        assert_eq!(failure.code, Code::P6004, "{behaviour:?}: {failure:?}");
    }
}

fn golden_stays() {
    let answer = start(WriteGolden, small()).unwrap();
    assert!(answer.contains("Bad file descriptor"), "{answer}");
}

fn limits() {
    let quick = |change: fn(&mut WorkerLimits)| {
        let mut limits = small();
        change(&mut limits);
        limits
    };
    let soon = quick(|limits| limits.deadline = Duration::from_millis(300));
    let one_second = quick(|limits| limits.cpu = Duration::from_secs(1));
    for (behaviour, limits, code, says) in [
        (Sleep, soon.clone(), Code::P6003, "its deadline of 0.3 s"),
        (Loop, soon, Code::P6003, "its deadline of 0.3 s"),
        (Loop, one_second, Code::P6006, "more than 1 s of processor"),
        (Allocate, small(), Code::P6002, "memory limit of 512 MiB"),
        (FillScratch, small(), Code::P3014, "more than 8388608 bytes"),
        (
            LongAnswer,
            small(),
            Code::P6005,
            "longer than 1048576 bytes",
        ),
    ] {
        let started = Instant::now();
        let failure = start(behaviour, limits).unwrap_err();
        assert_eq!(failure.code, code, "{behaviour:?}: {failure:?}");
        assert!(failure.message.contains(says), "{failure}");
        assert!(started.elapsed() < Duration::from_secs(10), "{behaviour:?}");
    }
}

fn cancelled() {
    for cancelled_at in [Duration::ZERO, Duration::from_millis(300)] {
        let started = Instant::now();
        let mut worker = Worker::new(small());
        worker.program = std::env::current_exe().unwrap();
        worker.cancellation = Some(Cancellation::when(move || {
            started.elapsed() >= cancelled_at
        }));
        let failure = worker.run::<String>(&Sleep).unwrap_err();
        assert_eq!(failure.code, Code::P6007, "{failure:?}");
        insta::assert_snapshot!("P6007", failure.into_diagnostic().render(Style::Plain));
        assert!(started.elapsed() >= cancelled_at);
        assert!(started.elapsed() < Duration::from_secs(10));
    }
    // Whom nobody cancels answers as ever.
    let mut worker = Worker::new(small());
    worker.program = std::env::current_exe().unwrap();
    worker.cancellation = Some(Cancellation::when(|| false));
    let answer = worker.run::<String>(&Answer).unwrap();
    assert_eq!(answer.result.unwrap(), "done");
}

/// The golden files of what ends a worker.
fn reads_well() {
    let soon = WorkerLimits {
        deadline: Duration::from_millis(300),
        ..small()
    };
    let one_second = WorkerLimits {
        cpu: Duration::from_secs(1),
        ..small()
    };
    for (name, behaviour, limits) in [
        ("P6001", ExitEarly, small()),
        ("P6002", Allocate, small()),
        ("P6003", Sleep, soon),
        ("P6004", OpenFile, small()),
        ("P6005", LongAnswer, small()),
        ("P6006", Loop, one_second),
    ] {
        let failure = start(behaviour, limits).unwrap_err();
        let shown = failure.into_diagnostic().render(Style::Plain);
        insta::assert_snapshot!(name, shown);
    }
}

fn few_threads() {
    let mut worker = Worker::new(small());
    worker.program = std::env::current_exe().unwrap();
    let answer = worker.run::<String>(&ManyThreads).unwrap();
    let threads: usize = answer.result.unwrap().parse().unwrap();
    // The kernel lets root have as many as it likes, in any namespace.
    if answer.sandbox.namespaces.is_on() && !rustix::process::getuid().is_root() {
        assert!((2..32).contains(&threads), "{threads}");
    } else {
        println!("note: nothing but memory limits the threads of a worker here: {threads}");
    }
}

fn accidents() {
    for (behaviour, code, says) in [
        (Panic, Code::P6001, "it panicked"),
        (Abort, Code::P6001, "crashed"),
        (Overflow, Code::P6001, "its stack overflowed"),
        (Garbage, Code::P6005, "not what was agreed"),
        (ExitEarly, Code::P6001, "exit code 7"),
        (LongError, Code::P6001, "exit code 1"),
    ] {
        let failure = start(behaviour, small()).unwrap_err();
        assert_eq!(failure.code, code, "{behaviour:?}: {failure:?}");
        assert!(failure.message.contains(says), "{failure}");
        let stderr = failure.stderr.join("\n");
        assert!(!stderr.contains('\x1b'), "{stderr}");
        assert!(stderr.len() < 4000, "{}", stderr.len());
        if behaviour == Panic {
            assert!(stderr.contains("behaviour.rs:"), "{stderr}");
            assert!(!stderr.contains("a secret panic"), "{stderr}");
        }
    }
    let mut worker = Worker::new(small());
    worker.program = std::env::current_exe().unwrap();
    let failure = worker.run::<String>(&"no such job").unwrap_err();
    assert_eq!(failure.code, Code::P6005, "{failure:?}");
    assert!(
        failure.stderr.join("").contains("the job cannot be read"),
        "{failure:?}"
    );
    let mut missing = Worker::new(small());
    missing.program = Path::new("/nonexistent").into();
    let failure = missing.run::<String>(&Answer).unwrap_err();
    assert_eq!(failure.code, Code::P6005, "{failure:?}");
}
