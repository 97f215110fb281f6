//! `mintage run`: personalizes a golden image.

use super::read_text;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::progress::Progress;
use crate::report;
use crate::screen::Screen;
use clap::Args;
use mintage_engine::{Code, Diagnostic};
use mintage_plans::run::parse_time;
use mintage_plans::{PlanLibrary, Profile, RunInput, ValueLayer, resolve};
use mintage_storage::store::{MadeClone, clone_file, share_file};
use mintage_storage::unpublished::directory_of;
use mintage_storage::{GoldenImage, StorageError};
use mintage_volume::escape::escape;
use mintage_volume::filesystem::Timestamp;
use mintage_worker::{
    CloneImage, Destination, Image, Personalization, Personalized, Stage, WorkerLimits,
};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Run a build plan over a golden image and make the volume of one server.
///
/// The plan runs in a sandboxed process that can read the image and write a scratch file, and
/// nothing else. Only when every step succeeded and every change was read back, the changed blocks
/// are written into a clone of the image, and the clone gets its name. After anything else there is
/// no volume, not even a part of one.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage run plans/web --image debian-12.img --out web01.img --seed web01 \\
      --set HostName=web01 --set ManagementNIC.address=192.0.2.10/24
  mintage run plans/web --image debian-12.img --out web01.img --profile web01.json
  mintage run plans/web --image debian-12.img --preview --profile web01.json

A secret belongs into a file of --values or --profile: other users can see a command line.

Values of attributes count in this order: --set, then --values, then --profile, then the
defaults in build-plan.toml, then those in the scripts.

The seed is what everything unique is derived from: the same seed gives the same identifiers
and keys. It is --seed, or else the name in the profile. Keys that are derived from it are only as
secret as it is: whoever guesses the seed has them, so give at least 32 random characters where a
plan makes keys. Reports show a fingerprint of it, never the seed itself.

What the run takes for now, and writes as the time of its changes, is --time, or else
SOURCE_DATE_EPOCH, or else the newest change of `/`, `/etc` and what is directly in them in the
golden image. The clock is never read: the same inputs give the same volume.")]
pub struct Run {
    /// The folder with build-plan.toml.
    library: PathBuf,
    /// The golden image; it is only read.
    #[arg(long)]
    image: PathBuf,
    /// The volume to make; nothing may be there.
    #[arg(long, required_unless_present = "preview")]
    out: Option<PathBuf>,
    /// Show what would change and make nothing.
    #[arg(long, conflicts_with = "out")]
    preview: bool,
    /// Leave out the files that changed, only count them.
    #[arg(short, long)]
    quiet: bool,
    /// Set an attribute, NAME=VALUE, or a field of a nic, NAME.FIELD=VALUE.
    #[arg(long = "set", value_name = "NAME=VALUE")]
    settings: Vec<String>,
    /// A file with values of attributes, TOML or JSON.
    #[arg(long, value_name = "FILE")]
    values: Option<PathBuf>,
    /// The server profile, JSON: name, labels, attributes.
    #[arg(long, value_name = "FILE")]
    profile: Option<PathBuf>,
    /// From which everything unique is derived.
    #[arg(long)]
    seed: Option<String>,
    /// What the run takes for now, 2026-01-01T00:00:00Z.
    #[arg(long, value_parser = time)]
    time: Option<Timestamp>,
    /// How long the scripts may take, in seconds.
    #[arg(long, value_name = "SECONDS", default_value_t = 600, value_parser = clap::value_parser!(u64).range(1..=86400))]
    deadline: u64,
    /// How much memory the worker may use, in MiB.
    #[arg(long, value_name = "MIB", default_value_t = 2048, value_parser = clap::value_parser!(u64).range(64..=1048576))]
    memory: u64,
}

/// How much longer than its scripts a worker may take, to open, finish and compare.
const GRACE: Duration = Duration::from_secs(30);
/// The longest file with values or a profile, in bytes.
const MAX_FILE: u64 = 1 << 20;

