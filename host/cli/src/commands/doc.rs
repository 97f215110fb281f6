//! `mintage doc`: the reference of what plan scripts can call, and of error codes.

use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_engine::Code;
use mintage_engine::catalogue::{Catalogue, Function};
use mintage_engine::nearest::suggest;
use plan_stdlib::StandardLibrary;
use serde::Serialize;
use std::fs;
use std::path::{Path, PathBuf};

/// Show what a function, a module or an error code is about.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage doc                             all modules
  mintage doc file                        a module
  mintage doc file::write
  mintage doc write                       every function of this name
  mintage doc P3004                       an error code, also by its name
  mintage doc --definitions .rhai         files from which editors complete names
  mintage doc --export book && mdbook serve book")]
pub struct Doc {
    /// What to show; without it, all modules.
    #[arg(conflicts_with_all = ["export", "definitions"])]
    name: Option<String>,
    /// Write the whole reference into this folder, as the source of an mdBook.
    #[arg(long, value_name = "DIR")]
    export: Option<PathBuf>,
    /// Write Rhai definition files (.d.rhai) into this folder.
    #[arg(long, value_name = "DIR", conflicts_with = "export")]
    definitions: Option<PathBuf>,
}

/// A function as JSON.
#[derive(Debug, Serialize)]
struct Shown<'a> {
    signature: String,
    #[serde(flatten)]
    function: &'a Function,
}

/// What was written.
#[derive(Debug, Serialize)]
struct Written<'a> {
    folder: String,
    files: Vec<&'a str>,
}

impl Doc {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let catalogue = Catalogue::of(&StandardLibrary);
        if let Some(folder) = &self.export {
            write(folder, &catalogue.book(), screen)?;
        } else if let Some(folder) = &self.definitions {
            write(folder, &catalogue.definitions(), screen)?;
        } else if let Some(name) = &self.name {
            show(&catalogue, name, screen)?;
        } else if screen.json {
            screen.json(&catalogue)?;
        } else {
            screen.print(modules(&catalogue))?;
        }
        Ok(Exit::Success)
    }
}

/// A line for each module.
fn modules(catalogue: &Catalogue) -> String {
    let names = catalogue
        .modules
        .iter()
        .map(|module| module.page_name().len());
    let widest = names.max().unwrap_or(0);
    let lines = catalogue.modules.iter().map(|module| {
        let doc = module.doc.split_terminator(". ").next().unwrap_or_default();
        let doc = doc.replace('\n', " ");
        format!(
            "{:<widest$}  {}\n",
            module.page_name(),
            doc.trim_end_matches('.')
        )
    });
    lines.collect()
}

fn show(catalogue: &Catalogue, name: &str, screen: &Screen) -> Result<(), Failure> {
    let is_code = |code: &&Code| code.as_str().eq_ignore_ascii_case(name) || code.name() == name;
    if let Some(code) = Code::ALL.iter().find(is_code) {
        return show_code(*code, screen);
    }
    let module = catalogue
        .modules
        .iter()
        .find(|module| module.page_name() == name);
    if let Some(module) = module {
        return match screen.json {
            true => screen.json(module),
            false => screen.print(module.to_markdown()),
        };
    }
    let named = |function: &&Function| function.full_name() == name || function.name == name;
    let functions: Vec<&Function> = catalogue.functions().filter(named).collect();
    if functions.is_empty() {
        return Err(unknown(catalogue, name));
    }
    if screen.json {
        let shown = functions.into_iter().map(|function| Shown {
            signature: function.signature(),
            function,
        });
        return screen.json(&shown.collect::<Vec<_>>());
    }
    let sections = functions.into_iter().map(Function::to_markdown);
    screen.print(sections.collect::<String>().trim_start())
}

fn show_code(code: Code, screen: &Screen) -> Result<(), Failure> {
    if screen.json {
        let (name, meaning) = (code.name(), code.meaning());
        let fatal = code.is_fatal();
        let shown = serde_json::json!({ "code": code.as_str(), "name": name, "meaning": meaning, "fatal": fatal });
        return screen.json(&shown);
    }
    let end = match code.is_fatal() {
        true => "The run ends at once.",
        false => "Scripts can catch it: `catch (err) { if err.code == \"CODE\" { … } }`.",
    };
    let end = end.replace("CODE", code.as_str());
    screen.print(format_args!(
        "# {code}: {}\n\n{}\n\n{end}\n",
        code.name(),
        code.meaning()
    ))
}

fn unknown(catalogue: &Catalogue, name: &str) -> Failure {
    let functions: Vec<String> = catalogue.functions().map(Function::full_name).collect();
    let modules = catalogue.modules.iter().map(|module| module.page_name());
    let codes = Code::ALL
        .iter()
        .flat_map(|code| [code.as_str(), code.name()]);
    let known = functions
        .iter()
        .map(String::as_str)
        .chain(modules)
        .chain(codes);
    let shown = mintage_volume::escape::escape(name.as_bytes());
    let message = format!("there is no function, module or error code `{shown}`");
    Failure::usage(match suggest(name, known) {
        Some(help) => format!("{message}; {help}"),
        None => format!("{message}; `mintage doc` lists the modules"),
    })
}

/// Writes the files into a folder, which may be there, over those of the same names.
fn write(folder: &Path, files: &[(String, String)], screen: &Screen) -> Result<(), Failure> {
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|error| Failure::output(&error))?;
        fs::write(&path, text).map_err(|error| Failure::output(&error))?;
    }
    let folder = folder.display().to_string();
    if screen.json {
        let files = files.iter().map(|(name, _)| name.as_str()).collect();
        return screen.json(&Written { folder, files });
    }
    screen.note(format_args!(
        "{} files in {}",
        files.len(),
        mintage_volume::escape::escape(folder.as_bytes())
    ));
    Ok(())
}
