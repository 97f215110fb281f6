//! `DeploymentPlan`: a golden image and a build plan, joined by their names.

use super::{Artifact, ArtifactKind, CustomAttribute, More, RESOURCE_NULLS, ReadArtifact, finish};
use super::{take_id, take_name, take_type};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use serde_json::{Map, Value as Json};

/// A deployment plan of a bundle.
#[derive(Debug, Clone, PartialEq)]
pub struct DeploymentPlan {
    /// The id.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether services refuse to change it.
    pub read_only: bool,
    /// The build plan: its name in real bundles, or its URI or id.
    pub build_plan: Option<String>,
    /// The golden image, likewise; none for a plan that makes an empty volume.
    pub golden_image: Option<String>,
    /// Its attributes.
    pub attributes: Vec<CustomAttribute>,
    /// Every other field.
    pub more: More,
}

impl Artifact for DeploymentPlan {
    const KIND: ArtifactKind = ArtifactKind::DeploymentPlan;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn to_json(&self) -> Map<String, Json> {
        let attributes = CustomAttribute::list_to_json(&self.attributes);
        let map = Map::from_iter([
            ("type".to_owned(), "OEDeploymentPlan".into()),
            ("id".to_owned(), self.id.clone().into()),
            ("name".to_owned(), self.name.clone().into()),
            ("description".to_owned(), self.description.clone().into()),
            ("hpProvided".to_owned(), self.read_only.into()),
            ("oeBuildPlanURI".to_owned(), self.build_plan.clone().into()),
            (
                "goldenImageURI".to_owned(),
                self.golden_image.clone().into(),
            ),
            ("customAttributes".to_owned(), attributes),
        ]);
        let map = finish(map, &["state"], &More::new());
        finish(map, RESOURCE_NULLS, &self.more)
    }
}

impl ReadArtifact for DeploymentPlan {
    fn read(mut fields: Fields<'_>, entry_id: &str) -> Result<Self> {
        take_type(&mut fields, "OEDeploymentPlan")?;
        Ok(Self {
            id: take_id(&mut fields, "id", entry_id)?,
            name: take_name(&mut fields)?,
            description: fields.text("description")?,
            read_only: fields.flag("hpProvided")?.unwrap_or(false),
            build_plan: fields.text("oeBuildPlanURI")?,
            golden_image: fields.text("goldenImageURI")?,
            attributes: CustomAttribute::read_list(&mut fields)?,
            more: fields.rest(),
        })
    }
}
