//! `Resource`: what the store keeps as a typed JSON document with a name, versions and references.

use crate::error::RecordsError;
use crate::id::Id;
use crate::time::Time;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A kind of document in the store.
///
/// Contract: the serialized form is a JSON object; `FIELDS` name members of it that hold a text, a
/// number, a boolean or null; `references` names every other resource without which this one makes
/// no sense, and the store refuses to delete those.
pub trait Resource: Serialize + DeserializeOwned + Send + 'static {
    /// The collection that it belongs to.
    const KIND: Kind;
    /// What lists may be filtered and sorted by, besides `name`, `id`, `created` and `modified`.
    const FIELDS: &'static [Field];

    /// Its name.
    fn name(&self) -> &str;

    /// What it needs.
    fn references(&self) -> Vec<Reference> {
        Vec::new()
    }
}

/// The kinds of resources. The text is the wire's category and the last part of the collection's URI,
/// except for pools of addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A group of appliances.
    DeploymentGroups,
    /// A disk image with an installed operating system.
    GoldenImages,
    /// A program that edits a volume.
    PlanScripts,
    /// An ordered list of plan scripts with custom attributes.
    BuildPlans,
    /// A golden image, a build plan, and settings of attributes.
    DeploymentPlans,
    /// A zip of artifacts.
    ArtifactBundles,
    /// A backup of all artifacts.
    Backups,
    /// A server's own volume.
    OsVolumes,
    /// What one server is to be.
    ServerProfiles,
    /// What server profiles are made from.
    ServerProfileTemplates,
    /// Long work.
    Tasks,
    /// Something that needs attention.
    Alerts,
    /// A machine that a profile can be assigned to.
    ServerHardware,
    /// What deploys operating systems, as clients of OneView see it.
    DeploymentServers,
    /// A network that servers are connected to.
    EthernetNetworks,
    /// Addresses that can reach each other without a router.
    Ipv4Subnets,
    /// Addresses of a subnet that are given to servers.
    Ipv4Ranges,
    /// An address that somebody has.
    Ipv4Addresses,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 18] = [
        Self::DeploymentGroups,
        Self::GoldenImages,
        Self::PlanScripts,
        Self::BuildPlans,
        Self::DeploymentPlans,
        Self::ArtifactBundles,
        Self::Backups,
        Self::OsVolumes,
        Self::ServerProfiles,
        Self::ServerProfileTemplates,
        Self::Tasks,
        Self::Alerts,
        Self::ServerHardware,
        Self::DeploymentServers,
        Self::EthernetNetworks,
        Self::Ipv4Subnets,
        Self::Ipv4Ranges,
        Self::Ipv4Addresses,
    ];

    /// The wire's category.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::DeploymentGroups => "deployment-groups",
            Self::GoldenImages => "golden-images",
            Self::PlanScripts => "plan-scripts",
            Self::BuildPlans => "build-plans",
            Self::DeploymentPlans => "deployment-plans",
            Self::ArtifactBundles => "artifact-bundles",
            Self::Backups => "backups",
            Self::OsVolumes => "os-volumes",
            Self::ServerProfiles => "server-profiles",
            Self::ServerProfileTemplates => "server-profile-templates",
            Self::Tasks => "tasks",
            Self::Alerts => "alerts",
            Self::ServerHardware => "server-hardware",
            Self::DeploymentServers => "deployment-servers",
            Self::EthernetNetworks => "ethernet-networks",
            Self::Ipv4Subnets => "ipv4-subnets",
            Self::Ipv4Ranges => "ipv4-ranges",
            Self::Ipv4Addresses => "ipv4-addresses",
        }
    }

    /// What one of them is called in a sentence.
    pub fn singular(self) -> &'static str {
        match self {
            Self::DeploymentGroups => "deployment group",
            Self::GoldenImages => "golden image",
            Self::PlanScripts => "plan script",
            Self::BuildPlans => "build plan",
            Self::DeploymentPlans => "deployment plan",
            Self::ArtifactBundles => "artifact bundle",
            Self::Backups => "backup",
            Self::OsVolumes => "OS volume",
            Self::ServerProfiles => "server profile",
            Self::ServerProfileTemplates => "server profile template",
            Self::Tasks => "task",
            Self::Alerts => "alert",
            Self::ServerHardware => "server",
            Self::DeploymentServers => "deployment server",
            Self::EthernetNetworks => "network",
            Self::Ipv4Subnets => "subnet",
            Self::Ipv4Ranges => "range of addresses",
            Self::Ipv4Addresses => "pool address",
        }
    }

    /// From the wire's category.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// Whether two of the kind cannot have the same name (letter case does not count).
    pub fn has_unique_names(self) -> bool {
        !matches!(self, Self::Tasks | Self::Alerts)
    }

    /// Whether old versions are kept.
    pub fn keeps_versions(self) -> bool {
        matches!(
            self,
            Self::GoldenImages | Self::PlanScripts | Self::BuildPlans | Self::DeploymentPlans
        )
    }

    /// Where its collection is found.
    pub fn collection_uri(self) -> String {
        match self {
            Self::Backups => "/rest/artifact-bundles/backups".to_owned(),
            Self::Ipv4Subnets => "/rest/id-pools/ipv4/subnets".to_owned(),
            Self::Ipv4Ranges => "/rest/id-pools/ipv4/ranges".to_owned(),
            Self::Ipv4Addresses => "/rest/id-pools/ipv4/addresses".to_owned(),
            _ => format!("/rest/{}", self.as_str()),
        }
    }

    /// Where one of them is found.
    pub fn uri(self, id: &Id) -> String {
        format!("{}/{id}", self.collection_uri())
    }
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A member of the document that lists may be filtered and sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Field {
    /// The member's name.
    pub name: &'static str,
    /// Whether it is compared as a number.
    pub is_number: bool,
}

impl Field {
    /// One that is compared as text, without regard to letter case; booleans are `true` and `false`.
    pub const fn text(name: &'static str) -> Self {
        Self {
            name,
            is_number: false,
        }
    }

    /// One that is compared as a number.
    pub const fn number(name: &'static str) -> Self {
        Self {
            name,
            is_number: true,
        }
    }
}

/// That one resource needs another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Reference {
    /// The member that names it: `goldenImage`. One role may name several.
    pub role: &'static str,
    /// The kind of what is needed.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
}

/// Who uses a resource.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Use {
    /// The user's kind.
    pub kind: Kind,
    /// The user's id.
    pub id: Id,
    /// The user's name.
    pub name: String,
    /// The member that names the used resource.
    pub role: String,
}

/// A resource as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stored<R> {
    /// What names it.
    pub id: Id,
    /// Counts its changes, from 1; the ETag.
    pub version: u64,
    /// The generation of the node that wrote this version.
    pub generation: u64,
    /// When it was made.
    pub created: Time,
    /// When this version was made.
    pub modified: Time,
    /// Who made this version.
    pub changed_by: String,
    /// The document.
    pub body: R,
}

/// Which version a change is meant for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    /// Whatever is there.
    Any,
    /// This one; anything else fails with `Changed`.
    Version(u64),
}

impl Match {
    /// Refuses to change what is stored in another version than the one that is meant.
    ///
    /// # Errors
    /// `Changed`.
    pub fn check<R: Resource>(&self, stored: &Stored<R>) -> Result<(), RecordsError> {
        match self {
            Self::Version(version) if *version != stored.version => Err(RecordsError::Changed {
                kind: R::KIND,
                id: stored.id.to_string(),
                expected: version.to_string(),
                actual: stored.version,
            }),
            _ => Ok(()),
        }
    }
}
