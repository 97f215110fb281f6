//! `docs/commands.md`, made of the command line's own definitions.

use crate::arguments::CommandLine;
use clap::CommandFactory as _;
use std::fmt::Write as _;

/// The reference of all commands, in Markdown.
pub fn commands() -> String {
    let mut text = String::from(
        "<!-- Made from the command line's definitions by a test of host/cli: \
         MINTAGE_UPDATE_DOCS=1 cargo test -p mintage reference -->\n# Commands\n",
    );
    let mut program = CommandLine::command().term_width(100).max_term_width(100);
    program.build();
    section(&mut text, "mintage", &mut program);
    subcommands(&mut text, "mintage", &mut program);
    text
}

/// The sections of what is below `program`, which is called `path`.
fn subcommands(text: &mut String, path: &str, program: &mut clap::Command) {
    let names: Vec<_> = program
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
        .map(|command| command.get_name().to_owned())
        .collect();
    for name in names {
        if let Some(command) = program.find_subcommand_mut(&name) {
            let path = format!("{path} {name}");
            section(text, &path, command);
            subcommands(text, &path, command);
        }
    }
}

fn section(text: &mut String, name: &str, command: &mut clap::Command) {
    let help = command.render_long_help().to_string();
    let lines: Vec<_> = help.lines().map(str::trim_end).collect();
    // Writing to a string cannot fail.
    let _ = write!(text, "\n## {name}\n\n```text\n{}\n```\n", lines.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reference_is_up_to_date() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/commands.md");
        let expected = commands();
        if std::env::var_os("MINTAGE_UPDATE_DOCS").is_some() {
            std::fs::write(path, &expected).unwrap();
        }
        let found = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == expected,
            "docs/commands.md is stale: MINTAGE_UPDATE_DOCS=1 cargo test -p mintage reference"
        );
    }

    #[test]
    fn every_command_has_examples() {
        let program = CommandLine::command();
        let commands = program.get_subcommands();
        for command in commands.filter(|command| !command.is_hide_set()) {
            let help = command.get_after_help().map(ToString::to_string);
            let help = help.unwrap_or_default();
            assert!(help.starts_with("Examples:\n"), "{}", command.get_name());
        }
    }

    #[test]
    fn the_definitions_are_sound() {
        CommandLine::command().debug_assert();
    }
}
