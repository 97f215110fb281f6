//! `Document`: a resource with its versions, taken out of the store and put back: for backups.
//!
//! Secrets in documents stay sealed; who restores them needs the key that sealed them.

use crate::change::Change;
use crate::error::{RecordsError, Result};
use crate::event::EventAction;
use crate::id::Id;
use crate::resource::Kind;
use crate::time::Time;
use crate::typed::Parsed;
use crate::view::View;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use std::collections::BTreeSet;

/// How many documents are read at once.
const BATCH: u64 = 100;

/// A resource as a backup has it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Document {
    /// Its kind.
    pub kind: Kind,
    /// Its id.
    pub id: Id,
    /// When it was made.
    pub created: Time,
    /// Its versions, oldest first; the last is the document. Only the last of a kind that keeps none.
    pub versions: Vec<DocumentVersion>,
}

/// A version of a document.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DocumentVersion {
    /// Counts from 1.
    pub version: u64,
    /// When it was made.
    pub modified: Time,
    /// By whom.
    pub changed_by: String,
    /// The document.
    pub body: Json,
}

/// What [`Change::replace_all`] did, in numbers of resources.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Replaced {
    /// Made, with all their versions.
    pub created: u64,
    /// There with another content: have a new version now.
    pub updated: u64,
    /// There, and the same.
    pub unchanged: u64,
    /// Not in the documents.
    pub deleted: u64,
}

impl View<'_> {
    /// Hands every resource of a kind to `each`, by id. A few are in memory at a time.
    ///
    /// # Errors
    /// Those of `each`; `Corrupt`, `Database`.
    pub fn export<E: From<RecordsError>>(
        &mut self,
        kind: Kind,
        mut each: impl FnMut(Document) -> Result<(), E>,
    ) -> Result<(), E> {
        let mut last = String::new();
        loop {
            let documents = self.export_after(kind, &last)?;
            let Some(newest) = documents.last() else {
                return Ok(());
            };
            last = newest.id.to_string();
            documents.into_iter().try_for_each(&mut each)?;
        }
    }

    fn export_after(&mut self, kind: Kind, last: &str) -> Result<Vec<Document>> {
        let source = match kind.keeps_versions() {
            true => "resource_version",
            false => "resource",
        };
        let rows = self.connection.query(
            &format!(
                "SELECT r.id, r.created, v.version, v.modified, v.changed_by, v.body \
                 FROM resource r JOIN {source} v ON v.kind = r.kind AND v.id = r.id \
                 WHERE r.kind = $1 AND r.id IN (SELECT id FROM resource \
                 WHERE kind = $1 AND id > $2 ORDER BY id LIMIT $3) ORDER BY r.id, v.version"
            ),
            &[kind.as_str().into(), last.into(), BATCH.into()],
        )?;
        let mut documents = Vec::<Document>::new();
        for row in &rows {
            let id = row.id(0)?;
            if documents.last().is_none_or(|document| document.id != id) {
                documents.push(Document {
                    kind,
                    id: id.clone(),
                    created: row.time(1)?,
                    versions: Vec::new(),
                });
            }
            let body = serde_json::from_str(row.text(5)?);
            let version = DocumentVersion {
                version: row.count(2)?,
                modified: row.time(3)?,
                changed_by: row.text(4)?.to_owned(),
                body: body.map_err(|_| corrupt(kind, &id, "it is not JSON"))?,
            };
            if let Some(document) = documents.last_mut() {
                document.versions.push(version);
            }
        }
        Ok(documents)
    }
}