impl Run {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        match self.personalize(self.input()?) {
            Ok(personalized) => self.print(&personalized, screen).or_else(|unprinted| {
                // The exit code tells of the volume, and it is there.
                let out = self
                    .out
                    .as_deref()
                    .filter(|_| personalized.volume.is_some());
                screen.note(format_args!(
                    "the volume `{}` is complete, but its report cannot be written",
                    shown(out.ok_or(unprinted)?)
                ));
                Ok(Exit::Success)
            }),
            Err(failure) => Ok(self.fail(&failure, screen)),
        }
    }

    fn personalize(&self, input: RunInput) -> Result<Personalized, Failure> {
        let deadline = Duration::from_secs(self.deadline) + GRACE;
        let limits = WorkerLimits {
            memory: self.memory << 20,
            cpu: deadline * 2,
            deadline,
            ..WorkerLimits::default()
        };
        let image = GoldenImage::open(&self.image)?;
        let temporary = std::env::temp_dir();
        let clone = self
            .out
            .as_deref()
            .map(|out| FileClone { image: &image, out });
        if let Some(out) = &self.out {
            image.check_output(out)?;
        }
        let run = Personalization {
            image: Image::of_file(&image)?,
            destination: match &clone {
                Some(clone) => Destination::Volume(clone),
                None => Destination::Preview,
            },
            scratch: self.out.as_deref().map_or(&temporary, directory_of),
            input,
            limits,
            cancellation: None,
        };
        let mut personalized = watched(run)?;
        if let Some(volume) = &mut personalized.volume {
            volume.path.clone_from(&self.out);
        }
        Ok(personalized)
    }

    fn print(&self, personalized: &Personalized, screen: &Screen) -> Result<Exit, Failure> {
        if screen.json {
            screen.json(personalized)?;
        } else {
            let name = self.image.file_stem().unwrap_or_default();
            let report = report::Report {
                image: &escape(name.as_bytes()),
                personalized,
                paint: screen.out,
                quiet: self.quiet,
            };
            screen.print(report)?;
        }
        let Some(error) = &personalized.report.outcome.error else {
            return Ok(Exit::Success);
        };
        if screen.json {
            return Ok(Exit::for_code(error.code));
        }
        Ok(self.fail(&Failure::from(error.clone()), screen))
    }

    /// Says why there is no volume, and that nothing else happened.
    fn fail(&self, failure: &Failure, screen: &Screen) -> Exit {
        screen.failure(failure);
        if !screen.json {
            let made = match self.preview {
                true => "",
                false => ", there is no new volume",
            };
            screen.note(format_args!(
                "nothing was changed{made}; the golden image is as before"
            ));
        }
        failure.exit
    }

    /// Everything that the run depends on.
    fn input(&self) -> Result<RunInput, Failure> {
        let library = PlanLibrary::load(&self.library)?;
        let mut layers = Vec::new();
        let mut profile = Profile::default();
        if let Some(path) = &self.profile {
            let text = self.read(path, Code::P5005, "profile")?;
            let (read, values) = Profile::parse(&shown(path), &text)?;
            profile = read;
            layers.push(values);
        }
        if let Some(path) = &self.values {
            let text = self.read(path, Code::P4003, "values file")?;
            layers.push(ValueLayer::from_file_text(&shown(path), &text).map_err(unreadable)?);
        }
        layers.push(
            ValueLayer::from_settings(&self.settings).map_err(|problems| Failure {
                exit: Exit::Usage,
                ..problems.into()
            })?,
        );
        let values = resolve(&library, &layers)?;
        let seed = self.seed(&profile)?;
        let time = self
            .time
            .map_or_else(source_date_epoch, |time| Ok(Some(time)))?;
        let mut input = RunInput::new(library, values, &seed, time);
        input.profile = profile;
        input.limits.script.deadline_seconds = self.deadline;
        Ok(input)
    }

    fn read(&self, path: &Path, code: Code, what: &str) -> Result<String, Failure> {
        read_text(path, MAX_FILE, |why| {
            let message = format!("cannot read the {what} `{}`: {why}", shown(path));
            unreadable(vec![Diagnostic::new(code, message)])
        })
    }

    fn seed(&self, profile: &Profile) -> Result<String, Failure> {
        let named = Some(profile.name()).filter(|name| !name.is_empty());
        let seed = self.seed.as_deref().or(named);
        seed.filter(|seed| !seed.is_empty()).map(ToOwned::to_owned).ok_or_else(|| {
            Failure::usage(
                "the run needs a seed, from which everything unique is derived: give --seed, or a \
                 --profile with a name",
            )
        })
    }
}

/// The file `out`, as a clone of `image`.
struct FileClone<'a> {
    image: &'a GoldenImage,
    out: &'a Path,
}

impl CloneImage for FileClone<'_> {
    fn share(&self) -> Result<Option<MadeClone>, StorageError> {
        share_file(self.image, self.out)
    }

    fn copy(&self, progress: &mut dyn FnMut(u64, u64)) -> Result<MadeClone, StorageError> {
        clone_file(self.image, self.out, progress)
    }

    fn check_unchanged(&self) -> Result<(), StorageError> {
        self.image.check_unchanged()
    }
}

/// Does the run, with a bar on the terminal for what takes long.
fn watched(run: Personalization<'_>) -> Result<Personalized, Failure> {
    let mut shown: Option<(&str, Progress)> = None;
    let mut watch = |stage| {
        let (label, bytes) = match stage {
            Stage::Running => ("running the plan", None),
            Stage::Cloning { done, of } => ("copying the golden image", Some((done, of))),
            Stage::Writing => ("writing the changed blocks", None),
        };
        if shown.as_ref().is_none_or(|(now, _)| *now != label) {
            // The old one goes before the new one comes.
            shown = None;
            shown = Some((label, Progress::start(label)));
        }
        if let (Some((_, progress)), Some((done, of))) = (&shown, bytes) {
            progress.at(done, of);
        }
    };
    Ok(run.run(&mut watch)?)
}

/// An input that cannot be read, whatever the code says of values in it.
fn unreadable(problems: Vec<Diagnostic>) -> Failure {
    Failure {
        exit: Exit::Unreadable,
        ..problems.into()
    }
}

fn shown(path: &Path) -> String {
    escape(path.as_os_str().as_bytes())
}

fn time(text: &str) -> Result<Timestamp, String> {
    parse_time(text).ok_or_else(|| "it must have the form 2026-01-01T00:00:00Z".to_owned())
}

/// The declared time of a reproducible build, where the caller sets one.
fn source_date_epoch() -> Result<Option<Timestamp>, Failure> {
    let Some(text) = std::env::var_os("SOURCE_DATE_EPOCH") else {
        return Ok(None);
    };
    let seconds = text.to_str().and_then(|text| text.parse().ok());
    let seconds = seconds.ok_or_else(|| {
        Failure::usage("SOURCE_DATE_EPOCH must be a whole number of seconds since 1970")
    })?;
    Ok(Some(Timestamp {
        seconds,
        nanoseconds: 0,
    }))
}
