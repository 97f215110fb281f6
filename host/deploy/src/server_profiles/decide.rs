//! What is to be done when a server profile is changed: nothing here acts.
//!
//! A deployment costs a server its disk, so only what was really changed may cause one: another deployment
//! plan, or another value of an attribute. Not the order of values, not what the service itself filled in
//! or masked, not what only says what holds anyway; and a server that is renamed, assigned to other
//! hardware or to none keeps its volume.

use super::nic::{self, Nic, OF_ADDRESS, Source};
use mintage_records::Id;
use mintage_records::model::{AttributeValue, OsDeployment, ServerProfile};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// What is to be done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// It is the same profile.
    Nothing,
    /// Only members that no deployment depends on differ.
    Edit,
    /// It gets another name; other members may differ too.
    Rename,
    /// It goes to other hardware; other members may differ too.
    Move(Assignment),
    /// The server gets its first volume.
    Deploy,
    /// The server gets another volume, for these reasons; at least one.
    Redeploy(Vec<Reason>),
    /// The server loses its volumes.
    RemoveDeployment,
}

impl Decision {
    /// Whether the server must not run while it is done.
    pub fn takes_disk(&self) -> bool {
        matches!(
            self,
            Self::Redeploy(_) | Self::Move(_) | Self::RemoveDeployment
        )
    }
}

/// How the hardware changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Assignment {
    /// It had none.
    Assign(Id),
    /// It had another.
    Move(Id),
    /// It has none any more.
    Unassign,
}

/// Why a server is deployed anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// Another deployment plan.
    DeploymentPlan,
    /// Another value of this attribute or field, or none any more, or one for the first time.
    Attribute(String),
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DeploymentPlan => f.write_str("another deployment plan"),
            Self::Attribute(name) => {
                write!(
                    f,
                    "attribute `{}`",
                    mintage_volume::escape::escape(name.as_bytes())
                )
            }
        }
    }
}

/// What is to be done so that `old` becomes `wanted`. Secrets of `wanted` that are the same as those of
/// `old`, or came masked, are those of `old`: see [`given::read`](super::given::read).
pub fn decide(old: &ServerProfile, wanted: &ServerProfile) -> Decision {
    match (&old.deployment, &wanted.deployment) {
        (None, Some(_)) => return Decision::Deploy,
        (Some(_), None) => return Decision::RemoveDeployment,
        (Some(old), Some(wanted)) => {
            let reasons = reasons(old, wanted);
            if !reasons.is_empty() {
                return Decision::Redeploy(reasons);
            }
        }
        (None, None) => {}
    }
    match (&old.server_hardware, &wanted.server_hardware) {
        (None, Some(to)) => return Decision::Move(Assignment::Assign(to.clone())),
        (Some(from), Some(to)) if from != to => {
            return Decision::Move(Assignment::Move(to.clone()));
        }
        (Some(_), None) => return Decision::Move(Assignment::Unassign),
        _ => {}
    }
    let nothing = BTreeMap::new();
    let filled = old.deployment.as_ref().map_or(&nothing, |old| &old.filled);
    if old.name != wanted.name {
        Decision::Rename
    } else if old.description != wanted.description
        || old.template != wanted.template
        || old.other != wanted.other
        || given_macs(old.deployment.as_ref(), filled)
            != given_macs(wanted.deployment.as_ref(), filled)
    {
        Decision::Edit
    } else {
        Decision::Nothing
    }
}

/// Why a volume of `old` is none of `wanted`; empty when it is.
pub fn reasons(old: &OsDeployment, wanted: &OsDeployment) -> Vec<Reason> {
    if old.deployment_plan != wanted.deployment_plan {
        return vec![Reason::DeploymentPlan];
    }
    let before = significant(old, &old.filled);
    let after = significant(wanted, &old.filled);
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let differing = names
        .into_iter()
        .filter(|name| before.get(*name) != after.get(*name));
    differing
        .map(|name| Reason::Attribute(name.clone()))
        .collect()
}

/// The MAC addresses that somebody gave to nics: no volume is made for one, but it is kept.
fn given_macs<'a>(
    deployment: Option<&'a OsDeployment>,
    filled: &BTreeMap<String, String>,
) -> BTreeMap<&'a str, &'a str> {
    let texts = deployment.into_iter().flat_map(OsDeployment::texts);
    let is_given = |name: &str, text: &str| {
        let is_mac = nic::split(name).is_some_and(|(_, field)| field == "mac");
        is_mac && !text.is_empty() && filled.get(name).is_none_or(|filled| filled != text)
    };
    texts.filter(|(name, text)| is_given(name, text)).collect()
}

/// What a volume depends on, by attribute or field. `filled` is what the service itself filled in before:
/// a client that sends it back gave nothing.
fn significant<'a>(
    deployment: &'a OsDeployment,
    filled: &BTreeMap<String, String>,
) -> BTreeMap<String, Cow<'a, AttributeValue>> {
    let mut values = BTreeMap::new();
    for given in &deployment.attributes {
        let is_secret = matches!(given.value, Some(AttributeValue::Sealed(_)));
        if let Some(value) = given.value.as_ref().filter(|_| is_secret) {
            values.insert(given.name.clone(), Cow::Borrowed(value));
        }
    }
    let mut add = |name: String, text: &str| {
        values.insert(name, Cow::Owned(AttributeValue::Plain(text.to_owned())));
    };
    for (name, text) in deployment.texts() {
        if nic::split(name).is_none() && !text.is_empty() {
            add(name.to_owned(), text);
        }
    }
    for (name, nic) in Nic::all(deployment.texts()) {
        let source = nic.source();
        match source {
            // The default, of a nic of which nothing else is said too.
            Source::Pool => {}
            Source::Dhcp => add(format!("{name}.constraint"), "dhcp"),
            Source::Given => add(format!("{name}.constraint"), "userspecified"),
            Source::None => add(format!("{name}.ipv4disable"), "true"),
        }
        for (field, text) in nic.fields() {
            let is_counted = match field {
                // The hardware has it: moving a server would change it.
                "mac" => false,
                // Said above.
                "constraint" | "dhcp" | "ipv4disable" => false,
                _ if OF_ADDRESS.contains(&field) => source == Source::Given,
                _ => !nic::is_default(field, text),
            };
            let name = format!("{name}.{field}");
            // What belongs to an address of a pool is given by nobody who sends it back.
            let is_filled =
                source == Source::Pool && filled.get(&name).is_some_and(|filled| filled == text);
            if is_counted && !is_filled {
                add(name, text);
            }
        }
    }
    values
}

#[cfg(test)]
mod tests;
