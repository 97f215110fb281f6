//! What `mintage apply` prints: each artifact with its differences, and what became of it.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Paint, Painted, Screen, printable};
use mintage_client::apply::{Action, Difference, Done, Outcome, Step};
use mintage_engine::Diagnostic;
use mintage_volume::escape::escape;
use serde::Serialize;

/// A step as JSON.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    step: &'a Step,
    #[serde(skip_serializing_if = "Option::is_none")]
    result: Option<Done>,
}

/// What would be done.
pub(super) fn decided(steps: &[Step], screen: &Screen) -> Result<(), Failure> {
    if screen.json {
        return screen.json(&json(steps, None, &[]));
    }
    for step in steps {
        screen.print(shown(step, screen.out))?;
    }
    let count = |action| steps.iter().filter(|step| step.action == action).count();
    let counts = [
        ("to create", count(Action::Create)),
        ("to update", count(Action::Update)),
        ("unchanged", count(Action::Unchanged)),
        ("read-only and different", count(Action::ReadOnly)),
    ];
    screen.print(summary(&counts))
}

/// What became of one, as soon as it is known.
pub(super) fn one(step: &Step, done: Done, screen: &Screen) {
    if screen.json {
        return;
    }
    let text = match done {
        Done::Failed => format!(
            "{}\n",
            screen.out.red(format_args!("! failed: {}", name(step)))
        ),
        Done::NotDone if step.is_change() => {
            format!(
                "{}\n",
                screen.out.dim(format_args!("  not done: {}", name(step)))
            )
        }
        Done::NotDone => String::new(),
        _ => shown(step, screen.out),
    };
    // What was done is done, whether or not somebody reads of it; the summary tells of a failure.
    let _ = screen.print(text);
}

/// What became of all, and how the program ends.
pub(super) fn done(steps: &[Step], outcome: Outcome, screen: &Screen) -> Result<Exit, Failure> {
    let failure = outcome.error.map(Failure::from);
    let of = |done| outcome.done.iter().filter(|one| **one == done).count();
    if screen.json {
        let errors = failure
            .as_ref()
            .map(|failure| failure.diagnostics.as_slice());
        let errors = errors.unwrap_or_default();
        screen.json(&json(steps, Some(&outcome.done), errors))?;
    } else {
        let counts = [
            ("created", of(Done::Created)),
            ("updated", of(Done::Updated)),
            ("unchanged", of(Done::Unchanged)),
            ("read-only, left alone", of(Done::ReadOnly)),
            ("failed", of(Done::Failed)),
            ("not done", of(Done::NotDone)),
        ];
        screen.print(summary(&counts))?;
    }
    match failure {
        Some(failure) => {
            if !screen.json {
                screen.failure(&failure);
                screen.note("what was done stays; applying again goes on from here");
            }
            Ok(failure.exit)
        }
        None if of(Done::ReadOnly) > 0 => Ok(Exit::Failed),
        None => Ok(Exit::Success),
    }
}

fn json(steps: &[Step], done: Option<&[Done]>, errors: &[Diagnostic]) -> serde_json::Value {
    let shown = steps.iter().enumerate().map(|(place, step)| Shown {
        step,
        result: done.and_then(|done| done.get(place).copied()),
    });
    let changes = match done {
        None => steps.iter().filter(|step| step.is_change()).count(),
        Some(done) => {
            let is_change = |done: &&Done| matches!(done, Done::Created | Done::Updated);
            done.iter().filter(is_change).count()
        }
    };
    serde_json::json!({
        "dryRun": done.is_none(),
        "changes": changes,
        "artifacts": shown.collect::<Vec<_>>(),
        "errors": errors,
    })
}

/// `2 created, 1 unchanged`, or that there was nothing to do.
fn summary(counts: &[(&str, usize)]) -> String {
    let of = |wanted: &str| counts.iter().find(|(what, _)| *what == wanted);
    let unchanged = of("unchanged").map_or(0, |(_, count)| *count);
    let others: usize = counts.iter().map(|(_, count)| count).sum::<usize>() - unchanged;
    if others == 0 {
        return format!("nothing to change: {unchanged} unchanged\n");
    }
    let counts = counts.iter().filter(|(_, count)| *count > 0);
    let counts: Vec<String> = counts
        .map(|(what, count)| format!("{count} {what}"))
        .collect();
    format!("{}\n", counts.join(", "))
}

fn name(step: &Step) -> String {
    format!("{} {}", step.kind, escape(step.name.as_bytes()))
}

/// One artifact; those that are as they are to be are only counted.
fn shown(step: &Step, paint: Paint) -> String {
    let title: Painted = match step.action {
        Action::Create => paint.green(format_args!("+ {}", name(step))),
        Action::Update => paint.yellow(format_args!("~ {}", name(step))),
        Action::ReadOnly => paint.dim(format_args!("= {}, which is read-only", name(step))),
        Action::Unchanged => return String::new(),
    };
    let differences = step.differences.iter().map(|one| difference(one, paint));
    format!("{title}\n{}", differences.collect::<String>())
}

fn difference(difference: &Difference, paint: Paint) -> String {
    let mut text = format!("  {}\n", escape(difference.part.as_bytes()));
    for line in printable(&difference.diff).lines() {
        match line.as_bytes().first() {
            Some(b'+') => text.push_str(&format!("    {}\n", paint.green(line))),
            Some(b'-') => text.push_str(&format!("    {}\n", paint.red(line))),
            Some(b'@') => text.push_str(&format!("    {}\n", paint.dim(line))),
            _ => text.push_str(&format!("    {line}\n")),
        }
    }
    text
}
