//! Server profiles: what a change of one means, and what is done about it.
//!
//! [`decide`] says what a change means. [`Profiles`] begins it: everything is checked in one transaction,
//! which leaves a task with a [`Replacement`] to carry out: how the profile was, how it will be, and the
//! volume that has to be made for that, if any. Until that task has switched, the profile and its server are
//! as they were.

mod begin;
mod boot;
pub mod decide;
mod exports;
mod facts;
mod fill;
pub mod given;
mod identity;
mod ipxe;
mod next_volume;
pub mod nic;
mod offers;
mod refusals;
mod replacement;
mod shown;
mod taken;
mod upkeep;
mod verbs;
mod wanted;

pub use begin::Begun;
pub use boot::{Controls, RedfishControls};
pub use decide::{Assignment, Decision, Reason, decide};
pub use exports::{chap_name, mutual_name};
pub use offers::Offers;
pub use replacement::Replacement;
pub use shown::shown;
pub use verbs::{ChangeProfile, DeployProfile};
pub use wanted::Wanted;

use crate::DataFolder;
use mintage_records::Sealer;
use mintage_storage::export::Exporter;
use std::sync::Arc;
use std::time::Duration;

/// What profiles are worked at with.
#[derive(Debug)]
pub struct Profiles {
    /// Opens and seals what is secret.
    pub sealer: Arc<Sealer>,
    /// Where volumes are.
    pub folder: Arc<DataFolder>,
    /// Who offers volumes to servers.
    pub exporter: Arc<dyn Exporter>,
    /// Who changes what is offered.
    pub offers: Offers,
    /// Who switches servers on.
    pub controls: Arc<dyn Controls>,
    /// What the operator has chosen.
    pub rules: Rules,
}

/// What the operator of a service has chosen for all its profiles.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// What the names of targets and initiators begin with: `iqn.2026-11.com.example`.
    pub iqn_prefix: String,
    /// Whether targets prove themselves to servers too.
    pub mutual_chap: bool,
    /// For how long the volume that a server had before is kept; none is kept when this is zero.
    pub keep_old_volumes: Duration,
    /// How many of them a server has at most.
    pub most_old_volumes: u64,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            iqn_prefix: "iqn.2026-11.internal.mintage".to_owned(),
            mutual_chap: false,
            keep_old_volumes: Duration::from_secs(7 * 24 * 3600),
            most_old_volumes: 5,
        }
    }
}
