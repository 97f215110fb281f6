//! A plan script on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{Flag, NamedUri, OK, missing, name};
use mintage_engine::{DefaultValue, Value, attribute_uses};
use mintage_plans::guestfish::placeholders;
use mintage_records::model::{Language, PlanScript, PlanType};
use mintage_records::{Kind, Stored};
use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use utoipa::ToSchema;

/// The wire's type, in every API version.
const TYPE: &str = "PlanScript";

/// What is the same in all plan scripts.
pub(super) const CONSTANTS: [(&str, &str); 4] = [
    ("type", TYPE),
    ("category", Kind::PlanScripts.as_str()),
    ("state", OK),
    ("status", OK),
];

/// A plan script.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = PlanScript)]
pub(super) struct Wire {
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    id: String,
    name: String,
    description: Option<String>,
    state: &'static str,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// In which plans it may be a step: `deploy`, `capture`, `general`.
    plan_type: &'static str,
    /// The program.
    content: String,
    /// Whether it is read-only.
    hp_provided: bool,
    /// A text with JSON: `[{"name":"Host","value":""}]`, what the content asks for.
    custom_attributes: String,
    /// The build plans that use it.
    dependent_artifacts: Vec<NamedUri>,
    /// Extension: what the content is written in, `rhai` or `guestfish`.
    language: &'static str,
    /// Extension: the templates that the script renders, by file name.
    templates: BTreeMap<String, String>,
    /// Extension: what is worth a look in a script that was sent; empty otherwise.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

impl Wire {
    pub(super) fn new(stored: Stored<PlanScript>, dependent_artifacts: Vec<NamedUri>) -> Self {
        let script = stored.body;
        Self {
            type_name: TYPE,
            category: Kind::PlanScripts.as_str(),
            uri: Kind::PlanScripts.uri(&stored.id),
            id: stored.id.to_string(),
            description: script.description,
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            plan_type: plan_type(script.plan_type),
            custom_attributes: custom_attributes(script.language, &script.content),
            content: script.content,
            hp_provided: script.hp_provided,
            dependent_artifacts,
            language: language(script.language),
            templates: script.templates,
            warnings: Vec::new(),
            name: script.name,
        }
    }

    pub(super) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// A plan script that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = PlanScriptInput)]
pub(super) struct Input {
    name: Option<String>,
    description: Option<String>,
    /// `deploy`, `capture` or `general`.
    plan_type: Option<String>,
    content: Option<String>,
    /// Looked at only for its type: what comes with a bundle is read-only, and nothing else.
    #[serde(rename = "hpProvided")]
    #[schema(value_type = Option<bool>)]
    _hp_provided: Option<Flag>,
    /// `rhai` or `guestfish`; a new script without it is `guestfish`.
    language: Option<String>,
    /// By file name; for `rhai` only.
    templates: Option<BTreeMap<String, String>>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The script: what is not given is as in the old one.
    ///
    /// # Errors
    /// 400 for what no script can have, and for a new one without a name or a plan type.
    pub(super) fn script(self, old: Option<&PlanScript>) -> Result<PlanScript, ApiError> {
        let plan_type = match self.plan_type {
            Some(text) => read_plan_type(&text)?,
            None => old
                .map(|old| old.plan_type)
                .ok_or_else(|| missing("planType"))?,
        };
        let language = match self.language {
            Some(text) => read_language(&text)?,
            None => old.map_or(Language::Guestfish, |old| old.language),
        };
        let templates = self
            .templates
            .or_else(|| old.map(|old| old.templates.clone()));
        let templates = templates.unwrap_or_default();
        check_templates(language, &templates)?;
        let content = self.content.or_else(|| old.map(|old| old.content.clone()));
        Ok(PlanScript {
            name: name(self.name, old.map(|old| old.name.as_str()))?,
            description: self.description.or_else(|| old?.description.clone()),
            plan_type,
            language,
            content: content.unwrap_or_default(),
            templates,
            hp_provided: false,
        })
    }
}

/// A script that is being written, and not stored. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = PlanScriptDraft)]
pub(super) struct Draft {
    /// The program. Required.
    content: Option<String>,
    /// `rhai` or `guestfish`; without it `rhai`, the one that can be checked.
    language: Option<String>,
    /// By file name; for `rhai` only.
    templates: Option<BTreeMap<String, String>>,
}

impl Draft {
    /// # Errors
    /// 400 without a content, and for what no script can have.
    pub(super) fn script(self) -> Result<PlanScript, ApiError> {
        let language = match self.language {
            Some(text) => read_language(&text)?,
            None => Language::Rhai,
        };
        let templates = self.templates.unwrap_or_default();
        check_templates(language, &templates)?;
        Ok(PlanScript {
            name: "draft".to_owned(),
            description: None,
            plan_type: PlanType::General,
            language,
            content: self.content.ok_or_else(|| missing("content"))?,
            templates,
            hp_provided: false,
        })
    }
}

fn plan_type(plan_type: PlanType) -> &'static str {
    match plan_type {
        PlanType::Deploy => "deploy",
        PlanType::Capture => "capture",
        PlanType::General => "general",
    }
}

fn read_plan_type(text: &str) -> Result<PlanType, ApiError> {
    let all = [PlanType::Deploy, PlanType::Capture, PlanType::General];
    let found = all
        .into_iter()
        .find(|known| plan_type(*known).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let message = "`planType` must be `deploy`, `capture` or `general`";
        ApiError::bad_request("INVALID_PLAN_TYPE", message).source("planType")
    })
}

