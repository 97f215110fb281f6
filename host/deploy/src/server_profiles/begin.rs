//! How a change of a profile begins: everything is checked and taken in one transaction, which leaves the
//! task that does the rest.

use super::decide::{Decision, decide};
use super::refusals::{refuse_running, refuse_taken_hardware};
use super::taken::{free, hold, take};
use super::{ChangeProfile, DeployProfile, Profiles, Replacement, Wanted, fill, identity};
use crate::os_volumes::DeployError;
use crate::task::{self, NewTask};
use mintage_records::model::{ProfileState, ServerProfile, Task};
use mintage_records::{Change, Id, Kind, Match, Stored, View};
use mintage_volume::escape::escape;

/// What was begun.
#[derive(Debug)]
pub struct Begun {
    /// What is done.
    pub decision: Decision,
    /// The task that does it.
    pub task: Stored<Task>,
}

impl Profiles {
    /// Begins to make a profile, and the volume that it wants.
    ///
    /// # Errors
    /// `Refused` with everything that is wrong; `Records`, with `NameTaken`.
    pub fn create(&self, change: &mut Change<'_>, wanted: Wanted) -> Result<Begun, DeployError> {
        let identity = identity::draw(&self.rules, &self.sealer)?;
        let id = Id::generate();
        let mut after = self.profile(change, wanted, None, identity)?;
        fill::fill(change, &id, &mut after, None)?;
        let row = ServerProfile {
            state: ProfileState::Creating,
            ..after.clone()
        };
        change.insert_as(id.clone(), row)?;
        refuse_taken_hardware(change, &id, &after)?;
        let making = self.begin_volume(change, &id, &mut after)?;
        let decision = match making {
            Some(_) => Decision::Deploy,
            None => Decision::Edit,
        };
        let replacement = Replacement {
            profile: id,
            before: None,
            after: Some(after),
            making,
            force: false,
        };
        begin(change, "Create", decision, replacement)
    }

    /// Begins to make of a profile what is wanted. `force` ends live sessions where the server's volume is
    /// replaced.
    ///
    /// # Errors
    /// As [`Self::create`]; `Conflict` while another task works at it; `Records` with `Changed`.
    pub fn update(
        &self,
        change: &mut Change<'_>,
        id: &Id,
        expected: &Match,
        wanted: Wanted,
        force: bool,
    ) -> Result<Begun, DeployError> {
        let stored = free(change, id, expected)?;
        let now = &stored.body;
        let mut after = self.profile(change, wanted, Some(now), now.identity.clone())?;
        let decision = decide(now, &after);
        if decision == Decision::Nothing && now.state == ProfileState::Normal {
            return nothing(change, stored);
        }
        let before = hold(change, &stored, ProfileState::Updating)?;
        if decision.takes_disk() {
            refuse_running(change, &before, force)?;
        }
        if decision != Decision::Nothing {
            fill::fill(change, id, &mut after, before.deployment.as_ref())?;
        }
        let making = match &decision {
            // A task failed that was to make it normal again.
            Decision::Nothing => {
                after = before.clone();
                None
            }
            Decision::Deploy | Decision::Redeploy(_) => {
                self.keep_old(change, &before, &mut after);
                self.begin_volume(change, id, &mut after)?
            }
            Decision::RemoveDeployment => {
                after.os_volume = None;
                after.earlier_volumes.clear();
                None
            }
            Decision::Edit | Decision::Rename | Decision::Move(_) => None,
        };
        // It is written at the end of the task: what is wrong with it is told before anything is made.
        change.rehearse_update(id, &after)?;
        refuse_taken_hardware(change, id, &after)?;
        let replacement = Replacement {
            profile: id.clone(),
            before: Some(before),
            after: Some(after),
            making,
            force,
        };
        begin(change, "Update", decision, replacement)
    }

    /// What it means to make of a profile what is wanted: nothing is changed.
    ///
    /// # Errors
    /// `Records`, `Refused`.
    pub fn decision(
        &self,
        view: &mut View<'_>,
        id: &Id,
        wanted: &Wanted,
    ) -> Result<(ServerProfile, Decision), DeployError> {
        let before = view.get::<ServerProfile>(id)?.body;
        let after = self.profile(view, wanted.clone(), Some(&before), before.identity.clone())?;
        let decision = decide(&before, &after);
        Ok((before, decision))
    }

