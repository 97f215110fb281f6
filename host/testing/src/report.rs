//! `Report`: results as people read them.

use crate::results::{CaseResult, Results, SuiteResult};
use crate::verdict::{Difference, Verdict};
use mintage_engine::Style;
use std::fmt;

/// Results as people read them: a line for each case, and what is wrong with those that failed.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What came of the cases.
    pub results: &'a Results,
    /// Whether with a terminal's colours.
    pub style: Style,
}

impl fmt::Display for Report<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for library in &self.results.libraries {
            self.library(f, library)?;
        }
        let counts = &self.results.counts;
        let color = match (counts.failed, counts.total()) {
            (0, 1..) => GREEN,
            _ => RED,
        };
        writeln!(f, "{}", self.paint(color, &counts.to_string()))
    }
}

const RED: &str = "31";
const GREEN: &str = "32";
const YELLOW: &str = "33";
const DIM: &str = "2";
const BOLD: &str = "1";

impl Report<'_> {
    fn paint(&self, color: &str, text: &str) -> String {
        match self.style {
            Style::Plain => text.to_owned(),
            Style::Colour => format!("\x1b[{color}m{text}\x1b[0m"),
        }
    }

    fn library(&self, f: &mut fmt::Formatter<'_>, library: &SuiteResult) -> fmt::Result {
        writeln!(f, "{}", self.paint(BOLD, &library.library))?;
        for case in &library.cases {
            self.case(f, case)?;
        }
        let warning = self.paint(YELLOW, "warning:");
        for stray in &library.strays {
            writeln!(f, "  {warning} `{stray}` belongs to no case")?;
        }
        for pending in &library.pending {
            writeln!(f, "  {warning} `{pending}` waits to be looked at")?;
        }
        if library.cases.is_empty() {
            writeln!(f, "  {warning} no case was run")?;
        }
        Ok(())
    }

    fn case(&self, f: &mut fmt::Formatter<'_>, case: &CaseResult) -> fmt::Result {
        let name = &case.name;
        let failed = self.paint(RED, "FAILED  ");
        match &case.verdict {
            Verdict::Passed => writeln!(f, "  {}{name}", self.paint(GREEN, "ok      ")),
            Verdict::Accepted => writeln!(f, "  {}{name}", self.paint(YELLOW, "accepted ")),
            Verdict::Different { differences, kept } => {
                writeln!(f, "  {failed}{name}: something else came of it")?;
                for difference in differences {
                    self.difference(f, difference)?;
                }
                self.kept(f, kept.as_deref())
            }
            Verdict::Unseen { record, kept } => {
                writeln!(f, "  {failed}{name}: it has no snapshot; this came of it")?;
                for line in record.lines() {
                    self.line(f, &format!("+{line}"))?;
                }
                self.kept(f, kept.as_deref())
            }
            Verdict::Broken { problems } => {
                writeln!(f, "  {failed}{name}: it cannot be run")?;
                for problem in problems {
                    for line in problem.render(self.style).lines() {
                        writeln!(f, "    {line}")?;
                    }
                }
                Ok(())
            }
        }
    }

    fn difference(&self, f: &mut fmt::Formatter<'_>, difference: &Difference) -> fmt::Result {
        let what = difference.path.as_deref().unwrap_or("the run as a whole");
        write!(f, "    {}", self.paint(BOLD, what))?;
        match &difference.origin {
            Some(origin) => writeln!(f, ", last changed by {origin}")?,
            None if difference.path.is_some() => writeln!(f, ", not changed by any script now")?,
            None => writeln!(f)?,
        }
        difference
            .lines
            .iter()
            .try_for_each(|line| self.line(f, line))
    }

    fn line(&self, f: &mut fmt::Formatter<'_>, line: &str) -> fmt::Result {
        let shown = match line.chars().next() {
            Some('+') => self.paint(GREEN, line),
            Some('-') => self.paint(RED, line),
            _ => self.paint(DIM, line),
        };
        writeln!(f, "    {}", shown.trim_end())
    }

    fn kept(&self, f: &mut fmt::Formatter<'_>, kept: Option<&str>) -> fmt::Result {
        match kept {
            None => Ok(()),
            Some(kept) => writeln!(
                f,
                "    {}",
                self.paint(
                    DIM,
                    &format!("it is kept in {kept}; `--accept` makes it the snapshot")
                )
            ),
        }
    }
}
