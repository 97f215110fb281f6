//! `Records::check`: whether what is stored agrees with itself.
//!
//! The store's own changes keep it so; this finds what a damaged disk, another program or an error
//! in the store did. It reads everything in one transaction and changes nothing.

use crate::columns::Columns;
use crate::database::{Row, Value};
use crate::error::{RecordsError, Result};
use crate::id::Id;
use crate::model::{OsVolume, Task};
use crate::records::Records;
use crate::resource::{Kind, Reference};
use crate::typed::Parsed;
use crate::view::View;
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// Something that does not agree.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Finding {
    /// The kind of the resource, as it is stored; `store` for the store as a whole.
    pub kind: String,
    /// Its id, as it is stored.
    pub id: String,
    /// What is wrong, without what stands in the document.
    pub problem: Problem,
}

/// What is wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum Problem {
    /// The database says that its file is damaged.
    #[error("the database is damaged: {0}")]
    Damaged(String),
    /// The kind or the id is none.
    #[error("no resource can be called so")]
    Unknown,
    /// The document is no document of its kind.
    #[error("the document cannot be read")]
    Unreadable,
    /// A column is not what it is in the document.
    #[error("the column `{0}` is not as in the document")]
    Column(&'static str),
    /// Versions, or references, of a resource that is not there.
    #[error("it has a row in `{0}`, and is not there itself")]
    Orphan(&'static str),
    /// The kept versions are not 1 to the newest.
    #[error("its versions have gaps: {kept} are kept, the newest is {newest}")]
    Versions {
        /// How many there are.
        kept: u64,
        /// The resource's own.
        newest: u64,
    },
    /// The newest kept version is not the document.
    #[error("its newest version is not the document")]
    NewestVersion,
    /// The document needs something, and the store has not noted it.
    #[error("it needs {0}, which is not recorded")]
    ReferenceMissing(String),
    /// The store has noted a need that the document has not.
    #[error("it does not need {0}, though it is recorded")]
    ReferenceExtra(String),
    /// What it needs is not there.
    #[error("it needs {0}, which is not there")]
    Dangling(String),
    /// A version that a volume was made with is not there.
    #[error("it was made with {0}, which is not there")]
    Pin(String),
    /// It is being made, and nobody makes it.
    #[error("it is being made, but no task does it")]
    Abandoned,
    /// It was written by a node that never had the lease.
    #[error("its generation {0} is newer than the lease")]
    Generation(u64),
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}`: {}", self.kind, self.id, self.problem)
    }
}

impl Records {
    /// Reads everything, and tells what does not agree; nothing is changed.
    ///
    /// # Errors
    /// `Database`.
    pub fn check(&self) -> Result<Vec<Finding>> {
        self.read(|view| {
            let mut check = Check::new(view)?;
            check.database(view)?;
            for kind in Kind::ALL {
                check.kind(view, kind)?;
            }
            check.orphans(view)?;
            check.pins(view)?;
            check.findings.sort();
            Ok(check.findings)
        })
    }
}

/// What is known while everything is read.
struct Check {
    findings: Vec<Finding>,
    /// All resources there are.
    present: BTreeSet<(String, String)>,
    /// What tasks that have not ended are about.
    in_work: BTreeSet<(Kind, Id)>,
    /// What these were asked for: a backup's task is about a deployment group.
    inputs: Vec<String>,
    /// The generation of the lease.
    generation: u64,
}

impl Check {
    fn new(view: &mut View<'_>) -> Result<Self> {
        let rows = view
            .connection
            .query("SELECT kind, id FROM resource", &[])?;
        let present = rows.iter().map(name_of).collect::<Result<_>>()?;
        let lease = view.connection.query("SELECT generation FROM lease", &[])?;
        let tasks = documents(view, Kind::Tasks)?;
        // One that cannot be read is found when its kind is looked at.
        let tasks = tasks
            .iter()
            .filter_map(|text| serde_json::from_str::<Task>(text).ok());
        let live = tasks.filter(|task| !task.task_state.is_final());
        let live: Vec<Task> = live.collect();
        Ok(Self {
            findings: Vec::new(),
            present,
            inputs: live.iter().map(|task| task.input.to_string()).collect(),
            in_work: live.into_iter().filter_map(|task| task.resource).collect(),
            generation: lease.first().map_or(Ok(0), |row| row.count(0))?,
        })
    }

    fn find(&mut self, kind: &str, id: &str, problem: Problem) {
        self.findings.push(Finding {
            kind: kind.to_owned(),
            id: id.to_owned(),
            problem,
        });
    }

    fn database(&mut self, view: &mut View<'_>) -> Result<()> {
        for row in view.connection.integrity()? {
            self.find("store", "database", Problem::Damaged(row));
        }
        for (kind, id) in self.present.clone() {
            if Kind::parse(&kind).is_none() || Id::parse(&id).is_none() {
                self.find(&kind, &id, Problem::Unknown);
            }
        }
        Ok(())
    }

    fn kind(&mut self, view: &mut View<'_>, kind: Kind) -> Result<()> {
        let mut references = recorded(view, kind)?;
        let mut versions = kept(view, kind)?;
        let rows = view.connection.query(
            "SELECT id, name, name_key, fields, body, version, generation FROM resource \
             WHERE kind = $1",
            &[kind.as_str().into()],
        )?;
        for row in &rows {
            let Some(id) = Id::parse(row.text(0)?) else {
                continue;
            };
            let (newest, generation) = (row.count(5)?, row.count(6)?);
            let name = id.as_str();
            if generation > self.generation {
                self.find(kind.as_str(), name, Problem::Generation(generation));
            }
            let recorded = references.remove(name).unwrap_or_default();
            let kept = versions.remove(name).unwrap_or_default();
            self.versions(kind, name, &kept, newest, row.text(4)?);
            match Parsed::read(kind, &id, row.text(4)?) {
                Err(_) => self.find(kind.as_str(), name, Problem::Unreadable),
                Ok(parsed) => {
                    self.columns(kind, name, &parsed.columns, row)?;
                    self.references(kind, name, parsed.references, recorded);
                    self.state(kind, &id, &parsed.columns);
                }
            }
        }
        Ok(())
    }

    fn columns(&mut self, kind: Kind, id: &str, columns: &Columns, row: &Row) -> Result<()> {
        let mut differ = Vec::new();
        // As it is stored, not as it is in the document.
        if Value::from(columns.name.as_str()) != row.text(1)?.into() {
            differ.push("name");
        }
        if Value::from(columns.name_key.clone()) != row.optional_text(2)?.into() {
            differ.push("name_key");
        }
        let fields = serde_json::from_str::<Json>(row.text(3)?).ok();
        if fields != serde_json::from_str(&columns.fields).ok() {
            differ.push("fields");
        }
        for column in differ {
            self.find(kind.as_str(), id, Problem::Column(column));
        }
        Ok(())
    }

    fn versions(&mut self, kind: Kind, id: &str, kept: &Kept, newest: u64, body: &str) {
        let expected = match kind.keeps_versions() {
            true => newest,
            false => 0,
        };
        if kept.count != expected || kept.last != expected {
            let problem = Problem::Versions {
                kept: kept.count,
                newest,
            };
            self.find(kind.as_str(), id, problem);
        } else if kept.count > 0 && kept.body != body {
            self.find(kind.as_str(), id, Problem::NewestVersion);
        }
    }

    fn references(
        &mut self,
        kind: Kind,
        id: &str,
        needed: Vec<Reference>,
        recorded: BTreeSet<Need>,
    ) {
        let needed: BTreeSet<Need> = needed.into_iter().map(Need::from).collect();
        for need in &needed {
            if !self.present.contains(&(need.kind.clone(), need.id.clone())) {
                self.find(kind.as_str(), id, Problem::Dangling(need.to_string()));
            }
        }
        for need in needed.difference(&recorded) {
            self.find(
                kind.as_str(),
                id,
                Problem::ReferenceMissing(need.to_string()),
            );
        }
        for need in recorded.difference(&needed) {
            self.find(kind.as_str(), id, Problem::ReferenceExtra(need.to_string()));
        }
    }

    fn state(&mut self, kind: Kind, id: &Id, columns: &Columns) {
        let body = serde_json::from_str::<Json>(&columns.body).unwrap_or_default();
        // An upload in pieces is its client's, for as long as it takes.
        let is_unfinished = body.get("state").and_then(Json::as_str) == Some("CREATING")
            && body.get("upload").is_none();
        // Each verb has its own form of input; an id is found in any.
        let is_asked_for = self.inputs.iter().any(|input| input.contains(id.as_str()));
        if is_unfinished && !is_asked_for && !self.in_work.contains(&(kind, id.clone())) {
            self.find(kind.as_str(), id.as_str(), Problem::Abandoned);
        }
    }

    fn orphans(&mut self, view: &mut View<'_>) -> Result<()> {
        for (table, sql) in [
            (
                "resource_version",
                "SELECT DISTINCT kind, id FROM resource_version",
            ),
            (
                "reference",
                "SELECT DISTINCT from_kind, from_id FROM reference",
            ),
        ] {
            for row in view.connection.query(sql, &[])? {
                let (kind, id) = name_of(&row)?;
                if !self.present.contains(&(kind.clone(), id.clone())) {
                    self.find(&kind, &id, Problem::Orphan(table));
                }
            }
        }
        Ok(())
    }

    /// A pin may outlive its artifact, but not its version while the artifact is there.
    fn pins(&mut self, view: &mut View<'_>) -> Result<()> {
        let rows = view.connection.query(
            "SELECT id, body FROM resource WHERE kind = $1",
            &[Kind::OsVolumes.as_str().into()],
        )?;
        for row in &rows {
            let Ok(volume) = serde_json::from_str::<OsVolume>(row.text(1)?) else {
                continue;
            };
            for pin in volume.pins {
                let versions = view.versions(pin.kind, &pin.id)?;
                let is_there = versions.is_empty()
                    || versions.iter().any(|(number, ..)| *number == pin.version);
                if !is_there {
                    let what = format!(
                        "{} `{}`, version {}",
                        pin.kind.singular(),
                        pin.id,
                        pin.version
                    );
                    self.find(Kind::OsVolumes.as_str(), row.text(0)?, Problem::Pin(what));
                }
            }
        }
        Ok(())
    }
}

/// A need as it is recorded.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Need {
    role: String,
    kind: String,
    id: String,
}

impl From<Reference> for Need {
    fn from(reference: Reference) -> Self {
        Self {
            role: reference.role.to_owned(),
            kind: reference.kind.as_str().to_owned(),
            id: reference.id.to_string(),
        }
    }
}

impl fmt::Display for Need {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` as `{}`", self.kind, self.id, self.role)
    }
}

