//! `Report`: a run as people read it, the same for a preview and for the record of a run.

use crate::screen::Paint;
use crate::size::{Size, Span};
use mintage_engine::LogLevel;
use mintage_plans::run::{Outcome, Timings};
use mintage_scan::ScanReport;
use mintage_storage::CloneMethod;
use mintage_volume::escape::escape;
use mintage_worker::{Personalized, Volume};
use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

/// What came of a run, to be shown.
#[derive(Debug)]
pub struct Report<'a> {
    /// The golden image's name, escaped.
    pub image: &'a str,
    /// What came of the run.
    pub personalized: &'a Personalized,
    /// Colours or none.
    pub paint: Paint,
    /// Leave out the files that changed.
    pub quiet: bool,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let outcome = &self.personalized.report.outcome;
        self.title(f, outcome)?;
        for line in &outcome.log {
            self.log_line(f, line)?;
        }
        for note in &outcome.notes {
            writeln!(
                f,
                "{} {}",
                self.paint.yellow("note:"),
                escape(note.as_bytes())
            )?;
        }
        if let Some(scan) = &outcome.scan {
            self.scan(f, scan)?;
        }
        for (layer, why) in self.personalized.sandbox.missing() {
            let note = self.paint.yellow("note:");
            writeln!(f, "{note} the worker's sandbox is without {layer}: {why}")?;
        }
        if outcome.error.is_some() {
            return Ok(());
        }
        if !self.quiet {
            f.write_str(&outcome.diff.render_entries(self.paint.diff_style()))?;
        }
        self.summary(f, outcome, &self.personalized.report.timings)?;
        match &self.personalized.volume {
            Some(volume) => self.volume(f, volume),
            None => writeln!(f, "preview: nothing was made"),
        }
    }
}

impl Report<'_> {
    fn title(&self, f: &mut fmt::Formatter<'_>, outcome: &Outcome) -> fmt::Result {
        // The seed would name a server without a name, but it is never shown.
        if !outcome.input.server.is_empty() {
            let name = escape(outcome.input.server.as_bytes());
            write!(f, "{} · ", self.paint.bold(name))?;
        }
        write!(f, "golden image {}", self.image)?;
        if let Some(image) = &outcome.image {
            let system = escape(image.os.as_bytes());
            let size = Size(image.bytes);
            match system.as_str() {
                "" => write!(f, " ({size})")?,
                system => write!(f, " ({system}, {size})")?,
            }
        }
        writeln!(
            f,
            " · build plan \"{}\"",
            escape(outcome.plan.name.as_bytes())
        )?;
        if outcome.image.is_none() {
            // Then there is no time of the image either.
            return Ok(());
        }
        let shown = |text: &str| escape(text.as_bytes());
        let (seed, time) = (shown(&outcome.input.seed), shown(&outcome.input.time));
        let inputs = format!("seed {seed}, time {time}");
        writeln!(f, "{}", self.paint.dim(inputs))
    }

    /// What of a captured volume was found and allowed; what was not is in the error.
    fn scan(&self, f: &mut fmt::Formatter<'_>, scan: &ScanReport) -> fmt::Result {
        for finding in &scan.findings {
            if let Some(reason) = &finding.allowed {
                let allowed = self.paint.yellow("allowed:");
                writeln!(f, "{allowed} {finding} ({})", escape(reason.as_bytes()))?;
            }
        }
        for note in &scan.notes {
            writeln!(
                f,
                "{} {}",
                self.paint.yellow("note:"),
                escape(note.as_bytes())
            )?;
        }
        let known: usize = scan.identities.values().sum();
        writeln!(
            f,
            "leak scan: {} of {} findings allowed · {} files, {} looked through for {known} \
             identities and all well-known forms of secrets",
            scan.findings.len() - scan.leaks().count(),
            scan.findings.len(),
            scan.files,
            Size(scan.bytes)
        )
    }

    fn log_line(&self, f: &mut fmt::Formatter<'_>, line: &mintage_engine::LogLine) -> fmt::Result {
        let level = match line.level {
            LogLevel::Debug => self.paint.dim("debug:"),
            LogLevel::Info => self.paint.green("info:"),
            LogLevel::Warning => self.paint.yellow("warning:"),
        };
        let place = format!("{}:{}", escape(line.script.as_bytes()), line.line);
        for text in line.text.lines() {
            writeln!(
                f,
                "{level} {} {}",
                escape(text.as_bytes()),
                self.paint.dim(&place)
            )?;
        }
        Ok(())
    }

    fn summary(
        &self,
        f: &mut fmt::Formatter<'_>,
        outcome: &Outcome,
        timings: &Timings,
    ) -> fmt::Result {
        let steps: u64 = timings.steps.iter().map(|step| step.microseconds).sum();
        let parts = [
            ("open", timings.preflight + timings.open),
            ("scripts", steps),
            ("finish", timings.finish),
            ("diff", timings.diff),
        ];
        let parts = parts.map(|(part, micros)| format!("{part} {}", Span::micros(micros)));
        let (counts, blocks) = (outcome.diff.counts(), outcome.changed_blocks);
        writeln!(f, "{counts} · {blocks} blocks · {}", parts.join(", "))
    }

    fn volume(&self, f: &mut fmt::Formatter<'_>, volume: &Volume) -> fmt::Result {
        let path = volume.path.as_deref().unwrap_or(Path::new(""));
        let path = escape(path.as_os_str().as_bytes());
        write!(f, "{} · ", self.paint.bold(path))?;
        let took = Span(volume.clone.duration);
        match volume.clone.method {
            CloneMethod::Reflink => write!(f, "reflink in {took}")?,
            CloneMethod::RbdClone => write!(f, "clone in the Ceph pool in {took}")?,
            CloneMethod::SparseCopy => {
                write!(f, "sparse copy of {} in {took}", Size(volume.clone.bytes))?;
            }
        }
        let (bytes, took) = (Size(volume.commit.bytes), Span(volume.commit_duration));
        writeln!(f, ", commit of {bytes} in {took}")?;
        if volume.unnamed_until_complete {
            return Ok(());
        }
        let note = self.paint.yellow("note:");
        let why = "its filesystem has no unnamed files";
        writeln!(
            f,
            "{note} the volume had a temporary name while it was made: {why}"
        )
    }
}
