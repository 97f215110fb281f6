//! A build plan on the wire.

use crate::error::ApiError;
use crate::resources::artifact::{Flag, NamedUri, OK, Text, missing, name, reference};
use crate::resources::attributes;
use crate::wire::ApiVersion;
use mintage_records::model::{BuildPlan, BuildStep, PlanScript};
use mintage_records::{Id, Kind, Sealer, Stored, View};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// The most steps.
const MAX_STEPS: usize = 256;
/// The longest deadline, in seconds: a day.
const MAX_DEADLINE: u64 = 24 * 60 * 60;

/// What is the same in all build plans.
pub(super) const CONSTANTS: [(&str, &str); 2] =
    [("category", Kind::BuildPlans.as_str()), ("status", OK)];

/// A build plan.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BuildPlan)]
pub(in crate::resources) struct Wire {
    /// `OeBuildPlan` before API version 500, `OeBuildPlanV5` from then on.
    #[serde(rename = "type")]
    type_name: &'static str,
    category: &'static str,
    uri: String,
    /// Its id.
    #[serde(rename = "buildPlanid")]
    build_plan_id: String,
    name: String,
    description: Option<String>,
    status: &'static str,
    created: String,
    modified: String,
    e_tag: String,
    /// The same again: some clients read this one.
    etag: String,
    /// `deploy` or `capture`.
    oe_build_plan_type: String,
    /// The scripts, in order.
    build_step: Vec<StepWire>,
    custom_attributes: Vec<attributes::Wire>,
    /// Whether it is read-only.
    hp_provided: bool,
    /// The deployment plans that use it.
    dependent_artifacts: Vec<NamedUri>,
    /// Extension: what is mounted where, if the volume's own fstab is not to say: mount point and
    /// `partition:2`, `label:root`, `uuid:…` or `partuuid:…`.
    mounts: BTreeMap<String, String>,
    /// Extension: how long all steps may take together, in seconds.
    deadline_seconds: Option<u64>,
    /// Extension: what is worth a look; in the reply for one plan only.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    warnings: Vec<String>,
}

/// A step.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = BuildStep)]
struct StepWire {
    /// Its place, from 1, as a text.
    serial_number: String,
    parameters: Option<String>,
    plan_script_name: Option<String>,
    plan_script_uri: String,
}

impl Wire {
    /// `names` has those of the scripts that it names.
    pub(super) fn new(
        stored: Stored<BuildPlan>,
        version: ApiVersion,
        names: &BTreeMap<Id, String>,
        dependent_artifacts: Vec<NamedUri>,
    ) -> Self {
        let plan = stored.body;
        let steps = plan
            .steps
            .into_iter()
            .enumerate()
            .map(|(place, step)| StepWire {
                serial_number: (place + 1).to_string(),
                parameters: step.parameters,
                plan_script_name: names.get(&step.plan_script).cloned(),
                plan_script_uri: Kind::PlanScripts.uri(&step.plan_script),
            });
        Self {
            type_name: version.choose("OeBuildPlan", "OeBuildPlanV5"),
            category: Kind::BuildPlans.as_str(),
            uri: Kind::BuildPlans.uri(&stored.id),
            build_plan_id: stored.id.to_string(),
            name: plan.name,
            description: plan.description,
            status: OK,
            created: stored.created.to_string(),
            modified: stored.modified.to_string(),
            e_tag: stored.version.to_string(),
            etag: stored.version.to_string(),
            oe_build_plan_type: plan.oe_build_plan_type,
            build_step: steps.collect(),
            custom_attributes: plan.custom_attributes.into_iter().map(Into::into).collect(),
            hp_provided: plan.hp_provided,
            dependent_artifacts,
            mounts: plan.mounts,
            deadline_seconds: plan.deadline_seconds,
            warnings: Vec::new(),
        }
    }

    pub(super) fn with_warnings(mut self, warnings: Vec<String>) -> Self {
        self.warnings = warnings;
        self
    }
}

