//! `mintage scan`: what of an image must not travel.

use super::{ask, read_text};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::size::Size;
use clap::Args;
use mintage_engine::Code;
use mintage_scan::{Allowance, ScanReport};
use mintage_volume::escape::escape;
use mintage_worker::Job;
use std::fmt::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Find what of an image must not travel to another server.
///
/// Looks for the host's names, addresses, machine-id, initiator name, SSH host keys and their
/// fingerprints as the image has them, and for password hashes, private keys, tokens, shell
/// histories and random seeds of any kind: in all files and names, and in what deleted ones left in
/// free blocks, slack, directories, the journal, swap space and between the partitions. It says what
/// kind of thing is where, never the thing itself.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage scan debian-12.img
  mintage scan captured.img --baseline web01.img
  mintage scan captured.img --baseline web01.img \\
      --allow 'machine-id in /boot/loader/entries=the names of boot entries carry it'

With --baseline, the identities of that image are looked for too: it is the image as it was
before somebody made it general, which still knows what it was called. The name that IMAGE itself
has is no leak then.

Ends with 0 when nothing is found that is not allowed, and with 1 when something is.")]
pub struct Scan {
    /// The image to look through.
    image: PathBuf,
    /// An image whose identities must not be found either.
    #[arg(long, value_name = "IMAGE")]
    baseline: Option<PathBuf>,
    /// A file with more texts to look for, one a line: serial numbers, names of people.
    #[arg(long, value_name = "FILE")]
    find_from: Option<PathBuf>,
    /// A finding that may stay, and why: KIND in PLACE=REASON. A directory stands for all below it.
    #[arg(long = "allow", value_name = "NAME=REASON", value_parser = allowance)]
    allowances: Vec<Allowance>,
}

/// The longest file with texts to look for, in bytes.
const MAX_FILE: u64 = 1 << 20;

impl Scan {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let job = Job::Scan {
            baseline: self.baseline.is_some(),
            given: self.given()?,
            allowances: self.allowances.clone(),
        };
        let mut images = vec![self.image.as_path()];
        images.extend(self.baseline.as_deref());
        let report: ScanReport = ask(&images, &job)?;
        match screen.json {
            true => screen.json(&report)?,
            false => screen.print(describe(&report))?,
        }
        Ok(match report.is_clean() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }

    fn given(&self) -> Result<Vec<Vec<u8>>, Failure> {
        let Some(path) = &self.find_from else {
            return Ok(Vec::new());
        };
        let shown = escape(path.as_os_str().as_bytes());
        let text = read_text(path, MAX_FILE, |why| Failure {
            exit: Exit::Unreadable,
            ..Failure::new(
                Code::P4003,
                format!("cannot read the texts in `{shown}`: {why}"),
            )
        })?;
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        Ok(lines.map(|line| line.as_bytes().to_vec()).collect())
    }
}

fn allowance(text: &str) -> Result<Allowance, String> {
    let (name, reason) = text
        .rsplit_once('=')
        .ok_or("it must have the form `KIND in PLACE=REASON`")?;
    Allowance::parse(name, reason)
}

/// The report as people read it.
pub(crate) fn describe(report: &ScanReport) -> String {
    let mut text = String::new();
    for finding in &report.findings {
        // Writing to a string does not fail.
        let _ = match &finding.allowed {
            None => writeln!(text, "{finding}"),
            Some(reason) => writeln!(text, "allowed: {finding} ({})", escape(reason.as_bytes())),
        };
    }
    if report.more > 0 {
        let _ = writeln!(text, "and {} findings in more places", report.more);
    }
    for note in &report.notes {
        let _ = writeln!(text, "note: {}", escape(note.as_bytes()));
    }
    let leaks = report.leaks().count();
    let allowed = report.findings.len() - leaks;
    let known: usize = report.identities.values().sum();
    let _ = writeln!(
        text,
        "{leaks} found, {allowed} allowed · {} files, {} looked through for {known} identities \
         and all well-known forms of secrets",
        report.files,
        Size(report.bytes)
    );
    text
}
