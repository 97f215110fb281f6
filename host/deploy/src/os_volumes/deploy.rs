//! DEPLOY: from a deployment plan and values to an OS volume.
//!
//! [`Deployment::begin`] checks everything that can be checked, and takes the volume's name in the
//! store, with the versions of everything that will be used. [`Making`] does the rest.

use super::assembly;
use super::making::Making;
use super::pinned_plan::{PinnedPlan, pin};
use super::problem::{DeployError, problem};
use super::run::Prepared;
use super::settings::{Setting, Settings};
use mintage_plans::{PlanKind, Profile};
use mintage_records::model::{DeploymentPlan, GoldenImage, OsVolume, Pin, State, TaskError};
use mintage_records::{Change, Id, Kind, RecordsError, Sealer, Stored, View};
use mintage_volume::escape::escape;
use serde::{Deserialize, Serialize};

/// What somebody wants deployed.
#[derive(Debug, Clone)]
pub struct DeployRequest {
    /// The deployment plan.
    pub deployment_plan: Id,
    /// The volume's name; `OSVolume-1` and so on when there is none.
    pub name: Option<String>,
    /// What the volume is for.
    pub description: Option<String>,
    /// Values of attributes.
    pub settings: Vec<Setting>,
    /// From what everything that must be unique is derived; a random one when there is none.
    pub seed: Option<Seed>,
}

/// From what everything that must be unique on a volume is derived, private keys too.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seed(pub String);

