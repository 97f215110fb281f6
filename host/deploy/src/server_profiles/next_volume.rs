//! The volume that a profile gets, and the one that it had.

use super::{Profiles, facts, fill, given};
use crate::os_volumes::{DeployError, DeployRequest, Deployment, Making, Seed};
use mintage_records::model::{
    EarlierVolume, OsDeployment, OsVolume, ServerHardware, ServerIdentity, ServerProfile,
};
use mintage_records::{Change, Id, Match, RecordsError, View};
use mintage_volume::escape::escape;

impl Profiles {
    /// Keeps the volume that a server had, for as long as the operator wishes; the oldest goes where they
    /// become more than that.
    pub(super) fn keep_old(
        &self,
        change: &Change<'_>,
        before: &ServerProfile,
        after: &mut ServerProfile,
    ) {
        after.os_volume = None;
        let old = before.os_volume.clone().zip(before.deployment.clone());
        let Some((os_volume, deployment)) = old.filter(|_| !self.rules.keep_old_volumes.is_zero())
        else {
            return;
        };
        after.earlier_volumes.push(EarlierVolume {
            os_volume,
            until: change.at().plus(self.rules.keep_old_volumes),
            deployment,
            identity: before.identity.clone(),
        });
        let kept = usize::try_from(self.rules.most_old_volumes).unwrap_or(usize::MAX);
        let over = after.earlier_volumes.len().saturating_sub(kept);
        after.earlier_volumes.drain(..over);
    }

    /// Takes the name of the volume that `profile` wants, and checks all that it is made of.
    pub(super) fn begin_volume(
        &self,
        change: &mut Change<'_>,
        id: &Id,
        profile: &mut ServerProfile,
    ) -> Result<Option<Making>, DeployError> {
        let Some(deployment) = &profile.deployment else {
            return Ok(None);
        };
        if let Some(name) = given::exposed(change, deployment)?.first() {
            return Err(DeployError::refused(
                "SECRET_EXPOSED",
                format!(
                    "attribute `{}` has a secret value, and is no password any more",
                    escape(name.as_bytes())
                ),
                "Give the attribute another value, or make it a `password` in the build plan again.",
            ));
        }
        let request = self.request(deployment, &profile.identity)?;
        let (volume, mut making) = Deployment::begin(change, request, &self.sealer)?;
        let initiator = initiator(change, profile)?;
        let names = self.names(id, &volume.id, initiator);
        making.facts = Some(facts::of(id, profile, &names, &self.exporter.portals()));
        let body = OsVolume {
            export: Some(names),
            ..volume.body
        };
        change.update(&volume.id, &Match::Any, body)?;
        profile.os_volume = Some(volume.id);
        Ok(Some(making))
    }
    fn request(
        &self,
        deployment: &OsDeployment,
        identity: &ServerIdentity,
    ) -> Result<DeployRequest, DeployError> {
        Ok(DeployRequest {
            deployment_plan: deployment.deployment_plan.clone(),
            name: None,
            description: None,
            settings: fill::settings(deployment, &self.sealer)?,
            seed: Some(Seed(self.sealer.open(&identity.seed)?.to_string())),
        })
    }
}

/// The name under which the server of a profile logs in: that of its hardware where that is fixed.
fn initiator(view: &mut View<'_>, profile: &ServerProfile) -> Result<String, RecordsError> {
    let fixed = match &profile.server_hardware {
        Some(hardware) => view.get::<ServerHardware>(hardware)?.body.initiator,
        None => None,
    };
    Ok(fixed.unwrap_or_else(|| profile.identity.initiator.clone()))
}