/// A build plan that is sent. Other members are taken and not looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = BuildPlanInput)]
pub(super) struct Input {
    name: Option<String>,
    description: Option<String>,
    /// `deploy` or `capture`, in any letter case.
    oe_build_plan_type: Option<String>,
    build_step: Option<Vec<StepInput>>,
    custom_attributes: Option<Vec<attributes::Input>>,
    /// Looked at only for its type.
    #[serde(rename = "hpProvided")]
    #[schema(value_type = Option<bool>)]
    _hp_provided: Option<Flag>,
    mounts: Option<BTreeMap<String, String>>,
    /// 0: none.
    deadline_seconds: Option<u64>,
    e_tag: Option<String>,
    etag: Option<String>,
}

/// A step that is sent.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schema(as = BuildStepInput)]
struct StepInput {
    /// Its place: where all steps have one, it counts; otherwise the order of the list does.
    #[schema(value_type = Option<String>)]
    serial_number: Option<Text>,
    parameters: Option<String>,
    /// Counts where there is no `planScriptUri`.
    plan_script_name: Option<String>,
    plan_script_uri: Option<String>,
}

impl Input {
    /// The version that the change is meant for.
    pub(super) fn e_tag(&self) -> Option<&str> {
        self.e_tag.as_deref().or(self.etag.as_deref())
    }

    /// The build plan: what is not given is as in the old one.
    pub(super) fn plan(
        self,
        view: &mut View<'_>,
        old: Option<&BuildPlan>,
        sealer: &Sealer,
    ) -> Result<BuildPlan, ApiError> {
        let kind = self
            .oe_build_plan_type
            .or_else(|| Some(old?.oe_build_plan_type.clone()));
        let steps = match self.build_step {
            Some(steps) => read_steps(view, steps)?,
            None => old.map(|old| old.steps.clone()).unwrap_or_default(),
        };
        let attributes = old
            .map(|old| old.custom_attributes.as_slice())
            .unwrap_or_default();
        let attributes = match self.custom_attributes {
            Some(inputs) => attributes::read(inputs, attributes, sealer)?,
            None => attributes.to_vec(),
        };
        let mounts = self.mounts.or_else(|| old.map(|old| old.mounts.clone()));
        let deadline = self.deadline_seconds.or_else(|| old?.deadline_seconds);
        let deadline = deadline.filter(|seconds| *seconds > 0);
        Ok(BuildPlan {
            name: name(self.name, old.map(|old| old.name.as_str()))?,
            description: self.description.or_else(|| old?.description.clone()),
            oe_build_plan_type: read_kind(kind)?,
            steps,
            custom_attributes: attributes,
            mounts: read_mounts(mounts.unwrap_or_default())?,
            deadline_seconds: deadline.map(read_deadline).transpose()?,
            hp_provided: false,
        })
    }
}

fn read_kind(given: Option<String>) -> Result<String, ApiError> {
    let kind = given.ok_or_else(|| missing("oeBuildPlanType"))?;
    let is_known = ["deploy", "capture"]
        .iter()
        .any(|known| known.eq_ignore_ascii_case(&kind));
    is_known.then_some(kind).ok_or_else(|| {
        let message = "`oeBuildPlanType` must be `deploy` or `capture`";
        ApiError::bad_request("INVALID_PLAN_TYPE", message).source("oeBuildPlanType")
    })
}

