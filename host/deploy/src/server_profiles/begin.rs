//! How a change of a profile begins: everything is checked and taken in one transaction, which leaves the
//! task that does the rest.

use super::decide::{Decision, decide};
use super::{ChangeProfile, DeployProfile, Profiles, Replacement, facts, fill, given, identity};
use crate::os_volumes::{DeployError, DeployRequest, Deployment, Making, Seed, Setting};
use crate::task::{self, NewTask};
use mintage_records::model::{
    EarlierVolume, OsDeployment, OsVolume, PowerState, ProfileState, ServerHardware,
    ServerIdentity, ServerProfile, Task, TaskState,
};
use mintage_records::{Change, Filter, Id, Kind, Match, Query, RecordsError, Stored, View};
use mintage_volume::escape::escape;
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
        let before = take(change, id, expected, ProfileState::Updating)?;
        let mut after = self.profile(change, wanted, Some(&before), before.identity.clone())?;
        let decision = decide(&before, &after);
        if decision.takes_disk() {
            refuse_running(change, &before, force)?;
        }
        if decision != Decision::Nothing {
            fill::fill(change, id, &mut after, before.deployment.as_ref())?;
        }
        let making = match &decision {
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
        refuse_taken_name(change, id, &after.name)?;
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

    /// The profile that is wanted, with what it keeps of `old`.
    fn profile(
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
                refuse_twice(settings)?;
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

    /// Keeps the volume that a server had, for as long as the operator wishes.
    fn keep_old(&self, change: &Change<'_>, before: &ServerProfile, after: &mut ServerProfile) {
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
    }

    /// Takes the name of the volume that `profile` wants, and checks all that it is made of.
    fn begin_volume(
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

/// Takes a profile for a task; the answer is how it is now. A task that has ended holds none, whatever the
/// profile's state says.
fn take(
    change: &mut Change<'_>,
    id: &Id,
    expected: &Match,
    state: ProfileState,
) -> Result<ServerProfile, DeployError> {
    let stored = change.get::<ServerProfile>(id)?;
    if let Some(task) = live_task(change, id)? {
        let name = escape(stored.body.name.as_bytes());
        return Err(DeployError::conflict(
            "PROFILE_BUSY",
            format!("a task works at server profile `{name}`"),
            &format!("Wait for {}, or cancel it.", Kind::Tasks.uri(&task)),
        ));
    }
    let before = ServerProfile {
        state: ProfileState::Normal,
        ..stored.body
    };
    let busy = ServerProfile {
        state,
        ..before.clone()
    };
    change.update(id, expected, busy)?;
    Ok(before)
}

/// The task that works at a profile: until it is recorded as ended, it may do any of its steps again.
fn live_task(view: &mut View<'_>, profile: &Id) -> Result<Option<Id>, RecordsError> {
    // The wire's names are the variants'.
    let ended = TaskState::FINAL.map(|state| Filter::equal("taskState", format!("{state:?}")));
    let live = Query {
        filters: vec![Filter::Not(Box::new(Filter::Any(ended.to_vec())))],
        ..Query::default()
    };
    let about = Some((Kind::ServerProfiles, profile.clone()));
    let tasks = view.list::<Task>(&live)?.members;
    let found = tasks.into_iter().find(|task| task.body.resource == about);
    Ok(found.map(|task| task.id))
}

/// The name under which the server of a profile logs in: that of its hardware where that is fixed.
fn initiator(view: &mut View<'_>, profile: &ServerProfile) -> Result<String, RecordsError> {
    let fixed = match &profile.server_hardware {
        Some(hardware) => view.get::<ServerHardware>(hardware)?.body.initiator,
        None => None,
    };
    Ok(fixed.unwrap_or_else(|| profile.identity.initiator.clone()))
}

/// A server that runs loses its disk only by force. What is known of its power may be old; whether it uses
/// its volume is asked besides, when it is taken away.
fn refuse_running(
    change: &mut Change<'_>,
    profile: &ServerProfile,
    force: bool,
) -> Result<(), DeployError> {
    let hardware = match (&profile.server_hardware, &profile.os_volume) {
        (Some(hardware), Some(_)) if !force => change.get::<ServerHardware>(hardware)?.body,
        _ => return Ok(()),
    };
    if hardware.power_state != PowerState::On {
        return Ok(());
    }
    let name = escape(hardware.name.as_bytes());
    Err(DeployError::conflict(
        "SERVER_RUNNING",
        format!("server hardware `{name}` is powered on"),
        "Shut the server down, or ask with `force=true`: its disk is cut off then.",
    ))
}

/// A value that is given twice would be one of them by chance.
fn refuse_twice(settings: &[Setting]) -> Result<(), DeployError> {
    let mut names = std::collections::BTreeSet::new();
    match settings.iter().find(|setting| !names.insert(&setting.name)) {
        None => Ok(()),
        Some(twice) => {
            let name = escape(twice.name.as_bytes());
            let message = format!("attribute `{name}` is given twice");
            Err(DeployError::refused(
                "ATTRIBUTE_TWICE",
                message,
                "Give each attribute once.",
            ))
        }
    }
}

/// The new name is written at the end of the task: it is looked for before anything is made.
fn refuse_taken_name(change: &mut Change<'_>, id: &Id, name: &str) -> Result<(), RecordsError> {
    match change.find_by_name::<ServerProfile>(name)? {
        Some(other) if other.id != *id => Err(RecordsError::NameTaken {
            kind: Kind::ServerProfiles,
            name: name.to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Hardware is one server.
fn refuse_taken_hardware(
    change: &mut Change<'_>,
    id: &Id,
    profile: &ServerProfile,
) -> Result<(), DeployError> {
    let Some(hardware) = &profile.server_hardware else {
        return Ok(());
    };
    let stored = change.get::<ServerHardware>(hardware)?;
    let users = change.used_by(Kind::ServerHardware, hardware)?;
    let mut others = users
        .iter()
        .filter(|user| user.kind == Kind::ServerProfiles && user.id != *id);
    match others.next() {
        None => Ok(()),
        Some(other) => Err(DeployError::conflict(
            "HARDWARE_IN_USE",
            format!(
                "server hardware `{}` is assigned to server profile `{}`",
                escape(stored.body.name.as_bytes()),
                escape(other.name.as_bytes())
            ),
            "Unassign that profile first, or choose other hardware.",
        )),
    }
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
