//! `mintage bundle diff`: how two bundles differ.

use super::read_either;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Paint, Painted, Screen, printable};
use clap::Args;
use mintage_plans::bundle::{ArtifactChange, BundleDiff, Change};
use mintage_volume::escape::escape;
use std::path::PathBuf;

/// Show how two bundles differ, artifact by artifact and line by line.
///
/// Each is a file or a folder. Artifacts are the same when they have the same name: ids differ
/// between services, and are not compared, nor is the time at which a bundle was made.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage bundle diff rhel7-v4.zip rhel7-v5.zip
  mintage bundle diff rhel7.zip plans/rhel7
  mintage bundle diff --json old.zip new.zip | jq -r '.artifacts[] | .change + \" \" + .name'

Ends with 0 when they are the same, and with 1 when they differ. Passwords are not shown.")]
pub struct Diff {
    /// The bundle before.
    before: PathBuf,
    /// The bundle after.
    after: PathBuf,
}

impl Diff {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let before = read_either(&self.before)?;
        let after = read_either(&self.after)?;
        let diff = BundleDiff::between((&before.0, &before.1), (&after.0, &after.1));
        if screen.json {
            screen.json(&diff)?;
        } else {
            screen.print(render(&diff, screen.out))?;
        }
        Ok(match diff.is_empty() {
            true => Exit::Success,
            false => Exit::Failed,
        })
    }
}

fn render(diff: &BundleDiff, paint: Paint) -> String {
    let mut text = String::new();
    if !diff.manifest.is_empty() {
        text.push_str(&format!("{}\n", paint.yellow("~ the bundle itself")));
        text.push_str(&lines(&diff.manifest, paint));
    }
    for change in &diff.artifacts {
        text.push_str(&format!("{}\n", title(change, paint)));
        for part in change
            .parts
            .iter()
            .filter(|_| change.change == Change::Changed)
        {
            text.push_str(&format!("  {}\n", escape(part.name.as_bytes())));
            text.push_str(&lines(&part.diff, paint));
        }
    }
    text
}

fn title(change: &ArtifactChange, paint: Paint) -> Painted {
    let what = format!("{} {}", change.kind, escape(change.name.as_bytes()));
    match change.change {
        Change::Added => paint.green(format_args!("+ {what}")),
        Change::Removed => paint.red(format_args!("- {what}")),
        Change::Changed => paint.yellow(format_args!("~ {what}")),
    }
}

fn lines(diff: &str, paint: Paint) -> String {
    let shown = printable(diff);
    let lines = shown.lines().map(|line| match line.as_bytes().first() {
        Some(b'+') => format!("    {}\n", paint.green(line)),
        Some(b'-') => format!("    {}\n", paint.red(line)),
        Some(b'@') => format!("    {}\n", paint.dim(line)),
        _ => format!("    {line}\n"),
    });
    lines.collect()
}
