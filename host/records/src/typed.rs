//! `Parsed`: a stored document read as what its kind says it is, where the kind is only known when
//! the program runs: a check of everything, a backup.

use crate::columns::Columns;
use crate::error::{RecordsError, Result};
use crate::id::Id;
use crate::model::{
    Alert, AllocatedAddress, ArtifactBundle, Backup, BuildPlan, DeploymentGroup, DeploymentPlan,
    DeploymentServer, EthernetNetwork, GoldenImage, Ipv4Range, Ipv4Subnet, OsVolume, PlanScript,
    ServerHardware, ServerProfile, ServerProfileTemplate, Task,
};
use crate::resource::{Kind, Reference, Resource};

/// What the store derives from a document.
pub(crate) struct Parsed {
    /// What stands in columns.
    pub(crate) columns: Columns,
    /// What it needs.
    pub(crate) references: Vec<Reference>,
}

impl Parsed {
    /// From a document's text.
    ///
    /// # Errors
    /// `Corrupt`, `NameTooLong`.
    pub(crate) fn read(kind: Kind, id: &Id, text: &str) -> Result<Self> {
        match kind {
            Kind::DeploymentGroups => Self::read_as::<DeploymentGroup>(id, text),
            Kind::GoldenImages => Self::read_as::<GoldenImage>(id, text),
            Kind::PlanScripts => Self::read_as::<PlanScript>(id, text),
            Kind::BuildPlans => Self::read_as::<BuildPlan>(id, text),
            Kind::DeploymentPlans => Self::read_as::<DeploymentPlan>(id, text),
            Kind::ArtifactBundles => Self::read_as::<ArtifactBundle>(id, text),
            Kind::Backups => Self::read_as::<Backup>(id, text),
            Kind::OsVolumes => Self::read_as::<OsVolume>(id, text),
            Kind::ServerProfiles => Self::read_as::<ServerProfile>(id, text),
            Kind::ServerProfileTemplates => Self::read_as::<ServerProfileTemplate>(id, text),
            Kind::Tasks => Self::read_as::<Task>(id, text),
            Kind::Alerts => Self::read_as::<Alert>(id, text),
            Kind::ServerHardware => Self::read_as::<ServerHardware>(id, text),
            Kind::DeploymentServers => Self::read_as::<DeploymentServer>(id, text),
            Kind::EthernetNetworks => Self::read_as::<EthernetNetwork>(id, text),
            Kind::Ipv4Subnets => Self::read_as::<Ipv4Subnet>(id, text),
            Kind::Ipv4Ranges => Self::read_as::<Ipv4Range>(id, text),
            Kind::Ipv4Addresses => Self::read_as::<AllocatedAddress>(id, text),
        }
    }

    fn read_as<R: Resource>(id: &Id, text: &str) -> Result<Self> {
        let body = read::<R>(id, text)?;
        Ok(Self {
            columns: Columns::of(id, &body)?,
            references: body.references(),
        })
    }
}

/// A document of a known kind.
///
/// # Errors
/// `Corrupt`, without what stands in the document.
pub(crate) fn read<R: Resource>(id: &Id, text: &str) -> Result<R> {
    serde_json::from_str(text).map_err(|error| RecordsError::Corrupt {
        kind: R::KIND,
        id: id.to_string(),
        // Not the library's own message: it may quote the record.
        why: format!("line {}, column {}", error.line(), error.column()),
    })
}