fn language(language: Language) -> &'static str {
    match language {
        Language::Rhai => "rhai",
        Language::Guestfish => "guestfish",
    }
}

fn read_language(text: &str) -> Result<Language, ApiError> {
    let all = [Language::Rhai, Language::Guestfish];
    let found = all
        .into_iter()
        .find(|known| language(*known).eq_ignore_ascii_case(text));
    found.ok_or_else(|| {
        let message = "`language` must be `rhai` or `guestfish`";
        ApiError::bad_request("INVALID_LANGUAGE", message).source("language")
    })
}

/// Templates have names like those in a folder of a plan library.
fn check_templates(
    language: Language,
    templates: &BTreeMap<String, String>,
) -> Result<(), ApiError> {
    let wrong = |message: String| {
        Err(ApiError::bad_request("INVALID_TEMPLATE", message).source("templates"))
    };
    if language == Language::Guestfish && !templates.is_empty() {
        return wrong("a script in guestfish has no templates".to_owned());
    }
    let is_part = |part: &str| {
        let plain = |c: char| c.is_alphanumeric() || matches!(c, '.' | '-' | '_');
        !part.is_empty() && !part.starts_with('.') && part.chars().all(plain)
    };
    match templates.keys().find(|name| !name.split('/').all(is_part)) {
        None => Ok(()),
        Some(name) => {
            let shown: String = name.escape_debug().take(80).collect();
            wrong(format!(
                "`{shown}` is no name of a template, like `hosts.j2`"
            ))
        }
    }
}

/// An attribute that a script asks for.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::resources) struct Asked {
    /// As the wire lists it: `Host`, `NIC1.ipaddress`.
    pub(in crate::resources) name: String,
    /// The attribute that it belongs to: `NIC1`.
    pub(in crate::resources) attribute: String,
    /// What is taken when the attribute has no value, as far as it can be told.
    default: Option<Value>,
    /// Whether the script cannot go on without a value.
    pub(in crate::resources) is_required: bool,
}

impl Asked {
    /// The default as the wire writes it; empty where there is none.
    pub(super) fn value(&self) -> String {
        match &self.default {
            None | Some(Value::Null) => String::new(),
            Some(Value::Text(text)) => text.clone(),
            Some(Value::Boolean(flag)) => flag.to_string(),
            Some(Value::Number(number)) => number.to_string(),
            Some(other) => json_of(other).to_string(),
        }
    }
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Boolean(flag) => json!(flag),
        Value::Number(number) => json!(number),
        Value::Text(text) => json!(text),
        Value::List(items) => items.iter().map(json_of).collect(),
        // Maps are no literals that can be listed, and there are no secrets in a script's text.
        Value::Null | Value::Map(_) | Value::Secret(_) => Json::Null,
    }
}

/// What a script asks for, each name once.
pub(in crate::resources) fn asked(language: Language, content: &str) -> Vec<Asked> {
    match language {
        Language::Guestfish => {
            let found = placeholders(content).into_iter().map(|found| Asked {
                name: found.name(),
                attribute: found.attribute,
                is_required: found.default.is_none(),
                default: found.default.map(Value::Text),
            });
            found.collect()
        }
        // Cheap, where a list has thousands of scripts and most ask for nothing.
        Language::Rhai if !content.contains("attribute") => Vec::new(),
        Language::Rhai => {
            let mut seen = BTreeSet::new();
            let uses = attribute_uses(content).into_iter();
            let uses = uses.filter_map(|found| {
                let name = found.name.filter(|name| seen.insert(name.clone()))?;
                Some(Asked {
                    attribute: name.clone(),
                    name,
                    is_required: found.default == DefaultValue::Required,
                    default: match found.default {
                        DefaultValue::Literal(value) => Some(value),
                        DefaultValue::Required | DefaultValue::Computed => None,
                    },
                })
            });
            uses.collect()
        }
    }
}

/// The text with JSON in which the wire lists what a script asks for.
fn custom_attributes(language: Language, content: &str) -> String {
    /// One of the list.
    #[derive(Serialize)]
    struct One {
        name: String,
        value: String,
    }
    let all = asked(language, content).into_iter();
    let all: Vec<One> = all
        .map(|asked| One {
            value: asked.value(),
            name: asked.name,
        })
        .collect();
    // A list of texts can always be written.
    serde_json::to_string(&all).unwrap_or_else(|_| "[]".to_owned())
}
