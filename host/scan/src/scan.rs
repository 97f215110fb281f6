//! Looks through a whole volume: files and names of its filesystems, what is left there of deleted
//! ones, and everything that is no filesystem.

use crate::finding::Place;
use crate::identities::Identities;
use crate::kind::Kind;
use crate::matcher::Matcher;
use crate::packages::Packages;
use crate::report::{Findings, ScanReport};
use crate::special;
use crate::stream::Stream;
use mintage_volume::block::BlockDevice;
use mintage_volume::error::Result;
use mintage_volume::filesystem::FileKind;
use mintage_volume::tree::{Mount, VolumeTree, WalkEntry};
use mintage_volume::volume::{Area, Volume};
use mintage_volume::{VolumeError, VolumeErrorKind, VolumePath};
use std::collections::HashSet;
use std::ops::Range;

/// The most files of one volume.
const MAX_FILES: usize = 10_000_000;
/// How much of a device is read at a time, in bytes.
const CHUNK: u64 = 1 << 20;
/// What of a partition lies before or in the superblock of its filesystem, in bytes.
const HEAD: u64 = 4096;

/// Looks through `volume`, whose mounted filesystems are `tree`, for `identities` and for the
/// well-known forms of secrets. Memory is bounded whatever the volume holds; it ends early when the
/// tree is interrupted.
///
/// # Errors
/// `LimitReached` for too many identities or files, `Cancelled`, and those of the drivers.
pub fn scan(volume: &Volume, tree: &VolumeTree, identities: &Identities) -> Result<ScanReport> {
    let matcher = Matcher::new(identities).ok_or_else(too_many)?;
    let mut scan = Scan::new(tree, &matcher)?;
    scan.files(tree, "")?;
    for area in volume.areas() {
        scan.area(volume, area, tree)?;
    }
    for gap in volume.unpartitioned() {
        scan.device(volume.device(), gap, &Place::Unpartitioned)?;
    }
    Ok(scan.report(identities))
}

/// As [`scan()`] for a tree without a device: its files and names.
///
/// # Errors
/// As [`scan()`].
pub fn scan_tree(tree: &VolumeTree, identities: &Identities) -> Result<ScanReport> {
    let matcher = Matcher::new(identities).ok_or_else(too_many)?;
    let mut scan = Scan::new(tree, &matcher)?;
    scan.files(tree, "")?;
    Ok(scan.report(identities))
}

/// A scan under way.
struct Scan<'a> {
    interrupts: &'a VolumeTree,
    matcher: &'a Matcher,
    stream: Stream<'a>,
    packages: Packages,
    /// How many files were passed over because their packages brought them so.
    brought: u64,
    findings: Findings,
}

impl<'a> Scan<'a> {
    fn new(tree: &'a VolumeTree, matcher: &'a Matcher) -> Result<Self> {
        Ok(Self {
            interrupts: tree,
            matcher,
            stream: Stream::new(matcher),
            packages: Packages::read(tree)?,
            brought: 0,
            findings: Findings::default(),
        })
    }

    fn report(mut self, identities: &Identities) -> ScanReport {
        if self.brought > 0 {
            let why = "files are not told of: they are as their packages brought them";
            self.findings.notes.push(format!("{} {why}", self.brought));
        }
        self.findings.into_report(identities)
    }

    /// All files of `tree`. `prefix` stands before their paths.
    fn files(&mut self, tree: &VolumeTree, prefix: &str) -> Result<()> {
        let mut seen = HashSet::new();
        tree.visit("/", MAX_FILES, |entry| {
            self.file(tree, prefix, &entry, &mut seen)
        })
    }

    fn file(
        &mut self,
        tree: &VolumeTree,
        prefix: &str,
        entry: &WalkEntry,
        seen: &mut HashSet<(usize, u64)>,
    ) -> Result<()> {
        self.interrupts.check_interrupt()?;
        let path = || format!("{prefix}{}", self.matcher.mask(entry.path.as_bytes()));
        let mut found: Vec<(Kind, Place, u64)> = Vec::new();
        for kind in kinds(self.matcher, entry.path.file_name().unwrap_or_default()) {
            found.push((kind, Place::Name { path: path() }, 0));
        }
        if entry.metadata.kind == FileKind::Symlink {
            let target = tree.stored_link("read the link", &entry.path)?;
            for kind in kinds(self.matcher, &target) {
                found.push((kind, Place::Link { path: path() }, 0));
            }
        }
        for value in tree.stored_xattrs(&entry.path)?.values() {
            for kind in kinds(self.matcher, value) {
                found.push((kind, Place::Attribute { path: path() }, 0));
            }
        }
        let (links, inode) = (entry.metadata.links, entry.metadata.inode);
        let is_file = entry.metadata.kind == FileKind::File;
        // A file of several names is looked through once.
        if is_file && (links < 2 || seen.insert((mount_of(tree, &entry.path), inode))) {
            let mut inside = self.content(tree, entry)?;
            let len = entry.metadata.len;
            if !inside.is_empty() && self.packages.brought(tree, &entry.path, len)? {
                inside.clear();
                self.brought += 1;
            }
            for (kind, offset) in inside {
                found.push((kind, Place::Content { path: path() }, offset));
            }
        }
        for (kind, place, offset) in found {
            self.findings.add(kind, place, offset);
        }
        self.findings.files += 1;
        Ok(())
    }

