//! `SettingsFlags`: a flag for every setting of the service, made of the service's own table.

use crate::failure::Failure;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use mintage_service::settings::{Form, Layers, Resolved, resolve, table};
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The flags that were given, by the settings' names, and the configuration file.
#[derive(Debug, Clone, Default)]
pub struct SettingsFlags {
    file: Option<PathBuf>,
    given: BTreeMap<String, String>,
}

impl SettingsFlags {
    /// The whole configuration: these flags before the environment before the file.
    pub(crate) fn resolve(&self) -> Result<Resolved, Failure> {
        let layers = Layers::of_process(self.given.clone(), self.file.clone());
        Ok(resolve(&layers)?)
    }
}

impl Args for SettingsFlags {
    fn augment_args(command: Command) -> Command {
        let file = Arg::new("config")
            .long("config")
            .value_name("FILE")
            .value_parser(clap::value_parser!(PathBuf))
            .help("The configuration file [default: /etc/mintage/mintage.toml, if it is there]");
        let flags = table().iter().map(|setting| {
            let words = match setting.form {
                Form::Choice(words) => format!(" ({})", words.join(", ")),
                _ => String::new(),
            };
            let (section, _) = setting.place();
            let help = format!(
                "{}{words} [default: {}]",
                setting.help.trim_end_matches('.'),
                setting.default.description()
            );
            Arg::new(&*setting.flag)
                .long(&*setting.flag)
                .value_name(setting.form.placeholder())
                .help(help)
                .help_heading(section.map_or("Settings", heading))
        });
        command.arg(file).args(flags.collect::<Vec<_>>())
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

/// The head over the flags of a section.
fn heading(section: &'static str) -> &'static str {
    match section {
        "tls" => "Certificate",
        "http" => "Connections",
        "log" => "Log",
        "limits" => "Limits",
        _ => "Operation",
    }
}

impl FromArgMatches for SettingsFlags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        self.file = matches.get_one("config").cloned();
        for setting in table() {
            if let Some(value) = matches.get_one::<String>(&setting.flag) {
                self.given.insert(setting.name.clone(), value.clone());
            }
        }
        Ok(())
    }
}
