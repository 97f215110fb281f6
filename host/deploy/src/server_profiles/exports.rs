//! How the volumes of server profiles are offered to their servers.

use super::Profiles;
use crate::os_volume;
use crate::os_volumes::DeployError;
use crate::task::TaskFailure;
use mintage_records::model::{OsVolume, ServerIdentity, ServerProfile, VolumeExport};
use mintage_records::{Id, Records, Stored, View};
use mintage_storage::export::{Chap, DiskId, Export, ExportError, Force, Iqn, Session};
use mintage_volume::escape::escape;

impl Profiles {
    /// Under which name a volume is offered to a server. It is known before the volume is made, because
    /// scripts may write it into the volume.
    pub(super) fn names(&self, profile: &Id, volume: &Id, initiator: String) -> VolumeExport {
        VolumeExport {
            server_profile: profile.clone(),
            target: format!("{}:volume-{volume}", self.rules.iqn_prefix),
            initiator,
        }
    }

    /// How a volume is offered to the server with `identity`.
    ///
    /// # Errors
    /// `Records` when a secret cannot be opened; `Run` for names that cannot be.
    pub fn export(
        &self,
        volume: &Stored<OsVolume>,
        identity: &ServerIdentity,
    ) -> Result<Export, DeployError> {
        let names = volume.body.export.as_ref();
        let names = names.ok_or_else(|| {
            let name = escape(volume.body.name.as_bytes());
            DeployError::refused(
                "NO_SERVER",
                format!("OS volume `{name}` is for no server"),
                "",
            )
        })?;
        // A CHAP name belongs to one target: beside the new volume of a server the old one is offered.
        let chap = Chap::new(
            &chap_name(&volume.id),
            &self.sealer.open(&identity.chap_secret)?,
        )?;
        let mutual = identity.mutual_secret.as_ref().map(|sealed| {
            let secret = self.sealer.open(sealed)?;
            Ok::<_, DeployError>(Chap::new(&mutual_name(&volume.id), &secret)?)
        });
        Ok(Export {
            target: Iqn::parse(&names.target)?,
            volume: self.folder.store().export_source(&os_volume(&volume.id))?,
            initiator: Iqn::parse(&names.initiator)?,
            chap: Some(chap),
            mutual: mutual.transpose()?,
            disk: DiskId::parse(volume.id.as_str())?,
        })
    }

    /// What is to be offered now to the server of a profile; none when that has no volume, or is gone.
    ///
    /// # Errors
    /// As [`Self::export`].
    pub fn export_of(
        &self,
        view: &mut View<'_>,
        profile: &Id,
    ) -> Result<Option<Export>, DeployError> {
        let Some(profile) = view.find::<ServerProfile>(profile)? else {
            return Ok(None);
        };
        let Some(volume) = &profile.body.os_volume else {
            return Ok(None);
        };
        let volume = view.get::<OsVolume>(volume)?;
        self.export(&volume, &profile.body.identity).map(Some)
    }

    /// Offers a volume that is complete to the server with `identity`. Nothing is done where this service
    /// exports nothing.
    pub(super) fn publish(
        &self,
        records: &Records,
        volume: &Id,
        identity: &ServerIdentity,
    ) -> Result<(), DeployError> {
        let volume = records.read(|view| view.get::<OsVolume>(volume))?;
        match self.exporter.publish(&self.export(&volume, identity)?) {
            Ok(_) | Err(ExportError::Off) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Sees that a volume can be offered, as far as that can be told without doing it.
    pub(super) fn can_publish(
        &self,
        records: &Records,
        volume: &Id,
        identity: &ServerIdentity,
    ) -> Result<(), DeployError> {
        let volume = records.read(|view| view.get::<OsVolume>(volume))?;
        self.export(&volume, identity)?.check()?;
        match self.exporter.list() {
            Ok(_) | Err(ExportError::Off) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Takes an offer back; nobody writes to the volume then any more.
    pub(super) fn unpublish(
        &self,
        records: &Records,
        volume: &Id,
        force: Force,
    ) -> Result<(), DeployError> {
        let Some(target) = target(records, volume)? else {
            return Ok(());
        };
        match self.exporter.unpublish(&target, force) {
            Ok(()) | Err(ExportError::Off) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Who uses a volume now; nobody where this service exports nothing. Blocks.
    ///
    /// # Errors
    /// `Run` when nobody can tell; `Records`.
    pub fn sessions(&self, records: &Records, volume: &Id) -> Result<Vec<Session>, DeployError> {
        let Some(target) = target(records, volume)? else {
            return Ok(Vec::new());
        };
        match self.exporter.sessions(&target) {
            Ok(sessions) => Ok(sessions),
            Err(ExportError::Off) => Ok(Vec::new()),
            Err(error) => Err(error.into()),
        }
    }

    /// Refuses while the server of a volume uses it. Blocks.
    ///
    /// # Errors
    /// `Conflict` while a session is live; as [`Self::sessions`].
    pub fn check_idle(&self, records: &Records, volume: &Id) -> Result<(), DeployError> {
        let sessions = self.sessions(records, volume)?;
        match target(records, volume)? {
            Some(target) if !sessions.is_empty() => {
                Err(ExportError::InUse { target, sessions }.into())
            }
            _ => Ok(()),
        }
    }
}

/// The name with which a server proves itself to the target of a volume.
pub fn chap_name(volume: &Id) -> String {
    format!("server-{volume}")
}

/// The name with which the target of a volume proves itself.
pub fn mutual_name(volume: &Id) -> String {
    format!("volume-{volume}")
}

fn target(records: &Records, volume: &Id) -> Result<Option<Iqn>, DeployError> {
    let volume = records.read(|view| view.find::<OsVolume>(volume))?;
    let export = volume.and_then(|volume| volume.body.export);
    let target = export.map(|export| Iqn::parse(&export.target));
    Ok(target.transpose()?)
}

impl From<ExportError> for DeployError {
    fn from(error: ExportError) -> Self {
        let (message, help) = (error.to_string(), error.help());
        let action = match &error {
            ExportError::InUse { .. } => {
                "Shut the server down, or ask with `force=true`: its disk is cut off then."
            }
            _ => help,
        };
        match error {
            ExportError::InUse { .. } => Self::conflict("TARGET_IN_USE", message, action),
            _ => Self::failed("EXPORT", message, action),
        }
    }
}

impl From<ExportError> for TaskFailure {
    fn from(error: ExportError) -> Self {
        DeployError::from(error).into()
    }
}
