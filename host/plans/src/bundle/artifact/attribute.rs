//! `CustomAttribute`: an attribute as the wire format has it.

use super::{More, add_more};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use serde_json::{Map, Value as Json};

/// A custom attribute of a build plan or a deployment plan.
#[derive(Debug, Clone, PartialEq)]
pub struct CustomAttribute {
    /// The id; only deployment plans have it.
    pub id: Option<String>,
    /// The name.
    pub name: String,
    /// The type as it was written, `string`.
    pub kind: Option<String>,
    /// The value or default.
    pub value: Option<String>,
    /// What it is for.
    pub description: Option<String>,
    /// A JSON object as a text: `{"minimum":"1"}`.
    pub constraints: Option<String>,
    /// Whether a server profile may change it; only in deployment plans.
    pub editable: Option<bool>,
    /// Whether a server profile shows it; only in deployment plans.
    pub visible: Option<bool>,
    /// Every other field.
    pub more: More,
}

impl CustomAttribute {
    pub(crate) fn read(mut fields: Fields<'_>) -> Result<Self> {
        Ok(Self {
            id: fields.text("id")?,
            name: fields.required_text("name")?,
            kind: fields.text("type")?,
            value: fields.text("value")?,
            description: fields.text("description")?,
            constraints: fields.text("constraints")?,
            editable: fields.flag("editable")?,
            visible: fields.flag("visible")?,
            more: fields.rest(),
        })
    }

    /// Reads the list `customAttributes`.
    pub(super) fn read_list(fields: &mut Fields<'_>) -> Result<Vec<Self>> {
        let attributes = fields.objects("customAttributes")?;
        attributes.into_iter().map(Self::read).collect()
    }

    /// The wire form of a list of them.
    pub(super) fn list_to_json(attributes: &[Self]) -> Json {
        attributes.iter().map(Self::to_json).collect()
    }

    fn to_json(&self) -> Json {
        let mut map = Map::new();
        let texts = [
            ("constraints", &self.constraints),
            ("description", &self.description),
            ("value", &self.value),
            ("type", &self.kind),
        ];
        map.insert("name".to_owned(), self.name.clone().into());
        for (name, text) in texts {
            map.insert(name.to_owned(), text.clone().into());
        }
        if let Some(id) = &self.id {
            map.insert("id".to_owned(), id.clone().into());
        }
        for (name, flag) in [("editable", self.editable), ("visible", self.visible)] {
            map.extend(flag.map(|flag| (name.to_owned(), flag.into())));
        }
        add_more(&mut map, &self.more);
        Json::Object(map)
    }

    /// Whether its value must never be shown.
    pub fn is_secret(&self) -> bool {
        let kind = self.kind.as_deref();
        kind.is_some_and(|kind| kind.eq_ignore_ascii_case("password"))
    }
}
