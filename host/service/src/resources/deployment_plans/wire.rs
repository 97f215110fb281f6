//! A deployment plan on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{Flag, NamedUri, OK, existing, missing, name, nullable};
use crate::resources::attributes;
use crate::wire::ApiVersion;
use mintage_records::model::{BuildPlan, DeploymentPlan};
use mintage_records::{Kind, Sealer, Stored, View};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The wire's category, which is not the last part of the URI here.
const CATEGORY: &str = "oe-deployment-plan";

/// What is the same in all deployment plans.
pub(super) const CONSTANTS: [(&str, &str); 3] =
    [("category", CATEGORY), ("state", OK), ("status", OK)];

/// A deployment plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = DeploymentPlan)]
pub(super) struct Wire {
    /// `OEDeploymentPlan` before API version 500, `OEDeploymentPlanV5` from then on.
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
    /// The build plan.
    #[serde(rename = "oeBuildPlanURI")]
    build_plan_uri: String,
    /// The golden image; none makes an empty OS volume.
    #[serde(rename = "goldenImageURI")]
    golden_image_uri: Option<String>,
    custom_attributes: Vec<attributes::SettableWire>,
    /// Whether it is read-only.
    hp_provided: bool,
    /// What uses it.
    dependent_artifacts: Vec<NamedUri>,
}

impl Wire {
    pub(super) fn new(
        stored: Stored<DeploymentPlan>,
        version: ApiVersion,
        dependent_artifacts: Vec<NamedUri>,
    ) -> Self {
        let plan = stored.body;
        Self {
            type_name: version.choose("OEDeploymentPlan", "OEDeploymentPlanV5"),
            category: CATEGORY,
            uri: Kind::DeploymentPlans.uri(&stored.id),
            id: stored.id.to_string(),
            name: plan.name,
            description: plan.description,
            state: OK,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            build_plan_uri: Kind::BuildPlans.uri(&plan.build_plan),
            golden_image_uri: plan.golden_image.map(|id| Kind::GoldenImages.uri(&id)),
            custom_attributes: plan.custom_attributes.into_iter().map(Into::into).collect(),
            hp_provided: plan.hp_provided,
            dependent_artifacts,
        }
    }
}

/// A deployment plan that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = DeploymentPlanInput)]
pub(super) struct Input {
    name: Option<String>,
    description: Option<String>,
    #[serde(rename = "oeBuildPlanURI")]
    build_plan_uri: Option<String>,
    /// Null or empty: no golden image.
    #[serde(rename = "goldenImageURI", default, deserialize_with = "nullable")]
    #[schema(value_type = Option<String>)]
    golden_image_uri: Option<Option<String>>,
    /// A new plan without it has the attributes of its build plan.
    custom_attributes: Option<Vec<attributes::Input>>,
    /// Looked at only for its type.
    #[serde(rename = "hpProvided")]
    #[schema(value_type = Option<bool>)]
    _hp_provided: Option<Flag>,
    e_tag: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref()
    }

    /// The deployment plan: what is not given is as in the old one.
    pub(super) fn plan(
        self,
        view: &mut View<'_>,
        old: Option<&DeploymentPlan>,
        sealer: &Sealer,
    ) -> Result<DeploymentPlan, ApiError> {
        let build_plan = match (self.build_plan_uri, old) {
            (Some(uri), _) => existing(view, "oeBuildPlanURI", Kind::BuildPlans, &uri)?,
            (None, Some(old)) => old.build_plan.clone(),
            (None, None) => return Err(missing("oeBuildPlanURI")),
        };
        let golden_image = match self.golden_image_uri {
            None => old.and_then(|old| old.golden_image.clone()),
            Some(uri) => match uri.filter(|uri| !uri.trim().is_empty()) {
                Some(uri) => Some(existing(view, "goldenImageURI", Kind::GoldenImages, &uri)?),
                None => None,
            },
        };
        let custom_attributes = match (self.custom_attributes, old) {
            (Some(inputs), old) => {
                let old = old.map(|old| old.custom_attributes.as_slice());
                attributes::read_settable(inputs, old.unwrap_or_default(), sealer)?
            }
            (None, Some(old)) => old.custom_attributes.clone(),
            (None, None) => {
                let declared = view.get::<BuildPlan>(&build_plan)?.body.custom_attributes;
                attributes::settable(&declared)
            }
        };
        Ok(DeploymentPlan {
            name: name(self.name, old.map(|old| old.name.as_str()))?,
            description: self.description.or_else(|| old?.description.clone()),
            build_plan,
            golden_image,
            custom_attributes,
            hp_provided: false,
        })
    }
}
