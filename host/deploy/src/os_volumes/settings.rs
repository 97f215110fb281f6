//! From the settings of a build plan, a deployment plan and a request to the values of a run.

use super::problem::{DeployError, from_diagnostic, problem};
use mintage_plans::attribute::given;
use mintage_plans::{AttributeValues, BuildPlan, PlanLibrary, ValueLayer, ValueSource, resolve};
use mintage_records::model::{AttributeValue, CustomAttribute, SettableAttribute, TaskError};
use mintage_records::{RecordsError, Sealer};
use mintage_volume::escape::escape;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use zeroize::Zeroize as _;

/// A value that a request gives to an attribute, or to a field of a nic (`NIC1.ipaddress`). It may be
/// a secret, so `Debug` shows only its name.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Setting {
    /// The attribute, or the attribute and the field.
    pub name: String,
    /// The value; an empty one is none.
    pub value: String,
}

impl std::fmt::Debug for Setting {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Setting")
            .field("name", &self.name)
            .finish_non_exhaustive()
    }
}

impl Drop for Setting {
    fn drop(&mut self) {
        self.value.zeroize();
    }
}

impl Setting {
    /// The attribute that it sets, or of which it sets a field.
    fn attribute(&self) -> &str {
        let parts = self.name.split_once('.');
        parts.map_or(&self.name, |(attribute, _)| attribute)
    }
}

/// Where the values of a run come from, besides the defaults in its library.
#[derive(Debug, Clone, Copy)]
pub struct Settings<'a> {
    /// The attributes of the build plan: the secrets among them are no defaults.
    pub build_plan: &'a [CustomAttribute],
    /// Those of the deployment plan, if there is one.
    pub deployment_plan: &'a [SettableAttribute],
    /// What the request gives.
    pub request: &'a [Setting],
}

impl Settings<'_> {
    /// The values that `library` runs with: for each attribute the request's, else the deployment
    /// plan's, else the build plan's, else the default of its scripts.
    ///
    /// # Errors
    /// `Refused` with every value that is missing, of no attribute, wrong, or fixed by the deployment
    /// plan; `Records` when a secret cannot be opened. No secret is in them.
    pub fn resolve(
        &self,
        library: &PlanLibrary,
        sealer: &Sealer,
    ) -> Result<AttributeValues, DeployError> {
        let plan = library.plan();
        let build_plan = self.build_plan.iter();
        let sealed = build_plan.filter(|attribute| is_sealed(attribute));
        let sealed = stored(sealed, sealer)?;
        let settable = self
            .deployment_plan
            .iter()
            .map(|settable| &settable.attribute);
        let set = stored(settable, sealer)?;
        let layers = [
            layer(ValueSource::BuildPlan, &sealed, plan),
            layer(ValueSource::DeploymentPlan, &set, plan),
            layer(ValueSource::Request, self.request, plan),
        ];
        let mut problems = self.not_settable();
        match resolve(library, &layers) {
            Ok(values) if problems.is_empty() => Ok(values),
            Ok(_) => Err(DeployError::Refused(problems)),
            Err(more) => {
                problems.extend(more.into_iter().map(from_diagnostic));
                Err(DeployError::Refused(problems))
            }
        }
    }

    /// What the request gives twice, or the deployment plan fixes.
    fn not_settable(&self) -> Vec<TaskError> {
        let mut problems = Vec::new();
        for (index, setting) in self.request.iter().enumerate() {
            let name = escape(setting.name.as_bytes());
            let before = self.request.get(..index).unwrap_or_default();
            if before.iter().any(|other| other.name == setting.name) {
                problems.push(problem(
                    "ATTRIBUTE_TWICE",
                    format!("attribute `{name}` is given twice"),
                    "Give each attribute once.",
                ));
            }
            let mut fixed = self.deployment_plan.iter().filter(|plan| !plan.editable);
            if fixed.any(|plan| plan.attribute.name == setting.attribute()) {
                problems.push(problem(
                    "ATTRIBUTE_FIXED",
                    format!("attribute `{name}` cannot be given: the deployment plan fixes it"),
                    "Leave it out, or make the attribute editable in the deployment plan.",
                ));
            }
        }
        problems
    }
}

fn is_sealed(attribute: &CustomAttribute) -> bool {
    matches!(attribute.value, Some(AttributeValue::Sealed(_)))
}

/// Stored values as settings, secrets opened.
fn stored<'a>(
    attributes: impl Iterator<Item = &'a CustomAttribute>,
    sealer: &Sealer,
) -> Result<Vec<Setting>, RecordsError> {
    let open = |attribute: &CustomAttribute| {
        let value = match &attribute.value {
            None => String::new(),
            Some(AttributeValue::Plain(value)) => value.clone(),
            Some(AttributeValue::Sealed(sealed)) => sealer.open(sealed)?.to_string(),
        };
        Ok(Setting {
            name: attribute.name.clone(),
            value,
        })
    };
    attributes.map(open).collect()
}

/// The settings that say something, with the texts taken as the attributes' types write them.
fn layer(source: ValueSource, settings: &[Setting], plan: &BuildPlan) -> ValueLayer {
    let values = settings.iter().filter_map(|setting| {
        let value = match plan.attributes.get(&setting.name) {
            Some(attribute) => given(attribute, &setting.value),
            None => Some(Json::from(setting.value.as_str())).filter(|_| !setting.value.is_empty()),
        };
        Some((setting.name.clone(), value?))
    });
    ValueLayer::new(source, values.collect::<Map<_, _>>())
}
