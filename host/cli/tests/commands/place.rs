//! A temporary folder with a golden image, and the binary to run in it.

use mintage_cli::demo::image;
use std::fs::{self, File};
use std::path::PathBuf;
use std::process::{Command, Output};

/// A folder with `golden.img` and a plan library `plan` of one script.
pub struct Place {
    folder: tempfile::TempDir,
}

/// What a command printed and how it ended.
#[derive(Debug)]
pub struct Ended {
    pub code: i32,
    pub out: Vec<u8>,
    pub err: String,
}

impl Place {
    pub fn new() -> Self {
        Self::with("")
    }

    /// With more entries in the image's tree text.
    pub fn with(more: &str) -> Self {
        let place = Self {
            folder: tempfile::tempdir().unwrap(),
        };
        let mut options = File::options();
        let file = options.read(true).write(true).create_new(true);
        let file = file.open(place.path("golden.img")).unwrap();
        image::build(file, &format!("{}{more}", image::DEBIAN)).unwrap();
        place.script("log::info(\"nothing to do\");");
        place
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes the plan's script.
    pub fn script(&self, script: &str) {
        fs::create_dir_all(self.path("plan/scripts")).unwrap();
        let plan = "name = \"A plan\"\ntype = \"deploy\"\nsteps = [\"scripts/one.rhai\"]\n\n\
                    [attribute.HostName]\ntype = \"hostname\"\ndefault = \"web01\"\n";
        fs::write(self.path("plan/build-plan.toml"), plan).unwrap();
        fs::write(self.path("plan/scripts/one.rhai"), script).unwrap();
    }

    /// A command of the binary that sees nothing of the caller's environment.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_mintage"));
        command
            .args(line.split(' '))
            .current_dir(self.folder.path())
            .env_clear()
            .env("TMPDIR", self.folder.path());
        command
    }

    pub fn mintage(&self, line: &str) -> Ended {
        ended(self.command(line).output().unwrap())
    }

    /// The names in the folder.
    pub fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<_> = entries
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }
}

pub fn ended(output: Output) -> Ended {
    Ended {
        code: output.status.code().unwrap(),
        out: output.stdout,
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Ended {
    /// What a command printed that must have succeeded.
    #[track_caller]
    pub fn text(self) -> String {
        assert_eq!(self.code, 0, "{self:?}");
        String::from_utf8(self.out).unwrap()
    }

    #[track_caller]
    pub fn json(self) -> serde_json::Value {
        serde_json::from_str(&self.text()).unwrap()
    }

    /// The command must have ended with `code` and have said `error`.
    #[track_caller]
    pub fn fails(self, code: i32, error: &str) -> Self {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.contains(error), "{}", self.err);
        self
    }
}
