//! Build plans, deployment plans and golden images in a folder: a TOML file each.

use super::scripts::take_identity;
use super::toml::{Writer, take_more, to_toml};
use crate::bundle::archive::ImageFacts;
use crate::bundle::artifact::{
    Artifact, ArtifactKind, BuildPlan, BuildStep, CustomAttribute, DeploymentPlan, GoldenImage,
    PlanScript,
};
use crate::bundle::error::Result;
use crate::bundle::fields::Fields;
use serde_json::Value as Json;
use std::collections::BTreeMap;
use toml_edit::{Array, InlineTable, Value};

/// The scripts of a folder by their files.
pub(super) type Scripts<'a> = BTreeMap<&'a str, &'a PlanScript>;

/// The fields that all of them have, first.
fn common(artifact: &impl Artifact, description: Option<&str>, read_only: bool) -> Writer {
    let mut file = Writer::new();
    file.text("name", Some(artifact.name()))
        .text("id", Some(artifact.id()))
        .text("description", description)
        .flag("read-only", read_only);
    file
}

pub(super) fn write_build_plan(plan: &BuildPlan, scripts: &Scripts<'_>) -> String {
    let mut file = common(plan, plan.description.as_deref(), plan.read_only);
    let steps: Array = (1..)
        .zip(&plan.steps)
        .map(|(number, step)| write_step(number, step, scripts))
        .collect();
    let steps = match steps.len() {
        0 | 1 => steps,
        // One to a line, so that a change of one is a change of one line.
        _ => one_to_a_line(steps),
    };
    file.text("type", plan.kind.as_deref())
        .value("steps", Value::Array(steps))
        .more(&plan.more)
        .tables("attribute", attributes(&plan.attributes));
    file.finish()
}

fn one_to_a_line(mut list: Array) -> Array {
    for item in list.iter_mut() {
        item.decor_mut().set_prefix("\n    ");
    }
    list.set_trailing("\n");
    list.set_trailing_comma(true);
    list
}

/// A step is the file of its script where that says everything, else a table.
fn write_step(number: u64, step: &BuildStep, scripts: &Scripts<'_>) -> Value {
    let mut files = scripts.iter();
    let file = files.find(|(_, script)| plain_step(number, script) == *step);
    if let Some((file, _)) = file {
        return (*file).into();
    }
    let mut table = InlineTable::new();
    let texts = [
        ("number", &step.serial_number),
        ("name", &step.script_name),
        ("uri", &step.script_uri),
    ];
    for (name, text) in texts {
        if let Some(text) = text {
            table.insert(name, text.as_str().into());
        }
    }
    if !step.more.is_empty() {
        let more = Json::Object(step.more.clone()).to_string();
        table.insert("more-json", more.into());
    }
    Value::InlineTable(table)
}

/// The step that runs `script` as services write it.
fn plain_step(number: u64, script: &PlanScript) -> BuildStep {
    BuildStep {
        serial_number: Some(number.to_string()),
        script_name: Some(script.name.clone()),
        script_uri: Some(format!("{}{}", BuildStep::SCRIPTS, script.id)),
        more: Default::default(),
    }
}

pub(super) fn read_build_plan(mut fields: Fields<'_>, scripts: &Scripts<'_>) -> Result<BuildPlan> {
    let (name, id) = take_identity(&mut fields, ArtifactKind::BuildPlan, None)?;
    let mut steps = Vec::new();
    for (number, step) in (1..).zip(fields.items("steps")?) {
        steps.push(read_step(&fields, number, step, scripts)?);
    }
    let plan = BuildPlan {
        id,
        name,
        description: fields.text("description")?,
        kind: fields.text("type")?,
        read_only: fields.flag("read-only")?.unwrap_or(false),
        steps,
        attributes: read_attributes(&mut fields)?,
        more: take_more(&mut fields)?,
    };
    fields.finish()?;
    Ok(plan)
}

fn read_step(
    fields: &Fields<'_>,
    number: u64,
    step: Json,
    scripts: &Scripts<'_>,
) -> Result<BuildStep> {
    let name = format!("steps[{}]", number - 1);
    match step {
        Json::String(file) => match scripts.get(file.as_str()) {
            Some(script) => Ok(plain_step(number, script)),
            None => Err(fields.error(&name, &format!("there is no script `{file}`"))),
        },
        Json::Object(map) => {
            let mut step = fields.within(name, map);
            let read = BuildStep {
                serial_number: step.text("number")?,
                script_name: step.text("name")?,
                script_uri: step.text("uri")?,
                more: take_more(&mut step)?,
            };
            step.finish()?;
            Ok(read)
        }
        _ => Err(fields.error(&name, "it must be the file of a script, or a table")),
    }
}