impl Seed {
    /// 256 bits that nobody can guess.
    ///
    /// # Errors
    /// When the system has no randomness.
    pub fn random() -> Result<Self, DeployError> {
        let key = Sealer::generate_key()?;
        Ok(Self(mintage_volume::digits::hex(key.as_slice())))
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

/// Everything that a deployment uses.
#[derive(Debug)]
pub struct Deployment {
    plan: Stored<DeploymentPlan>,
    pinned: PinnedPlan,
    golden: Stored<GoldenImage>,
}

impl Deployment {
    /// The newest versions of everything.
    ///
    /// # Errors
    /// `Refused` when the plan has no golden image; `Records`.
    pub fn current(view: &mut View<'_>, deployment_plan: &Id) -> Result<Self, DeployError> {
        let plan = view.get::<DeploymentPlan>(deployment_plan)?;
        let Some(golden) = &plan.body.golden_image else {
            return Err(no_golden_image(&plan.body));
        };
        Ok(Self {
            golden: view.get::<GoldenImage>(golden)?,
            pinned: PinnedPlan::current(view, &plan.body.build_plan)?,
            plan,
        })
    }

    /// The versions that `pins` name.
    pub(super) fn at(view: &mut View<'_>, pins: &[Pin]) -> Result<Self, DeployError> {
        let find = |kind| {
            let found = pins.iter().find(|pin| pin.kind == kind);
            found.ok_or_else(|| RecordsError::NotFound {
                kind,
                id: String::new(),
            })
        };
        let (plan, golden) = (find(Kind::DeploymentPlans)?, find(Kind::GoldenImages)?);
        Ok(Self {
            plan: view.version::<DeploymentPlan>(&plan.id, plan.version)?,
            golden: view.version::<GoldenImage>(&golden.id, golden.version)?,
            pinned: PinnedPlan::at(view, pins)?,
        })
    }

    /// The versions of everything.
    pub fn pins(&self) -> Vec<Pin> {
        let own = [pin(&self.plan), pin(&self.golden)];
        own.into_iter().chain(self.pinned.pins()).collect()
    }

    /// The golden image.
    pub fn golden_image(&self) -> &Id {
        &self.golden.id
    }

    /// Checks whether this can be deployed with `settings`, and joins what is to run.
    ///
    /// # Errors
    /// `Refused` with everything that is wrong; `Records` when a secret cannot be opened.
    pub fn prepare(&self, settings: &[Setting], sealer: &Sealer) -> Result<Prepared, DeployError> {
        let mut problems = self.not_ready();
        let library = assembly::library(&self.pinned);
        let library = library.and_then(|library| match library.plan().kind {
            PlanKind::Deploy => Ok(library),
            PlanKind::Capture => Err(DeployError::refused(
                "WRONG_PLAN_TYPE",
                format!(
                    "build plan `{}` is for capturing, not for deploying",
                    escape(library.plan().name.as_bytes())
                ),
                "Choose a deployment plan with a build plan of type `deploy`.",
            )),
        });
        let settings = Settings {
            build_plan: &self.pinned.build_plan.body.custom_attributes,
            deployment_plan: &self.plan.body.custom_attributes,
            request: settings,
        };
        let prepared = library.and_then(|library| {
            let values = settings.resolve(&library, sealer)?;
            Ok(Prepared {
                library,
                values,
                profile: Profile::default(),
            })
        });
        match prepared {
            Ok(prepared) if problems.is_empty() => Ok(prepared),
            Ok(_) => Err(DeployError::Refused(problems)),
            Err(DeployError::Refused(more)) => {
                problems.extend(more);
                Err(DeployError::Refused(problems))
            }
            Err(other) => Err(other),
        }
    }

    fn not_ready(&self) -> Vec<TaskError> {
        let name = escape(self.golden.body.name.as_bytes());
        match self.golden.body.state {
            State::Ok => Vec::new(),
            State::Creating => vec![problem(
                "IMAGE_NOT_READY",
                format!("golden image `{name}` is still being made"),
                "Wait for the task that makes it.",
            )],
            State::Error => vec![problem(
                "IMAGE_NOT_READY",
                format!("golden image `{name}` is not complete: making it failed"),
                "Upload or capture the image again, and set it in the deployment plan.",
            )],
        }
    }

    /// Checks the request and takes the volume's name: from here on, what it uses cannot be deleted.
    ///
    /// # Errors
    /// As [`Self::prepare`]; `Records` with `NameTaken`.
    pub fn begin(
        change: &mut Change<'_>,
        request: DeployRequest,
        sealer: &Sealer,
    ) -> Result<(Stored<OsVolume>, Making), DeployError> {
        let deployment = Self::current(change, &request.deployment_plan)?;
        deployment.prepare(&request.settings, sealer)?;
        let seed = match request.seed {
            Some(seed) => seed,
            None => Seed::random()?,
        };
        let name = match request.name {
            Some(name) => name,
            None => next_name(change)?,
        };
        let settings = serde_json::to_string(&request.settings)
            .map_err(|error| DeployError::storage(&error))?;
        let volume = change.insert(OsVolume {
            name,
            description: request.description,
            state: State::Creating,
            size: deployment.golden.body.size,
            deployment_plan: deployment.plan.id.clone(),
            golden_image: Some(deployment.golden.id.clone()),
            pins: deployment.pins(),
            seed: Some(sealer.seal(&seed.0)?),
            outcome: None,
            export: None,
            boot_test: None,
        })?;
        let making = Making {
            os_volume: volume.id.clone(),
            settings: sealer.seal(&settings)?,
            facts: None,
        };
        Ok((volume, making))
    }
}

fn no_golden_image(plan: &DeploymentPlan) -> DeployError {
    DeployError::refused(
        "NO_GOLDEN_IMAGE",
        format!(
            "deployment plan `{}` has no golden image: empty volumes are not made yet",
            escape(plan.name.as_bytes())
        ),
        "Set `goldenImageURI` in the deployment plan.",
    )
}

/// The next name that no volume has, counted up from the last one given.
fn next_name(change: &mut Change<'_>) -> Result<String, RecordsError> {
    const COUNTER: &str = "os-volumes";
    let last = change.setting(COUNTER)?;
    let mut number: u64 = last.and_then(|last| last.parse().ok()).unwrap_or(0);
    loop {
        number += 1;
        let name = format!("OSVolume-{number}");
        if change.find_by_name::<OsVolume>(&name)?.is_none() {
            change.set_setting(COUNTER, &number.to_string())?;
            return Ok(name);
        }
    }
}
