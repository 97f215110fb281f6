//! Artifacts of an archive as stored ones.

use super::outward::SEALED;
use crate::task::TaskFailure;
use mintage_plans::bundle::artifact;
use mintage_records::model::{
    AttributeValue, CustomAttribute, Language, PlanScript, PlanType, SettableAttribute, TaskError,
};
use mintage_records::{Id, Sealed, Sealer};
use mintage_volume::escape::escape;
use std::collections::BTreeMap;

/// What is wrong with an artifact.
pub(super) fn wrong(kind: &str, name: &str, why: &str) -> TaskError {
    TaskError {
        error_code: "BUNDLE_ARTIFACT".to_owned(),
        message: format!("{kind} `{}`: {why}", escape(name.as_bytes())),
        details: String::new(),
        recommended_actions: vec!["Correct it where the bundle was made.".to_owned()],
    }
}

/// A plan script.
pub(super) fn script(own: &artifact::PlanScript) -> Result<PlanScript, TaskError> {
    let kind = own.kind.as_deref().unwrap_or("general");
    let plan_type = match kind.to_ascii_lowercase().as_str() {
        "deploy" => PlanType::Deploy,
        "capture" => PlanType::Capture,
        "general" => PlanType::General,
        _ => {
            let why = "its type must be `deploy`, `capture` or `general`";
            return Err(wrong("plan script", &own.name, why));
        }
    };
    Ok(PlanScript {
        name: own.name.clone(),
        description: own.description.clone(),
        plan_type,
        language: match own.language {
            artifact::Language::Rhai => Language::Rhai,
            artifact::Language::Guestfish => Language::Guestfish,
        },
        content: own.content.clone(),
        templates: own.templates.clone(),
        hp_provided: own.read_only,
    })
}

/// The type of a build plan, `deploy` or `capture` in any case.
pub(super) fn plan_type(own: &artifact::BuildPlan) -> Result<String, TaskError> {
    let kind = own.kind.clone().unwrap_or_else(|| "deploy".to_owned());
    match kind.to_ascii_lowercase().as_str() {
        "deploy" | "capture" => Ok(kind),
        _ => {
            let why = "its type must be `deploy` or `capture`";
            Err(wrong("build plan", &own.name, why))
        }
    }
}

/// What is mounted where, and the deadline: fields of this product's own.
pub(super) fn settings(
    own: &artifact::BuildPlan,
) -> Result<(BTreeMap<String, String>, Option<u64>), TaskError> {
    let is_wrong = |field: &str| {
        wrong(
            "build plan",
            &own.name,
            &format!("its `{field}` cannot be read"),
        )
    };
    let mounts = match own.more.get("mounts") {
        None => BTreeMap::new(),
        Some(mounts) => serde_json::from_value(mounts.clone()).map_err(|_| is_wrong("mounts"))?,
    };
    let deadline = match own.more.get("deadlineSeconds") {
        None => None,
        Some(seconds) => Some(
            seconds
                .as_u64()
                .ok_or_else(|| is_wrong("deadlineSeconds"))?,
        ),
    };
    Ok((mounts, deadline))
}

/// How passwords that come with attributes are stored.
pub(super) struct Secrets<'a> {
    /// Seals them.
    pub(super) sealer: &'a Sealer,
    /// The attributes that are there already, whose passwords stay where an archive has none.
    pub(super) old: Vec<&'a CustomAttribute>,
    /// Whether sealed passwords in the archive are sealed with this service's key.
    pub(super) same_key: bool,
}

impl Secrets<'_> {
    /// The attributes of a build plan.
    pub(super) fn attributes(
        &self,
        own: &[artifact::CustomAttribute],
    ) -> Result<Vec<CustomAttribute>, TaskFailure> {
        own.iter()
            .map(|attribute| self.attribute(attribute))
            .collect()
    }

    /// The attributes of a deployment plan.
    pub(super) fn settable(
        &self,
        own: &[artifact::CustomAttribute],
    ) -> Result<Vec<SettableAttribute>, TaskFailure> {
        let attributes = own.iter().map(|attribute| {
            Ok(SettableAttribute {
                // One that is made up must be the same each time, or no two imports are equal.
                id: attribute
                    .id
                    .clone()
                    .unwrap_or_else(|| attribute.name.clone()),
                editable: attribute.editable.unwrap_or(true),
                visible: attribute.visible.unwrap_or(true),
                attribute: self.attribute(attribute)?,
            })
        });
        attributes.collect()
    }

    fn attribute(&self, own: &artifact::CustomAttribute) -> Result<CustomAttribute, TaskFailure> {
        let value = match own.is_secret() {
            true => self.password(own)?,
            false => own.value.clone().map(AttributeValue::Plain),
        };
        Ok(CustomAttribute {
            name: own.name.clone(),
            kind: own.kind.clone().unwrap_or_else(|| "string".to_owned()),
            value,
            description: own.description.clone(),
            constraints: own.constraints.clone(),
        })
    }

    /// The password of the archive; the old one where that is the same, or the archive has none.
    fn password(
        &self,
        own: &artifact::CustomAttribute,
    ) -> Result<Option<AttributeValue>, TaskFailure> {
        let mut old = self
            .old
            .iter()
            .filter(|old| old.is_password() && old.name == own.name);
        let old = old.next().and_then(|old| old.value.clone());
        if let Some(sealed) = own.more.get(SEALED) {
            let sealed = serde_json::from_value::<Sealed>(sealed.clone()).ok();
            let sealed = sealed.filter(|_| self.same_key);
            return Ok(sealed.map(AttributeValue::Sealed));
        }
        let Some(given) = own.value.as_deref().filter(|value| !value.is_empty()) else {
            return Ok(old);
        };
        if let Some(AttributeValue::Sealed(sealed)) = &old {
            let is_same = self.sealer.open(sealed).is_ok_and(|known| *known == given);
            if is_same {
                return Ok(old);
            }
        }
        Ok(Some(AttributeValue::Sealed(self.sealer.seal(given)?)))
    }
}

/// The id of an artifact of an archive, where one can be.
pub(super) fn id(text: &str) -> Option<Id> {
    Id::parse(text)
}
