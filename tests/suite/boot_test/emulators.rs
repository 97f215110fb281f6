//! The emulators of a service: its own have their working folder below its data.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

/// How long a test waits for what must come.
const PATIENCE: Duration = Duration::from_secs(30);

/// The processes of emulators that work for the service with the data folder `data`.
pub fn emulators(data: &Path) -> Vec<String> {
    emulators_in(&data.join("boot-tests"))
}

/// Those whose working folder is below `place`.
fn emulators_in(place: &Path) -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let ours = processes.filter(|process| {
        let folder = fs::read_link(process.path().join("cwd"));
        let name = fs::read_to_string(process.path().join("comm"));
        // One that ends meanwhile is none.
        folder.is_ok_and(|folder| folder.starts_with(place))
            && name.is_ok_and(|name| name.starts_with("qemu-system"))
    });
    ours.map(|process| process.file_name().to_string_lossy().into_owned())
        .collect()
}

#[track_caller]
pub fn until_one_runs(data: &Path) {
    until_one_runs_in(&data.join("boot-tests"));
}

#[track_caller]
pub fn until_one_runs_in(place: &Path) {
    until(place, "no emulator runs", |running| running == 1);
}

#[track_caller]
pub fn until_none_runs(data: &Path) {
    until(&data.join("boot-tests"), "an emulator is left", |running| {
        running == 0
    });
}

/// Neither a process nor a file of a test that is over.
#[track_caller]
pub fn none_is_left(data: &Path) {
    assert_eq!(emulators(data), Vec::<String>::new());
    let files = fs::read_dir(data.join("boot-tests")).unwrap().flatten();
    let files = files.map(|file| file.file_name().to_string_lossy().into_owned());
    let strays: Vec<String> = files.filter(|name| !name.ends_with(".txt")).collect();
    assert_eq!(strays, Vec::<String>::new());
}

#[track_caller]
fn until(place: &Path, what: &str, is_so: impl Fn(usize) -> bool) {
    let start = Instant::now();
    while !is_so(emulators_in(place).len()) {
        assert!(start.elapsed() < PATIENCE, "{what}");
        thread::sleep(Duration::from_millis(20));
    }
}
