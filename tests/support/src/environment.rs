//! A hermetic place for one test of the binary: own home, cleared environment, own files.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// A temporary folder and the ways to run programs in it. Removed when dropped.
#[derive(Debug)]
pub struct Environment {
    folder: tempfile::TempDir,
    is_as_released: bool,
}

impl Environment {
    /// A new empty one, in the test cache's filesystem, so that big sparse files are cheap.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn new() -> Self {
        let parent = std::env::temp_dir();
        let folder = tempfile::Builder::new()
            .prefix("mintage-test-")
            .tempdir_in(parent);
        Self {
            folder: folder.expect("a temporary folder"),
            is_as_released: false,
        }
    }

    /// As [`Self::new`], with `mintage` as it is released where `tests/run` has built that: the code of a debug
    /// build alone takes half of the memory that a test may measure.
    ///
    /// # Panics
    /// When the folder cannot be made.
    pub fn as_released() -> Self {
        Self {
            is_as_released: std::env::var_os("MINTAGE_RELEASE_BUILT").is_some(),
            ..Self::new()
        }
    }

    /// Its folder, also the home and working folder of what runs in it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// A path in its folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A command of `mintage`, freshly built, with nothing of the caller's environment but PATH.
    pub fn mintage<I: AsRef<std::ffi::OsStr>>(&self, args: impl IntoIterator<Item = I>) -> Command {
        let built = binary();
        let released = built.with_file_name("../release/mintage");
        let mut command = self.program(match self.is_as_released {
            true => released.as_path(),
            false => built,
        });
        command.args(args);
        command
    }

    /// A command of any program, in the same hermetic environment.
    pub fn program(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        let path = std::env::var("PATH").unwrap_or_default();
        command
            .env_clear()
            .env("PATH", format!("{path}:/usr/sbin:/sbin"))
            .env("HOME", self.folder())
            .env("TMPDIR", self.folder())
            .env("LC_ALL", "C.UTF-8")
            .current_dir(self.folder());
        command
    }
}

impl Default for Environment {
    fn default() -> Self {
        Self::new()
    }
}

/// Runs a command and gives its standard output.
///
/// # Panics
/// When it cannot be started or ends with anything but 0; the message has all of its output.
pub fn succeed(command: &mut Command) -> String {
    let output = run(command);
    assert!(
        output.status.success(),
        "{command:?} failed:\n{}",
        shown(&output)
    );
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Runs a command that must end with `code`, and gives standard output and standard error.
///
/// # Panics
/// When it ends otherwise.
pub fn fail(command: &mut Command, code: i32) -> (String, String) {
    let output = run(command);
    assert_eq!(
        output.status.code(),
        Some(code),
        "{command:?}:\n{}",
        shown(&output)
    );
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (text(&output.stdout), text(&output.stderr))
}

/// Runs a command to its end, whatever that is.
///
/// # Panics
/// When it cannot be started.
pub fn run(command: &mut Command) -> Output {
    command
        .output()
        .unwrap_or_else(|e| panic!("{command:?} cannot be started: {e}"))
}

fn shown(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}\n--- stdout\n{}\n--- stderr\n{}",
        output.status,
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// The `mintage` binary in the profile of the running test, built first so that it is never stale.
fn binary() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        // With a test among the targets, the whole workspace's features are those of `cargo test
        // --workspace`, and nothing is compiled twice.
        build.args(["build", "--quiet", "--workspace", "--bin", "mintage"]);
        build.args(["--test", "suite"]);
        // What Cargo tells a test of its own package: build scripts of dependencies look at variables of
        // the same names, and would be run again, and all that rests on them built anew.
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy();
            if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
                build.env_remove(name.as_ref());
            }
        }
        let built = build.current_dir(project()).status();
        assert!(
            built.is_ok_and(|status| status.success()),
            "building `mintage` failed"
        );
        let test = std::env::current_exe().expect("the test's own path");
        let profile = test.ancestors().nth(2).expect("target/PROFILE/deps/TEST");
        profile.join("mintage")
    })
}

/// The project's top folder.
pub fn project() -> &'static Path {
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR"));
    manifest.ancestors().nth(2).unwrap_or(manifest)
}
