//! Opens the filesystems of an image as one tree.

use super::input::RunInput;
use crate::library::MountSource;
use mintage_volume::VolumePath;
use mintage_volume::block::BlockDevice;
use mintage_volume::error::Result;
use mintage_volume::escape::escape;
use mintage_volume::tree::VolumeTree;
use mintage_volume::volume::{DeclaredMount, Source, TreeOptions, Volume};
use std::sync::Arc;

/// The tree of the image in `device`, for reading and writing or only for reading.
pub(super) fn open_tree(
    input: &RunInput,
    device: Arc<dyn BlockDevice>,
    read_only: bool,
) -> Result<VolumeTree> {
    let mounts = input
        .mounts
        .as_ref()
        .unwrap_or(&input.library.plan().mounts);
    let declared = mounts.iter().map(|(point, source)| {
        Ok(DeclaredMount {
            point: VolumePath::parse(point)?,
            source: source_of(source),
            read_only: false,
        })
    });
    let options = TreeOptions {
        time: input.time,
        read_only,
        mounts: declared.collect::<Result<_>>()?,
    };
    Volume::open(device)?.open_tree(&options)
}

fn source_of(source: &MountSource) -> Source {
    match source {
        MountSource::Partition(number) => Source::Partition(*number),
        MountSource::Label(label) => Source::Label(label.clone()),
        MountSource::Uuid(uuid) => Source::Uuid(uuid.clone()),
        MountSource::PartUuid(uuid) => Source::PartUuid(uuid.clone()),
    }
}

/// The longest os-release file that is read, in bytes.
const MAX_OS_RELEASE: u64 = 64 * 1024;

/// What the image calls its system; empty when it does not say.
pub(super) fn os_name(tree: &VolumeTree) -> String {
    let paths = ["/etc/os-release", "/usr/lib/os-release"];
    let content = paths
        .iter()
        .find_map(|path| tree.read(path, MAX_OS_RELEASE).ok())
        .unwrap_or_default();
    let text = String::from_utf8_lossy(&content).into_owned();
    let name = text
        .lines()
        .find_map(|line| line.strip_prefix("PRETTY_NAME="));
    let name = name.unwrap_or_default().trim().trim_matches(['"', '\'']);
    escape(name.as_bytes())
}
