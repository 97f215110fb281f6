//! `Import`: the artifacts of an archive become stored ones, in one transaction.

use super::images::{Expanded, Images};
use super::inward::{self, Secrets, wrong};
use super::outward::record;
use crate::task::TaskFailure;
use mintage_plans::bundle::{ArtifactKind, Bundle, artifact};
use mintage_records::model::{
    BuildPlan, BuildStep, CustomAttribute, DeploymentPlan, GoldenImage, PlanScript, State,
    TaskError,
};
use mintage_records::{Change, Id, Match, Resource, Sealer, Stored};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;

/// What becomes of an artifact whose name is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is reported, unless it is the same already.
    Reported,
    /// It becomes a new version of the one that is there.
    Replaced,
    /// As in a backup: ids count, and what is not in the archive was removed before.
    ById,
}

/// Where an archive's artifacts come from.
#[derive(Debug, Clone, Default)]
pub(super) struct Origin {
    pub(super) bundle: Option<Id>,
    pub(super) name: Option<String>,
}

/// An archive that is being stored.
#[derive(Debug)]
pub struct Import<'a> {
    pub(super) bundle: &'a Bundle,
    pub(super) images: &'a Images<'a>,
    pub(super) sealer: &'a Sealer,
    pub(super) taken: Taken,
    pub(super) same_key: bool,
    pub(super) origin: Origin,
}

/// What an import has done so far.
#[derive(Debug, Default)]
struct Progress {
    /// The stored id of each artifact by its kind and its id in the archive.
    ids: BTreeMap<(ArtifactKind, String), Id>,
    problems: Vec<TaskError>,
    /// Golden images that were removed.
    obsolete: Vec<Id>,
}

