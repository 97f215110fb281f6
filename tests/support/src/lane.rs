//! Lanes: tests that need something of the machine, and what happens where it is missing.

use std::path::{Path, PathBuf};

/// Something that a lane needs.
#[derive(Debug, Clone, Copy)]
pub enum Need {
    /// To be root with the right to mount (loop devices).
    Root,
    /// A program on the `PATH`.
    Program(&'static str),
    /// A file of the machine.
    File(&'static str),
    /// A file of the tests' cache, which `tests/run` puts there.
    Cached(&'static str),
}

/// A path in the folder that keeps what takes long to make: `$MINTAGE_TEST_CACHE`.
pub fn cache(path: &str) -> PathBuf {
    let folder = std::env::var_os("MINTAGE_TEST_CACHE").map_or_else(
        || Path::new(&std::env::var_os("HOME").unwrap_or_default()).join(".cache/mintage-tests"),
        PathBuf::from,
    );
    folder.join(path)
}

/// Whether the lane `name` can run here. In CI (environment variable `CI` set) a lane that cannot
/// run is a failure; elsewhere the test says loudly that it is skipped, and why.
///
/// # Panics
/// In CI when something is missing.
pub fn can_run(name: &str, needs: &[Need]) -> bool {
    let missing: Vec<String> = needs.iter().filter_map(|need| need.missing()).collect();
    if missing.is_empty() {
        return true;
    }
    let missing = missing.join(", ");
    assert!(
        std::env::var_os("CI").is_none(),
        "lane `{name}` cannot run in CI: {missing}; `tests/run` installs what it needs"
    );
    say_skipped(name, &format!("{missing}; run `tests/run` as root"));
    false
}

/// Fails early where `folder` has less free space than `bytes`: a disk that fills up in the middle
/// fails others too.
///
/// # Panics
/// When there is not enough.
pub fn need_space(folder: &Path, bytes: u64) {
    let filesystem = rustix::fs::statvfs(folder).expect("its filesystem");
    let free = filesystem.f_bavail.saturating_mul(filesystem.f_frsize);
    let folder = folder.display();
    assert!(
        free >= bytes,
        "{folder} has {free} bytes free, and {bytes} are needed"
    );
}

/// Says loudly that the lane `name` is skipped, and why.
pub fn say_skipped(name: &str, why: &str) {
    // Straight to the terminal: a skipped lane must be seen without `--nocapture`.
    let line = format!("\n*** SKIPPED lane `{name}`: {why}\n");
    let shown = std::fs::write("/dev/tty", &line).is_ok();
    if !shown {
        use std::io::Write as _;
        // Nobody to tell when both fail.
        let _ = std::io::stderr().write_all(line.as_bytes());
    }
}

impl Need {
    /// Whether it is there.
    pub fn is_there(self) -> bool {
        self.missing().is_none()
    }

    fn missing(self) -> Option<String> {
        match self {
            Self::Root => (!rustix::process::geteuid().is_root()).then(|| "not root".to_owned()),
            Self::Program(program) => {
                (!on_path(program)).then(|| format!("no program `{program}`"))
            }
            Self::File(path) => (!Path::new(path).is_file()).then(|| format!("no `{path}`")),
            Self::Cached(path) => {
                (!cache(path).is_file()).then(|| format!("no `{path}` in the tests' cache"))
            }
        }
    }
}

fn on_path(program: &str) -> bool {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let sbin = ["/usr/sbin", "/sbin"].map(Path::new).map(Path::to_path_buf);
    std::env::split_paths(&path)
        .chain(sbin)
        .any(|folder| folder.join(program).is_file())
}