fn read_steps(view: &mut View<'_>, mut steps: Vec<StepInput>) -> Result<Vec<BuildStep>, ApiError> {
    if steps.len() > MAX_STEPS {
        return Err(wrong_step(
            "buildStep",
            format!("there are more than {MAX_STEPS} steps"),
        ));
    }
    let mut places = Vec::new();
    for (index, step) in steps.iter().enumerate() {
        let text = step.serial_number.as_ref().map(|text| text.0.trim());
        let Some(text) = text.filter(|text| !text.is_empty()) else {
            continue;
        };
        let place: u32 = text.parse().map_err(|_| {
            let member = format!("buildStep[{index}].serialNumber");
            wrong_step(
                &member,
                "`serialNumber` must be a whole number, as a text".to_owned(),
            )
        })?;
        if places.contains(&place) {
            let message = format!("two steps have the `serialNumber` {place}");
            return Err(wrong_step("buildStep", message));
        }
        places.push(place);
    }
    // Only where each has a place is there an order besides that of the list.
    if places.len() == steps.len() {
        let mut placed: Vec<(u32, StepInput)> = places.into_iter().zip(steps).collect();
        placed.sort_by_key(|(place, _)| *place);
        steps = placed.into_iter().map(|(_, step)| step).collect();
    }
    let steps = steps.into_iter().enumerate();
    let steps = steps.map(|(index, step)| {
        Ok(BuildStep {
            plan_script: read_script(view, index, &step)?,
            parameters: step.parameters,
        })
    });
    steps.collect()
}

/// The script of a step, by its URI or else its name.
fn read_script(view: &mut View<'_>, index: usize, step: &StepInput) -> Result<Id, ApiError> {
    let given = |text: &Option<String>| text.clone().filter(|text| !text.trim().is_empty());
    if let Some(uri) = given(&step.plan_script_uri) {
        let member = format!("buildStep[{index}].planScriptUri");
        let id = reference(&member, Kind::PlanScripts, &uri)?;
        return match view.name(Kind::PlanScripts, &id)? {
            Some(_) => Ok(id),
            None => Err(not_found(
                &member,
                format!("there is no plan script `{id}`"),
            )),
        };
    }
    let member = format!("buildStep[{index}].planScriptName");
    let Some(name) = given(&step.plan_script_name) else {
        let message = "a step needs a `planScriptUri` or a `planScriptName`";
        return Err(wrong_step(
            &format!("buildStep[{index}]"),
            message.to_owned(),
        ));
    };
    let script = view.find_by_name::<PlanScript>(&name)?;
    script.map(|script| script.id).ok_or_else(|| {
        let shown: String = name.chars().take(80).collect();
        not_found(
            &member,
            format!("there is no plan script with the name `{shown}`"),
        )
    })
}

fn not_found(member: &str, message: String) -> ApiError {
    ApiError::bad_request("REFERENCE_NOT_FOUND", message)
        .source(member)
        .action("Name a plan script that exists.")
}

fn wrong_step(member: &str, message: String) -> ApiError {
    ApiError::bad_request("INVALID_STEP", message).source(member)
}

fn read_mounts(mounts: BTreeMap<String, String>) -> Result<BTreeMap<String, String>, ApiError> {
    let is_point = |point: &str| {
        let mut parts = point.split('/').skip(1);
        point == "/"
            || (point.starts_with('/') && !parts.any(|part| matches!(part, "" | "." | "..")))
    };
    let is_source = |source: &str| match source.split_once(':') {
        Some(("partition", number)) => number.parse::<u32>().is_ok_and(|number| number > 0),
        Some(("label" | "uuid" | "partuuid", name)) => !name.is_empty(),
        _ => false,
    };
    let wrong = mounts
        .iter()
        .find(|(point, source)| !is_point(point) || !is_source(source));
    let Some((point, source)) = wrong else {
        return Ok(mounts);
    };
    let shown = |text: &str| text.escape_debug().take(80).collect::<String>();
    let message = format!(
        "`{}` cannot be mounted on `{}`",
        shown(source),
        shown(point)
    );
    Err(ApiError::bad_request("INVALID_MOUNT", message)
        .source("mounts")
        .action("Write it like `\"/boot\": \"partition:2\"`; `label:`, `uuid:` and `partuuid:` are taken too."))
}

fn read_deadline(seconds: u64) -> Result<u64, ApiError> {
    match (1..=MAX_DEADLINE).contains(&seconds) {
        true => Ok(seconds),
        false => {
            let message =
                format!("`deadlineSeconds` must be from 1 to {MAX_DEADLINE}, or 0 for none");
            Err(ApiError::bad_request("INVALID_DEADLINE", message).source("deadlineSeconds"))
        }
    }
}
