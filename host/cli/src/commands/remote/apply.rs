//! `mintage apply`: makes the artifacts of a service equal to those of a folder or bundle.

mod print;
mod source;
mod wanted;

use super::service;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_client::apply::{Passwords, State, Step, act, decide};
use mintage_engine::Diagnostic;
use source::Source;
use std::path::PathBuf;

/// Make the artifacts of a service equal to those of a folder or an artifact bundle.
///
/// Artifacts that are missing are made, those that differ are changed, and what the folder does not
/// name is left alone. Applying the same folder again changes nothing.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage apply --dry-run plans/web
  mintage apply plans/web
  mintage apply web.zip --json

The folder is a plan library, or one that `mintage bundle unpack` made. Artifacts are the same when
they have the same name. What somebody else changes meanwhile is not overwritten: that is refused.
Read-only artifacts are left alone, and if one differs, the exit code is 1. With --dry-run it is 0
when there is nothing to change, and 1 when there is. After a failure in the middle, what was done
stays, and applying again goes on.")]
pub struct Apply {
    /// A plan library, the folder of a bundle, or a bundle.
    source: PathBuf,
    /// Only show what would be done.
    #[arg(long)]
    dry_run: bool,
    /// Send passwords also where the service has one; it does not show them, so they are never known
    /// to be the same.
    #[arg(long)]
    set_passwords: bool,
}

impl Apply {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let source = Source::read(&self.source)?;
        let wanted = wanted::of(&source.bundle, &source.images);
        let service = service()?;
        let state = State::read(&service, &wanted)?;
        let passwords = match self.set_passwords {
            true => Passwords::Set,
            false => Passwords::Keep,
        };
        let steps = decide(&wanted, &state, passwords).map_err(all)?;
        if self.dry_run {
            print::decided(&steps, screen)?;
            return Ok(match steps.iter().any(is_difference) {
                true => Exit::Failed,
                false => Exit::Success,
            });
        }
        let outcome = act(
            &service,
            &state,
            &steps,
            |name| source.image(name),
            |step, done| print::one(step, done, screen),
        );
        print::done(&steps, outcome, screen)
    }
}

fn is_difference(step: &Step) -> bool {
    !step.differences.is_empty() || step.is_change()
}

/// Everything that stands in the way, at once.
fn all(problems: Vec<mintage_client::ClientError>) -> Failure {
    let problems = problems.into_iter().map(Failure::from);
    let diagnostics: Vec<Diagnostic> = problems.flat_map(|failure| failure.diagnostics).collect();
    diagnostics.into()
}