pub(super) fn write_deployment_plan(plan: &DeploymentPlan) -> String {
    let mut file = common(plan, plan.description.as_deref(), plan.read_only);
    file.text("build-plan", plan.build_plan.as_deref())
        .text("golden-image", plan.golden_image.as_deref())
        .more(&plan.more)
        .tables("attribute", attributes(&plan.attributes));
    file.finish()
}

pub(super) fn read_deployment_plan(mut fields: Fields<'_>) -> Result<DeploymentPlan> {
    let (name, id) = take_identity(&mut fields, ArtifactKind::DeploymentPlan, None)?;
    let plan = DeploymentPlan {
        id,
        name,
        description: fields.text("description")?,
        read_only: fields.flag("read-only")?.unwrap_or(false),
        build_plan: fields.text("build-plan")?,
        golden_image: fields.text("golden-image")?,
        attributes: read_attributes(&mut fields)?,
        more: take_more(&mut fields)?,
    };
    fields.finish()?;
    Ok(plan)
}

pub(super) fn write_golden_image(image: &GoldenImage, facts: &ImageFacts) -> String {
    let mut file = common(image, image.description.as_deref(), image.read_only);
    if let Some(size) = image.size.and_then(|size| i64::try_from(size).ok()) {
        file.value("stated-size", size.into());
    }
    file.text("stated-checksum", image.checksum.as_deref())
        .more(&image.more);
    let mut zip = Writer::new();
    zip.text("sha256", Some(&facts.sha256));
    if let Ok(size) = i64::try_from(facts.size) {
        zip.value("size", size.into());
    }
    file.table("file", zip);
    file.finish()
}

/// A golden image, and what its file must be, if the folder says so.
pub(super) fn read_golden_image(
    mut fields: Fields<'_>,
) -> Result<(GoldenImage, Option<ImageFacts>)> {
    let (name, id) = take_identity(&mut fields, ArtifactKind::GoldenImage, None)?;
    let facts = match fields.object("file")? {
        None => None,
        Some(mut file) => {
            let sha256 = file.required_text("sha256")?.to_ascii_lowercase();
            let size = file.size("size")?;
            file.finish()?;
            let size = size.ok_or_else(|| fields.error("file.size", "it is missing"))?;
            Some(ImageFacts { size, sha256 })
        }
    };
    let image = GoldenImage {
        id,
        name,
        description: fields.text("description")?,
        read_only: fields.flag("read-only")?.unwrap_or(false),
        size: fields.size("stated-size")?,
        checksum: fields.text("stated-checksum")?,
        more: take_more(&mut fields)?,
    };
    fields.finish()?;
    Ok((image, facts))
}

fn attributes(attributes: &[CustomAttribute]) -> Vec<Writer> {
    let tables = attributes.iter().map(|attribute| {
        let mut table = Writer::new();
        table
            .text("name", Some(&attribute.name))
            .text("type", attribute.kind.as_deref())
            .text("id", attribute.id.as_deref())
            .text("description", attribute.description.as_deref())
            .text("value", attribute.value.as_deref());
        for (name, flag) in [
            ("editable", attribute.editable),
            ("visible", attribute.visible),
        ] {
            if let Some(flag) = flag {
                table.value(name, flag.into());
            }
        }
        if let Some(constraints) = &attribute.constraints {
            table.value("constraints", write_constraints(constraints));
        }
        table.more(&attribute.more);
        table
    });
    tables.collect()
}

/// Constraints are a table where the same text comes of it again, else that text.
fn write_constraints(text: &str) -> Value {
    let table = match serde_json::from_str::<Json>(text) {
        Ok(json @ Json::Object(_)) if json.to_string().as_str() == text => to_toml(&json),
        _ => None,
    };
    table.unwrap_or_else(|| text.into())
}

fn read_attributes(fields: &mut Fields<'_>) -> Result<Vec<CustomAttribute>> {
    let mut attributes = Vec::new();
    for mut attribute in fields.objects("attribute")? {
        let constraints = match attribute.take("constraints") {
            None => None,
            Some(Json::String(text)) => Some(text),
            Some(table @ Json::Object(_)) => Some(table.to_string()),
            Some(_) => return Err(attribute.error("constraints", "it must be a table or a text")),
        };
        attributes.push(CustomAttribute {
            name: attribute.required_text("name")?,
            kind: attribute.text("type")?,
            id: attribute.text("id")?,
            description: attribute.text("description")?,
            value: attribute.text("value")?,
            constraints,
            editable: attribute.flag("editable")?,
            visible: attribute.flag("visible")?,
            more: take_more(&mut attribute)?,
        });
        attribute.finish()?;
    }
    Ok(attributes)
}
