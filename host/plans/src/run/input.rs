//! All that a run depends on, besides the golden image and the functions that are granted.

use super::time;
use crate::attribute::AttributeValues;
use crate::library::{MountSource, PlanLibrary};
use crate::profile::Profile;
use mintage_engine::{Limits, RunControl};
use mintage_volume::digits::hex;
use mintage_volume::filesystem::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// All that a run depends on, besides the golden image and the functions that are granted.
///
/// It can be sent to another process as JSON. That JSON holds the texts of secrets (see
/// [`AttributeValues`]): it is for that process only.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunInput {
    /// The build plan with its scripts and templates.
    pub library: PlanLibrary,
    /// The values of its attributes.
    pub values: AttributeValues,
    /// The server that the run is for.
    pub profile: Profile,
    /// From which everything that must be unique is derived, private keys too: it is as secret as
    /// these, and is never shown.
    pub seed: String,
    /// What the run takes for now; none for the newest change in the golden image.
    #[serde(with = "time::optional")]
    pub time: Option<Timestamp>,
    /// How much the run may use.
    pub limits: RunLimits,
    /// What is mounted where, instead of what the build plan or the volume's fstab says.
    pub mounts: Option<BTreeMap<String, MountSource>>,
}

/// How much a run may use.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunLimits {
    /// The limits of its scripts; a deadline in the build plan counts where it is shorter.
    pub script: Limits,
    /// How many bytes of the volume may change, in whole blocks; and how many bytes the steps may
    /// write into files in all, holes counted too.
    pub changed_bytes: u64,
}

impl Default for RunLimits {
    fn default() -> Self {
        Self {
            script: Limits::default(),
            changed_bytes: 4 << 30,
        }
    }
}

impl RunInput {
    /// A run of `library` with `values` for no server in particular, seeded with `seed`.
    pub fn new(
        library: PlanLibrary,
        values: AttributeValues,
        seed: &str,
        time: Option<Timestamp>,
    ) -> Self {
        Self {
            library,
            values,
            profile: Profile::default(),
            seed: seed.to_owned(),
            time,
            limits: RunLimits::default(),
            mounts: None,
        }
    }

    /// The control of a run that starts now, with the shorter of the deadlines of build plan and
    /// limits.
    pub fn control(&self) -> RunControl {
        let limit = self.limits.script.deadline();
        let deadline = self.library.plan().deadline;
        RunControl::new(deadline.map_or(limit, |deadline| deadline.min(limit)))
    }

    /// What may be shown of the seed: enough to tell whether two runs had the same, and no more,
    /// as private keys are derived from it. 16 hexadecimal digits.
    pub fn seed_fingerprint(&self) -> String {
        let hash = Sha256::new_with_prefix(b"mintage seed fingerprint 1").chain_update(&self.seed);
        hex(&hash.finalize()[..8])
    }

    /// The texts of all secrets, for masking them.
    pub(crate) fn secrets(&self) -> Vec<&str> {
        let mut secrets = self.values.secrets();
        secrets.extend(self.profile.secrets());
        secrets
    }

    /// SHA-256 over everything here but the texts of secrets, in hexadecimal, for a run at `time`: runs
    /// with the same hash over the same image differ at most in what comes of secrets. Those are left
    /// out because a hash over a weak password would give it away.
    pub fn hash(&self, time: Timestamp) -> String {
        let parts = serde_json::json!({
            "library": self.library.hash(),
            "values": self.values.shown(),
            "profile": self.profile.shown(),
            "seed": self.seed,
            "time": super::format_time(time),
            "limits": self.limits,
            "mounts": self.mounts,
        });
        hex(&Sha256::digest(parts.to_string()))
    }
}