    /// Begins to make a profile's volume anew, with the settings that it has. With `new_identity` the
    /// server is another host then: another machine-id, other host keys, another initiator.
    ///
    /// # Errors
    /// As [`Self::update`]; `Refused` for a profile without a deployment plan.
    pub fn redeploy(
        &self,
        change: &mut Change<'_>,
        id: &Id,
        new_identity: bool,
        force: bool,
    ) -> Result<Begun, DeployError> {
        let before = take(change, id, &Match::Any, ProfileState::Updating)?;
        refuse_running(change, &before, force)?;
        let mut after = before.clone();
        if after.deployment.is_none() {
            let name = escape(after.name.as_bytes());
            return Err(DeployError::refused(
                "NO_DEPLOYMENT_PLAN",
                format!("server profile `{name}` has no deployment plan"),
                "Set `osDeploymentSettings` in the profile.",
            ));
        }
        if new_identity {
            after.identity = identity::draw(&self.rules, &self.sealer)?;
        }
        fill::fill(change, id, &mut after, before.deployment.as_ref())?;
        self.keep_old(change, &before, &mut after);
        let making = self.begin_volume(change, id, &mut after)?;
        let replacement = Replacement {
            profile: id.clone(),
            before: Some(before),
            after: Some(after),
            making,
            force,
        };
        begin(
            change,
            "Redeploy",
            Decision::Redeploy(Vec::new()),
            replacement,
        )
    }

    /// Begins to give a server the newest volume that it had before, with the settings and the identity
    /// of that time. The one that it has now is kept in its place.
    ///
    /// # Errors
    /// `Refused` when none is kept; `Conflict`, `Records`.
    pub fn roll_back(
        &self,
        change: &mut Change<'_>,
        id: &Id,
        force: bool,
    ) -> Result<Begun, DeployError> {
        let before = take(change, id, &Match::Any, ProfileState::Updating)?;
        refuse_running(change, &before, force)?;
        let mut after = before.clone();
        let Some(earlier) = after.earlier_volumes.pop() else {
            let name = escape(before.name.as_bytes());
            return Err(DeployError::refused(
                "NO_EARLIER_VOLUME",
                format!("no earlier volume of server profile `{name}` is kept"),
                "Deploy it anew; `retention.old-volumes` says for how long volumes are kept.",
            ));
        };
        self.keep_old(change, &before, &mut after);
        after.os_volume = Some(earlier.os_volume);
        after.deployment = Some(earlier.deployment);
        after.identity = earlier.identity;
        let replacement = Replacement {
            profile: id.clone(),
            before: Some(before),
            after: Some(after),
            making: None,
            force,
        };
        begin(change, "Roll back", Decision::Edit, replacement)
    }

    /// Begins to delete a profile with its volumes.
    ///
    /// # Errors
    /// `Conflict`, `Records`.
    pub fn delete(
        &self,
        change: &mut Change<'_>,
        id: &Id,
        expected: &Match,
        force: bool,
    ) -> Result<Begun, DeployError> {
        let before = take(change, id, expected, ProfileState::Deleting)?;
        refuse_running(change, &before, force)?;
        let replacement = Replacement {
            profile: id.clone(),
            before: Some(before),
            after: None,
            making: None,
            force,
        };
        begin(change, "Delete", Decision::RemoveDeployment, replacement)
    }
}

/// A task that says that nothing is to be done; the profile is not touched.
fn nothing(change: &mut Change<'_>, stored: Stored<ServerProfile>) -> Result<Begun, DeployError> {
    let input = Replacement {
        profile: stored.id.clone(),
        before: Some(stored.body.clone()),
        after: Some(stored.body),
        making: None,
        force: false,
    };
    let task = task::begin_nothing(
        change,
        NewTask::<ChangeProfile> {
            name: "Update",
            input: &input,
            resource: Some((Kind::ServerProfiles, stored.id)),
            resource_name: input.after.as_ref().map(|profile| profile.name.as_str()),
        },
    )?;
    Ok(Begun {
        decision: Decision::Nothing,
        task,
    })
}

fn begin(
    change: &mut Change<'_>,
    name: &str,
    decision: Decision,
    input: Replacement,
) -> Result<Begun, DeployError> {
    let profile = input.after.as_ref().or(input.before.as_ref());
    let resource_name = profile.map(|profile| profile.name.clone());
    let resource = Some((Kind::ServerProfiles, input.profile.clone()));
    let resource_name = resource_name.as_deref();
    let task = match input.making {
        Some(_) => task::begin(
            change,
            NewTask::<DeployProfile> {
                name,
                input: &input,
                resource,
                resource_name,
            },
        ),
        None => task::begin(
            change,
            NewTask::<ChangeProfile> {
                name,
                input: &input,
                resource,
                resource_name,
            },
        ),
    };
    Ok(Begun {
        decision,
        task: task?,
    })
}
