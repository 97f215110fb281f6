//! `mintage demo`: everything at once, on an image made here.

mod service;

use crate::arguments::CommandLine;
use crate::demo::{image, library};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::size::{Size, Span};
use clap::{Args, Parser as _};
use mintage_engine::Code;
use mintage_volume::escape::escape;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::time::Instant;

/// Make a golden image, three servers of it, and mistakes, to see what happens.
///
/// Nothing but the binary is needed: no root, no network, no system library. Everything lies in
/// one new folder.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage demo
  mintage demo /tmp/try-mintage
  mintage demo --service   a service: deploy, redeploy, roll back, capture, deploy what was captured
  mintage demo --json      a JSON document for each command that it runs")]
pub struct Demo {
    /// Start a service, and show a server's life with it; volumes are offered over iSCSI where tgtd is
    /// installed.
    #[arg(long)]
    service: bool,
    /// The folder to be made; by default one in the folder for temporary files.
    folder: Option<PathBuf>,
}

/// Links that would leave the image if anybody followed them on the host.
const HOSTILE: &str = "\
/srv/absolute -> /etc/shadow
/srv/relative -> ../../../../../../../../../../etc/shadow
/srv/two\\nlines\\u{1b}[31m
  | a name that would paint the terminal red
";

impl Demo {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let folder = self.make_folder().map_err(|error| not_made(&error))?;
        std::env::set_current_dir(&folder).map_err(|error| not_made(&error))?;
        let screen = screen.in_one_stream();
        let stage = Stage { screen: &screen };
        if self.service {
            return service::play(&stage, &folder);
        }
        stage.lay_out()?;
        stage.three_servers()?;
        stage.a_failing_script()?;
        stage.a_hostile_image()?;
        stage.a_damaged_image()?;
        stage.what_next(&folder);
        Ok(Exit::Success)
    }

    fn make_folder(&self) -> io::Result<PathBuf> {
        match &self.folder {
            Some(folder) => fs::create_dir(folder).and_then(|()| folder.canonicalize()),
            None => tempfile::Builder::new()
                .prefix("mintage-demo-")
                .tempdir()
                .map(tempfile::TempDir::keep),
        }
    }
}

/// Where the demo plays: the current folder and the screen.
struct Stage<'a> {
    screen: &'a Screen,
}

