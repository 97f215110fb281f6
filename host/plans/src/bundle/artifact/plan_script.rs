//! `PlanScript`: a script of one step, in Rhai with its templates, or in guestfish.

use super::{Artifact, ArtifactKind, More, RESOURCE_NULLS, ReadArtifact, finish};
use super::{take_id, take_name, take_type};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use crate::bundle::names::is_relative_path;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json, json};
use std::collections::BTreeMap;

/// A plan script.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanScript {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `deploy`, `capture` or `general`, as it was written.
    pub kind: Option<String>,
    /// Whether services refuse to change it.
    pub read_only: bool,
    /// What it is written in.
    pub language: Language,
    /// Its text.
    pub content: String,
    /// The templates that it uses, by name; only scripts in Rhai have some.
    pub templates: BTreeMap<String, String>,
    /// Every other field.
    pub more: More,
}

/// What a plan script is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Language {
    /// The commands of guestfish: what a bundle has that does not say otherwise.
    #[default]
    Guestfish,
    /// Rhai, which this product runs.
    Rhai,
}

impl Language {
    /// `guestfish`, `rhai`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Guestfish => "guestfish",
            Self::Rhai => "rhai",
        }
    }

    /// The language of that name.
    pub fn parse(name: &str) -> Option<Self> {
        let all = [Self::Guestfish, Self::Rhai];
        all.into_iter().find(|language| language.as_str() == name)
    }
}

impl Artifact for PlanScript {
    const KIND: ArtifactKind = ArtifactKind::PlanScript;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn to_json(&self) -> Map<String, Json> {
        let mut map = Map::from_iter([
            ("type".to_owned(), "PlanScript".into()),
            ("id".to_owned(), self.id.clone().into()),
            ("name".to_owned(), self.name.clone().into()),
            ("description".to_owned(), self.description.clone().into()),
            ("hpProvided".to_owned(), self.read_only.into()),
            ("planType".to_owned(), self.kind.clone().into()),
            ("content".to_owned(), self.content.clone().into()),
        ]);
        // Fields of this product's own; a guestfish script is written as it always was.
        if self.language != Language::default() {
            map.insert("language".to_owned(), self.language.as_str().into());
        }
        if !self.templates.is_empty() {
            map.insert("templates".to_owned(), json!(self.templates));
        }
        let map = finish(map, &["customAttributes", "state"], &More::new());
        finish(map, RESOURCE_NULLS, &self.more)
    }
}

impl ReadArtifact for PlanScript {
    fn read(mut fields: Fields<'_>, entry_id: &str) -> Result<Self> {
        take_type(&mut fields, "PlanScript")?;
        Ok(Self {
            id: take_id(&mut fields, "id", entry_id)?,
            name: take_name(&mut fields)?,
            description: fields.text("description")?,
            kind: fields.text("planType")?,
            read_only: fields.flag("hpProvided")?.unwrap_or(false),
            language: take_language(&mut fields)?,
            content: fields.text("content")?.unwrap_or_default(),
            templates: take_templates(&mut fields)?,
            more: fields.rest(),
        })
    }
}

fn take_language(fields: &mut Fields<'_>) -> Result<Language> {
    let Some(name) = fields.text("language")? else {
        return Ok(Language::default());
    };
    let language = Language::parse(&name);
    language.ok_or_else(|| fields.error("language", "it must be `rhai` or `guestfish`"))
}

fn take_templates(fields: &mut Fields<'_>) -> Result<BTreeMap<String, String>> {
    let templates = fields.texts("templates")?;
    if let Some((name, _)) = templates.iter().find(|(name, _)| !is_relative_path(name)) {
        let why = "a template's name must be a path like `etc/hosts.j2`";
        return Err(fields.error(&format!("templates.{name}"), why));
    }
    Ok(templates.into_iter().collect())
}
