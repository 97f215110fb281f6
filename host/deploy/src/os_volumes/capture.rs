//! CAPTURE: from an OS volume and a capture plan to a golden image.
//!
//! The volume is only read: the plan runs over it as over a golden image, so it takes out what must not
//! travel in a copy. [`Capture::begin`] checks everything and takes the image's name; [`Capturing`] does
//! the rest.

use super::assembly;
use super::capturing::Capturing;
use super::pinned_plan::PinnedPlan;
use super::problem::DeployError;
use super::run::Prepared;
use super::settings::Settings;
use crate::boot_tests::BootTestRequest;
use mintage_plans::{PlanKind, Profile};
use mintage_records::model::{GoldenImage, OsVolume, Pin, Provenance, State};
use mintage_records::{Change, Id, Sealer, Stored, View};
use mintage_volume::escape::escape;

/// What somebody wants captured.
#[derive(Debug, Clone)]
pub struct CaptureRequest {
    /// The OS volume; it stays as it is.
    pub os_volume: Id,
    /// A build plan of type `capture`.
    pub build_plan: Id,
    /// The golden image's name.
    pub name: String,
    /// What is in it.
    pub description: Option<String>,
    /// Whether it is booted then, in a task of its own: the image is there whatever comes of it.
    pub boot_test: bool,
}

/// Everything that a capture uses.
#[derive(Debug)]
pub struct Capture {
    source: Stored<OsVolume>,
    pinned: PinnedPlan,
}

impl Capture {
    fn current(view: &mut View<'_>, request: &CaptureRequest) -> Result<Self, DeployError> {
        Ok(Self {
            source: view.get::<OsVolume>(&request.os_volume)?,
            pinned: PinnedPlan::current(view, &request.build_plan)?,
        })
    }

    /// The versions of the plan that `pins` name.
    pub(super) fn at(
        view: &mut View<'_>,
        os_volume: &Id,
        pins: &[Pin],
    ) -> Result<Self, DeployError> {
        Ok(Self {
            source: view.get::<OsVolume>(os_volume)?,
            pinned: PinnedPlan::at(view, pins)?,
        })
    }

    /// Checks whether this can be captured, and joins what is to run.
    pub(super) fn prepare(&self, sealer: &Sealer) -> Result<Prepared, DeployError> {
        if self.source.body.state != State::Ok {
            return Err(DeployError::refused(
                "VOLUME_NOT_READY",
                format!(
                    "OS volume `{}` is not complete",
                    escape(self.source.body.name.as_bytes())
                ),
                "Wait for the task that makes it, or choose another one.",
            ));
        }
        let library = assembly::library(&self.pinned)?;
        if library.plan().kind != PlanKind::Capture {
            return Err(DeployError::refused(
                "WRONG_PLAN_TYPE",
                format!(
                    "build plan `{}` is for deploying, not for capturing",
                    escape(library.plan().name.as_bytes())
                ),
                "Choose a build plan of type `capture`.",
            ));
        }
        let settings = Settings {
            build_plan: &self.pinned.build_plan.body.custom_attributes,
            deployment_plan: &[],
            request: &[],
        };
        let values = settings.resolve(&library, sealer)?;
        Ok(Prepared {
            library,
            values,
            profile: Profile::default(),
        })
    }

    /// Checks the request and takes the golden image's name.
    ///
    /// # Errors
    /// `Refused` with what is wrong; `Records`, with `NameTaken` too.
    pub fn begin(
        change: &mut Change<'_>,
        request: CaptureRequest,
        sealer: &Sealer,
    ) -> Result<(Stored<GoldenImage>, Capturing), DeployError> {
        if request.boot_test {
            BootTestRequest::default().check()?;
        }
        let capture = Self::current(change, &request)?;
        capture.prepare(sealer)?;
        let plan = &capture.pinned.build_plan;
        let image = change.insert(GoldenImage {
            name: request.name,
            description: request.description,
            state: State::Creating,
            size: capture.source.body.size,
            used: 0,
            check_sum: None,
            volume_sum: None,
            format: None,
            image_capture: true,
            provenance: Some(Provenance {
                os_volume: capture.source.id.clone(),
                os_volume_name: capture.source.body.name.clone(),
                build_plan: plan.id.clone(),
                build_plan_name: plan.body.name.clone(),
                build_plan_version: plan.version,
                outcome: None,
            }),
            imported_from_bundle: false,
            bundle_name: None,
            bundle: None,
            read_only: false,
            inspection: None,
            upload: None,
            boot_test: None,
        })?;
        let capturing = Capturing {
            golden_image: image.id.clone(),
            os_volume: capture.source.id.clone(),
            pins: capture.pinned.pins(),
            boot_test: request.boot_test,
        };
        Ok((image, capturing))
    }
}
