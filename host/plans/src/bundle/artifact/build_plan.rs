//! `BuildPlan`: scripts in order, with attributes, as the wire format has them.

use super::{Artifact, ArtifactKind, CustomAttribute, More, RESOURCE_NULLS, ReadArtifact, finish};
use super::{take_id, take_name, take_type};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use serde_json::{Map, Value as Json};

/// A build plan of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct BuildPlan {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// `deploy` or `capture`, as it was written.
    pub kind: Option<String>,
    /// Whether services refuse to change it.
    pub read_only: bool,
    /// Its steps, in order.
    pub steps: Vec<BuildStep>,
    /// Its attributes.
    pub attributes: Vec<CustomAttribute>,
    /// Every other field.
    pub more: More,
}

/// A step of a build plan: one plan script.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BuildStep {
    /// The number of the step as it was written, from `1`.
    pub serial_number: Option<String>,
    /// The script's name.
    pub script_name: Option<String>,
    /// `/rest/plan-scripts/ID`, where the script of that id is in the same bundle.
    pub script_uri: Option<String>,
    /// Every other field.
    pub more: More,
}

impl BuildStep {
    /// What a script's URI begins with.
    pub const SCRIPTS: &str = "/rest/plan-scripts/";

    /// The id in the script's URI.
    pub fn script_id(&self) -> Option<&str> {
        self.script_uri.as_deref()?.strip_prefix(Self::SCRIPTS)
    }

    fn read(mut fields: Fields<'_>) -> Result<Self> {
        Ok(Self {
            serial_number: fields.text("serialNumber")?,
            script_name: fields.text("planScriptName")?,
            script_uri: fields.text("planScriptUri")?,
            more: fields.rest(),
        })
    }

    fn to_json(&self) -> Json {
        let map = Map::from_iter([
            ("serialNumber".to_owned(), self.serial_number.clone().into()),
            ("planScriptName".to_owned(), self.script_name.clone().into()),
            ("planScriptUri".to_owned(), self.script_uri.clone().into()),
        ]);
        Json::Object(finish(map, &["parameters"], &self.more))
    }
}

impl Artifact for BuildPlan {
    const KIND: ArtifactKind = ArtifactKind::BuildPlan;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn to_json(&self) -> Map<String, Json> {
        let steps = self.steps.iter().map(BuildStep::to_json);
        let attributes = CustomAttribute::list_to_json(&self.attributes);
        let map = Map::from_iter([
            ("type".to_owned(), "OeBuildPlan".into()),
            ("buildPlanid".to_owned(), self.id.clone().into()),
            ("name".to_owned(), self.name.clone().into()),
            ("description".to_owned(), self.description.clone().into()),
            ("hpProvided".to_owned(), self.read_only.into()),
            ("oeBuildPlanType".to_owned(), self.kind.clone().into()),
            ("buildStep".to_owned(), steps.collect()),
            ("customAttributes".to_owned(), attributes),
        ]);
        finish(map, RESOURCE_NULLS, &self.more)
    }
}

impl ReadArtifact for BuildPlan {
    fn read(mut fields: Fields<'_>, entry_id: &str) -> Result<Self> {
        take_type(&mut fields, "OeBuildPlan")?;
        let steps = fields.objects("buildStep")?;
        Ok(Self {
            id: take_id(&mut fields, "buildPlanid", entry_id)?,
            name: take_name(&mut fields)?,
            description: fields.text("description")?,
            kind: fields.text("oeBuildPlanType")?,
            read_only: fields.flag("hpProvided")?.unwrap_or(false),
            steps: steps
                .into_iter()
                .map(BuildStep::read)
                .collect::<Result<_>>()?,
            attributes: CustomAttribute::read_list(&mut fields)?,
            more: fields.rest(),
        })
    }
}