/// The kept versions of a resource.
#[derive(Default)]
struct Kept {
    count: u64,
    last: u64,
    body: String,
}

fn kept(view: &mut View<'_>, kind: Kind) -> Result<BTreeMap<String, Kept>> {
    // Of the bodies, the last is enough: that of the version that the resource has.
    let rows = view.connection.query(
        "SELECT v.id, v.version, CASE WHEN v.version = r.version THEN v.body ELSE '' END \
         FROM resource_version v LEFT JOIN resource r ON r.kind = v.kind AND r.id = v.id \
         WHERE v.kind = $1 ORDER BY v.id, v.version",
        &[kind.as_str().into()],
    )?;
    let mut versions = BTreeMap::<String, Kept>::new();
    for row in &rows {
        let kept = versions.entry(row.text(0)?.to_owned()).or_default();
        kept.count += 1;
        kept.last = row.count(1)?;
        kept.body = row.text(2)?.to_owned();
    }
    Ok(versions)
}

fn recorded(view: &mut View<'_>, kind: Kind) -> Result<BTreeMap<String, BTreeSet<Need>>> {
    let rows = view.connection.query(
        "SELECT from_id, role, to_kind, to_id FROM reference WHERE from_kind = $1",
        &[kind.as_str().into()],
    )?;
    let mut references = BTreeMap::<String, BTreeSet<Need>>::new();
    for row in &rows {
        let need = Need {
            role: row.text(1)?.to_owned(),
            kind: row.text(2)?.to_owned(),
            id: row.text(3)?.to_owned(),
        };
        references
            .entry(row.text(0)?.to_owned())
            .or_default()
            .insert(need);
    }
    Ok(references)
}

fn documents(view: &mut View<'_>, kind: Kind) -> Result<Vec<String>> {
    let rows = view.connection.query(
        "SELECT body FROM resource WHERE kind = $1",
        &[kind.as_str().into()],
    )?;
    rows.iter()
        .map(|row| row.text(0).map(str::to_owned))
        .collect()
}

fn name_of(row: &Row) -> Result<(String, String), RecordsError> {
    Ok((row.text(0)?.to_owned(), row.text(1)?.to_owned()))
}
