//! One operation of generalizing, as the tables have it: what goes, said in data.

use super::{edits, homes, sweep};
use mintage_engine::PlanError;
use mintage_volume::tree::VolumeTree;

/// Something that must not travel in a golden image, and how it is taken out.
pub(super) struct Operation {
    /// The name of its function.
    pub(super) name: &'static str,
    /// What it does, in a sentence.
    pub(super) summary: &'static str,
    /// What somebody should know before using it; may be empty.
    pub(super) details: &'static str,
    /// Whether `generalize::standard` runs it.
    pub(super) is_standard: bool,
    /// What it does, in order.
    pub(super) steps: &'static [Step],
}

/// A part of an operation. Patterns are the shell's; a name that starts with a dot is matched only
/// by a pattern that does.
pub(super) enum Step {
    /// Removes what matches, directories with all below them.
    Remove(&'static [&'static str]),
    /// Removes everything inside these directories.
    Clear(&'static [&'static str]),
    /// Makes these files empty.
    Empty(&'static [&'static str]),
    /// Removes these names from every home directory.
    RemoveFromHomes(&'static [&'static str]),
    /// Removes files by their names, wherever below these directories they are.
    RemoveBelow {
        directories: &'static [&'static str],
        names: &'static [&'static str],
    },
    /// Removes the lines of these files that start with one of these texts, after any blanks.
    RemoveLines {
        files: &'static [&'static str],
        starts: &'static [&'static str],
    },
    /// What data cannot say. Gives how many paths it changed.
    Do(
        &'static str,
        fn(&mut VolumeTree) -> Result<usize, PlanError>,
    ),
}

impl Operation {
    /// Does it; gives how many paths were removed or changed.
    pub(super) fn run(&self, tree: &mut VolumeTree) -> Result<usize, PlanError> {
        let mut changed = 0;
        for step in self.steps {
            changed += step.run(tree)?;
        }
        Ok(changed)
    }

    /// What the reference says about its function.
    pub(super) fn docs(&self) -> String {
        let Self { name, summary, .. } = self;
        let effects: Vec<String> = self.steps.iter().map(Step::describe).collect();
        let standard = match self.is_standard {
            true => "`generalize::standard` does it too.",
            false => "`generalize::standard` does it only when told to.",
        };
        let mut text = format!("{summary}\n\n");
        if !self.details.is_empty() {
            text.push_str(self.details);
            text.push_str("\n\n");
        }
        for effect in effects {
            text.push_str(&format!("- {effect}\n"));
        }
        text.push_str(&format!(
            "\n{standard} Returns how many paths were removed or changed.\n\n\
             # Errors\n\
             - `P2003` when there are more than one call looks at.\n\
             - `P3003` where a link stands for a directory and leads to one of another name.\n\n\
             # Example\n```rhai\ngeneralize::{name}();\ngeneralize::{name}() == 0\n```\n\n\
             # Since\n0.1"
        ));
        text
    }
}

impl Step {
    fn run(&self, tree: &mut VolumeTree) -> Result<usize, PlanError> {
        match self {
            Self::Remove(patterns) => sweep::each(patterns, |pattern| sweep::remove(tree, pattern)),
            Self::Clear(directories) => {
                sweep::each(directories, |directory| sweep::clear(tree, directory))
            }
            Self::Empty(patterns) => sweep::each(patterns, |pattern| sweep::empty(tree, pattern)),
            Self::RemoveFromHomes(names) => homes::remove(tree, names),
            Self::RemoveBelow { directories, names } => sweep::each(directories, |directory| {
                sweep::remove_below(tree, directory, names)
            }),
            Self::RemoveLines { files, starts } => {
                sweep::each(files, |pattern| edits::remove_lines(tree, pattern, starts))
            }
            Self::Do(_, act) => act(tree),
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Remove(patterns) => format!("Removes {}.", quoted(patterns)),
            Self::Clear(directories) => {
                format!("Removes everything inside {}.", quoted(directories))
            }
            Self::Empty(patterns) => format!("Empties {}.", quoted(patterns)),
            Self::RemoveFromHomes(names) => {
                format!("Removes {} from every home directory.", quoted(names))
            }
            Self::RemoveBelow { directories, names } => format!(
                "Removes files named {} anywhere below {}.",
                quoted(names),
                quoted(directories)
            ),
            Self::RemoveLines { files, starts } => format!(
                "Removes the lines of {} that start with {}.",
                quoted(files),
                quoted(starts)
            ),
            Self::Do(what, _) => (*what).to_owned(),
        }
    }
}

/// The names as a reader of the reference sees them.
fn quoted(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    match quoted.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => quoted.concat(),
    }
}
