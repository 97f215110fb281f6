//! `mintage bundle verify`: whether a bundle is sound, and what is in it.

use super::{failed, open_file};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::Screen;
use clap::Args;
use mintage_plans::bundle::{Artifact, ArtifactKind, Bundle, DiskEntry, ImageFacts};
use mintage_volume::escape::escape;
use serde::Serialize;
use std::fmt::Write as _;
use std::path::PathBuf;

/// Check a bundle to the last byte, and list what is in it.
///
/// Checksums, the archive, every field of every artifact, and that each golden image is a zip file
/// with one disk.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage bundle verify web.zip
  mintage bundle verify --json web.zip | jq -r '.artifacts[].name'")]
pub struct Verify {
    /// The bundle.
    bundle: PathBuf,
}

/// What is in a bundle that is sound.
#[derive(Debug, Serialize)]
struct Verified {
    name: String,
    description: String,
    read_only: bool,
    time_stamp: String,
    artifacts: Vec<Listed>,
}

#[derive(Debug, Serialize)]
struct Listed {
    kind: ArtifactKind,
    id: String,
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<Image>,
}

#[derive(Debug, Serialize)]
struct Image {
    #[serde(flatten)]
    file: ImageFacts,
    disk: DiskEntry,
}

impl Verify {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let mut file = open_file(&self.bundle)?;
        let images = file.check_images(tempfile::tempfile).map_err(failed)?;
        let verified = Verified::new(file.bundle(), images);
        if screen.json {
            screen.json(&verified)?;
        } else {
            screen.print(verified.render())?;
        }
        Ok(Exit::Success)
    }
}

impl Verified {
    fn new(bundle: &Bundle, images: Vec<(ImageFacts, DiskEntry)>) -> Self {
        let mut images = images.into_iter();
        let mut artifacts = Vec::new();
        artifacts.extend(bundle.plan_scripts.iter().map(Listed::new));
        artifacts.extend(bundle.golden_images.iter().map(|image| Listed {
            image: images.next().map(|(file, disk)| Image { file, disk }),
            ..Listed::new(image)
        }));
        artifacts.extend(bundle.build_plans.iter().map(Listed::new));
        artifacts.extend(bundle.deployment_plans.iter().map(Listed::new));
        let manifest = &bundle.manifest;
        Self {
            name: manifest.name.clone(),
            description: manifest.description.clone(),
            read_only: manifest.read_only,
            time_stamp: manifest.time_stamp.clone(),
            artifacts,
        }
    }

    fn render(&self) -> String {
        let mut text = String::new();
        let mut last = None;
        for artifact in &self.artifacts {
            if last != Some(artifact.kind) {
                // Writing to a string cannot fail.
                let _ = writeln!(text, "{}s", artifact.kind);
                last = Some(artifact.kind);
            }
            let name = escape(artifact.name.as_bytes());
            let _ = match &artifact.image {
                Some(image) => writeln!(text, "  {name}, {} bytes", image.disk.size),
                None => writeln!(text, "  {name}"),
            };
        }
        let count = self.artifacts.len();
        let plural = if count == 1 { "" } else { "s" };
        let name = escape(self.name.as_bytes());
        let read_only = if self.read_only { ", read-only" } else { "" };
        let _ = writeln!(
            text,
            "bundle \"{name}\" · {count} artifact{plural}{read_only} · all checksums right"
        );
        text
    }
}

impl Listed {
    fn new<A: Artifact>(artifact: &A) -> Self {
        Self {
            kind: A::KIND,
            id: artifact.id().to_owned(),
            name: artifact.name().to_owned(),
            image: None,
        }
    }
}
