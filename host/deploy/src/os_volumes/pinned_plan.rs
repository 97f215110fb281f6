//! `PinnedPlan`: a build plan with its scripts, in versions that stay whatever is edited meanwhile.

use mintage_records::model::{BuildPlan, Pin, PlanScript};
use mintage_records::{Id, Kind, Resource, Result, Stored, View};

/// A stored build plan with its scripts.
#[derive(Debug, Clone)]
pub struct PinnedPlan {
    /// The build plan.
    pub build_plan: Stored<BuildPlan>,
    /// Each script that is a step, once.
    pub scripts: Vec<Stored<PlanScript>>,
}

impl PinnedPlan {
    /// The newest versions.
    ///
    /// # Errors
    /// `NotFound`, `Corrupt`, `Database`.
    pub fn current(view: &mut View<'_>, build_plan: &Id) -> Result<Self> {
        let build_plan = view.get::<BuildPlan>(build_plan)?;
        let scripts = script_ids(&build_plan.body);
        let scripts = scripts.into_iter().map(|id| view.get::<PlanScript>(&id));
        Ok(Self {
            scripts: scripts.collect::<Result<_>>()?,
            build_plan,
        })
    }

    /// The versions that `pins` name.
    ///
    /// # Errors
    /// `NotFound` when a version is not kept any more, `Corrupt`, `Database`.
    pub fn at(view: &mut View<'_>, pins: &[Pin]) -> Result<Self> {
        let plan = pins.iter().find(|pin| pin.kind == Kind::BuildPlans);
        let plan = plan.ok_or_else(|| mintage_records::RecordsError::NotFound {
            kind: Kind::BuildPlans,
            id: String::new(),
        })?;
        let scripts = pins.iter().filter(|pin| pin.kind == Kind::PlanScripts);
        let scripts = scripts.map(|pin| view.version::<PlanScript>(&pin.id, pin.version));
        let scripts = scripts.collect::<Result<_>>()?;
        Ok(Self {
            build_plan: view.version::<BuildPlan>(&plan.id, plan.version)?,
            scripts,
        })
    }

    /// What to keep, to find these versions again.
    pub fn pins(&self) -> Vec<Pin> {
        let scripts = self.scripts.iter().map(pin);
        [pin(&self.build_plan)].into_iter().chain(scripts).collect()
    }

    /// The script with an id.
    pub(crate) fn script(&self, id: &Id) -> Option<&PlanScript> {
        let found = self.scripts.iter().find(|script| script.id == *id);
        found.map(|script| &script.body)
    }
}

/// The version of a resource as it was read.
pub(crate) fn pin<R: Resource>(stored: &Stored<R>) -> Pin {
    Pin {
        kind: R::KIND,
        id: stored.id.clone(),
        name: stored.body.name().to_owned(),
        version: stored.version,
    }
}

/// The scripts of the steps, each once, in the order of the first.
fn script_ids(plan: &BuildPlan) -> Vec<Id> {
    let mut ids = Vec::new();
    for step in &plan.steps {
        if !ids.contains(&step.plan_script) {
            ids.push(step.plan_script.clone());
        }
    }
    ids
}
