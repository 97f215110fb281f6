//! `mintage new`: lays out a plan library.

use super::test::InWorker;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::skeleton;
use clap::builder::PossibleValuesParser;
use clap::{Args, ValueEnum};
use mintage_engine::Code;
use mintage_plans::PlanKind;
use mintage_testing::{Options, Suite, Update, layouts, run};
use mintage_volume::escape::escape;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

/// Lay out a plan library that passes its own check and test: the start of one of yours.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage new web && mintage test web
  mintage new plans/db --os rhel-9
  mintage new golden --type capture

Nothing is ever overwritten. Change a script, and `mintage test` shows what is different;
docs/tutorial.md goes on from here.")]
pub struct New {
    /// The folder to be made, whose name is the library's.
    #[arg(value_name = "NAME")]
    library: PathBuf,
    /// What the build plan is for.
    #[arg(long = "type", value_enum, default_value_t = Kind::Deploy)]
    kind: Kind,
    /// The layout of a distribution that its case runs on.
    #[arg(long, value_name = "LAYOUT", default_value = "debian-12", value_parser = PossibleValuesParser::new(layouts()))]
    os: String,
}

/// What a build plan is for.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    /// To make a server's own volume of a golden image.
    Deploy,
    /// To make a golden image of a server's volume.
    Capture,
}

impl From<Kind> for PlanKind {
    fn from(kind: Kind) -> Self {
        match kind {
            Kind::Deploy => Self::Deploy,
            Kind::Capture => Self::Capture,
        }
    }
}

/// The longest name.
const MAX_NAME: usize = 64;

impl New {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let name = self.name()?;
        let parent = match self.library.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        if self.library.symlink_metadata().is_ok() {
            return Err(self.exists());
        }
        // It gets its name when it is whole.
        let beside = tempfile::Builder::new()
            .prefix(".mintage-new-")
            .tempdir_in(parent);
        let beside = beside.map_err(|error| self.not_made(&error))?;
        let mut files = self
            .write(beside.path(), name)
            .map_err(|error| self.not_made(&error))?;
        accept(beside.path())?;
        files.push("tests/first/expect.snap");
        renameat_with(
            CWD,
            beside.path(),
            CWD,
            &self.library,
            RenameFlags::NOREPLACE,
        )
        .map_err(|errno| match errno {
            rustix::io::Errno::EXIST => self.exists(),
            errno => self.not_made(&errno.into()),
        })?;
        // It is not temporary any more, and not there either.
        let _ = beside.keep();
        self.print(&files, screen)?;
        Ok(Exit::Success)
    }

    /// The library's name, which also stands in its files.
    fn name(&self) -> Result<&str, Failure> {
        let name = self.library.file_name().and_then(|name| name.to_str());
        let is_plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        let is_good = |name: &&str| {
            name.len() <= MAX_NAME
                && name.starts_with(|c: char| c.is_ascii_alphanumeric())
                && name.chars().all(is_plain)
        };
        name.filter(is_good).ok_or_else(|| {
            Failure::usage(format!(
                "a plan library cannot be named `{}`: a name has up to {MAX_NAME} letters, digits, \
                 `-`, `_` and `.`, a letter or digit first",
                self.shown()
            ))
        })
    }

    fn write(&self, folder: &Path, name: &str) -> io::Result<Vec<&'static str>> {
        // A temporary folder is its owner's alone; a library is a folder like any other.
        fs::set_permissions(folder, fs::Permissions::from_mode(0o755))?;
        let mut written = Vec::new();
        for (path, text) in skeleton::files(self.kind.into()) {
            let text = text.replace("@NAME@", name).replace("@LAYOUT@", &self.os);
            let file = folder.join(path);
            if let Some(parent) = file.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::write(file, text)?;
            written.push(path);
        }
        Ok(written)
    }

    fn print(&self, files: &[&str], screen: &Screen) -> Result<(), Failure> {
        let shown = self.shown();
        if screen.json {
            return screen.json(&serde_json::json!({ "library": shown, "files": files }));
        }
        let files: String = files
            .iter()
            .map(|file| format!("  {shown}/{file}\n"))
            .collect();
        screen.print(format_args!(
            "{files}next: mintage check {shown}, mintage test {shown}\n"
        ))
    }

    fn shown(&self) -> String {
        escape(self.library.as_os_str().as_bytes())
    }

    fn exists(&self) -> Failure {
        let message = format!(
            "cannot make the plan library `{}`: it exists already",
            self.shown()
        );
        Failure::new(Code::P7008, message).help("choose another name; nothing is ever overwritten")
    }

    fn not_made(&self, error: &io::Error) -> Failure {
        let message = format!("cannot make the plan library `{}`: {error}", self.shown());
        Failure::new(Code::P7009, message)
    }
}

/// Makes what comes of the library's cases their snapshots.
fn accept(folder: &Path) -> Result<(), Failure> {
    let suite = Suite::load(folder)?;
    let options = Options {
        filter: "",
        update: Update::Accept,
        jobs: 1,
    };
    let results = run(&[suite], &InWorker, &options);
    match results.is_good() {
        true => Ok(()),
        false => Err(Failure::new(
            Code::P2011,
            format!("the new library does not pass its test: {}", results.counts),
        )),
    }
}
