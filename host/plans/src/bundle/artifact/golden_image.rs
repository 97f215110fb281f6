//! `GoldenImage`: what a bundle says of a golden image; the image itself is an entry of its own.

use super::{Artifact, ArtifactKind, More, RESOURCE_NULLS, ReadArtifact, finish};
use super::{take_id, take_name, take_type};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use serde_json::{Map, Value as Json};

/// A golden image of a bundle, without its disk.
#[derive(Debug, Clone, PartialEq)]
pub struct GoldenImage {
    /// The id.
    pub id: String,
    /// What people call it; the entry with the image has this name.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Whether services refuse to change it.
    pub read_only: bool,
    /// The size in bytes as the bundle states it; 0 in real ones.
    pub size: Option<u64>,
    /// The checksum as the bundle states it; none in real ones.
    pub checksum: Option<String>,
    /// Every other field.
    pub more: More,
}

impl Artifact for GoldenImage {
    const KIND: ArtifactKind = ArtifactKind::GoldenImage;

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn to_json(&self) -> Map<String, Json> {
        let map = Map::from_iter([
            ("type".to_owned(), "GoldenImage".into()),
            ("id".to_owned(), self.id.clone().into()),
            ("name".to_owned(), self.name.clone().into()),
            ("description".to_owned(), self.description.clone().into()),
            ("readOnly".to_owned(), self.read_only.into()),
            ("size".to_owned(), self.size.into()),
            ("checkSum".to_owned(), self.checksum.clone().into()),
        ]);
        let map = finish(map, &["state"], &More::new());
        finish(map, RESOURCE_NULLS, &self.more)
    }
}

impl ReadArtifact for GoldenImage {
    fn read(mut fields: Fields<'_>, entry_id: &str) -> Result<Self> {
        take_type(&mut fields, "GoldenImage")?;
        Ok(Self {
            id: take_id(&mut fields, "id", entry_id)?,
            name: take_name(&mut fields)?,
            description: fields.text("description")?,
            read_only: fields.flag("readOnly")?.unwrap_or(false),
            size: fields.size("size")?,
            checksum: fields.text("checkSum")?,
            more: fields.rest(),
        })
    }
}