    fn content(&mut self, tree: &VolumeTree, entry: &WalkEntry) -> Result<Vec<(Kind, u64)>> {
        let mut found = Vec::new();
        let len = entry.metadata.len;
        let place = String::from_utf8_lossy(entry.path.as_bytes());
        found.extend(
            special::kind(&place)
                .filter(|_| len > 0)
                .map(|kind| (kind, 0)),
        );
        let mut tell = |kind, offset| found.push((kind, offset));
        self.stream.begin(0);
        tree.stored_content(&entry.path, len, |chunk| {
            self.stream.feed(chunk, &mut tell);
            Ok(())
        })?;
        self.stream.end(&mut tell);
        self.findings.bytes += len;
        Ok(found)
    }

    /// What of a partition no file of `tree` has.
    fn area(&mut self, volume: &Volume, area: &Area, tree: &VolumeTree) -> Result<()> {
        let name = area.name();
        let device = volume.area_device(area)?;
        let raw = Place::Raw { area: name.clone() };
        let filesystem = match volume.open_filesystem(area) {
            Ok(filesystem) => filesystem,
            Err(error) if is_unknown(&error) => {
                if area.contents.format.may_hold_files() {
                    let why =
                        format!("{name} is looked through as it is, files in it are not: {error}");
                    self.findings.notes.push(why);
                }
                return self.device(&*device, 0..device.len(), &raw);
            }
            Err(error) => return Err(error),
        };
        for remains in filesystem.remains()? {
            let place = Place::Remains {
                remains: remains.kind,
                area: name.clone(),
            };
            self.device(&*device, remains.bytes, &place)?;
        }
        self.device(&*device, 0..HEAD.min(device.len()), &raw)?;
        let info = filesystem.info()?;
        // The size of a vfat is told without its tables, and it ends with its last cluster.
        if area.contents.format.is_ext() && info.total_bytes < device.len() {
            self.device(&*device, info.total_bytes..device.len(), &raw)?;
        }
        if tree.mounts().iter().any(|mount| mount.source == name) {
            return Ok(());
        }
        let mount = Mount {
            point: VolumePath::root(),
            filesystem,
            read_only: true,
            source: name.clone(),
        };
        self.files(&VolumeTree::new(mount), &format!("{name}:"))
    }

    /// The bytes of a stretch of a device.
    fn device(&mut self, device: &dyn BlockDevice, range: Range<u64>, place: &Place) -> Result<()> {
        // Holes count like the zeros that they are.
        self.findings.bytes += range.end - range.start;
        let mut at = range.start;
        let mut chunk = Vec::new();
        while let Some(data) = device.next_data(at)?.filter(|data| data.start < range.end) {
            let end = data.end.min(range.end);
            at = data.start;
            self.stream.begin(at);
            while at < end {
                self.interrupts.check_interrupt()?;
                let len = CHUNK.min(end - at);
                chunk.resize(usize::try_from(len).unwrap_or(0), 0);
                device.read_at(at, &mut chunk)?;
                let findings = &mut self.findings;
                self.stream.feed(&chunk, &mut |kind, offset| {
                    findings.add(kind, place.clone(), offset)
                });
                at += len;
            }
            let findings = &mut self.findings;
            self.stream
                .end(&mut |kind, offset| findings.add(kind, place.clone(), offset));
        }
        Ok(())
    }
}

/// The kinds of what is in a short text, each once.
fn kinds(matcher: &Matcher, text: &[u8]) -> HashSet<Kind> {
    matcher
        .find(text, 0..text.len())
        .map(|(kind, _)| kind)
        .collect()
}

/// The number of the mount that a path without links is in.
fn mount_of(tree: &VolumeTree, path: &VolumePath) -> usize {
    let mounts = tree.mounts().iter().enumerate();
    let last = mounts
        .rev()
        .find(|(_, mount)| path.starts_with(&mount.point));
    last.map_or(0, |(number, _)| number)
}

fn is_unknown(error: &VolumeError) -> bool {
    matches!(
        error.kind(),
        VolumeErrorKind::UnsupportedFeature | VolumeErrorKind::Encrypted | VolumeErrorKind::Damaged
    )
}

fn too_many() -> VolumeError {
    let message = "cannot look for so many identities at once";
    VolumeError::new(VolumeErrorKind::LimitReached, message)
}
