//! The values that a client gives to a profile or template: read, with the secrets among them sealed.

use super::fill::dangling;
use crate::os_volumes::Setting;
use mintage_records::model::{
    AttributeValue, BuildPlan, DeploymentPlan, GivenAttribute, OsDeployment, ServerProfileTemplate,
};
use mintage_records::{Id, Kind, RecordsError, Sealer, View};
use std::collections::{BTreeMap, BTreeSet};

/// What is shown in place of a secret; sent back, it leaves the secret as it is.
pub const MASK: &str = "********";

/// The settings of `deployment_plan` with `settings`; booleans, which come in any letter case, are in
/// small letters. `old` are those that the profile had: a secret that
/// comes masked stays what it was, and one that is the same as before keeps its sealed form, so that it is
/// no change.
///
/// # Errors
/// `DanglingReference` when there is no such plan; `Database`, `Unseal`.
pub fn read(
    view: &mut View<'_>,
    deployment_plan: &Id,
    settings: &[Setting],
    old: Option<&OsDeployment>,
    sealer: &Sealer,
) -> Result<OsDeployment, RecordsError> {
    let plan = view.find::<DeploymentPlan>(deployment_plan)?;
    let plan = plan.ok_or_else(|| {
        dangling(
            "osDeploymentPlanUri",
            Kind::DeploymentPlans,
            deployment_plan,
        )
    });
    let plan = plan?.body;
    let build_plan = view.get::<BuildPlan>(&plan.build_plan)?.body;
    let declared = build_plan.custom_attributes.iter();
    let settable = plan.custom_attributes.iter();
    let declared = declared.chain(settable.map(|settable| &settable.attribute));
    let (mut passwords, mut booleans) = (BTreeSet::new(), BTreeSet::new());
    for attribute in declared {
        if attribute.is_password() {
            passwords.insert(attribute.name.as_str());
        } else if attribute.is_boolean() {
            booleans.insert(attribute.name.as_str());
        }
    }
    let attributes = settings.iter().map(|setting| {
        let before = old.and_then(|old| old.given(&setting.name));
        let is_secret = passwords.contains(setting.name.as_str());
        let text = match booleans.contains(setting.name.as_str()) {
            true => folded(&setting.value),
            false => setting.value.clone(),
        };
        Ok(GivenAttribute {
            name: setting.name.clone(),
            value: value(&text, is_secret, before, sealer)?,
        })
    });
    Ok(OsDeployment {
        deployment_plan: deployment_plan.clone(),
        attributes: attributes.collect::<Result<_, RecordsError>>()?,
        filled: BTreeMap::new(),
    })
}

/// The values of a template, for a new profile of it with the same plan: what comes masked is as there.
///
/// # Errors
/// `Corrupt`, `Database`.
pub(super) fn of_template(
    view: &mut View<'_>,
    template: &Id,
    plan: &Id,
) -> Result<Option<OsDeployment>, RecordsError> {
    let template = view.find::<ServerProfileTemplate>(template)?;
    let deployment = template.and_then(|template| template.body.deployment);
    Ok(deployment.filter(|deployment| deployment.deployment_plan == *plan))
}

/// The secret values that `deployment` gives to attributes which are no passwords any more: what is written
/// of those into a volume would be shown.
///
/// # Errors
/// `NotFound`, `Database`.
pub(super) fn exposed<'a>(
    view: &mut View<'_>,
    deployment: &'a OsDeployment,
) -> Result<Vec<&'a str>, RecordsError> {
    let passwords = passwords(view, &deployment.deployment_plan)?;
    let given = deployment.attributes.iter();
    let exposed = given.filter(|given| {
        let is_secret = matches!(given.value, Some(AttributeValue::Sealed(_)));
        is_secret && !passwords.contains(given.name.as_str())
    });
    Ok(exposed.map(|given| given.name.as_str()).collect())
}

/// The attributes of a deployment plan that are passwords.
fn passwords(view: &mut View<'_>, deployment_plan: &Id) -> Result<BTreeSet<String>, RecordsError> {
    let plan = view.get::<DeploymentPlan>(deployment_plan)?.body;
    let build_plan = view.get::<BuildPlan>(&plan.build_plan)?.body;
    let settable = plan.custom_attributes.into_iter();
    let declared = build_plan.custom_attributes.into_iter();
    let declared = declared.chain(settable.map(|settable| settable.attribute));
    let passwords = declared.filter(|attribute| attribute.is_password());
    Ok(passwords.map(|attribute| attribute.name).collect())
}

/// The one form of a boolean; what is none is refused later, as it came.
fn folded(text: &str) -> String {
    match text.trim() {
        flag if flag.eq_ignore_ascii_case("true") => "true".to_owned(),
        flag if flag.eq_ignore_ascii_case("false") => "false".to_owned(),
        _ => text.to_owned(),
    }
}

/// One value; an empty one is none.
fn value(
    text: &str,
    is_secret: bool,
    old: Option<&AttributeValue>,
    sealer: &Sealer,
) -> Result<Option<AttributeValue>, RecordsError> {
    let old = old.and_then(|old| match old {
        AttributeValue::Sealed(sealed) => Some(sealed),
        AttributeValue::Plain(_) => None,
    });
    let sealed = match old {
        _ if text.is_empty() => return Ok(None),
        Some(old) if text == MASK => Some(old.clone()),
        // Masked, and there is nothing behind the mask: the plan's own value counts.
        None if text == MASK && is_secret => return Ok(None),
        _ if !is_secret => None,
        Some(old) if sealer.open(old)?.as_str() == text => Some(old.clone()),
        _ => Some(sealer.seal(text)?),
    };
    let plain = || AttributeValue::Plain(text.to_owned());
    Ok(Some(sealed.map_or_else(plain, AttributeValue::Sealed)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_sealed_and_those_that_are_the_same_stay() {
        let sealer = Sealer::new(&[7; 32]);
        let before = AttributeValue::Sealed(sealer.seal("s3cret").unwrap());
        let plain = |text: &str| Some(AttributeValue::Plain(text.to_owned()));
        let read = |text, is_secret, old: Option<&AttributeValue>| {
            value(text, is_secret, old, &sealer).unwrap()
        };
        for (text, is_secret, old, expected) in [
            ("web01", false, None, plain("web01")),
            ("", false, plain("old").as_ref(), None),
            ("", true, Some(&before), None),
            (MASK, true, Some(&before), Some(before.clone())),
            ("s3cret", true, Some(&before), Some(before.clone())),
            (MASK, true, None, None),
            (MASK, false, None, plain(MASK)),
            // The plan has changed meanwhile: what was secret stays secret.
            (MASK, false, Some(&before), Some(before.clone())),
        ] {
            assert_eq!(read(text, is_secret, old), expected, "{text} {is_secret}");
        }
        for (text, expected) in [("True", "true"), (" FALSE", "false"), ("yes", "yes")] {
            assert_eq!(folded(text), expected);
        }
        for old in [None, Some(&before)] {
            let Some(AttributeValue::Sealed(sealed)) = read("another", true, old) else {
                panic!("not sealed");
            };
            assert_eq!(sealer.open(&sealed).unwrap().as_str(), "another");
        }
    }
}