impl Import<'_> {
    /// Stores everything; the answer has the golden images whose volumes nobody has any more.
    ///
    /// # Errors
    /// Every clash and every reference that leads nowhere, at once; then the caller's transaction
    /// must not be committed.
    pub(super) fn store(&self, change: &mut Change<'_>) -> Result<Vec<Id>, TaskFailure> {
        let mut progress = Progress::default();
        for own in &self.bundle.plan_scripts {
            match inward::script(own) {
                Ok(script) => {
                    let id = self.place(change, &mut progress, &own.id, script)?;
                    progress
                        .ids
                        .insert((ArtifactKind::PlanScript, own.id.clone()), id);
                }
                Err(problem) => progress.problems.push(problem),
            }
        }
        for own in &self.bundle.golden_images {
            let id = self.place_image(change, &mut progress, own)?;
            progress
                .ids
                .insert((ArtifactKind::GoldenImage, own.id.clone()), id);
        }
        for own in &self.bundle.build_plans {
            if let Some(plan) = self.build_plan(change, &mut progress, own)? {
                let id = self.place(change, &mut progress, &own.id, plan)?;
                progress
                    .ids
                    .insert((ArtifactKind::BuildPlan, own.id.clone()), id);
            }
        }
        for own in &self.bundle.deployment_plans {
            if let Some(plan) = self.deployment_plan(change, &mut progress, own)? {
                self.place(change, &mut progress, &own.id, plan)?;
            }
        }
        match progress.problems.is_empty() {
            true => Ok(progress.obsolete),
            false => Err(progress.problems.into()),
        }
    }

    /// The one that is there already: with the id in a backup, else with the name.
    fn present<R: Resource>(
        &self,
        change: &mut Change<'_>,
        id: &str,
        name: &str,
    ) -> Result<Option<Stored<R>>, TaskFailure> {
        Ok(match (self.taken, inward::id(id)) {
            (Taken::ById, Some(id)) => change.find::<R>(&id)?,
            _ => change.find_by_name::<R>(name)?,
        })
    }

    fn place<R: Resource + PartialEq>(
        &self,
        change: &mut Change<'_>,
        progress: &mut Progress,
        id: &str,
        body: R,
    ) -> Result<Id, TaskFailure> {
        if let Some(present) = self.present::<R>(change, id, body.name())? {
            if present.body == body {
                return Ok(present.id);
            }
            if self.taken == Taken::Reported {
                progress.problems.push(clash(&body));
                return Ok(present.id);
            }
            return Ok(change.update(&present.id, &Match::Any, body)?.id);
        }
        let id = match inward::id(id) {
            Some(id) if change.find::<R>(&id)?.is_none() => id,
            _ => Id::generate(),
        };
        Ok(change.insert_as(id, body)?.id)
    }

    fn place_image(
        &self,
        change: &mut Change<'_>,
        progress: &mut Progress,
        own: &artifact::GoldenImage,
    ) -> Result<Id, TaskFailure> {
        let present = self.present::<GoldenImage>(change, &own.id, &own.name)?;
        let Some(expanded) = self.images.get(&own.id) else {
            // Its volume is there already: only what is said of it can differ.
            let Some(present) = present else {
                let why = "it was deleted meanwhile";
                return Err(wrong("golden image", &own.name, why).into());
            };
            let body = self.image(own, &present.body);
            return self.replace_image(change, progress, present, body);
        };
        let body = self.new_image(own, expanded);
        let Some(present) = present else {
            return Ok(change.insert_as(expanded.id.clone(), body)?.id);
        };
        if present.body.volume_sum == body.volume_sum {
            let body = self.image(own, &present.body);
            return self.replace_image(change, progress, present, body);
        }
        if self.taken == Taken::Reported {
            progress.problems.push(clash(&body));
            return Ok(present.id);
        }
        supersede(change, progress, present, &expanded.id, body)
    }

    fn replace_image(
        &self,
        change: &mut Change<'_>,
        progress: &mut Progress,
        present: Stored<GoldenImage>,
        body: GoldenImage,
    ) -> Result<Id, TaskFailure> {
        if present.body == body {
            return Ok(present.id);
        }
        if self.taken == Taken::Reported {
            progress.problems.push(clash(&body));
            return Ok(present.id);
        }
        Ok(change.update(&present.id, &Match::Any, body)?.id)
    }

    /// What is stored of an image whose volume is there, with what the archive says of it.
    fn image(&self, own: &artifact::GoldenImage, present: &GoldenImage) -> GoldenImage {
        let told = record(own).filter(|_| self.taken == Taken::ById);
        let told = told.filter(|told| told.volume_sum == present.volume_sum);
        GoldenImage {
            name: own.name.clone(),
            description: own.description.clone(),
            read_only: own.read_only,
            ..told.unwrap_or_else(|| present.clone())
        }
    }

    /// What is stored of an image that was expanded: what was found counts, not what was told.
    fn new_image(&self, own: &artifact::GoldenImage, expanded: &Expanded) -> GoldenImage {
        let expansion = &expanded.expansion;
        let told = record(own).filter(|_| self.taken == Taken::ById);
        let is_bundle = self.taken != Taken::ById;
        GoldenImage {
            name: own.name.clone(),
            description: own.description.clone(),
            state: State::Ok,
            size: expansion.disk_bytes,
            used: expansion.data_bytes,
            check_sum: match &told {
                Some(told) => told.check_sum.clone(),
                None => Some(expansion.source_sha256.clone()),
            },
            volume_sum: Some(expansion.volume_sum.clone()),
            format: match &told {
                Some(told) => told.format.clone(),
                None => Some("zip".to_owned()),
            },
            image_capture: told.as_ref().is_some_and(|told| told.image_capture),
            provenance: told.as_ref().and_then(|told| told.provenance.clone()),
            imported_from_bundle: told
                .as_ref()
                .map_or(is_bundle, |told| told.imported_from_bundle),
            bundle_name: match &told {
                Some(told) => told.bundle_name.clone(),
                None => self.origin.name.clone(),
            },
            bundle: match &told {
                Some(told) => told.bundle.clone(),
                None => self.origin.bundle.clone(),
            },
            read_only: own.read_only,
            inspection: Some(expanded.inspection.clone()),
            upload: None,
            boot_test: None,
        }
    }

    fn build_plan(
        &self,
        change: &mut Change<'_>,
        progress: &mut Progress,
        own: &artifact::BuildPlan,
    ) -> Result<Option<BuildPlan>, TaskFailure> {
        let present = self.present::<BuildPlan>(change, &own.id, &own.name)?;
        let old = present.iter().flat_map(|plan| &plan.body.custom_attributes);
        let attributes = self.secrets(old.collect()).attributes(&own.attributes)?;
        let mut steps = Vec::new();
        for step in &own.steps {
            match self.script(change, progress, step)? {
                Some(plan_script) => steps.push(BuildStep {
                    plan_script,
                    parameters: step.more.get("parameters").map(text),
                }),
                None => progress.problems.push(missing(
                    "build plan",
                    &own.name,
                    "plan script",
                    step_name(step),
                )),
            }
        }
        let read = inward::plan_type(own).and_then(|kind| Ok((kind, inward::settings(own)?)));
        let (oe_build_plan_type, (mounts, deadline_seconds)) = match read {
            Ok(read) => read,
            Err(problem) => {
                progress.problems.push(problem);
                return Ok(None);
            }
        };
        let is_whole = steps.len() == own.steps.len();
        Ok(is_whole.then(|| BuildPlan {
            name: own.name.clone(),
            description: own.description.clone(),
            oe_build_plan_type,
            steps,
            custom_attributes: attributes,
            mounts,
            deadline_seconds,
            hp_provided: own.read_only,
        }))
    }

    fn deployment_plan(
        &self,
        change: &mut Change<'_>,
        progress: &mut Progress,
        own: &artifact::DeploymentPlan,
    ) -> Result<Option<DeploymentPlan>, TaskFailure> {
        let present = self.present::<DeploymentPlan>(change, &own.id, &own.name)?;
        let old = present.iter().flat_map(|plan| &plan.body.custom_attributes);
        let old: Vec<&CustomAttribute> = old.map(|own| &own.attribute).collect();
        let custom_attributes = self.secrets(old).settable(&own.attributes)?;
        let named = own.build_plan.as_deref().unwrap_or_default();
        let plans = self
            .bundle
            .build_plans
            .iter()
            .map(|plan| (plan.id.as_str(), plan.name.as_str()));
        let build_plan =
            find::<BuildPlan>(change, progress, ArtifactKind::BuildPlan, plans, named)?;
        if build_plan.is_none() {
            progress
                .problems
                .push(missing("deployment plan", &own.name, "build plan", named));
        }
        // Real bundles have null, and some services wanted an empty text instead.
        let named = own.golden_image.as_deref().filter(|name| !name.is_empty());
        let golden_image = match named {
            None => None,
            Some(named) => {
                let images = self.bundle.golden_images.iter();
                let images = images.map(|image| (image.id.as_str(), image.name.as_str()));
                let found = find::<GoldenImage>(
                    change,
                    progress,
                    ArtifactKind::GoldenImage,
                    images,
                    named,
                )?;
                if found.is_none() {
                    progress.problems.push(missing(
                        "deployment plan",
                        &own.name,
                        "golden image",
                        named,
                    ));
                    return Ok(None);
                }
                found
            }
        };
        Ok(build_plan.map(|build_plan| DeploymentPlan {
            name: own.name.clone(),
            description: own.description.clone(),
            build_plan,
            golden_image,
            custom_attributes,
            hp_provided: own.read_only,
        }))
    }

    /// The script of a step: that of the archive, else one that is there, by id or by name.
    fn script(
        &self,
        change: &mut Change<'_>,
        progress: &Progress,
        step: &artifact::BuildStep,
    ) -> Result<Option<Id>, TaskFailure> {
        let scripts = || {
            self.bundle
                .plan_scripts
                .iter()
                .map(|own| (own.id.as_str(), own.name.as_str()))
        };
        for named in [&step.script_uri, &step.script_name].into_iter().flatten() {
            let found =
                find::<PlanScript>(change, progress, ArtifactKind::PlanScript, scripts(), named)?;
            if found.is_some() {
                return Ok(found);
            }
        }
        Ok(None)
    }

    fn secrets<'s>(&'s self, old: Vec<&'s CustomAttribute>) -> Secrets<'s> {
        Secrets {
            sealer: self.sealer,
            old,
            same_key: self.same_key,
        }
    }
}