impl Stage<'_> {
    fn lay_out(&self) -> Result<(), Failure> {
        self.say(
            "A golden image, made here: a disk with an EFI system partition and an ext4 root.",
        );
        let started = Instant::now();
        build("debian-12.img", image::DEBIAN)?;
        let took = Span(started.elapsed());
        let used = fs::metadata("debian-12.img").map(|file| {
            use std::os::unix::fs::MetadataExt as _;
            Size(file.blocks() * 512)
        });
        let used = used.map_err(|error| not_made(&error))?;
        self.note(&format!("debian-12.img · {used} in {took}"));
        let files = library::DEBIAN_WEB.iter().chain(library::BROKEN);
        for (name, text) in files {
            write(name, text)?;
        }
        for (name, number) in library::SERVERS {
            write(&format!("{name}.json"), &library::profile(name, number))?;
        }
        self.play("inspect debian-12.img", Exit::Success)
    }

    fn three_servers(&self) -> Result<(), Failure> {
        self.say("Three servers of it. What changes is shown, what is secret is not.");
        for (number, (name, _)) in library::SERVERS.iter().enumerate() {
            let quiet = if number > 0 { " --quiet" } else { "" };
            let what = format!(
                "run debian-web --image debian-12.img --out {name}.img --profile {name}.json{quiet}"
            );
            self.play(&what, Exit::Success)?;
        }
        Ok(())
    }

    fn a_failing_script(&self) -> Result<(), Failure> {
        self.say(
            "A script with a mistake: the first step succeeds, the second fails, nothing is left.",
        );
        let what =
            "run broken --image debian-12.img --out web04.img --seed web04 --set HostName=web04";
        self.play(what, Exit::Failed)?;
        self.must_be_gone("web04.img")
    }

    fn a_hostile_image(&self) -> Result<(), Failure> {
        self.say("A hostile image: its links lead to the host's /etc/shadow. They are followed inside the image.");
        let tree = format!("{}{HOSTILE}", image::DEBIAN);
        build("hostile.img", &tree)?;
        self.play("ls hostile.img /srv", Exit::Success)?;
        self.play("cat hostile.img /srv/relative", Exit::Success)
    }

    fn a_damaged_image(&self) -> Result<(), Failure> {
        self.say("A damaged image: one bit of the superblock is wrong.");
        fs::copy("debian-12.img", "damaged.img").map_err(|error| not_made(&error))?;
        flip_a_bit(Path::new("damaged.img")).map_err(|error| not_made(&error))?;
        let what = "run debian-web --image damaged.img --out web05.img --profile web01.json";
        self.play(what, Exit::Unreadable)?;
        self.must_be_gone("web05.img")
    }

    fn what_next(&self, folder: &Path) {
        let here = escape(folder.as_os_str().as_bytes());
        let program = std::env::current_exe().unwrap_or_else(|_| "mintage".into());
        let program = escape(program.as_os_str().as_bytes());
        self.say(&format!("Everything is in {here}"));
        for line in [
            format!("cd {here}"),
            format!("{program} ls web01.img /etc"),
            format!("{program} diff debian-12.img web01.img"),
            format!(
                "{program} run debian-web --image debian-12.img --preview --profile web02.json --set Swappiness=60"
            ),
            format!("rm -r {here}"),
        ] {
            self.note(&format!("  {line}"));
        }
    }

    /// Runs one command of this program, which must end with `expected`.
    fn play(&self, what: &str, expected: Exit) -> Result<(), Failure> {
        self.note(&format!("\n$ mintage {what}"));
        let json = self.screen.json.then_some("--json");
        let words = ["mintage"].into_iter().chain(what.split(' ')).chain(json);
        let command = CommandLine::try_parse_from(words.map(OsString::from))
            .map_err(|error| Failure::new(Code::P2011, error.to_string()))?;
        let ended = match command.command.exit(self.screen) {
            Ok(ended) => ended,
            Err(failure) => {
                self.screen.failure(&failure);
                failure.exit
            }
        };
        if ended == expected {
            return Ok(());
        }
        let message = format!("`mintage {what}` ended with {ended:?} instead of {expected:?}");
        Err(Failure::new(Code::P2011, message))
    }

    fn must_be_gone(&self, name: &str) -> Result<(), Failure> {
        if Path::new(name).exists() {
            return Err(Failure::new(Code::P2011, format!("`{name}` is there")));
        }
        self.note(&format!("(and there is no {name})"));
        Ok(())
    }

    fn say(&self, text: &str) {
        self.note(&format!("\n{}", self.screen.err.bold(text)));
    }

    /// The story, unless the results are for a program.
    fn note(&self, text: &str) {
        if !self.screen.json {
            self.screen.note(text);
        }
    }
}

fn build(name: &str, tree: &str) -> Result<(), Failure> {
    let file = File::options()
        .read(true)
        .write(true)
        .create_new(true)
        .open(name);
    image::build(file.map_err(|error| not_made(&error))?, tree)?;
    Ok(())
}

fn write(name: &str, text: &str) -> Result<(), Failure> {
    let path = Path::new(name);
    let folder = path.parent().unwrap_or(Path::new(""));
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(path, text))
        .map_err(|error| not_made(&error))
}

/// Changes one bit of the root filesystem's superblock.
fn flip_a_bit(path: &Path) -> io::Result<()> {
    let file = File::options().read(true).write(true).open(path)?;
    let at = image::ROOT.0 + 1024 + 0x78;
    let mut byte = [0];
    file.read_exact_at(&mut byte, at)?;
    file.write_all_at(&[byte[0] ^ 1], at)
}

fn not_made(error: &io::Error) -> Failure {
    let mut failure = Failure::new(
        Code::P7009,
        format!("cannot make the demo's files: {error}"),
    );
    failure.exit = Exit::Output;
    failure
}
