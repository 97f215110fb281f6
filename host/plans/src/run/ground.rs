//! `Ground`: what a run works on, an image with its overlay or a tree text.

use super::input::RunInput;
use crate::library::MountSource;
use mintage_scan::{Identities, ScanReport};
use mintage_volume::VolumePath;
use mintage_volume::block::{self, BlockDevice, Overlay};
use mintage_volume::error::Result;
use mintage_volume::escape::escape;
use mintage_volume::filesystem::Timestamp;
use mintage_volume::inspect::Format;
use mintage_volume::text;
use mintage_volume::tree::{Interrupt, LastLink, VolumeTree};
use mintage_volume::volume::{DeclaredMount, Source, TreeOptions, Volume};
use std::ops::Range;
use std::sync::Arc;

/// What a run works on.
pub(super) trait Ground {
    /// Its length in bytes.
    fn bytes(&self) -> u64;

    /// The time that the run takes for now, and the volume's tree, to be changed; called once.
    fn open(&mut self, input: &RunInput) -> (Timestamp, Result<VolumeTree>);

    /// The volume's tree as it was, for reading only; called once, after [`Self::open`].
    fn take_golden(&mut self, input: &RunInput) -> Result<VolumeTree>;

    /// Zeroes what is no filesystem and in no use.
    fn wipe(&self) -> Result<()>;

    /// What of the finished volume must not travel: `after`, and all that is no file.
    fn scan(
        &self,
        input: &RunInput,
        after: &VolumeTree,
        identities: &Identities,
        interrupt: Interrupt,
    ) -> Result<ScanReport>;

    /// Brings what was changed to rest after the tree was finished, and says which bytes of the
    /// volume that is, ascending.
    fn settle(&mut self) -> Result<Vec<Range<u64>>>;
}

/// What of a swap space is its header, whatever size the pages have.
const SWAP_HEAD: u64 = 64 * 1024;

/// A golden image, and the scratch that takes what changes.
pub(super) struct Disk {
    golden: Arc<dyn BlockDevice>,
    scratch: Arc<dyn BlockDevice>,
    overlay: Option<Arc<Overlay>>,
    /// The tree of the golden image, once it was opened: that takes longer the larger the disk is.
    before: Option<VolumeTree>,
}

impl Disk {
    pub(super) fn new(golden: Arc<dyn BlockDevice>, scratch: Arc<dyn BlockDevice>) -> Self {
        Self {
            golden,
            scratch,
            overlay: None,
            before: None,
        }
    }

    /// The tree of the golden image with the overlay on top.
    fn open_overlay(&mut self, input: &RunInput, time: Timestamp) -> Result<VolumeTree> {
        let (golden, scratch) = (Arc::clone(&self.golden), Arc::clone(&self.scratch));
        let overlay = Overlay::new(golden, scratch, input.limits.changed_bytes)?;
        let overlay = Arc::clone(self.overlay.insert(Arc::new(overlay)));
        Volume::open(overlay)?.open_tree(&options(input, time, false)?)
    }

    /// The tree of the golden image. Its time is for changes, of which there are none.
    fn open_golden(&self, input: &RunInput) -> Result<VolumeTree> {
        let volume = Volume::open(Arc::clone(&self.golden))?;
        volume.open_tree(&options(input, Timestamp::default(), true)?)
    }
}

impl Ground for Disk {
    fn bytes(&self) -> u64 {
        self.golden.len()
    }

    fn open(&mut self, input: &RunInput) -> (Timestamp, Result<VolumeTree>) {
        self.before = self.open_golden(input).ok();
        // An image that cannot be opened has no time; opening it to be changed says what is wrong.
        let newest = || {
            self.before
                .as_ref()
                .and_then(|tree| newest_change(tree).ok())
        };
        let time = input.time.or_else(newest).unwrap_or_default();
        (time, self.open_overlay(input, time))
    }

    fn take_golden(&mut self, input: &RunInput) -> Result<VolumeTree> {
        self.before
            .take()
            .map_or_else(|| self.open_golden(input), Ok)
    }

    fn wipe(&self) -> Result<()> {
        let Some(overlay) = &self.overlay else {
            return Ok(());
        };
        let volume = Volume::open(Arc::clone(overlay) as _)?;
        let areas = volume.areas().iter();
        for area in areas.filter(|area| area.contents.format == Format::Swap) {
            let device = volume.area_device(area)?;
            block::wipe(&*device, SWAP_HEAD.min(device.len())..device.len())?;
        }
        Ok(())
    }

    fn scan(
        &self,
        input: &RunInput,
        _after: &VolumeTree,
        identities: &Identities,
        interrupt: Interrupt,
    ) -> Result<ScanReport> {
        let device = match &self.overlay {
            Some(overlay) => Arc::clone(overlay) as _,
            None => Arc::clone(&self.golden),
        };
        let volume = Volume::open(device)?;
        let mut tree = volume.open_tree(&options(input, Timestamp::default(), true)?)?;
        tree.set_interrupt(interrupt);
        mintage_scan::scan(&volume, &tree, identities)
    }

    fn settle(&mut self) -> Result<Vec<Range<u64>>> {
        let Some(overlay) = &self.overlay else {
            return Ok(Vec::new());
        };
        overlay.settle()?;
        Ok(overlay.changed())
    }
}

/// A tree text, which is read into memory.
pub(super) struct Text<'a>(pub(super) &'a str);

impl Ground for Text<'_> {
    fn bytes(&self) -> u64 {
        self.0.len() as u64
    }

    fn open(&mut self, input: &RunInput) -> (Timestamp, Result<VolumeTree>) {
        let time = input.time.unwrap_or_default();
        (time, text::read(self.0, time))
    }

    fn take_golden(&mut self, input: &RunInput) -> Result<VolumeTree> {
        text::read(self.0, input.time.unwrap_or_default())
    }

    fn wipe(&self) -> Result<()> {
        Ok(())
    }

    fn scan(
        &self,
        _input: &RunInput,
        after: &VolumeTree,
        identities: &Identities,
        _interrupt: Interrupt,
    ) -> Result<ScanReport> {
        mintage_scan::scan_tree(after, identities)
    }

    fn settle(&mut self) -> Result<Vec<Range<u64>>> {
        Ok(Vec::new())
    }
}

/// How this run mounts.
fn options(input: &RunInput, time: Timestamp, read_only: bool) -> Result<TreeOptions> {
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
    Ok(TreeOptions {
        time,
        read_only,
        mounts: declared.collect::<Result<_>>()?,
    })
}

fn source_of(source: &MountSource) -> Source {
    match source {
        MountSource::Partition(number) => Source::Partition(*number),
        MountSource::Label(label) => Source::Label(label.clone()),
        MountSource::Uuid(uuid) => Source::Uuid(uuid.clone()),
        MountSource::PartUuid(uuid) => Source::PartUuid(uuid.clone()),
    }
}

/// What an image takes for now: the newest change of `/`, `/etc` and what is directly in them.
///
/// It comes from the content alone, so that a copy of the image gives the same, and lies after
/// what the image's makers did last.
fn newest_change(tree: &VolumeTree) -> Result<Timestamp> {
    let mut newest = Timestamp::default();
    for directory in ["/", "/etc"] {
        if !tree.exists(directory)? {
            continue;
        }
        newest = newest.max(tree.metadata(directory)?.modified);
        let path = tree.resolve(directory, LastLink::Follow)?;
        for entry in tree.read_dir(directory)? {
            let metadata = tree.symlink_metadata(path.join(&entry.name)?)?;
            newest = newest.max(metadata.modified);
        }
    }
    Ok(newest)
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
