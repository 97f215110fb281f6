//! What a client wants of a profile, and the profile that comes of it.

use super::{Profiles, given, refusals};
use crate::os_volumes::{DeployError, Setting};
use mintage_records::model::{ProfileState, ServerIdentity, ServerProfile};
use mintage_records::{Id, View};
use serde_json::{Map, Value as Json};

/// A profile as a client wants it.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Its name.
    pub name: String,
    /// What the server is for.
    pub description: Option<String>,
    /// The hardware.
    pub server_hardware: Option<Id>,
    /// The template that it is made from.
    pub template: Option<Id>,
    /// The deployment plan and the values of attributes, secrets among them.
    pub deployment: Option<(Id, Vec<Setting>)>,
    /// The wire's other members, secrets sealed.
    pub other: Map<String, Json>,
}

impl Profiles {
    /// The profile that is wanted, with what it keeps of `old`.
    pub(super) fn profile(
        &self,
        view: &mut View<'_>,
        wanted: Wanted,
        old: Option<&ServerProfile>,
        identity: ServerIdentity,
    ) -> Result<ServerProfile, DeployError> {
        let old_deployment = old.and_then(|old| old.deployment.as_ref());
        let deployment = match &wanted.deployment {
            None => None,
            Some((plan, settings)) => {
                refusals::refuse_twice(settings)?;
                let of_template = match (old, &wanted.template) {
                    (None, Some(id)) => given::of_template(view, id, plan)?,
                    _ => None,
                };
                let before = old_deployment.or(of_template.as_ref());
                Some(given::read(view, plan, settings, before, &self.sealer)?)
            }
        };
        Ok(ServerProfile {
            name: wanted.name,
            description: wanted.description,
            state: ProfileState::Normal,
            server_hardware: wanted.server_hardware,
            template: wanted.template,
            deployment,
            os_volume: old.and_then(|old| old.os_volume.clone()),
            earlier_volumes: old.map_or_else(Vec::new, |old| old.earlier_volumes.clone()),
            identity,
            other: wanted.other,
        })
    }
}