impl Change<'_> {
    /// Makes the resources of `kinds` those that are given, with their ids and, where they are not
    /// there, all their versions. One that is there keeps its versions, because volumes may be pinned to
    /// them, and gets the given content as a new one. What is not given is deleted.
    ///
    /// # Errors
    /// `InUse` when something of another kind needs what would be deleted; `NameTaken`,
    /// `DanglingReference`, `Corrupt`, `Database`.
    pub fn replace_all<E: From<RecordsError>>(
        &mut self,
        kinds: &[Kind],
        documents: impl IntoIterator<Item = Result<Document, E>>,
    ) -> Result<Replaced, E> {
        let mut old = BTreeSet::new();
        for kind in kinds {
            old.extend(self.clear_ties(*kind)?);
        }
        let mut replaced = Replaced::default();
        let mut names = BTreeSet::new();
        let mut needs = Vec::new();
        for document in documents {
            let document = document?;
            if !kinds.contains(&document.kind) {
                let why = "its kind is not one of those to be replaced";
                return Err(corrupt(document.kind, &document.id, why).into());
            }
            let parsed = parse(&document)?;
            if let Some(key) = &parsed.columns.name_key
                && !names.insert((document.kind, key.clone()))
            {
                let (kind, name) = (document.kind, parsed.columns.name);
                return Err(RecordsError::NameTaken { kind, name }.into());
            }
            let key = (document.kind, document.id.clone());
            match old.remove(&key) {
                true => self.overwrite(&document, &parsed, &mut replaced)?,
                false => {
                    self.put_back(&document, &parsed)?;
                    replaced.created += 1;
                }
            }
            needs.push((key, parsed.references));
        }
        for (kind, id) in old {
            self.delete_rest(kind, &id)?;
            replaced.deleted += 1;
        }
        for ((kind, id), references) in needs {
            self.write_references(kind, &id, references)?;
        }
        Ok(replaced)
    }

    /// Takes names and references away, so that the new ones can be written in any order.
    fn clear_ties(&mut self, kind: Kind) -> Result<Vec<(Kind, Id)>> {
        let kind_argument = || [kind.as_str().into()];
        self.execute(
            "DELETE FROM reference WHERE from_kind = $1",
            &kind_argument(),
        )?;
        self.execute(
            "UPDATE resource SET name_key = NULL WHERE kind = $1",
            &kind_argument(),
        )?;
        let rows = self
            .view
            .connection
            .query("SELECT id FROM resource WHERE kind = $1", &kind_argument())?;
        rows.iter().map(|row| Ok((kind, row.id(0)?))).collect()
    }

    fn overwrite(
        &mut self,
        document: &Document,
        parsed: &Parsed,
        replaced: &mut Replaced,
    ) -> Result<()> {
        let Document { kind, id, .. } = document;
        let rows = self.view.connection.query(
            "SELECT version, body FROM resource WHERE kind = $1 AND id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        let row = rows.first().ok_or_else(|| RecordsError::NotFound {
            kind: *kind,
            id: id.to_string(),
        })?;
        let version = row.count(0)?;
        if row.text(1)? == parsed.columns.body {
            let generation = self.generation;
            self.execute(
                "UPDATE resource SET name_key = $3, generation = $4 WHERE kind = $1 AND id = $2",
                &[
                    kind.as_str().into(),
                    id.into(),
                    parsed.columns.name_key.clone().into(),
                    generation.into(),
                ],
            )?;
            replaced.unchanged += 1;
            return Ok(());
        }
        replaced.updated += 1;
        self.write_version(*kind, id, version + 1, &parsed.columns)
    }

    fn put_back(&mut self, document: &Document, parsed: &Parsed) -> Result<()> {
        let Document { kind, id, .. } = document;
        let Some(newest) = document.versions.last() else {
            return Err(corrupt(*kind, id, "it has no version"));
        };
        let generation = self.generation;
        self.execute(
            "INSERT INTO resource (kind, id, name, name_key, version, created, modified, \
             changed_by, fields, body, generation) \
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
            &[
                kind.as_str().into(),
                id.into(),
                parsed.columns.name.as_str().into(),
                parsed.columns.name_key.clone().into(),
                newest.version.into(),
                document.created.into(),
                newest.modified.into(),
                newest.changed_by.as_str().into(),
                parsed.columns.fields.as_str().into(),
                parsed.columns.body.as_str().into(),
                generation.into(),
            ],
        )?;
        for version in &document.versions {
            let is_newest = version.version == newest.version;
            let body = match is_newest {
                true => parsed.columns.body.clone(),
                false => version.body.to_string(),
            };
            let made = (version.modified, version.changed_by.as_str());
            self.keep_version(*kind, id, version.version, made, &body)?;
        }
        self.record(*kind, id, EventAction::Created, newest.version)
    }

    fn delete_rest(&mut self, kind: Kind, id: &Id) -> Result<()> {
        let rows = self.view.connection.query(
            "SELECT name, version FROM resource WHERE kind = $1 AND id = $2",
            &[kind.as_str().into(), id.into()],
        )?;
        for row in &rows {
            self.delete_row(kind, id, row.text(0)?, row.count(1)?)?;
        }
        Ok(())
    }
}

/// Reads a document, all its versions, and proves their numbers.
fn parse(document: &Document) -> Result<Parsed> {
    let Document {
        kind, id, versions, ..
    } = document;
    let numbers = versions.iter().map(|version| version.version);
    let is_whole = match kind.keeps_versions() {
        true => numbers.eq(1..=versions.len() as u64),
        false => versions.len() == 1 && numbers.min() > Some(0),
    };
    if !is_whole {
        return Err(corrupt(*kind, id, "its versions have gaps"));
    }
    let mut newest = None;
    for version in versions {
        newest = Some(Parsed::read(*kind, id, &version.body.to_string())?);
    }
    newest.ok_or_else(|| corrupt(*kind, id, "it has no version"))
}

fn corrupt(kind: Kind, id: &Id, why: &str) -> RecordsError {
    RecordsError::Corrupt {
        kind,
        id: id.to_string(),
        why: why.to_owned(),
    }
}
