//! The workers of a service: they end with it, however it ends.

use std::fs;
use std::time::{Duration, Instant};

/// How long a worker may live after its service.
const PATIENCE: Duration = Duration::from_secs(5);

/// The workers of a process.
pub fn of(service: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{service}/task"));
    let threads = threads.into_iter().flatten().flatten();
    let children =
        threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    let children: Vec<String> = children.collect();
    let pids = children.iter().flat_map(|pids| pids.split_whitespace());
    pids.filter_map(|pid| pid.parse().ok()).collect()
}

/// They must end now.
pub fn end(workers: &[u32], context: &str) {
    let end = Instant::now() + PATIENCE;
    for pid in workers {
        while is_worker(*pid) {
            assert!(Instant::now() < end, "{context}: worker {pid} lives on");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

/// Whether it is one still, and neither a zombie nor another process that has got its number.
pub fn is_worker(pid: u32) -> bool {
    let line = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    line.starts_with(b"mintage-worker")
}
