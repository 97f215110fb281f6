//! `Retention`: what the store may forget. The audit log, artifacts and their versions are never
//! forgotten by themselves.

use crate::change::Change;
use crate::error::Result;
use crate::model::{Task, TaskState};
use crate::query::{Filter, Operator, Query};
use crate::records::{Author, Records};
use crate::resource::Match;
use crate::time::Time;
use std::time::Duration;

/// How many tasks are deleted in one change, so that others can write in between.
const BATCH: u64 = 200;

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Retention {
    /// How many of the newest events; at least one is kept, which holds their count.
    pub events: u64,
    /// For how long a task that has ended.
    pub tasks: Duration,
}

/// What was forgotten.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tidied {
    /// How many events.
    pub events: u64,
    /// How many tasks.
    pub tasks: u64,
}

impl Records {
    /// Forgets old events, and tasks that ended long ago, in several changes.
    ///
    /// # Errors
    /// Those of [`change`](Self::change).
    pub fn tidy(&self, retention: Retention) -> Result<Tidied> {
        let mut tidied = Tidied::default();
        loop {
            let tasks = self.change(&Author::service(), |change| {
                change.delete_tasks(retention.tasks)
            })?;
            tidied.tasks += tasks;
            if tasks < BATCH {
                break;
            }
        }
        tidied.events = self.change(&Author::service(), |change| {
            change.delete_events(retention.events.max(1))
        })?;
        Ok(tidied)
    }
}

impl Change<'_> {
    fn delete_tasks(&mut self, kept: Duration) -> Result<u64> {
        let millis = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
        // Nothing is older than 1970, and times before the year -9999 cannot be written.
        let oldest = Time::from_millis(self.at().as_millis().saturating_sub(millis).max(0));
        // The wire's names are the variants'.
        let ended = TaskState::FINAL.map(|state| Filter::equal("taskState", format!("{state:?}")));
        let query = Query {
            filters: vec![
                Filter::Any(ended.to_vec()),
                Filter::Compare {
                    field: "modified".to_owned(),
                    operator: Operator::Less,
                    value: oldest.to_string(),
                },
            ],
            count: Some(BATCH),
            ..Query::default()
        };
        let tasks = self.list::<Task>(&query)?.members;
        for task in &tasks {
            self.delete::<Task>(&task.id, &Match::Version(task.version))?;
        }
        Ok(tasks.len() as u64)
    }

    fn delete_events(&mut self, kept: u64) -> Result<u64> {
        let newest = self.view.connection.query(
            "SELECT sequence FROM event ORDER BY sequence DESC LIMIT 1 OFFSET $1",
            &[kept.into()],
        )?;
        match newest.first() {
            None => Ok(0),
            Some(row) => {
                let last = row.count(0)?;
                self.execute("DELETE FROM event WHERE sequence <= $1", &[last.into()])
            }
        }
    }
}
