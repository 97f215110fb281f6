//! CAPTURE: from an OS volume and a capture plan to a golden image.
//!
//! The volume is only read: the plan runs over it as over a golden image, so it takes out what must not
//! travel in a copy. The steps are those of a deployment: [`Capture::begin`], [`Capturing::make`],
//! [`finish`], [`undo`], each of which can be done again after a crash.

use super::assembly;
use super::deploy::remove;
use super::pinned_plan::PinnedPlan;
use super::problem::DeployError;
use super::run::{Prepared, RunRecord};
use super::settings::Settings;
use crate::DataFolder;
use mintage_plans::PlanKind;
use mintage_records::model::{GoldenImage, OsVolume, Pin, Provenance, State};
use mintage_records::{Author, Change, Id, Match, Records, RecordsError, Sealer, Stored, View};
use mintage_volume::digits::hex;
use mintage_volume::escape::escape;
use mintage_worker::{Cancellation, Stage};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fs::File;
use std::io::{self, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

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

    /// Checks whether this can be captured, and joins what is to run.
    fn prepare(&self, sealer: &Sealer) -> Result<Prepared, DeployError> {
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
        Ok(Prepared { library, values })
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
        })?;
        let capturing = Capturing {
            golden_image: image.id.clone(),
            os_volume: capture.source.id.clone(),
            pins: capture.pinned.pins(),
        };
        Ok((image, capturing))
    }
}

/// A golden image that is being captured: what a task needs to go on with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Capturing {
    /// The golden image.
    pub golden_image: Id,
    /// The OS volume that it is made of.
    pub os_volume: Id,
    /// The versions of the plan and its scripts.
    pub pins: Vec<Pin>,
}

/// What came of a capture.
#[derive(Debug)]
pub struct Captured {
    /// What the run did.
    pub record: RunRecord,
    /// Bytes of the golden volume that hold data.
    pub used: u64,
    /// SHA-256 of the golden volume, lower-case hex.
    pub volume_sum: String,
}

impl Capturing {
    /// Runs the plan and makes the golden volume, whole or not at all. What an earlier try left is
    /// taken away first. The same volume and plan give the same bytes. Blocks.
    ///
    /// # Errors
    /// `Run`, also when something is found that must not travel; `Cancelled`, `Records`. There is no
    /// golden volume then.
    pub fn make(
        &self,
        records: &Records,
        sealer: &Sealer,
        folder: &DataFolder,
        cancellation: Option<Cancellation>,
        watch: &mut dyn FnMut(Stage),
    ) -> Result<Captured, DeployError> {
        let capture = records.read(|view| {
            Ok::<_, DeployError>(Capture {
                source: view.get::<OsVolume>(&self.os_volume)?,
                pinned: PinnedPlan::at(view, &self.pins)?,
            })
        })?;
        let prepared = capture.prepare(sealer)?;
        let image = folder.os_volume(&self.os_volume);
        let output = folder.golden_volume(&self.golden_image);
        remove(&output)?;
        // What is unique is taken out and not made, so nothing needs a secret seed.
        let seed = self.os_volume.as_str();
        let record = prepared
            .run(&image, Some(&output), seed, cancellation, watch)?
            .succeeded()?;
        let (used, volume_sum) = sum(&output)?;
        Ok(Captured {
            record,
            used,
            volume_sum,
        })
    }
}

/// Says that the golden image is complete. Once that is said, saying it again changes nothing.
///
/// # Errors
/// `Records`.
pub fn finish(
    change: &mut Change<'_>,
    id: &Id,
    captured: &Captured,
) -> Result<Stored<GoldenImage>, DeployError> {
    let image = change.get::<GoldenImage>(id)?;
    if image.body.state == State::Ok {
        return Ok(image);
    }
    let found = captured.record.outcome.image.as_ref();
    let outcome = captured.record.to_json()?;
    let provenance = image.body.provenance.map(|provenance| Provenance {
        outcome: Some(outcome),
        ..provenance
    });
    let body = GoldenImage {
        state: State::Ok,
        size: found.map_or(image.body.size, |found| found.bytes),
        used: captured.used,
        volume_sum: Some(captured.volume_sum.clone()),
        provenance,
        ..image.body
    };
    Ok(change.update(id, &Match::Any, body)?)
}

/// Takes back a golden image that is not complete. Where a deployment plan names it already, it stays
/// as one that can only be deleted.
///
/// # Errors
/// `Records`, `Run` when the file cannot be removed.
pub fn undo(
    records: &Records,
    folder: &DataFolder,
    author: &Author,
    id: &Id,
) -> Result<(), DeployError> {
    records.change(author, |change| {
        let Some(image) = change.find::<GoldenImage>(id)? else {
            return Ok(());
        };
        match change.delete::<GoldenImage>(id, &Match::Any) {
            Err(RecordsError::InUse { .. }) => {
                let body = GoldenImage {
                    state: State::Error,
                    ..image.body
                };
                change.update(id, &Match::Any, body).map(drop)
            }
            deleted => deleted.map(drop),
        }
    })?;
    Ok(remove(&folder.golden_volume(id))?)
}

/// How many bytes of a file hold data, and its SHA-256.
fn sum(path: &Path) -> io::Result<(u64, String)> {
    let mut file = File::open(path)?;
    let used = file.metadata()?.blocks() * 512;
    let mut hash = Sha256::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        match file.read(&mut buffer)? {
            0 => return Ok((used, hex(&hash.finalize()))),
            read => hash.update(&buffer[..read]),
        }
    }
}
