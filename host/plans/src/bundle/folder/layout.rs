//! `Layout`: the files that a bundle becomes.

use super::plans::{self, Scripts};
use super::scripts;
use super::stems::Stems;
use super::toml::Writer;
use super::{MANIFEST, folder_of};
use crate::bundle::Bundle;
use crate::bundle::archive::ImageFacts;
use crate::bundle::artifact::ArtifactKind;
use crate::bundle::manifest::Manifest;
use std::collections::BTreeMap;

/// So that git leaves line ends alone: a script is what it is, to the byte.
const GIT_ATTRIBUTES: &str = "* -text\n";

/// The files that a bundle becomes, by their paths in the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// All files but golden images.
    pub texts: BTreeMap<String, String>,
    /// Where the file of a golden image goes, by the image's id.
    pub images: BTreeMap<String, String>,
}

/// Lays out `bundle`; `facts` has what is known of the files of its golden images, by id. An image
/// that it says nothing of is taken for an empty file.
pub fn layout(bundle: &Bundle, facts: &BTreeMap<String, ImageFacts>) -> Layout {
    let mut texts = BTreeMap::new();
    let mut images = BTreeMap::new();
    let files = scripts::write(&bundle.plan_scripts, &mut texts);
    let by_file: Scripts<'_> = bundle
        .plan_scripts
        .iter()
        .filter_map(|script| Some((files.get(&script.id)?.as_str(), script)))
        .collect();
    let mut stems = Stems::default();
    for plan in &bundle.build_plans {
        let path = path(ArtifactKind::BuildPlan, &mut stems, &plan.name);
        texts.insert(path, plans::write_build_plan(plan, &by_file));
    }
    let mut stems = Stems::default();
    for plan in &bundle.deployment_plans {
        let path = path(ArtifactKind::DeploymentPlan, &mut stems, &plan.name);
        texts.insert(path, plans::write_deployment_plan(plan));
    }
    let mut stems = Stems::default();
    for image in &bundle.golden_images {
        let path = path(ArtifactKind::GoldenImage, &mut stems, &image.name);
        let nothing = ImageFacts::of(&[]);
        let facts = facts.get(&image.id).unwrap_or(&nothing);
        images.insert(image.id.clone(), image_path(&path));
        texts.insert(path, plans::write_golden_image(image, facts));
    }
    texts.insert(MANIFEST.to_owned(), write_manifest(&bundle.manifest));
    texts.insert(".gitattributes".to_owned(), GIT_ATTRIBUTES.to_owned());
    Layout { texts, images }
}

fn path(kind: ArtifactKind, stems: &mut Stems, name: &str) -> String {
    format!("{}/{}.toml", folder_of(kind), stems.take(name))
}

/// Where the file of a golden image lies whose fields are in the file `path`.
pub(super) fn image_path(path: &str) -> String {
    format!("{}.zip", path.strip_suffix(".toml").unwrap_or(path))
}

fn write_manifest(manifest: &Manifest) -> String {
    let mut file = Writer::new();
    file.text("name", Some(&manifest.name))
        .text("description", Some(&manifest.description))
        .flag("read-only", manifest.read_only)
        .text("time-stamp", Some(&manifest.time_stamp));
    if manifest.artifact_type != Manifest::USER {
        file.text("artifact-type", Some(&manifest.artifact_type));
    }
    file.finish()
}
