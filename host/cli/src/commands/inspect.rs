//! `mintage inspect`: what is in an image.

use super::ask;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::screen::{Screen, printable};
use crate::size::Size;
use clap::Args;
use mintage_engine::Diagnostic;
use mintage_volume::escape::escape;
use mintage_worker::Job;
use mintage_worker::answers::Inspection;
use serde::Deserialize;
use serde_json::Value as Json;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;

/// Show partitions, filesystems and the system of an image.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  mintage inspect debian-12.img
  mintage inspect --json debian-12.img | jq .volume.mounts

The image is read by a worker process in a sandbox, here and in all other commands.")]
pub struct Inspect {
    /// The image: a raw disk or a bare filesystem, a file or a block device.
    image: PathBuf,
}

impl Inspect {
    pub(crate) fn run(&self, screen: &Screen) -> Result<Exit, Failure> {
        let inspection: Inspection<Json> = ask(&[&self.image], &Job::Inspect)?;
        if screen.json {
            screen.json(&inspection)?;
        } else {
            let name = escape(self.image.as_os_str().as_bytes());
            screen.print(describe(&name, &inspection)?)?;
        }
        let Some(error) = inspection.error else {
            return Ok(Exit::Success);
        };
        let failure = Failure::from(Diagnostic::from(error));
        if !screen.json {
            screen.failure(&failure);
        }
        Ok(failure.exit)
    }
}

/// What is shown of a `VolumeReport`.
#[derive(Debug, Deserialize)]
struct View {
    length: u64,
    table: Option<Table>,
    areas: Vec<Area>,
    mounts: Vec<Mount>,
    not_mounted: Vec<NotMounted>,
}

#[derive(Debug, Deserialize)]
struct Table {
    kind: String,
}

#[derive(Debug, Deserialize)]
struct Area {
    partition: Option<Partition>,
    contents: Contents,
    filesystem: Option<Filesystem>,
    problem: Option<Problem>,
}

#[derive(Debug, Deserialize)]
struct Partition {
    number: u32,
    length: u64,
    type_name: String,
    uuid: String,
}

#[derive(Debug, Deserialize)]
struct Contents {
    format: String,
    label: String,
    uuid: String,
}

#[derive(Debug, Deserialize)]
struct Filesystem {
    total_bytes: u64,
    free_bytes: u64,
}

#[derive(Debug, Deserialize)]
struct Problem {
    message: String,
}

#[derive(Debug, Deserialize)]
struct Mount {
    point: String,
    source: String,
    read_only: bool,
}

#[derive(Debug, Deserialize)]
struct NotMounted {
    point: String,
    problem: Problem,
}

fn describe(name: &str, inspection: &Inspection<Json>) -> Result<String, Failure> {
    let view = View::deserialize(&inspection.volume)
        .map_err(|error| Failure::new(mintage_engine::Code::P6005, error.to_string()))?;
    let mut text = format!("{name} · {}", Size(view.length));
    match &view.table {
        None => text += " · a bare filesystem",
        Some(table) => text += &format!(" · {}, {} partitions", table.kind, view.areas.len()),
    }
    if !inspection.system.is_empty() {
        text += &format!(" · {}", inspection.system);
    }
    text.push('\n');
    for area in &view.areas {
        text += &area.describe(view.length);
    }
    for mount in &view.mounts {
        let read_only = if mount.read_only { ", read-only" } else { "" };
        text += &format!("  {} on {}{read_only}\n", mount.source, mount.point);
    }
    for missing in &view.not_mounted {
        text += &format!(
            "  not mounted on {}: {}\n",
            missing.point, missing.problem.message
        );
    }
    Ok(printable(&text))
}

impl Area {
    fn describe(&self, length: u64) -> String {
        let (number, length) = match &self.partition {
            None => ("-".to_owned(), length),
            Some(partition) => (partition.number.to_string(), partition.length),
        };
        let size = Size(length).to_string();
        let mut text = format!("  {number}  {size:>10}  {:<8}", self.contents.format);
        if let Some(filesystem) = &self.filesystem {
            let used = filesystem.total_bytes.saturating_sub(filesystem.free_bytes);
            text += &format!("  {} used", Size(used));
        }
        let uuid = self
            .partition
            .as_ref()
            .map_or("", |partition| &partition.uuid);
        let ids = [
            ("LABEL", self.contents.label.as_str()),
            ("UUID", self.contents.uuid.as_str()),
            ("PARTUUID", uuid),
        ];
        for (what, value) in ids.iter().filter(|(_, value)| !value.is_empty()) {
            text += &format!("  {what}={}", value.replace('\n', "\\n"));
        }
        if let Some(partition) = self.partition.as_ref().filter(|p| !p.type_name.is_empty()) {
            text += &format!("  ({})", partition.type_name);
        }
        if let Some(problem) = &self.problem {
            text += &format!("\n     {}", problem.message);
        }
        text + "\n"
    }
}
