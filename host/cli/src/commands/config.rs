//! `mintage config`: the configuration of the service.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use crate::settings_flags::SettingsFlags;
use clap::{Args, Subcommand};
use mintage_service::settings::Value;
use serde_json::{Value as Json, json};

/// Show or check the configuration of the service.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage config show
  mintage config show --json
  mintage config check --config ./mintage.toml")]
pub struct Config {
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Print every setting, its value, and where that was said; secrets are not shown.
    Show(SettingsFlags),
    /// Check the configuration, and the files that it names.
    Check(SettingsFlags),
}

impl Config {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        match &self.action {
            Action::Show(flags) => show(&flags.resolve()?.values, screen)?,
            Action::Check(flags) => {
                let settings = flags.resolve()?.settings;
                mintage_service::serve::check(&settings)?;
                match screen.json {
                    true => screen.json(&json!({ "good": true }))?,
                    false => screen.print("the configuration is good\n")?,
                }
            }
        }
        Ok(Exit::Success)
    }
}

fn show(values: &[Value], screen: &Screen) -> Result<(), Failure> {
    if screen.json {
        let all: Vec<Json> = values.iter().map(as_json).collect();
        return screen.json(&all);
    }
    let shown = |value: &Value| value.shown().unwrap_or_else(|| "(not set)".to_owned());
    let widest = |text: &dyn Fn(&Value) -> usize| values.iter().map(text).max().unwrap_or(0);
    let names = widest(&|value| value.setting.name.len());
    let texts = widest(&|value| shown(value).chars().count());
    let lines = values.iter().map(|value| {
        let (name, text) = (&value.setting.name, shown(value));
        format!("{name:names$}  {text:texts$}  {}\n", value.origin)
    });
    screen.print(lines.collect::<String>())
}

fn as_json(value: &Value) -> Json {
    let masked = value.setting.secret && value.value.is_some();
    json!({
        "name": value.setting.name,
        "value": match masked {
            true => value.shown().map(Json::from),
            false => value.value.clone(),
        },
        "origin": value.origin.to_string(),
        "secret": value.setting.secret,
    })
}
