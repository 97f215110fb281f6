//! What an OS volume takes, where it is offered, and who uses it, on the wire.

use mintage_records::model::OsVolume;
use mintage_storage::export::{Exporter, Iqn, LUN, Session};
use serde::Serialize;
use utoipa::ToSchema;

/// What a volume takes, where it is offered, and who uses it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsVolumeStorage)]
pub(super) struct Storage {
    /// Length in bytes.
    provisioned_capacity: u64,
    /// Bytes on the disk of the service; blocks that it shares with its golden image count too.
    allocated_capacity: u64,
    /// The iSCSI name of a server's volume.
    #[serde(rename = "oeVolumeIQN")]
    oe_volume_iqn: String,
    /// The address of the first portal that offers it.
    oe_volume_ip: String,
    /// The only initiator that may log in.
    initiator_iqn: String,
    /// The logical unit of the disk.
    lun: u64,
    /// Where it is offered: each address is a path to the same disk.
    portals: Vec<String>,
    /// Who is logged in; null when nobody can tell.
    sessions: Option<Vec<SessionWire>>,
}

/// Somebody who is logged in.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = OsVolumeSession)]
struct SessionWire {
    /// The portal by which, when that is known.
    portal: Option<String>,
    initiator_iqn: String,
    /// From where.
    address: Option<String>,
}

impl Storage {
    /// Asks the exporter; blocks.
    pub(super) fn new(volume: &OsVolume, allocated: u64, exporter: &dyn Exporter) -> Self {
        let export = volume.export.as_ref();
        let portals = match export {
            Some(_) => exporter.portals(),
            None => Vec::new(),
        };
        let target = export.and_then(|export| Iqn::parse(&export.target).ok());
        let sessions = target.map_or(Ok(Vec::new()), |target| exporter.sessions(&target));
        let sessions = sessions.inspect_err(|error| tracing::warn!(%error, "sessions"));
        let first = portals.first();
        Self {
            provisioned_capacity: volume.size,
            allocated_capacity: allocated,
            oe_volume_iqn: export.map_or_else(String::new, |export| export.target.clone()),
            oe_volume_ip: first.map_or_else(String::new, |portal| portal.0.ip().to_string()),
            initiator_iqn: export.map_or_else(String::new, |export| export.initiator.clone()),
            lun: LUN,
            portals: portals.iter().map(ToString::to_string).collect(),
            sessions: sessions
                .ok()
                .map(|all| all.into_iter().map(Into::into).collect()),
        }
    }
}

impl From<Session> for SessionWire {
    fn from(session: Session) -> Self {
        Self {
            portal: session.portal.map(|portal| portal.to_string()),
            initiator_iqn: session.initiator,
            address: session.address.map(|address| address.to_string()),
        }
    }
}
