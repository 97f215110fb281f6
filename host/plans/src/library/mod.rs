//! A plan library: one build plan with its scripts and templates, as plain data.

mod build_plan;
mod folder;
mod manifest;
mod places;

pub(crate) use build_plan::is_attribute_name;
pub use build_plan::{BuildPlan, MountSource, PlanKind};
pub(crate) use folder::read_texts;
pub(crate) use places::Places;

use mintage_engine::{DefaultValue, Diagnostic, attribute_uses};
use mintage_volume::digits::hex;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// A plan library: one build plan with its scripts and templates.
///
/// It holds everything that was on disk, so that it can be sent to another process, recorded and
/// hashed; nothing in it leads back to the host.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanLibrary {
    plan: BuildPlan,
    /// The text of `build-plan.toml`.
    manifest: String,
    /// Texts by name, `scripts/network.rhai`.
    scripts: BTreeMap<String, String>,
    /// Texts by name below `templates/`, `hosts.j2`.
    templates: BTreeMap<String, String>,
}

impl PlanLibrary {
    /// The name of the file that makes a folder a plan library.
    pub const MANIFEST: &'static str = "build-plan.toml";

    /// Reads the plan library in the folder `dir`.
    ///
    /// # Errors
    /// P5001 to P5004, all problems at once, with their places in `build-plan.toml`.
    pub fn load(dir: &Path) -> Result<Self, Vec<Diagnostic>> {
        let files = folder::read(dir).map_err(|error| vec![error.into()])?;
        Self::from_files(files)
    }

    /// Makes a plan library of texts by their names in it: `build-plan.toml`,
    /// `scripts/NAME.rhai`, `templates/NAME`; others are ignored.
    ///
    /// # Errors
    /// P5001 and P5002, all problems at once.
    pub fn from_files(mut files: BTreeMap<String, String>) -> Result<Self, Vec<Diagnostic>> {
        let Some(manifest) = files.remove(Self::MANIFEST) else {
            return Err(vec![folder::no_manifest().into()]);
        };
        let mut scripts = BTreeMap::new();
        let mut templates = BTreeMap::new();
        for (name, text) in files {
            if let Some(template) = name.strip_prefix("templates/") {
                templates.insert(template.to_owned(), text);
            } else if name.starts_with("scripts/") && name.ends_with(".rhai") {
                scripts.insert(name, text);
            }
        }
        let names: Vec<&str> = scripts.keys().map(String::as_str).collect();
        let plan = build_plan::parse(Self::MANIFEST, &manifest, &names)?;
        Ok(Self {
            plan,
            manifest,
            scripts,
            templates,
        })
    }

    /// The build plan.
    pub fn plan(&self) -> &BuildPlan {
        &self.plan
    }

    /// The text of `build-plan.toml`.
    pub(crate) fn manifest(&self) -> &str {
        &self.manifest
    }

    /// Where in it things stand.
    pub(crate) fn places(&self) -> Places {
        Places::find(&self.manifest)
    }

    /// The text of a script by its name, `scripts/network.rhai`.
    pub fn script(&self, name: &str) -> Option<&str> {
        self.scripts.get(name).map(String::as_str)
    }

    /// All scripts, by name.
    pub fn scripts(&self) -> impl Iterator<Item = (&str, &str)> {
        self.scripts
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The text of a template by its name below `templates/`, `hosts.j2`.
    pub fn template(&self, name: &str) -> Option<&str> {
        self.templates.get(name).map(String::as_str)
    }

    /// All templates, by name.
    pub fn templates(&self) -> impl Iterator<Item = (&str, &str)> {
        self.templates
            .iter()
            .map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// Whether a run needs a value for the attribute `name`: as the build plan says; else it does
    /// unless there is a default, in the build plan or in every script that asks.
    pub(crate) fn requires(&self, name: &str) -> bool {
        let Some(attribute) = self.plan.attributes.get(name) else {
            return false;
        };
        let is_needed = || attribute.default.is_none() && !self.scripts_have_default(name);
        attribute.required.unwrap_or_else(is_needed)
    }

    /// Whether scripts ask for the attribute `name`, and all of them with a default.
    fn scripts_have_default(&self, name: &str) -> bool {
        let uses = self.scripts().flat_map(|(_, text)| attribute_uses(text));
        let mut uses = uses
            .filter(|used| used.name.as_deref() == Some(name))
            .peekable();
        uses.peek().is_some() && uses.all(|used| used.default != DefaultValue::Required)
    }

    /// SHA-256 over names and contents, in hexadecimal: the same for the same library wherever it
    /// lies.
    pub fn hash(&self) -> String {
        let mut hash = Sha256::new();
        let manifest = std::iter::once((Self::MANIFEST, "", self.manifest.as_str()));
        let scripts = self.scripts().map(|(name, text)| ("", name, text));
        let templates = self
            .templates()
            .map(|(name, text)| ("templates/", name, text));
        for (folder, name, text) in manifest.chain(scripts).chain(templates) {
            for part in [format!("{folder}{name}").as_str(), text] {
                hash.update(part.len().to_string());
                hash.update(":");
                hash.update(part);
            }
        }
        hex(&hash.finalize())
    }
}

#[cfg(test)]
mod tests;