/// What `named` names, an id, a URI or a name: first in the archive, then in the store.
fn find<'b, R: Resource>(
    change: &mut Change<'_>,
    progress: &Progress,
    kind: ArtifactKind,
    archive: impl Iterator<Item = (&'b str, &'b str)>,
    named: &str,
) -> Result<Option<Id>, TaskFailure> {
    let base = R::KIND.collection_uri();
    let id = named.strip_prefix(&base).map(|rest| rest.trim_matches('/'));
    for (own, name) in archive {
        if id == Some(own) || own == named || name == named {
            return Ok(progress.ids.get(&(kind, own.to_owned())).cloned());
        }
    }
    if let Some(id) = inward::id(id.unwrap_or(named))
        && let Some(found) = change.find::<R>(&id)?
    {
        return Ok(Some(found.id));
    }
    Ok(change.find_by_name::<R>(named)?.map(|found| found.id))
}

/// Puts a golden image with another disk in the place of one that is there. Deployment plans use the
/// new one from now on; the old one stays, under another name, where OS volumes were made of it.
fn supersede(
    change: &mut Change<'_>,
    progress: &mut Progress,
    old: Stored<GoldenImage>,
    id: &Id,
    body: GoldenImage,
) -> Result<Id, TaskFailure> {
    let aside = format!("{} (until {})", old.body.name, change.at());
    let mut renamed = old.body;
    renamed.name = aside;
    change.update(&old.id, &Match::Any, renamed)?;
    let new = change.insert_as(id.clone(), body)?.id;
    for plan in change.all::<DeploymentPlan>()? {
        if plan.body.golden_image.as_ref() == Some(&old.id) {
            let mut body = plan.body;
            body.golden_image = Some(new.clone());
            change.update(&plan.id, &Match::Any, body)?;
        }
    }
    if change.used_by(GoldenImage::KIND, &old.id)?.is_empty() {
        change.delete::<GoldenImage>(&old.id, &Match::Any)?;
        progress.obsolete.push(old.id);
    }
    Ok(new)
}

fn clash<R: Resource>(body: &R) -> TaskError {
    let name = escape(body.name().as_bytes());
    let kind = R::KIND.singular();
    TaskError {
        error_code: "NAME_CLASH".to_owned(),
        message: format!("there is another {kind} with the name `{name}`"),
        details: format!("{}: {name}", R::KIND),
        recommended_actions: vec![
            format!("Rename or delete the {kind} that is there,"),
            "or extract with `forceImport=true`, which makes a new version of it.".to_owned(),
        ],
    }
}

fn missing(kind: &str, name: &str, what: &str, named: &str) -> TaskError {
    let named = escape(named.as_bytes());
    let mut problem = wrong(kind, name, &format!("there is no {what} `{named}`"));
    problem.error_code = "REFERENCE_NOT_FOUND".to_owned();
    problem.recommended_actions = vec![format!("Import or make the {what} first.")];
    problem
}

fn step_name(step: &artifact::BuildStep) -> &str {
    let named = step.script_name.as_deref().or(step.script_uri.as_deref());
    named.unwrap_or_default()
}

fn text(value: &serde_json::Value) -> String {
    match value {
        serde_json::Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}
