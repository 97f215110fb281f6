//! Reading the files of a folder back into artifacts.

use super::layout::image_path;
use super::plans::{self, Scripts};
use super::scripts::{self, Texts};
use super::toml::parse;
use super::{MANIFEST, folder_of};
use crate::bundle::Bundle;
use crate::bundle::archive::ImageFacts;
use crate::bundle::artifact::{ArtifactKind, check_name};
use crate::bundle::error::{BundleError, Result};
use crate::bundle::manifest::Manifest;
use std::collections::BTreeMap;

/// The time stamp of a folder that has none: no clock may be in a bundle's bytes.
const NO_TIME: &str = "1970-01-01T00:00:00.000Z";

/// A folder as artifacts.
#[derive(Debug, Clone, PartialEq)]
pub struct FolderBundle {
    /// Its artifacts.
    pub bundle: Bundle,
    /// The file of each golden image, by the image's id, and what it must be, if the folder says.
    pub images: BTreeMap<String, (String, Option<ImageFacts>)>,
}

/// The artifacts of a folder with these texts.
///
/// # Errors
/// P5012, with the file and the field.
pub fn read(texts: &Texts) -> Result<FolderBundle> {
    let mut bundle = Bundle::new(read_manifest(texts)?);
    let scripts = scripts::read(texts)?;
    let by_file: Scripts<'_> = scripts
        .iter()
        .map(|(file, script)| (file.as_str(), script))
        .collect();
    for (path, text) in files(texts, ArtifactKind::BuildPlan) {
        let plan = plans::read_build_plan(parse(path, text)?, &by_file)?;
        bundle.build_plans.push(plan);
    }
    for (path, text) in files(texts, ArtifactKind::DeploymentPlan) {
        let plan = plans::read_deployment_plan(parse(path, text)?)?;
        bundle.deployment_plans.push(plan);
    }
    let mut images = BTreeMap::new();
    for (path, text) in files(texts, ArtifactKind::GoldenImage) {
        let (image, facts) = plans::read_golden_image(parse(path, text)?)?;
        images.insert(image.id.clone(), (image_path(path), facts));
        bundle.golden_images.push(image);
    }
    bundle.plan_scripts = scripts.into_iter().map(|(_, script)| script).collect();
    let bundle = bundle.finish()?;
    Ok(FolderBundle { bundle, images })
}

/// The TOML files of a kind.
fn files(texts: &Texts, kind: ArtifactKind) -> impl Iterator<Item = (&str, &str)> {
    let prefix = format!("{}/", folder_of(kind));
    let files = texts
        .iter()
        .filter(move |(path, _)| path.starts_with(&prefix));
    let files = files.filter(|(path, _)| path.ends_with(".toml"));
    files.map(|(path, text)| (path.as_str(), text.as_str()))
}

fn read_manifest(texts: &Texts) -> Result<Manifest> {
    let Some(text) = texts.get(MANIFEST) else {
        return Err(
            BundleError::damaged(format!("the folder has no `{MANIFEST}`"))
                .help("`mintage bundle unpack` makes such a folder of a bundle"),
        );
    };
    let mut fields = parse(MANIFEST, text)?;
    let manifest = Manifest {
        name: fields.required_text("name")?,
        description: fields.text("description")?.unwrap_or_default(),
        read_only: fields.flag("read-only")?.unwrap_or(false),
        time_stamp: fields
            .text("time-stamp")?
            .unwrap_or_else(|| NO_TIME.to_owned()),
        artifact_type: fields
            .text("artifact-type")?
            .unwrap_or_else(|| Manifest::USER.to_owned()),
    };
    check_name(&manifest.name).map_err(|why| fields.error("name", &why))?;
    fields.finish()?;
    Ok(manifest)
}
