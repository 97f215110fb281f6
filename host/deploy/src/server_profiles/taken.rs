//! A profile that a task works at is taken: no other task begins.

use crate::os_volumes::DeployError;
use mintage_records::model::{ProfileState, ServerProfile, Task, TaskState};
use mintage_records::{Change, Filter, Id, Kind, Match, Query, RecordsError, Stored, View};
use mintage_volume::escape::escape;

/// Takes a profile for a task; the answer is how it is now. A task that has ended holds none, whatever the
/// profile's state says.
pub(super) fn take(
    change: &mut Change<'_>,
    id: &Id,
    expected: &Match,
    state: ProfileState,
) -> Result<ServerProfile, DeployError> {
    let stored = free(change, id, expected)?;
    hold(change, &stored, state)
}

/// A profile that no task works at.
pub(super) fn free(
    view: &mut View<'_>,
    id: &Id,
    expected: &Match,
) -> Result<Stored<ServerProfile>, DeployError> {
    let stored = view.get::<ServerProfile>(id)?;
    expected.check(&stored)?;
    if let Some(task) = live_task(view, id)? {
        let name = escape(stored.body.name.as_bytes());
        return Err(DeployError::conflict(
            "PROFILE_BUSY",
            format!("a task works at server profile `{name}`"),
            &format!("Wait for {}, or cancel it.", Kind::Tasks.uri(&task)),
        ));
    }
    Ok(stored)
}

/// Takes a free profile for a task; the answer is how it is now.
pub(super) fn hold(
    change: &mut Change<'_>,
    stored: &Stored<ServerProfile>,
    state: ProfileState,
) -> Result<ServerProfile, DeployError> {
    let before = ServerProfile {
        state: ProfileState::Normal,
        ..stored.body.clone()
    };
    let busy = ServerProfile {
        state,
        ..before.clone()
    };
    change.update(&stored.id, &Match::Any, busy)?;
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
